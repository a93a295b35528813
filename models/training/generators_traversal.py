"""Ways out of a folder: depth x coding x file x place, absolute and exposed files, wrappers, remote files."""

import random

from forms_traversal import FORMS
from grammar import Generator, Grammar, Shape
from surroundings import around
from written.traversal import PATHS, TRAVERSAL

PATH = (("path", 1),)
PATH_RULES = ("alias", "exposed", "paths", "written-paths")
FILE = (("query-value", 50), ("body-value", 26), ("cookie", 7), ("header", 6), ("file-name", 4), ("path", 4), ("query-name", 1), ("body-text", 2))
GENERATOR = Generator(Grammar(FORMS, {"written": TRAVERSAL, "written-paths": PATHS}), [
    Shape(20, "first", FILE), Shape(30, "climb", FILE), Shape(14, "abs", FILE), Shape(10, "wrapper", FILE), Shape(5, "remote", FILE), Shape(12, "alias", PATH), Shape(8, "exposed", PATH), Shape(8, "paths", PATH), Shape(88, "written", FILE), Shape(8, "written-paths", PATH),
], lambda rng, place, text: around(rng, place, text) if rng.random() < 0.3 else text, ("abs", "remote"))
generate, generate_placed = GENERATOR.generate, GENERATOR.generate_placed


def generate_paths(seed: int, count: int) -> list[str]:
    """`count` different texts that are whole request paths."""
    rng = random.Random(seed)
    return list(dict.fromkeys(GENERATOR.grammar.make(rng, rng.choice(PATH_RULES)) for _ in range(count * 2)))[:count]
