"""How likely each window is drawn in an epoch, for the network, the screen and the gate."""

import re

import numpy as np

import adversaries
import dataset
from data import LABELS
from network import BUCKETS

SHARES = {"norm": 0.52, "sqli": 0.08, "xss": 0.08, "path-traversal": 0.07, "cmdi": 0.09, "nosqli": 0.024, "ssti": 0.022, "code-injection": 0.03, "xxe": 0.013, "ldapi": 0.016, "ssrf": 0.027, "crlf": 0.028}
"""Share of each class in an epoch."""
LISTED = {**dict.fromkeys(dataset.LISTS, 4.0), "generated/renamed": 2.0, "generated/quoted": 20.0, adversaries.SOURCE: 3.0}
"""How much likelier a payload of a list is drawn than a generated one, of which there are ten times as many; one renamed; one that authors quote, alone; one rewritten until it was missed."""
OPERATOR, OFTEN = re.compile(rb"\$[a-z]+|__proto__"), 150.0
"""Names that are all there is to see of most attacks on document stores, and how much likelier each is drawn than another text."""
AMID = {"generated/embedded": 2.5, "generated/around": 2.0}
"""How much likelier yet attacks amid ordinary texts are drawn, and the ordinary texts around them."""
AMID_AHEAD = {"generated/embedded": 5.0, "generated/around": 4.0}
"""The same for the screen, whose sums prose weighs down."""
AMID_GATE = {"generated/embedded": 8.0, "generated/around": 6.4}
"""The same for the gate: what it takes for prose no network looks at again."""
RECORDED, AT_THE_GATE = 3.0, 9.0
"""How much likelier a recorded request is drawn than another text, and at the gate: it is there for what sites really send."""
HARD, MISSED, EASY = 3.0, 2.0, 0.25
"""How much likelier a benign window is drawn after it was taken for an attack, a generated attack after it was not, and any window after the network was sure of it."""
KNOWN = 1e-3
"""Probability of the wrong side below which it is."""


def weights(windows: dataset.Windows, recorded: float = RECORDED, amid: dict[str, float] = AMID) -> np.ndarray:
    """Chance of each window to be drawn: the classes after SHARES, recorded requests and HttpParams more than the rest."""
    chance = np.array([recorded if s in ("web_requests", "captures") else (3.0 if label > 1 else 1.5) if s == "HttpParams" else LISTED.get(s, 1.0) for s, label in zip(windows.source, windows.label)])
    # Half of the time would go into the windows of full length, many of them of the same long texts.
    chance[np.array([len(row) > BUCKETS[-2] for row in windows.rows])] *= 0.5
    chance[np.array([label > 0 and bool(OPERATOR.fullmatch(row)) for row, label in zip(windows.rows, windows.label)])] *= OFTEN
    for n, label in enumerate(LABELS):
        mine = windows.label == n
        chance[mine] *= SHARES[label] / max(1e-9, chance[mine].sum())
    return chance * np.array([amid.get(source, 1.0) for source in windows.source])


def ahead(windows: dataset.Windows) -> np.ndarray:
    """Chance of each window to be drawn for the screen."""
    return weights(windows, amid=AMID_AHEAD)


def at_the_gate(windows: dataset.Windows) -> np.ndarray:
    """Chance of each window to be drawn for the gate."""
    return weights(windows, AT_THE_GATE, AMID_GATE)


def sure(windows: dataset.Windows) -> np.ndarray:
    """Which windows are attacks for sure: lists hold entries that are none."""
    return (windows.label > 0) & np.array([source.startswith("generated/") for source in windows.source])


def mined(label: np.ndarray, sure: np.ndarray, chance: np.ndarray, norm: np.ndarray) -> np.ndarray:
    """Chance of each window to be drawn by the probability of norm it last had (NaN: it was not drawn yet); the classes keep their shares."""
    wrong = np.where(label > 0, norm, 1 - norm)
    times = np.where(wrong < KNOWN, EASY, 1.0)
    times[(label == 0) & (wrong > 0.05)] = HARD
    times[sure & (wrong > 0.5)] = MISSED
    for number in range(len(LABELS)):
        mine = label == number
        times[mine] *= chance[mine].sum() / max(1e-9, (chance[mine] * times[mine]).sum())
    return chance * times
