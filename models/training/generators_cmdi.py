"""Injected operating-system commands: separator x command x disguise x place, for Unix and Windows."""

from forms_cmdi import FORMS
from generators_cmdi_first import make
from grammar import Generator, Grammar, Shape, VALUE
from surroundings import around
from written.cmdi import CMDI

MANY = (("query-value", 44), ("body-value", 28), ("header", 14), ("cookie", 7), ("path", 3), ("file-name", 2), ("body-text", 2))
GENERATOR = Generator(Grammar(FORMS, {"first": make}, {"written": CMDI}), [
    Shape(26, "first", MANY), Shape(44, "joined", MANY), Shape(6, "argument", VALUE), Shape(4, "held", (("file-name", 70), ("body-value", 30))), Shape(8, "wrapped", MANY), Shape(6, "alone", VALUE), Shape(104, "written", MANY),
], around, ("alone", "argument"))
generate, generate_placed = GENERATOR.generate, GENERATOR.generate_placed
