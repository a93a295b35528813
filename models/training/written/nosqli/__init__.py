"""Templates of NoSQL injection: names of parameters, JSON, strings, and values of any sort."""

from . import fifth, first, fourth, further, sixth, third

NAMES = (*first.NAMES, *third.TEMPLATES["names"], *fourth.NAMES, *fifth.NAMES, *sixth.NAMES)
JSON = (*first.JSON, *third.TEMPLATES["json"], *fourth.JSON, *fifth.JSON, *sixth.JSON)
STRINGS = (*first.STRINGS, *third.TEMPLATES["strings"], *fourth.STRINGS, *fifth.STRINGS, *sixth.STRINGS)
VALUES = further.TEMPLATES
