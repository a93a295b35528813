"""Templates of code injection."""

from written import joined

CODE = joined("code")
