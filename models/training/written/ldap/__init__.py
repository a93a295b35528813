"""Templates of LDAP injection, and of XPath injection beside it."""

from . import first, fourth, further, seventh, sixth, third

LDAP = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
XPATH = (*first.XPATH, *third.XPATH, *fourth.XPATH, *sixth.XPATH, *seventh.XPATH)
