"""Texts out of rules. In a template «name» draws from the rule of that name, «a|b|c» from the parts written there.

Beside these: «1-99» is a number, «?text» is the text or nothing, «x:rule» keeps what was drawn and «@x» says it again,
«b64!text» and its like in `CODED` write a text in another coding.
"""

import base64
import random
import re
from functools import lru_cache
from typing import Callable, NamedTuple, Sequence, Union

from generators_common import HOSTS, NAMES, WORDS, mixed_case, number, ordinary, percent, token

Rule = Union[Sequence[str], Callable[[random.Random], str]]
RANGE, KEPT, CODER = re.compile(r"(\d+)-(\d+)\Z"), re.compile(r"([a-z]):(.+)\Z", re.S), re.compile(r"([a-z0-9]+)!(.+)\Z", re.S)
CODED: dict[str, Callable[[random.Random, str], str]] = {
    "b64": lambda _, t: base64.b64encode(t.encode()).decode(),
    "b64u": lambda _, t: base64.urlsafe_b64encode(t.encode()).decode().rstrip("="),
    "b6416": lambda _, t: base64.b64encode(t.encode("utf-16le")).decode(),
    "hex": lambda _, t: t.encode().hex(),
    "bhex": lambda _, t: "".join(f"\\x{b:02x}" for b in t.encode()),
    "oct": lambda _, t: "".join(f"\\{b:03o}" for b in t.encode()),
    "uni": lambda _, t: "".join(f"\\u{ord(c):04x}" for c in t),
    "someuni": lambda r, t: "".join(f"\\u{ord(c):04x}" if r.random() < 0.3 else c for c in t),
    "url": percent,
    "ent": lambda r, t: "".join(r.choice((f"&#{ord(c)};", f"&#x{ord(c):x};", f"&#{ord(c):07}")) if r.random() < 0.5 else c for c in t),
    "rc": mixed_case,
    "up": lambda _, t: t.upper(),
    "cap": lambda _, t: t[:1].upper() + t[1:],
    "rev": lambda _, t: t[::-1],
    "list": lambda _, t: ",".join(str(ord(c)) for c in t),
    "chr": lambda r, t: r.choice(("||", "+", ".")).join(f"chr({ord(c)})" for c in t),
    "wide": lambda _, t: "".join(chr(ord(c) + 0xFEE0) if 0x21 <= ord(c) <= 0x7E else c for c in t),
    "split": lambda r, t: (lambda i: f"{t[:i]}{t[i - 1 : i] and chr(39)}+{chr(39)}{t[i:]}")(r.randint(1, max(1, len(t) - 1))),
    "len": lambda _, t: f"{len(t)}:\"{t}\"",
    "esc": lambda _, t: t.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "json": lambda _, t: t.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t"),
}
BASE: dict[str, Rule] = {
    "word": WORDS, "name": NAMES, "host": HOSTS, "token": token, "number": number, "ordinary": ordinary,
    "n": lambda r: str(r.choice((r.randint(0, 9), r.randint(0, 99), r.randint(0, 9999)))),
    "t": lambda r: token(r, 1, 5),
    "q": ("'", '"'),
    "nl": ("\n", "\n", "\r\n"),
    "b": lambda r: r.choice(("", "", " ")),
    "ip": lambda r: f"{r.randint(1, 223)}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}",
    "caller": lambda r: r.choice((
        f"{token(r, 4, 12)}.{r.choice(('oast', 'collab', 'dnslog', 'callback', 'canary', 'ping', 'log'))}.{r.choice(('example', 'test', 'site', 'me', 'fun', 'pro', 'live', 'io', 'net'))}",
        f"{token(r, 6, 20)}.{r.choice(('com', 'net', 'xyz', 'ru', 'cn', 'top', 'io', 'co', 'online', 'de'))}", f"{r.randint(1, 223)}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}",
        f"{r.randint(1, 223)}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}:{r.randint(80, 65535)}", r.choice(HOSTS), f"{r.choice(HOSTS)}:{r.randint(80, 65535)}",
    )),
}
"""Rules that every grammar knows."""


@lru_cache(maxsize=65536)
def parsed(template: str) -> tuple[tuple[bool, str], ...]:
    """The template's pieces: (whether it is to be drawn, text)."""
    pieces, depth, start = [], 0, 0
    for at, sign in enumerate(template):
        if sign == "«":
            if depth == 0:
                pieces.append((False, template[start:at]))
                start = at + 1
            depth += 1
        elif sign == "»":
            depth -= 1
            if depth == 0:
                pieces.append((True, template[start:at]))
                start = at + 1
    assert depth == 0, f"a bracket is left open: {template}"
    return tuple(p for p in (*pieces, (False, template[start:])) if p[0] or p[1])


@lru_cache(maxsize=65536)
def parts_of(content: str) -> tuple[str, ...]:
    """The parts between the bars that stand outside inner brackets."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(content):
        depth += (sign == "«") - (sign == "»")
        if sign == "|" and depth == 0:
            parts.append(content[start:at])
            start = at + 1
    return (*parts, content[start:])


class Grammar:
    """Rules by name, over those of `BASE`."""

    def __init__(self, *rules: dict[str, Rule]):
        self.rules: dict[str, Rule] = {**BASE}
        for more in rules:
            self.rules.update(more)

    def make(self, rng: random.Random, start: str) -> str:
        """A text of one rule."""
        return self.draw(rng, start, {})

    def fill(self, rng: random.Random, template: str, kept: dict[str, str] | None = None) -> str:
        """The template with all of its places filled."""
        kept = {} if kept is None else kept
        return "".join(self.draw(rng, text, kept) if drawn else text for drawn, text in parsed(template))

    def draw(self, rng: random.Random, content: str, kept: dict[str, str]) -> str:
        """What stands for one pair of brackets."""
        rule = self.rules.get(content)
        if rule is not None:
            return rule(rng) if callable(rule) else self.fill(rng, rng.choice(rule), kept)
        if content.startswith("@") and content[1:] in kept:
            return kept[content[1:]]
        if content.startswith("?"):
            return self.fill(rng, content[1:], kept) if rng.random() < 0.5 else ""
        if match := RANGE.match(content):
            return str(rng.randint(int(match[1]), int(match[2])))
        if (match := KEPT.match(content)) and len(parts_of(content)) >= 1 and (match[2] in self.rules or match[2][0] in "«" or RANGE.match(match[2]) or "|" in match[2] or CODER.match(match[2])):
            kept[match[1]] = self.draw(rng, match[2], kept) if match[2][0] != "«" else self.fill(rng, match[2], kept)
            return kept[match[1]]
        if (match := CODER.match(content)) and match[1] in CODED:
            return CODED[match[1]](rng, self.fill(rng, match[2], kept))
        parts = parts_of(content)
        assert len(parts) > 1, f"no rule named {content!r}"
        return self.fill(rng, rng.choice(parts), kept)


class Shape(NamedTuple):
    """One kind of text: how often it comes, the rule that makes it, and where it stands."""

    weight: int
    rule: str
    places: tuple[tuple[str, int], ...]


class Generator:
    """Shapes over a grammar, each text then set into surroundings; `unspoken` names the rules whose texts mean nothing amid prose."""

    def __init__(self, grammar: Grammar, shapes: Sequence[Shape], around: Callable[[random.Random, str, str], str] | None = None, unspoken: Sequence[str] = ()):
        self.grammar, self.shapes, self.around, self.unspoken = grammar, tuple(shapes), around, frozenset(unspoken)
        assert self.unspoken <= {shape.rule for shape in shapes}, "a rule without a shape"

    def drawn(self, rng: random.Random) -> tuple[str, str, str]:
        """(rule, place, text)."""
        shape = rng.choices(self.shapes, weights=[s.weight for s in self.shapes])[0]
        places, weights = zip(*shape.places)
        place = rng.choices(places, weights=weights)[0]
        text = self.grammar.make(rng, shape.rule)
        return shape.rule, place, self.around(rng, place, text) if self.around and shape.rule not in self.unspoken else text

    def generate_rows(self, seed: int, count: int) -> list[tuple[str, str, str]]:
        """`count` different (rule, place, text)."""
        rng = random.Random(seed)
        seen: dict[tuple[str, str, str], None] = {}
        for _ in range(count * 3):
            seen.setdefault(self.drawn(rng))
            if len(seen) >= count:
                break
        return list(seen)

    def generate_placed(self, seed: int, count: int) -> list[tuple[str, str]]:
        """At most `count` different (place, text)."""
        return list(dict.fromkeys((place, text) for _, place, text in self.generate_rows(seed, count)))

    def generate(self, seed: int, count: int) -> list[str]:
        """At most `count` different texts."""
        return list(dict.fromkeys(text for _, _, text in self.generate_rows(seed, count)))


VALUE = (("query-value", 52), ("body-value", 34), ("cookie", 6), ("header", 5), ("body-text", 3))
"""Places of values that travel as parameters."""
ANYWHERE = (("query-value", 34), ("body-value", 26), ("header", 18), ("cookie", 8), ("path", 5), ("query-name", 2), ("body-name", 2), ("file-name", 2), ("body-text", 3))
"""Places of what is thrown at everything a request has."""
BODY = (("body-text", 62), ("body-value", 30), ("query-value", 8))
"""Places of whole documents."""
