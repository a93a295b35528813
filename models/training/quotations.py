"""Attacks that authors quote: made by the generators of attacks, so that no string speaks for an author by itself.

Until a row is done each quotation stands between two marks of private use, of which the first names its shape: what
quotes a shape that is left out is left out, and so is what says next to nothing of its own.
"""

import importlib
import random
import re
from functools import lru_cache

from generated import ATTACKS

FIRST, END = 0xE000, "\uf8ff"
"""The mark before a quotation is the private character of its shape's number from here on; the one behind it."""
LONGEST, TRIES = 120, 6
"""Authors quote short attacks."""
MARKED = re.compile("([\ue000-\uf8fe])(.*?)\uf8ff", re.S)
MARK = re.compile("[\ue000-\uf8ff]")
ESCAPED = re.compile(r"\\u(e[0-9a-f]{3}|f8ff)")
"""A mark as JSON of plain ASCII writes it."""
OWN_LETTERS = 12
"""Letters that an author adds at least."""


@lru_cache
def shapes() -> tuple[tuple[str, str], ...]:
    """(class, rule) of every shape of generated attacks, in order."""
    return tuple((label, shape.rule) for label, module in ATTACKS.items() for shape in importlib.import_module(module).GENERATOR.shapes)


def quotation(rng: random.Random) -> str:
    """An attack of some shape between its marks, as its grammar makes it."""
    for _ in range(TRIES):
        number = rng.randrange(len(shapes()))
        label, rule = shapes()[number]
        text = importlib.import_module(ATTACKS[label]).GENERATOR.grammar.make(rng, rule).strip()
        if 4 <= len(text) <= LONGEST:
            return f"{chr(FIRST + number)}{text}{END}"
    return ""


def plain(text: str, left_out: frozenset[str]) -> str | None:
    """The text without marks; `None` where it quotes a shape that is left out, or is hardly more than a quotation."""
    text = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    found = MARKED.findall(text)
    quoted = {f"{label}:{rule}" for label, rule in (shapes()[ord(mark) - FIRST] for mark, _ in found)}
    quoted |= {name.partition(":")[0] for name in quoted}
    own = sum(sign.isalpha() for sign in MARKED.sub("", text))
    return None if found and (quoted & left_out or own < OWN_LETTERS) else MARK.sub("", text)
