"""Templates of NoSQL injection: names of parameters, JSON, strings, and values of any sort."""

from . import first, further, third

NAMES = (*first.NAMES, *third.TEMPLATES["names"])
JSON = (*first.JSON, *third.TEMPLATES["json"])
STRINGS = (*first.STRINGS, *third.TEMPLATES["strings"])
VALUES = further.TEMPLATES
