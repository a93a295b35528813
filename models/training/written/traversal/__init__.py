"""Templates of path traversal, and of whole paths of requests."""

from . import first, further, third

TRAVERSAL = (*first.TEMPLATES, *further.TEMPLATES, *third.TEMPLATES)
PATHS = first.PATHS
