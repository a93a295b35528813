"""Templates of XML documents with entities."""

from . import first, fourth, further, seventh, sixth, third

XXE = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
