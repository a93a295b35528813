"""Templates of code injection."""

from . import fifth, first, fourth, further, seventh, sixth, third

CODE = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
