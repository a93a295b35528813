"""Templates of cross-site scripting."""

from . import fifth, first, fourth, further, seventh, sixth, third

XSS = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
