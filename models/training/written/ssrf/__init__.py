"""Templates of requests forged on the server."""

from . import first, further, third

SSRF = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
