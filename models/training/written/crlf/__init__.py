"""Templates of line ends in headers."""

from . import first, further, third

CRLF = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
