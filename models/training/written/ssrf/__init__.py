"""Templates of requests forged on the server."""

from . import fifth, first, fourth, further, seventh, sixth, third

SSRF = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
