"""Templates of cross-site scripting."""

from . import first, further, third

XSS = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
