"""Attacks written otherwise, with the same meaning, until they look ordinary: what is to be learnt from next."""

import random
from typing import Callable, NamedTuple

import numpy as np

import dataset
import prepare
from data import LABELS, Row
from dataset import Windows
from prepare import Part
from rewrites import changed

SOURCE = "generated/evading"
STARTS = {"sqli": 2000, "xss": 1200, "cmdi": 1200, "path-traversal": 200}
"""Attacks that a search starts from, by class."""
ROUNDS, TRIED = 20, 5
"""Rounds of a search, and texts tried of each attack in a round."""
TAKEN = 0.3
"""How ordinary a text must look to be one to learn from."""
KEPT = 5
"""Texts kept of one attack: the last, which hide best."""


class Text(NamedTuple):
    """An attack as it is written now, its only window and how ordinary that looks."""

    row: Row
    part: Part
    looks: float


def searched(looks: Callable[[Windows], np.ndarray], attacks: list[Row], seed: int) -> Windows:
    """Hill climbing on how ordinary windows look, 0 to 1, from attacks that do not: the windows of those that do in the end."""
    rng = random.Random(seed)
    best = [text for text in judged(looks, starts(rng, attacks)) if text and text.looks < TAKEN]
    found: list[list[Text]] = [[] for _ in best]
    for _ in range(ROUNDS):
        tried = [(n, text.row._replace(text=changed(rng, text.row.label, text.row.text))) for n, text in enumerate(best) for _ in range(TRIED)]
        for (n, _), text in zip(tried, judged(looks, [row for _, row in tried])):
            if text and text.looks > best[n].looks:
                best[n] = text
                found[n] += [text] if text.looks >= TAKEN else []
    kept = [text for texts in found for text in texts[-KEPT:]]
    print(f"  {sum(map(bool, found))} of {len(best)} attacks rewritten until they look ordinary, {len(kept)} texts", flush=True)
    return dataset.gathered([(text.part, LABELS.index(text.row.label), SOURCE, -1) for text in kept])


def starts(rng: random.Random, attacks: list[Row]) -> list[Row]:
    """Some attacks of each class that can be rewritten."""
    drawn = []
    for label, count in STARTS.items():
        mine = [row for row in attacks if row.label == label]
        drawn += rng.sample(mine, min(count, len(mine)))
    return drawn


def judged(looks: Callable[[Windows], np.ndarray], rows: list[Row]) -> list[Text | None]:
    """Each row with its window; none of a row of several, of which some may be harmless."""
    parts = [parts[0] if len(parts) == 1 else None for parts in prepare.texts(rows, kept=False)]
    said = iter(looks(dataset.gathered([(part, 0, SOURCE, -1) for part in parts if part])).tolist())
    return [part and Text(row, part, next(said)) for row, part in zip(rows, parts)]
