"""Scores windows with an exported model, and folds windows into values and values into requests."""

from typing import NamedTuple, Sequence

import numpy as np
import onnxruntime

from data import LABELS
from dataset import bucket_of, padded
from network import BUCKETS
from prepare import Part

BATCH = 256


class Score(NamedTuple):
    """What the filter makes of a text: probability of attack and the most probable attack."""

    attack: float
    label: str


class Model:
    """An exported text model."""

    def __init__(self, path: str):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def probabilities(self, rows: Sequence[bytes], kinds: Sequence[int]) -> np.ndarray:
        """Probabilities of the classes, window by window."""
        out = np.zeros((len(rows), len(LABELS)), np.float32)
        buckets = np.array([bucket_of(len(row)) for row in rows], np.int64)
        kinds = np.asarray(kinds, np.uint8)
        for b, size in enumerate(BUCKETS):
            places = np.flatnonzero(buckets == b)
            for start in range(0, len(places), BATCH):
                part = places[start : start + BATCH]
                out[part] = self.session.run(None, {"bytes": padded([rows[i] for i in part], size), "kind": kinds[part]})[0]
        return out

    def texts(self, texts: list[list[Part]]) -> list[Score]:
        """The score of each text: that of its worst window; zero of one without windows."""
        flat = [(n, part) for n, parts in enumerate(texts) for part in parts]
        found = self.probabilities([part.window for _, part in flat], [part.kind for _, part in flat])
        scores = [Score(0.0, "sqli")] * len(texts)
        for (n, _), p in zip(flat, found):
            attack = 1.0 - float(p[0])
            if attack > scores[n].attack:
                scores[n] = Score(attack, LABELS[1 + int(p[1:].argmax())])
        return scores


def argmax_label(score: Score) -> str:
    """The label that `classify` gives: the attack from one half on."""
    return score.label if score.attack >= 0.5 else "norm"


def f1(truth: list[str], found: list[str]) -> dict[str, float]:
    """F1 of each class, and their mean as `macro`."""
    result = {}
    for label in LABELS:
        hit = sum(t == f == label for t, f in zip(truth, found))
        total = sum(t == label for t in truth) + sum(f == label for f in found)
        result[label] = round(2 * hit / total, 4) if total else 1.0
    result["macro"] = round(sum(result[label] for label in LABELS) / len(LABELS), 4)
    return result
