"""Templates of XML documents with entities."""

from . import first, further, third

XXE = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
