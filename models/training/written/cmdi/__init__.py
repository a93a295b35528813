"""Templates of command injection."""

from . import first, further, third

CMDI = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
