"""Templates of SQL injection."""

from . import first, further, third

SQLI = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
