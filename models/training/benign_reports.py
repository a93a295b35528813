"""What browsers and pages report by themselves: records with lengths before their fields, measurements, errors of scripts."""

import random

from benign_web import WEB
from generators_common import number, token

LANGUAGES = ("en-US", "de-DE", "fr-FR", "pl", "pt-BR", "zh-CN", "ja", "it-IT", "nl-NL")
ERRORS = (
    "Uncaught SyntaxError: Unexpected token '{}'", "Uncaught TypeError: {} is not a function", "Uncaught ReferenceError: {} is not defined", "TypeError: Cannot read properties of undefined (reading '{}')", "Script error.",
    "TypeError: undefined is not an object (evaluating '{}')", "SecurityError: Blocked a frame with origin \"https://{}\" from accessing a cross-origin frame.", "ResizeObserver loop limit exceeded", "Uncaught (in promise) {}", "ChunkLoadError: Loading chunk {} failed.",
)


def record(rng: random.Random, depth: int = 0) -> str:
    """Fields as a protocol buffer holds them: number and kind, length, text or a record of its own (https://protobuf.dev/programming-guides/encoding/)."""
    text = lambda: rng.choice((lambda: WEB.make(rng, "link"), lambda: WEB.make(rng, "site"), lambda: rng.choice(LANGUAGES), lambda: WEB.make(rng, "noun"), lambda: token(rng), lambda: WEB.make(rng, "ver")))()
    found = []
    for field in sorted(rng.sample(range(1, 13), rng.randint(2, 6))):
        if rng.random() < 0.25:
            found.append(chr(field << 3) + varint(rng.choice((0, 1, 1, rng.randrange(128), rng.randrange(1 << 20)))))
            continue
        value = record(rng, depth + 1) if depth < 2 and rng.random() < 0.3 else text()
        found.append(chr(field << 3 | 2) + varint(len(value)) + value)
    return "".join(found)


def varint(value: int) -> str:
    """A whole number, seven bits in a byte, the lowest first."""
    low, rest = value & 127, value >> 7
    return chr(low | 128) + varint(rest) if rest else chr(low)


def measured(rng: random.Random) -> str:
    """Names and what was measured, one after another."""
    name = lambda: "".join(WEB.make(rng, rng.choice(("noun", "verb", "adj"))).title() for _ in range(rng.randint(1, 4))).replace(" ", "")
    value = lambda: rng.choice((number(rng), f"{rng.randrange(600)}.{rng.randrange(1000)}", "true", "false", WEB.make(rng, "noun"), "", "0"))
    equals, end = rng.choice("==:"), rng.choice((";", ";", "; ", "|", "&", ","))
    title = rng.choice(("", "", f"{WEB.make(rng, 'noun')} {WEB.make(rng, 'noun')} on {WEB.make(rng, 'noun')} ".capitalize()))
    return (title + end if title else "") + end.join(f"{name()}{equals}{value()}" for _ in range(rng.randint(1, 7))) + rng.choice(("", end.strip()))


def thrown(rng: random.Random) -> str:
    """An error of a script, with where it came from."""
    error = rng.choice(ERRORS).format(rng.choice((*"<>{}()", WEB.make(rng, "noun"), "null", f"{WEB.make(rng, 'noun')}.{WEB.make(rng, 'verb')}", number(rng))))
    where = (f"url:{WEB.make(rng, 'link')}", f"scriptURI:{WEB.make(rng, 'link')}", f"lineNo:{rng.randrange(9000)}", f"columnNo:{rng.randrange(90)}", f"stack:at {WEB.make(rng, 'noun')} ({WEB.make(rng, 'link')}:{rng.randrange(900)}:{rng.randrange(90)})", f"ua:Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/{rng.randrange(90, 140)}.0.0.0")
    return rng.choice((";", "; ", ",", "|", "\n", " @ ")).join((error, *rng.sample(where, rng.randint(0, 5))))


def report(rng: random.Random) -> str:
    """One of them."""
    return rng.choice((record, record, measured, thrown))(rng)
