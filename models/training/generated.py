"""All generated rows: attacks by class and ordinary texts by kind. The source of a row is `generated/<kind>`, so that a kind can be left out.

    python generated.py [--count N]     # prints the kinds and how many rows each has
"""

import argparse
import importlib
from collections import Counter

from data import Row

ATTACKS = {
    "sqli": "generators_sqli", "xss": "generators_xss", "path-traversal": "generators_traversal", "cmdi": "generators_cmdi", "nosqli": "generators_nosqli", "ssti": "generators_ssti",
    "code-injection": "generators_code", "xxe": "generators_xxe", "ldapi": "generators_ldapi", "ssrf": "generators_ssrf", "crlf": "generators_crlf",
}
"""The generator of each class of attacks."""
CONSOLE = "console"
"""Ordinary statements typed into a console of administrators: the same words as in attacks, told apart by their place alone."""


def attacks(seed: int, counts: dict[str, int], left_out: frozenset[str] = frozenset()) -> list[Row]:
    """As many rows of each class as `counts` says, sources `generated/<class>:<shape>`; `left_out` holds such kinds or whole classes."""
    rows = []
    for label, count in counts.items():
        for rule, place, text in importlib.import_module(ATTACKS[label]).GENERATOR.generate_rows(seed, count):
            if label not in left_out and f"{label}:{rule}" not in left_out:
                rows.append(Row(text, label, f"generated/{label}:{rule}", place))
    return rows


def benign(seed: int, count: int, left_out: frozenset[str] = frozenset()) -> list[Row]:
    """About `count` ordinary rows, sources `generated/<kind>`; kinds in `left_out` are missing, and what quotes attacks of shapes in it; the others are as they would be with them."""
    from generators_benign_kinds import generate_rows
    from quotations import plain

    made = ((kind, place, plain(text, left_out)) for kind, place, text in generate_rows(seed, count) if kind not in left_out)
    return [Row(text, "norm", f"generated/{kind}", place) for kind, place, text in made if text is not None]


def main() -> None:
    """Prints the kinds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    args = parser.parse_args()
    for rows in (attacks(1, dict.fromkeys(ATTACKS, args.count)), benign(1, args.count * 4)):
        for source, count in Counter(row.source for row in rows).items():
            sizes = sorted(len(row.text) for row in rows if row.source == source)
            print(f"{source:40} {count:7}  median {sizes[len(sizes) // 2]:6}, longest {sizes[-1]}")


if __name__ == "__main__":
    main()
