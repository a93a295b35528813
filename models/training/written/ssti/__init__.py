"""Templates of template injection."""

from . import first, further, third

SSTI = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
