"""Templates of harmless values, by the place they stand in."""

from written import LEARNT, of

from . import further

ORDINARY = {place: tuple(template for hand in LEARNT for template in of("ordinary", hand).get(place, ())) for place in further.TEMPLATES}
