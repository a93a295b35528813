"""Templates of line ends in headers."""

from . import fifth, first, fourth, further, seventh, sixth, third

CRLF = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
