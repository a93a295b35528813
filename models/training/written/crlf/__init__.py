"""Templates of line ends in headers."""

from written import joined

CRLF = joined("crlf")
