"""Templates of harmless texts of authors and programs, and of what people say to each other."""

from . import first, further, social, third

TEXTS = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
SOCIAL = social.TEMPLATES
