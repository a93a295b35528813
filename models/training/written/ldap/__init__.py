"""Templates of LDAP injection, and of XPath injection beside it."""

from . import first, further, third

LDAP = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
XPATH = (*first.XPATH, *third.XPATH)
