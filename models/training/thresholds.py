"""Calibrates scores and chooses thresholds, on sites and texts used for nothing else."""

import random
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

import data
import dataset
import prepare
import scoring
from data import LABELS, Row
from prepare import Part

FLAGGED = 0.01
"""Share of the selection sites' requests, and of texts of corpora, with a score of one half or more."""
WANTED = {"low": 0.0004, "medium": 0.0012, "high": 0.004}
"""Share of those refused, all classes together."""
FLOORS = {"low": 0.9, "medium": 0.7, "high": 0.5}


class Chosen(NamedTuple):
    """What was chosen."""

    temperature: float
    shift: float
    refuse: dict[str, dict[str, float]]


def choose(model: scoring.Model, root: Path, held_out: list[Row]) -> Chosen:
    """Temperature and thresholds of an uncalibrated model."""
    asked = [r for r in data.web_requests(root) if data.split_of_site(r.site) == "select"]
    requests, corpora, attacks = prepare.requests(asked), prepare.texts(held_out), positives()
    temperature = calibrated(model, requests, corpora, attacks)
    benign, texts = worst(model, requests, temperature, 0.0), worst(model, corpora, temperature, 0.0)
    half = max(highest(group, FLAGGED) for group in (benign, texts))
    shift = max(0.0, float(np.log(half / (1 - half))))
    print(f"temperature {temperature:.3f}, shift {shift:.3f}")
    benign, texts = worst(model, requests, temperature, shift), worst(model, corpora, temperature, shift)
    refuse = {}
    for name, wanted in WANTED.items():
        refuse[name] = {label: threshold(benign, texts, label, wanted / (len(LABELS) - 1), FLOORS[name]) for label in LABELS[1:]}
        refused = [any(score >= refuse[name][label] for label, score in r.items()) for r in benign]
        refused_texts = [any(score >= refuse[name][label] for label, score in r.items()) for r in texts]
        print(f"{name}: {refuse[name]}; refused {np.mean(refused):.4%} of {len(refused)} requests, {np.mean(refused_texts):.4%} of {len(refused_texts)} texts of corpora")
    return Chosen(round(temperature, 4), round(shift, 4), refuse)


def positives() -> list[tuple[str, Part]]:
    """Generated attacks of another seed, each with its label."""
    rng = random.Random(31)
    rows = [Row(text, label, "generated", dataset.drawn(rng, dataset.ATTACK_KINDS)) for label, (module, _) in dataset.GENERATED.items() for text in module.generate(32, 1500) if dataset.EVIDENCE[label].search(text)]
    return [(row.label, parts[0]) for row, parts in zip(rows, prepare.texts(rows)) if len(parts) == 1]


def logits(model: scoring.Model, parts: list[Part]) -> np.ndarray:
    """Logarithms of the probabilities."""
    return np.log(np.maximum(model.probabilities([p.window for p in parts], [p.kind for p in parts]), 1e-30))


def calibrated(model: scoring.Model, requests: list[list[Part]], corpora: list[list[Part]], attacks: list[tuple[str, Part]]) -> float:
    """The temperature under which the scores are likeliest, both sides weighing the same."""
    benign = sorted({part for parts in requests + corpora for part in parts})
    truth = np.array([0] * len(benign) + [LABELS.index(label) for label, _ in attacks])
    z = logits(model, benign + [part for _, part in attacks])
    weight = np.where(truth == 0, 0.5 / (truth == 0).sum(), 0.5 / (truth != 0).sum())

    def loss(t: float) -> float:
        s = z / t
        s = s - np.logaddexp.reduce(s, axis=1, keepdims=True)
        return float(-(weight * s[np.arange(len(truth)), truth]).sum())

    return float(minimize_scalar(loss, bounds=(0.3, 5.0), method="bounded").x)


def worst(model: scoring.Model, texts: list[list[Part]], temperature: float, shift: float) -> list[dict[str, float]]:
    """Of each text, for each class that is the best of a window, the highest calibrated probability of attack."""
    distinct = sorted({part for parts in texts for part in parts})
    s = logits(model, distinct) / temperature
    # Probabilities have lost the sum of the logits, which a change of them all alike does not touch.
    s[:, 0] += shift
    p = np.exp(s - np.logaddexp.reduce(s, axis=1, keepdims=True))
    scores = {part: (LABELS[1 + int(row[1:].argmax())], 1.0 - float(row[0])) for part, row in zip(distinct, p)}
    found = []
    for parts in texts:
        highest = dict.fromkeys(LABELS[1:], 0.0)
        for part in parts:
            label, attack = scores[part]
            highest[label] = max(highest[label], attack)
        found.append(highest)
    return found


def highest(texts: list[dict], wanted: float) -> float:
    """The lowest score above which not more of the texts are than wanted."""
    scores = sorted((max(text.values()) for text in texts), reverse=True)
    return min(scores[int(wanted * len(scores))] + 1e-5, 1 - 1e-6)


def threshold(benign: list[dict], texts: list[dict], label: str, wanted: float, floor: float) -> float:
    """The lowest threshold of a class at which not more of the requests, and of the texts, are refused than wanted."""
    found = floor
    for group in (benign, texts):
        scores = sorted((r[label] for r in group), reverse=True)
        allowed = int(wanted * len(scores))
        found = max(found, scores[allowed] + 1e-4)
    return round(min(found, 0.9999), 4)
