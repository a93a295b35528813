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
from data import KINDS, LABELS, Row

WANTED = {"low": 0.0004, "medium": 0.0012, "high": 0.004}
"""Share of the selection sites' requests refused, all classes together."""
FLOORS = {"low": 0.9, "medium": 0.7, "high": 0.5}
FLAG = 0.5


class Chosen(NamedTuple):
    """What was chosen."""

    temperature: float
    flag: float
    refuse: dict[str, dict[str, float]]


def choose(model: scoring.Model, root: Path, held_out: list[Row]) -> Chosen:
    """Temperature and thresholds of an uncalibrated model."""
    requests = [targets for request, targets in selection(root)]
    corpora = [(row.kind, w) for row, w in zip(held_out, prepare.texts(held_out))]
    attacks = positives()
    temperature = calibrated(model, requests, corpora, attacks)
    print(f"temperature {temperature:.3f}")
    benign = [worst(model, targets, temperature) for targets in requests]
    texts = [worst(model, [dataset_target(kind, w)], temperature) for kind, w in corpora]
    refuse = {}
    for name, wanted in WANTED.items():
        refuse[name] = {label: threshold(benign, texts, label, wanted / (len(LABELS) - 1), FLOORS[name]) for label in LABELS[1:]}
        refused = [any(score >= refuse[name][label] for label, score in r.items()) for r in benign]
        refused_texts = [any(score >= refuse[name][label] for label, score in r.items()) for r in texts]
        print(f"{name}: {refuse[name]}; refused {np.mean(refused):.4%} of {len(refused)} requests, {np.mean(refused_texts):.4%} of {len(refused_texts)} texts of corpora")
    return Chosen(round(temperature, 4), FLAG, refuse)


def selection(root: Path) -> list[tuple]:
    """Requests of the selection sites, taken apart."""
    requests = [r for r in data.web_requests(root) if data.split_of_site(r.site) == "select"]
    return list(zip(requests, prepare.requests(requests)))


def dataset_target(kind: str, windows: list[bytes]) -> prepare.Target:
    """A text as a target of a request."""
    return prepare.Target(kind, windows)


def positives() -> list[tuple[str, str, list[bytes]]]:
    """Generated attacks of another seed: (label, kind, windows)."""
    rng = random.Random(31)
    rows = [Row(text, label, "generated", dataset.drawn(rng, dataset.ATTACK_KINDS)) for label, (module, _) in dataset.GENERATED.items() for text in module.generate(32, 1500) if dataset.EVIDENCE[label].search(text)]
    return [(row.label, row.kind, w) for row, w in zip(rows, prepare.texts(rows)) if len(w) == 1]


def logits(model: scoring.Model, parts: list[tuple[str, bytes]]) -> np.ndarray:
    """Logarithms of the probabilities."""
    return np.log(np.maximum(model.probabilities([w for _, w in parts], [KINDS.index(k) for k, _ in parts]), 1e-30))


def calibrated(model: scoring.Model, requests, corpora, attacks) -> float:
    """The temperature under which the scores are likeliest, both sides weighing the same."""
    benign = {(t.kind, w) for targets in requests for t in targets for w in t.windows if w} | {(k, w) for k, ws in corpora for w in ws if w}
    parts = sorted(benign) + [(k, w[0]) for _, k, w in attacks if w[0]]
    truth = np.array([0] * len(benign) + [LABELS.index(label) for label, _, w in attacks if w[0]])
    z = logits(model, parts)
    weight = np.where(truth == 0, 0.5 / (truth == 0).sum(), 0.5 / (truth != 0).sum())

    def loss(t: float) -> float:
        s = z / t
        s = s - np.logaddexp.reduce(s, axis=1, keepdims=True)
        return float(-(weight * s[np.arange(len(truth)), truth]).sum())

    return float(minimize_scalar(loss, bounds=(0.3, 5.0), method="bounded").x)


def worst(model: scoring.Model, targets: list[prepare.Target], temperature: float) -> dict[str, float]:
    """The highest calibrated probability of attack of a request, for each class that is the best of a window."""
    parts = [(t.kind, w) for t in targets for w in t.windows if w]
    found = dict.fromkeys(LABELS[1:], 0.0)
    if not parts:
        return found
    s = logits(model, parts) / temperature
    p = np.exp(s - np.logaddexp.reduce(s, axis=1, keepdims=True))
    for row in p:
        label = LABELS[1 + int(row[1:].argmax())]
        found[label] = max(found[label], 1.0 - float(row[0]))
    return found


def threshold(benign: list[dict], texts: list[dict], label: str, wanted: float, floor: float) -> float:
    """The lowest threshold of a class at which not more of the requests, and of the texts, are refused than wanted."""
    found = floor
    for group in (benign, texts):
        scores = sorted((r[label] for r in group), reverse=True)
        allowed = int(wanted * len(scores))
        found = max(found, scores[allowed] + 1e-4)
    return round(min(found, 0.9999), 4)
