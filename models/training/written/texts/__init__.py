"""Templates of harmless texts of authors and programs, of what machines write down, and of what people say to each other."""

from . import fifth, first, fourth, further, records_fifth, records_fourth, records_seventh, records_sixth, seventh, sixth, social, third

TEXTS = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
RECORDS = (*records_fourth.TEMPLATES, *records_fifth.TEMPLATES, *records_sixth.TEMPLATES, *records_seventh.TEMPLATES)
SOCIAL = social.TEMPLATES
