"""Templates of code injection."""

from . import fifth, first, fourth, further, sixth, third

CODE = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES)
