"""Templates of command injection."""

from . import fifth, first, fourth, further, seventh, sixth, third

CMDI = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
