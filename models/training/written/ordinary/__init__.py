"""Templates of harmless values, by the place they stand in."""

from . import fifth, first, fourth, further, sixth, third

ORDINARY = {place: (*first.TEMPLATES.get(place, ()), *further.TEMPLATES[place], *third.TEMPLATES[place], *fourth.TEMPLATES[place], *fifth.TEMPLATES.get(place, ()), *sixth.TEMPLATES.get(place, ())) for place in further.TEMPLATES}
