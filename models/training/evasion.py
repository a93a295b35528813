"""Measures how much of what the filter detects it still detects when the same attack is written otherwise.

    python evasion.py [--classify 'target/release/portcullis classify'] [--count 200] [--queries 1000] [--flag]

Two tables: recall after each encoding and padding (of attacks detected as they are), and the share that a score-guided
search evades with rewrites that keep the meaning, at most --queries questions a payload.
"""

import argparse
import base64
import html
import random
import re
import string
import urllib.parse
from pathlib import Path
from typing import Callable

import data
import generated
from data import Row
from grammar import CODED
from judge import Judge, common_arguments, detected, unseen
from rewrites import PROSE, REWRITES, changed

JUNK = 10 * 1024
CANDIDATES = 10
"""Texts tried a round and payload."""
NAMED = {"<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "&": "&amp;", "(": "&lpar;", ")": "&rpar;", ":": "&colon;", "/": "&sol;", "=": "&equals;", ";": "&semi;", "\n": "&NewLine;", "\t": "&Tab;", ".": "&period;", ",": "&comma;"}
ALL = tuple(generated.ATTACKS)


def quoted(rounds: int) -> Callable[[random.Random, str], str]:
    """Percent-encoding, so many times over."""

    def write(_: random.Random, text: str) -> str:
        for _ in range(rounds):
            text = urllib.parse.quote(text, safe="", errors="surrogatepass")
        return text

    return write


def letters(rng: random.Random, size: int) -> str:
    """Letters without meaning."""
    return "".join(rng.choices(string.ascii_letters + "   ", k=size))


SENTENCES: list[str] = []
"""Sentences of the corpora that training keeps apart; without the data folder, those of the generators."""


def read_sentences(root: Path) -> None:
    """Fills `SENTENCES`."""
    if (root / "benign").exists():
        SENTENCES.extend(row.text for row in data.benign(root) if row.source.startswith(("UD_", "clinc")) and data.is_held_out(row))


def prose(rng: random.Random, size: int) -> str:
    """Sentences, one or as many as are asked for."""
    text = ""
    while len(text) < max(size, 1):
        text += (rng.choice(SENTENCES) if SENTENCES else PROSE.make(rng, "sentence")) + " "
    return text


def blanks(gap: str) -> Callable[[random.Random, str], str]:
    """Every blank as something else."""
    return lambda _, text: text.replace(" ", gap)


def names_in_case(rng: random.Random, text: str) -> str:
    """Names of elements, handlers and schemes in other letters."""
    return re.sub(r"</?[a-z][\w:-]*|\bon[a-z]+(?=\s*=)|javascript(?=:)", lambda m: CODED["rc"](rng, m[0]), text, flags=re.I)


WAYS: tuple[tuple[str, tuple[str, ...], Callable[[random.Random, str], str]], ...] = (
    ("URL-encoded once", ALL, quoted(1)), ("URL-encoded twice", ALL, quoted(2)), ("URL-encoded thrice", ALL, quoted(3)), ("every byte URL-encoded", ALL, lambda _, t: "".join(f"%{b:02x}" for b in t.encode("utf-8", "surrogatepass"))),
    ("entities, decimal", ALL, lambda _, t: "".join(f"&#{ord(c)};" for c in t)), ("entities, hexadecimal", ALL, lambda _, t: "".join(f"&#x{ord(c):x};" for c in t)), ("entities, named", ALL, lambda _, t: "".join(NAMED.get(c, c) for c in t)), ("entities of < > & quotes", ALL, lambda _, t: html.escape(t)),
    ("\\u escapes", ALL, lambda _, t: "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in t)), ("\\x escapes", ALL, lambda _, t: "".join(f"\\x{b:02x}" for b in t.encode("utf-8", "surrogatepass"))), ("base64", ALL, lambda _, t: base64.b64encode(t.encode("utf-8", "surrogatepass")).decode()), ("base64, URL letters", ALL, lambda _, t: base64.urlsafe_b64encode(t.encode("utf-8", "surrogatepass")).decode().rstrip("=")), ("full width", ALL, CODED["wide"]), ("%u escapes", ALL, lambda _, t: "".join(f"%u{ord(c):04x}" for c in t)),
    ("random case", ("sqli",), CODED["rc"]), ("random case of names", ("xss",), names_in_case), ("comments for blanks", ("sqli",), blanks("/**/")), ("long comments for blanks", ("sqli",), blanks("/*a b c*/")), ("line comments for blanks", ("sqli",), blanks("--x\n")),
    ("tabs for blanks", ("sqli", "xss", "cmdi"), blanks("\t")), ("line ends for blanks", ("sqli", "xss"), blanks("\n")), ("form feeds for blanks", ("sqli", "xss"), blanks("\x0c")), ("vertical tabs for blanks", ("sqli",), blanks("\x0b")), ("three blanks for one", ("sqli", "xss", "cmdi"), blanks("   ")), ("plus for blanks", ALL, blanks("+")),
    ("10 KiB of letters before", ALL, lambda r, t: letters(r, JUNK) + t), ("10 KiB of letters behind", ALL, lambda r, t: t + letters(r, JUNK)), ("10 KiB of prose before", ALL, lambda r, t: prose(r, JUNK) + t), ("10 KiB of prose behind", ALL, lambda r, t: f"{t} {prose(r, JUNK)}"), ("200 letters before", ALL, lambda r, t: letters(r, 200) + t), ("a sentence before and behind", ALL, lambda r, t: f"{prose(r, 1)}{t} {prose(r, 1)}"),
    ("URL-encoded in base64", ALL, lambda r, t: base64.b64encode(quoted(1)(r, t).encode()).decode()), ("entities URL-encoded", ALL, lambda r, t: quoted(1)(r, "".join(f"&#{ord(c)};" for c in t))),
)
"""Name, classes it keeps the meaning of, and how it is written."""


def percent(part: int, whole: int) -> str:
    """A share as a column of the table."""
    return f"{100 * part / whole:6.1f}" if whole else "     -"


def table_of_ways(judge: Judge, rows: list[Row], flagged: bool, seed: int) -> None:
    """Prints recall after each way, by class."""
    classes = [c for c in ALL if any(row.label == c for row in rows)]
    print(f"\nrecall in % of attacks detected as they are, by class ({', '.join(f'{c} {sum(r.label == c for r in rows)}' for c in classes)})")
    print(f"{'':30} {'all':>6} " + " ".join(f"{c[:8]:>8}" for c in classes))
    for name, allowed, write in WAYS:
        rng = random.Random(f"{seed}/{name}")
        mine = [row for row in rows if row.label in allowed]
        verdicts = judge.verdicts([write(rng, row.text) for row in mine])
        hit = [v.refused or (flagged and v.flagged) for v in verdicts]
        cells = [percent(sum(h for h, r in zip(hit, mine) if r.label == c), sum(r.label == c for r in mine)) for c in classes]
        print(f"{name:30} {percent(sum(hit), len(mine))} " + " ".join(f"{cell:>8}" for cell in cells), flush=True)


def search(judge: Judge, rows: list[Row], queries: int, flagged: bool, seed: int) -> dict[int, tuple[int, str]]:
    """Hill climbing on the score: by row, after how many questions it was evaded, and by which text."""
    rng = random.Random(seed)
    best = {n: (verdict.score, row.text) for n, (row, verdict) in enumerate(zip(rows, judge.verdicts([row.text for row in rows])))}
    evaded: dict[int, tuple[int, str]] = {}
    for spent in range(CANDIDATES, queries + 1, CANDIDATES):
        open_rows = [n for n in best if n not in evaded]
        tried = [(n, changed(rng, rows[n].label, best[n][1])) for n in open_rows for _ in range(CANDIDATES)]
        for (n, text), verdict in zip(tried, judge.verdicts([text for _, text in tried])):
            if not (verdict.refused or (flagged and verdict.flagged)):
                evaded.setdefault(n, (spent, text))
            elif verdict.score < best[n][0] or (verdict.score == best[n][0] and rng.random() < 0.2):
                best[n] = (verdict.score, text)
        if not open_rows:
            break
    return evaded


def table_of_search(judge: Judge, rows: list[Row], args) -> None:
    """Prints the share evaded, by class, and some of the texts that did it."""
    rng = random.Random(args.seed)
    print(f"\nsearch by score, at most {args.queries} questions a payload, payloads detected as they are")
    for label in REWRITES:
        mine = [row for row in rows if row.label == label]
        mine = rng.sample(mine, min(len(mine), args.payloads))
        if not mine:
            continue
        evaded = search(judge, mine, args.queries, args.flag, args.seed)
        needed = sorted(spent for spent, _ in evaded.values())
        print(f"{label:16} {len(evaded)} of {len(mine)} evaded ({percent(len(evaded), len(mine)).strip()} %), questions needed: median {needed[len(needed) // 2] if needed else '-'}", flush=True)
        for n, (spent, text) in list(evaded.items())[: args.show]:
            print(f"    {spent:5} {mine[n].text[:90]!r} -> {text[:160]!r}")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common_arguments(parser)
    parser.add_argument("--classes", nargs="+", default=list(ALL))
    parser.add_argument("--count", type=int, default=200, help="generated attacks of each class")
    parser.add_argument("--payloads", type=int, default=60, help="payloads of each class that the search starts from")
    parser.add_argument("--queries", type=int, default=1000, help="questions the search may ask for each payload; 0 leaves it out")
    parser.add_argument("--show", type=int, default=3, help="evading texts printed for each class")
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    judge = Judge(args.classify, args.folder)
    read_sentences(args.data)
    rows = unseen(args.classes, args.count, args.data)
    found = detected(judge, rows, args.flag)
    for label in args.classes:
        whole, part = sum(r.label == label for r in rows), sum(r.label == label for r in found)
        print(f"{label:16} {part} of {whole} detected as they are ({percent(part, whole).strip()} %)")
    table_of_ways(judge, found, args.flag, args.seed)
    if args.queries:
        table_of_search(judge, found, args)
    print(f"\n{judge.asked} questions asked")


if __name__ == "__main__":
    main()
