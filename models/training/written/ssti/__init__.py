"""Templates of template injection."""

from . import first, fourth, further, seventh, sixth, third

SSTI = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
