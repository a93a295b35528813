"""Templates of LDAP injection, and of XPath injection beside it."""

from written import joined

LDAP = joined("ldap")
XPATH = joined("ldap", "XPATH")
