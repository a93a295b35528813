"""Templates of command injection."""

from written import joined

CMDI = joined("cmdi")
