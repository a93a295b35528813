"""Templates of template injection."""

from written import joined

SSTI = joined("ssti")
