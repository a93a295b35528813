"""Templates of SQL injection."""

from . import fifth, first, fourth, further, seventh, sixth, third

SQLI = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
