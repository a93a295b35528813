"""Templates of XML documents with entities."""

from written import joined

XXE = joined("xxe")
