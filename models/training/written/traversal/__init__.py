"""Templates of path traversal, and of whole paths of requests."""

from . import fifth, first, fourth, further, seventh, sixth, third

TRAVERSAL = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES, *fourth.TEMPLATES, *fifth.TEMPLATES, *sixth.TEMPLATES, *seventh.TEMPLATES)
PATHS = first.PATHS
