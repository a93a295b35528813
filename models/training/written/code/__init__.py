"""Templates of code injection."""

from . import first, further, third

CODE = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
