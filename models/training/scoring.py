"""Scores windows as the filter does: screen, network, both together; and folds windows into values and requests."""

import hashlib
import tomllib
from pathlib import Path
from typing import NamedTuple, Sequence

import numpy as np
import onnxruntime

import dataset
import screen
from data import KINDS, LABELS
from dataset import padded
from gate import Gate
from network import LEVELS, VALUES
from prepare import Part

BATCH = 256
LEAST = 1e-7


class Score(NamedTuple):
    """What the filter makes of a text: probability of attack and the most probable attack."""

    attack: float
    label: str

    def refused(self, limits: dict[str, float]) -> bool:
        """Whether a text of this score is refused, by the limit of each class."""
        return self.attack >= limits[self.label]


class Joint(NamedTuple):
    """How the logits of screen and network become one: the network is asked from `pass_from` of the screen and `gate_from` of each network of the gate on, each for windows of each of `BUCKETS`."""

    pass_from: tuple[float, ...]
    gate_from: tuple[tuple[float, ...], ...]
    pass_cap: float
    network: float
    weight: float
    shift: float


class Model:
    """An exported text model."""

    def __init__(self, path, sieve: screen.Screen | None = None, gate: Gate | None = None, joint: Joint | None = None, threads: int = 2):
        self.threads = threads
        self.open(path)
        self.screen, self.gate, self.joint = sieve, gate, joint
        self.offsets = np.zeros(len(LABELS), np.float32)
        """What the logit of each class is lowered by before the export that has it inside."""

    def open(self, path, ask_from: float = -np.inf) -> None:
        """Asks the networks of this file from now on, in which the first asks the others from this logit of an attack on."""
        self.ask_from = ask_from
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    @classmethod
    def shipped(cls, manifest: Path) -> "Model":
        """The model of a manifest, whole."""
        document = tomllib.loads(manifest.read_text(encoding="utf-8"))
        section = document["screen"]
        weights, gate = (hashed(manifest, part) for part in (section, section["gate"]))
        weights = np.frombuffer(weights, np.int8)
        kinds, levels, ngrams = np.split(weights, [len(KINDS), len(KINDS) + LEVELS * VALUES])
        sieve = screen.Screen(kinds, levels, ngrams, section["scale"], section["bias"])
        numbers = {**section, "pass_from": tuple(section["pass_from"]), "gate_from": tuple(map(tuple, section["gate"]["pass_from"]))}
        return cls(manifest.with_name(document["model"]["file"]), sieve, Gate(gate), Joint(*(numbers[name] for name in Joint._fields)))

    def probabilities(self, parts: Sequence[Part]) -> np.ndarray:
        """What the networks alone say of each window."""
        out = np.zeros((len(parts), len(LABELS)), np.float32)
        kinds, contexts = columns(parts)
        for some, size in dataset.alike([part.window for part in parts], BATCH):
            out[some] = self.session.run(None, {"bytes": padded([parts[i].window for i in some], size), "kind": kinds[some], "context": contexts[some]})[0]
        out *= np.exp(-self.offsets)
        return out / np.maximum(out.sum(1, keepdims=True), 1e-30)

    def screened(self, parts: Sequence[Part]) -> np.ndarray:
        """What the screen alone says of each window, as a logit."""
        return self.screen.logits([part.window for part in parts], *columns(parts))

    def gated(self, parts: Sequence[Part]) -> np.ndarray:
        """What the gate alone says of each window, as a logit after each of its networks."""
        return self.gate.logits([part.window for part in parts], *columns(parts))

    def cleared(self, parts: Sequence[Part], first: np.ndarray) -> np.ndarray:
        """The logit of each window that screen (which says `first`) or gate settles; not a number where the network is asked."""
        rows, lengths = [part.window for part in parts], buckets_of(parts)
        passes = (first >= np.array(self.joint.pass_from)[lengths]) | screen.brief(rows)
        clear, above = np.where(passes, np.nan, first), np.flatnonzero(passes)
        if len(above):
            said = self.gated([parts[i] for i in above])
            below = said < np.array(self.joint.gate_from).T[lengths[above]]
            clear[above] = np.where(below.any(1), said[np.arange(len(above)), below.argmax(1)], np.nan)
        clear[screen.signed(rows)] = np.nan
        return clear

    def asks(self, parts: Sequence[Part], first: np.ndarray) -> np.ndarray:
        """Whether the network is asked of each window, of which the screen says `first`."""
        return np.isnan(self.cleared(parts, first))

    def judge(self, parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
        """Probability of attack and index of the best attack's label, window by window."""
        first = self.screened(parts)
        clear = self.cleared(parts, first)
        attack = np.minimum(sigmoid(np.nan_to_num(clear)), self.joint.pass_cap)
        label = np.ones(len(parts), np.int64)
        passed = np.flatnonzero(np.isnan(clear))
        p = self.probabilities([parts[i] for i in passed])
        attack[passed] = sigmoid(self.joint.network * network_logits(p) + self.joint.weight * first[passed] + self.joint.shift)
        label[passed] = 1 + p[:, 1:].argmax(1)
        return attack, label

    def texts(self, texts: list[list[Part]]) -> list[Score]:
        """The score of each text: that of its worst window; zero of one without windows."""
        distinct = {part: i for i, part in enumerate(dict.fromkeys(part for parts in texts for part in parts))}
        attack, label = self.judge(list(distinct))
        scores = []
        for parts in texts:
            best = max((distinct[part] for part in parts), key=lambda i: attack[i], default=None)
            scores.append(Score(0.0, LABELS[1]) if best is None else Score(float(attack[best]), LABELS[label[best]]))
        return scores


def hashed(manifest: Path, section: dict) -> bytes:
    """The file that a section of a manifest names."""
    raw = manifest.with_name(section["file"]).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == section["sha256"]
    return raw


def columns(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
    """Kinds and contexts of windows."""
    return np.array([part.kind for part in parts], np.uint8), np.frombuffer(b"".join(part.context for part in parts), np.uint8).reshape(-1, LEVELS)


def buckets_of(parts: Sequence[Part]) -> np.ndarray:
    """Index of the bucket of each window."""
    return dataset.buckets_of([part.window for part in parts])


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits."""
    return 1 / (1 + np.exp(-np.clip(logits, -60, 60)))


def network_logits(probabilities: np.ndarray) -> np.ndarray:
    """The logit of an attack of any class, as the filter computes it."""
    attack = np.clip(1 - probabilities[:, 0], LEAST, 1 - LEAST)
    return np.log(attack) - np.log(np.maximum(probabilities[:, 0], LEAST))


def asking(texts: list[list[Part]], asked: dict[Part, bool]) -> tuple[float, float]:
    """Share of texts with a window that the networks are asked of; and with one that they are asked of for the first time, as the filter keeps the scores of windows."""
    wanted = [{part for part in parts if asked[part]} for parts in texts]
    seen: set[Part] = set()
    anew = 0
    for parts in wanted:
        anew += not parts <= seen
        seen |= parts
    return float(np.mean([bool(parts) for parts in wanted])), anew / len(wanted)


def argmax_label(score: Score) -> str:
    """The label that `classify` gives: the attack from one half on."""
    return score.label if score.attack >= 0.5 else "norm"


def f1(truth: list[str], found: list[str]) -> dict[str, float]:
    """F1 of each class that occurs in the truth, and their mean as `macro`."""
    result = {}
    for label in [label for label in LABELS if label in truth]:
        hit = sum(t == f == label for t, f in zip(truth, found))
        total = sum(t == label for t in truth) + sum(f == label for f in found)
        result[label] = round(2 * hit / total, 4) if total else 1.0
    result["macro"] = round(sum(result.values()) / len(result), 4)
    return result
