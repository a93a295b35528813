"""Measures a model on templates that it has not learnt from, each filled once: what is refused at `medium`, of attacks by class, of ordinary texts by place.

    python unlearnt.py [--model ../] [--hand eighth] [--shown 20]
"""

import argparse
import random
import tomllib
from collections import Counter
from pathlib import Path

import prepare
import scoring
import written
from benign_web import WEB
from data import Row
from grammar import Grammar

VALUE = ("query-value", "body-value")
ATTACKS = (
    ("sqli", "sqli", "TEMPLATES", VALUE), ("xss", "xss", "TEMPLATES", VALUE), ("path-traversal", "traversal", "TEMPLATES", VALUE), ("cmdi", "cmdi", "TEMPLATES", VALUE),
    ("nosqli", "nosqli", "NAMES", ("query-name", "body-name")), ("nosqli", "nosqli", "JSON", ("body-value", "body-text")), ("nosqli", "nosqli", "STRINGS", VALUE),
    ("ssti", "ssti", "TEMPLATES", VALUE), ("code-injection", "code", "TEMPLATES", VALUE), ("xxe", "xxe", "TEMPLATES", ("body-value", "body-text")),
    ("ldapi", "ldap", "TEMPLATES", VALUE), ("ldapi", "ldap", "XPATH", VALUE), ("ssrf", "ssrf", "TEMPLATES", VALUE), ("crlf", "crlf", "TEMPLATES", VALUE),
)
"""The templates of each class: package, constant, and where they stand."""
SEED = 4


def unlearnt(hand: str) -> list[Row]:
    """The texts of a hand; the source of an ordinary one is where it stands or what it is."""
    attack, rows = Grammar({}), []
    for label, package, constant, places in ATTACKS:
        rng = random.Random(f"{SEED}/{package}/{constant}")
        rows += [Row(attack.fill(rng, template), label, hand, rng.choice(places)) for template in written.of(package, hand, constant)]
    rng = random.Random(f"{SEED}/norm")
    for place, found in written.of("ordinary", hand).items():
        rows += [Row(WEB.fill(rng, template), "norm", place, place) for template in found]
    for name, module in (("records", f"records_{hand}"), ("texts", hand)):
        rows += [Row(WEB.fill(rng, template), "norm", name, "body-value") for template in written.joined("texts", modules=(module,))]
    return rows


def main() -> None:
    """Prints the table, and what was judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent, help="the folder of text.toml")
    parser.add_argument("--hand", choices=written.MEASURING, default=written.MEASURING[-1], help="whose templates (default: %(default)s)")
    parser.add_argument("--shown", type=int, default=0, help="how many of each group to show that were judged wrongly")
    args = parser.parse_args()
    manifest = args.model / "text.toml"
    limits = tomllib.loads(manifest.read_text(encoding="utf-8"))["thresholds"]["medium"]
    rows = unlearnt(args.hand)
    judged = scoring.Model.shipped(manifest).texts(prepare.texts(rows, kept=False))
    refused, count, wrong = Counter(), Counter(), {}
    for row, score in zip(rows, judged):
        group = row.label if row.label != "norm" else f"norm, {row.source}"
        is_refused = score.refused(limits)
        count[group] += 1
        refused[group] += is_refused
        if is_refused == (row.label == "norm"):
            wrong.setdefault(group, []).append((score.label, round(float(score.attack), 3), row.text[:160]))
    for group, number in count.items():
        print(f"{group:24} {refused[group]:4} of {number:4} refused, {refused[group] / number:.3f}")
        for found in wrong.get(group, [])[: args.shown]:
            print("   ", *map(repr, found))


if __name__ == "__main__":
    main()
