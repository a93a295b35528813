"""Injected scripts by the place they break out of, the element, the handler and the disguise."""

from forms_xss import FORMS
from grammar import ANYWHERE, Generator, Grammar, Shape, VALUE
from surroundings import around
from generators_xss_first import make
from written.xss import XSS

GENERATOR = Generator(Grammar(FORMS, {"first": make}, {"written": XSS}), [
    Shape(16, "first", VALUE), Shape(22, "element", ANYWHERE), Shape(13, "script", ANYWHERE), Shape(14, "link", VALUE), Shape(4, "mutant", VALUE), Shape(14, "breakout", ANYWHERE), Shape(11, "handler", VALUE), Shape(12, "injs", VALUE), Shape(3, "polyglot", ANYWHERE), Shape(1, "fragment", VALUE), Shape(6, "framework", VALUE), Shape(6, "carried", VALUE), Shape(120, "written", ANYWHERE),
], around, ("injs", "fragment"))
generate, generate_placed = GENERATOR.generate, GENERATOR.generate_placed
