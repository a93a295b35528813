"""What the generators share: values that stand before an injection, and ways of writing a text differently."""

import random
import string
import urllib.parse

WORDS = (
    "apple river window market garden silver paper orange summer table letter forest engine button island bridge "
    "planet camera guitar pepper winter mirror pocket ticket basket bottle castle dragon flower hammer jacket kitchen "
    "ladder magnet needle office parrot rabbit saddle temple violin wallet yellow zebra coffee doctor school teacher "
    "report invoice order select union group table update insert delete drop where from into set value key index "
    "shell system process script alert cookie image source link style frame object event load error click focus"
).split()
NAMES = (
    "anna boris carla david elena fatima george hannah ivan julia kofi lena marco nadia oscar petra quentin rosa "
    "samir tanja umberto vera walid xenia yannis zoe o'brien d'angelo mueller nguyen garcia silva kowalski"
).split()
HOSTS = ("example.com", "test.local", "10.0.0.5", "192.168.1.77", "evil.example", "attacker.test", "127.0.0.1", "x.co")


def token(rng: random.Random, low: int = 3, high: int = 9) -> str:
    """Letters and digits without meaning."""
    return "".join(rng.choices(string.ascii_lowercase + string.digits, k=rng.randint(low, high)))


def number(rng: random.Random) -> str:
    """A number as identifiers and quantities are written."""
    return str(rng.choice((rng.randint(0, 20), rng.randint(1, 999), rng.randint(1000, 99999999), -rng.randint(1, 9999))))


def ordinary(rng: random.Random) -> str:
    """An ordinary value of a parameter."""
    return rng.choice(
        (
            lambda: number(rng),
            lambda: rng.choice(WORDS),
            lambda: rng.choice(NAMES),
            lambda: f"{rng.choice(NAMES)}@{rng.choice(HOSTS)}",
            lambda: rng.choice(HOSTS),
            lambda: token(rng),
            lambda: f"{rng.choice(WORDS)}.{rng.choice(('txt', 'jpg', 'pdf', 'php', 'log', 'html'))}",
            lambda: " ".join(rng.choices(WORDS, k=rng.randint(2, 4))),
            lambda: "",
        )
    )()


def mixed_case(rng: random.Random, text: str) -> str:
    """Each letter in a case of its own."""
    return "".join(rng.choice((c.upper(), c.lower())) for c in text)


def percent(rng: random.Random, text: str) -> str:
    """Percent-encoding as clients, and as those who hide something, write it."""
    way = rng.random()
    if way < 0.5:
        return urllib.parse.quote(text, safe="")
    if way < 0.75:
        return urllib.parse.quote_plus(text)
    if way < 0.9:
        return urllib.parse.quote(urllib.parse.quote(text, safe=""), safe="")
    return "".join(f"%{b:02x}" for b in text.encode())


def sometimes_encoded(rng: random.Random, text: str, share: float = 0.12) -> str:
    """Most texts as they are: the filter decodes before the model looks. A few stay encoded."""
    return percent(rng, text) if rng.random() < share else text


def unique(make, rng: random.Random, count: int) -> list[str]:
    """Up to `count` different texts of a generator."""
    seen: dict[str, None] = {}
    for _ in range(count * 3):
        seen.setdefault(make(rng))
        if len(seen) >= count:
            break
    return list(seen)
