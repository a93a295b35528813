"""Templates of harmless values, by the place they stand in."""

from . import fifth, first, fourth, further, seventh, sixth, third

ORDINARY = {place: tuple(template for hand in (first, further, third, fourth, fifth, sixth, seventh) for template in hand.TEMPLATES.get(place, ())) for place in further.TEMPLATES}
