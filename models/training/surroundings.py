"""What stands around an attack in a real request: an ordinary value, prose, a record, code points written otherwise."""

import json
import random

from benign_words import WORD_RULES
from generators_common import NAMES, WORDS, number, ordinary, percent, token
from grammar import Grammar

PHRASES = (
    "Hello, I have a question about my order", "Great article, thank you!", "Please call me back", "My name is {n} and I live in {w}", "test", "This is a test message", "see attached {w}", "the {w} of the {w} is not {w}",
    "Hallo, ich habe eine Frage zu {w}", "Bonjour, je voudrais {w}", "Hola, me gusta el {w}", "Buongiorno, vorrei {w}", "Dzień dobry, {w}", "こんにちは {w}", "Здравствуйте, {w}", "你好 {w}", "Γεια σας, {w}", "{w} {w} {w}", "{n}'s {w}",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit", "I was looking for a {w} with {w} but only found {k}", "Best regards, {n}", "Dear Sir or Madam,", "{k} {w}s for {k} EUR", "search results for {w}", "Re: {w} {k}", "nice {w}, would buy again",
)
SPOKEN = Grammar(WORD_RULES)
FIELDS = ("id", "name", "q", "search", "user", "email", "comment", "message", "title", "file", "path", "url", "next", "page", "sort", "filter", "lang", "template", "data", "value", "text", "content", "subject", "query", "redirect", "callback", "host", "cmd", "token")


def phrase(rng: random.Random) -> str:
    """A line somebody might have typed."""
    if rng.random() < 0.6:
        return SPOKEN.make(rng, "sentence")
    return rng.choice(PHRASES).replace("{w}", rng.choice(WORDS)).replace("{n}", rng.choice(NAMES).title()).replace("{k}", number(rng))


def record(rng: random.Random, text: str) -> str:
    """The text as one field among ordinary ones."""
    fields = [(rng.choice(FIELDS), ordinary(rng)) for _ in range(rng.randint(0, 3))]
    fields.insert(rng.randint(0, len(fields)), (rng.choice(FIELDS), text))
    way = rng.random()
    if way < 0.45:
        return json.dumps(dict(fields), ensure_ascii=rng.random() < 0.5)
    if way < 0.7:
        return "&".join(f"{k}={v}" for k, v in fields)
    if way < 0.85:
        return "".join(f"<{k}>{v.replace('&', '&amp;').replace('<', '&lt;')}</{k}>" for k, v in fields)
    return rng.choice(("; ", "\n", "|", ",")).join(f"{k}{rng.choice(('=', ': '))}{v}" for k, v in fields)


def around(rng: random.Random, place: str, text: str) -> str:
    """The text as it is, mostly; else behind or before something ordinary, in a record, or percent-encoded."""
    if place in ("query-name", "body-name", "path", "file-name"):
        return percent(rng, text) if rng.random() < 0.08 else text
    way = rng.random()
    if way < 0.58:
        return text
    if way < 0.66:
        return f"{ordinary(rng)}{rng.choice(('', ' ', ' ', '/', ','))}{text}"
    if way < 0.74:
        return f"{phrase(rng)}{rng.choice((' ', ' ', chr(10), '. ', ''))}{text}{rng.choice(('', '', ' ' + phrase(rng)))}"
    if way < 0.79:
        return f"{text}{rng.choice(('', ' '))}{ordinary(rng)}"
    if way < 0.87 and place in ("body-value", "query-value", "cookie", "body-text"):
        return record(rng, text)
    if way < 0.9:
        return " ".join((*(phrase(rng) for _ in range(rng.randint(1, 4))), text, *(phrase(rng) for _ in range(rng.randint(0, 4)))))
    if way < 0.92:
        return f"{token(rng, 1, 12)}{text}{token(rng, 0, 12)}"
    return percent(rng, text)
