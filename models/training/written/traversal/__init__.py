"""Templates of path traversal, and of whole paths of requests."""

from written import joined

from . import first

TRAVERSAL = joined("traversal")
PATHS = first.PATHS
