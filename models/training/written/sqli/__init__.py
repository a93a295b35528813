"""Templates of SQL injection."""

from written import joined

SQLI = joined("sqli")
