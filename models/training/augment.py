"""Ordinary texts made of pieces of ordinary texts, so that an unseen shape alone is no sign of an attack.

What sites send to themselves is endless in form: records with separators of their own, JSON escaped into strings twice
over, fingerprints, halves of words. None of that is dangerous, and no list of it is ever complete.
"""

import random
import string

from data import KINDS
from generators_common import WORDS, number, token

SEPARATORS = ("|", "||", ";", ",", ", ", ":", "::", "=", "&", "~", "^", "#", "$", "$$", "@", "@@", "!", "*", "/", "//", ".", "-", "--", "_", "__", "+", " ", "  ", "\t", "\n", ">", "->", "=>", "<", "{", "}", "[", "]", "][", "(", ")", "\\", "\\\\", "\"", "\",\"", "\":\"",
              "\\\":\\\"", "'", "', '", "%", "?", "`", "%7c", "€", "·", "→", " | ", " - ", " > ", " & ", "; ", "&&", "<br>", "\\n", "\\/", "</", "/>", "={", "'}", "$.", "#!", "@{", "!!", "??", "..", "...")
KINDS_DRAWN = (("query-value", 34), ("body-value", 36), ("header", 9), ("cookie", 8), ("body-text", 6), ("path", 3), ("query-name", 2), ("body-name", 2))
ENDINGS = ("", "", "", ".html", ".shtml", ".php", ".jsp", ".do", ".aspx", ".js", ".css", ".png", ".json", ".xml", "/", "/index", ".htm", ".cgi", ".action")
TOPS = ("com", "org", "net", "cn", "de", "io", "co.uk", "gr", "fr", "local", "internal", "app", "dev")


def crop(rng: random.Random, pool: list[bytes], low: int, high: int) -> str:
    """A piece of an ordinary text, cut anywhere."""
    text = rng.choice(pool).decode("utf-8", "ignore")
    size = rng.randint(low, high)
    start = rng.randrange(max(1, len(text) - size + 1))
    return text[start : start + size]


def splice(rng: random.Random, pool: list[bytes]) -> str:
    """Pieces between separators; mostly one kind of separator a text, as records have."""
    own = rng.choice(SEPARATORS)
    mixed = rng.random() < 0.3
    pieces = [crop(rng, pool, 2, 28) if rng.random() < 0.6 else rng.choice((rng.choice(WORDS), number(rng), token(rng), "")) for _ in range(rng.randint(2, 7))]
    return "".join(f"{piece}{rng.choice(SEPARATORS) if mixed else own}" for piece in pieces)


def escaped(rng: random.Random, pool: list[bytes]) -> str:
    """Text put into a JSON string, once or more."""
    text = crop(rng, pool, 20, 150)
    if '"' not in text:
        text = f'"{rng.choice(WORDS)}":"{text}","{rng.choice(WORDS)}":"<p class="{rng.choice(WORDS)}">{rng.choice(WORDS)}</p>"'
    for _ in range(rng.randint(1, 3)):
        text = text.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/")
    return text


def noise(rng: random.Random, _pool: list[bytes]) -> str:
    """Fingerprints and codes: characters of a small or large alphabet without any order."""
    signs = string.ascii_letters + string.digits
    alphabet = rng.sample(signs, rng.randint(4, len(signs))) + rng.sample(string.punctuation, rng.randint(0, 14))
    return "".join(rng.choices(alphabet, k=rng.randint(4, 90)))


def place(rng: random.Random, pool: list[bytes]) -> str:
    """A path or a host as a value, without its scheme."""
    words = [rng.choice((rng.choice(WORDS), token(rng), number(rng), f"{rng.choice(WORDS)}{rng.randint(1, 2030)}", f"{rng.choice(WORDS)}-{rng.choice(WORDS)}", f"{rng.choice(WORDS)}_{token(rng)}", rng.choice(WORDS).title())) for _ in range(rng.randint(1, 5))]
    host = ".".join(rng.choices((*WORDS, token(rng, 1, 4)), k=rng.randint(1, 4))) + "." + rng.choice(TOPS)
    path = "/".join(words)
    return rng.choice((f"/{path}{rng.choice(ENDINGS)}", f"/{path}{rng.choice(ENDINGS)}", f"{path}{rng.choice(ENDINGS)}", host, f"{host}/{path}", f"//{host}/{path}{rng.choice(ENDINGS)}", ".".join(words), f"{host}:{rng.randint(80, 9999)}", f"/{path}?{rng.choice(WORDS)}={number(rng)}", f"#/{path}", f"{path}/*", f"/{path}/:id", f"@/{path}", f"./{path}{rng.choice(ENDINGS)}", f"{host}#{words[0]}", f"{host}.{words[0]}"))


WAYS = ((crop, 22), (splice, 34), (escaped, 12), (noise, 12), (place, 20))


def augmented(windows: list[bytes], count: int, seed: int) -> list[tuple[str, str]]:
    """`count` different (kind, text) pairs out of ordinary windows."""
    rng = random.Random(seed)
    pool = sorted(set(windows))
    ways, weights = zip(*WAYS)
    kinds, chances = zip(*KINDS_DRAWN)
    seen: dict[tuple[str, str], None] = {}
    for _ in range(count * 2):
        way = rng.choices(ways, weights=weights)[0]
        text = crop(rng, pool, 4, 140) if way is crop else way(rng, pool)
        seen.setdefault((rng.choices(kinds, weights=chances)[0], text))
        if len(seen) >= count:
            break
    assert set(kinds) <= set(KINDS)
    return list(seen)
