"""Templates of NoSQL injection: names of parameters, JSON, strings, and values of any sort."""

from written import joined

from . import further

NAMES, JSON, STRINGS = (joined("nosqli", constant) for constant in ("NAMES", "JSON", "STRINGS"))
VALUES = further.TEMPLATES
