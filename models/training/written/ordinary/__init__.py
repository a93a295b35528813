"""Templates of harmless values, by the place they stand in."""

from . import first, further, third

ORDINARY = {place: (*first.TEMPLATES.get(place, ()), *further.TEMPLATES[place], *third.TEMPLATES[place]) for place in further.TEMPLATES}
