"""Templates of cross-site scripting."""

from written import joined

XSS = joined("xss")
