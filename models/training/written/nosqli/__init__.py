"""Templates of NoSQL injection: names of parameters, JSON, strings, and values of any sort."""

from . import fifth, first, fourth, further, seventh, sixth, third

NAMES = (*first.NAMES, *third.TEMPLATES["names"], *fourth.NAMES, *fifth.NAMES, *sixth.NAMES, *seventh.NAMES)
JSON = (*first.JSON, *third.TEMPLATES["json"], *fourth.JSON, *fifth.JSON, *sixth.JSON, *seventh.JSON)
STRINGS = (*first.STRINGS, *third.TEMPLATES["strings"], *fourth.STRINGS, *fifth.STRINGS, *sixth.STRINGS, *seventh.STRINGS)
VALUES = further.TEMPLATES
