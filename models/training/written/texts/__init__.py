"""Templates of harmless texts of authors and programs, of what machines write down, and of what people say to each other."""

from written import LEARNT, joined

from . import social

TEXTS = joined("texts")
RECORDS = joined("texts", modules=tuple(f"records_{hand}" for hand in LEARNT))
SOCIAL = social.TEMPLATES
