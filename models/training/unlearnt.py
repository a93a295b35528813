"""Measures a model on templates that it has not learnt from, each filled once: what is refused at `medium`, of attacks by class, of ordinary texts by place.

    python unlearnt.py [--model ../] [--shown 20]
"""

import argparse
import importlib
import random
import tomllib
from collections import Counter
from pathlib import Path

import prepare
import scoring
from benign_web import WEB
from data import Row
from grammar import Grammar

ATTACKS = {
    "sqli": "sqli", "xss": "xss", "path-traversal": "traversal", "cmdi": "cmdi", "ssti": "ssti", "code-injection": "code",
    "xxe": "xxe", "ldapi": "ldap", "ssrf": "ssrf", "crlf": "crlf",
}
"""The package of templates of each class that stand in values; those of `nosqli` stand in names and whole bodies too."""
IN_QUERY = 0.6
"""Share of the attacks that stand in a query; the others stand in a form."""
SEED = 4


def unlearnt() -> list[Row]:
    """The fourth hand's texts; the source of an ordinary one is where it stands or what it is."""
    rng, attack = random.Random(SEED), Grammar({})
    rows = []
    for label, name in ATTACKS.items():
        for template in importlib.import_module(f"written.{name}.fourth").TEMPLATES:
            rows.append(Row(attack.fill(rng, template), label, "fourth", "query-value" if rng.random() < IN_QUERY else "body-value"))
    strings = importlib.import_module("written.nosqli.fourth").TEMPLATES["strings"]
    rows += [Row(attack.fill(rng, template), "nosqli", "fourth", "body-value") for template in strings]
    for place, templates in importlib.import_module("written.ordinary.fourth").TEMPLATES.items():
        rows += [Row(WEB.fill(rng, template), "norm", place, place) for template in templates]
    for name in ("records", "fourth"):
        templates = importlib.import_module(f"written.texts.{name}").TEMPLATES
        rows += [Row(WEB.fill(rng, template), "norm", f"texts/{name}", "body-value") for template in templates]
    return rows


def main() -> None:
    """Prints the table, and what was judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent, help="the folder of text.toml")
    parser.add_argument("--shown", type=int, default=0, help="how many of each group to show that were judged wrongly")
    args = parser.parse_args()
    manifest = args.model / "text.toml"
    limits = tomllib.loads(manifest.read_text(encoding="utf-8"))["thresholds"]["medium"]
    rows = unlearnt()
    judged = scoring.Model.shipped(manifest).texts(prepare.texts(rows, kept=False))
    refused, count, wrong = Counter(), Counter(), {}
    for row, score in zip(rows, judged):
        group = row.label if row.label != "norm" else f"norm, {row.source}"
        is_refused = score.attack >= limits[score.label]
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
