"""Templates of requests forged on the server."""

from written import joined

SSRF = joined("ssrf")
