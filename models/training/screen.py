"""The screen in front of the network: a linear model of hashed byte n-grams, which counts the most suspicious stretch of a window in full and the rest of it in part, within bounds."""

import re
import time
from typing import NamedTuple

import numpy as np
import torch

from data import KINDS
from network import LEVELS, VALUES

ORDERS, BITS = (2, 3, 4, 5), 19
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
EPOCHS, BATCH, RATE, DECAY = 12, 1024, 0.02, 1e-6
SPAN, REST = 32, 0.15
"""Places of the stretch that counts in full, and how much all places count beside it: an attack amid prose is one all the same."""
REST_FLOOR, OTHERS = -4.0, 0.4
"""The least that all places may add, and the most that the kind and each level may add or take: what speaks against an attack is bounded, so that no padding outweighs a plain one."""
SIGNS = (
    "union select", "union all select", "union distinct select", "drop table", "drop database", "information_schema", "into outfile", "load_file(", "xp_cmdshell", "sleep(", "benchmark(", "waitfor delay", "extractvalue(", "updatexml(", "@@version",
    "/etc/passwd", "win.ini", "$(id", "$(whoami", "`id`", "`whoami`", "${jndi:", "{{7*7", "${7*7", "#{7*7", "<!entity", "169.254.169.254",
)
"""Words of attacks of which the network is always asked: they stand in harmless texts too, but rarely, and a sum of n-grams that has met those may take `union select name from users` for one."""
BRIEF, BREAKS = 7, b";|&`\n"
"""Bytes up to which a window that holds a sign that ends a command passes whatever its sum: it has too few n-grams to tell `; ls` by."""
LARGEST = 3.0
"""Weights are cut off here, so that one byte each holds them finely enough."""


class Screen(NamedTuple):
    """Weights as the filter has them: whole numbers of `scale`."""

    kinds: np.ndarray
    levels: np.ndarray
    ngrams: np.ndarray
    scale: float
    bias: float

    def file(self) -> bytes:
        """The bytes of the file."""
        return np.concatenate([self.kinds, self.levels, self.ngrams]).astype(np.int8).tobytes()

    def logits(self, rows: list[bytes], kinds: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """The logit of an attack of each window."""
        out = np.zeros(len(rows), np.float32)
        levels = self.levels.reshape(LEVELS, VALUES).astype(np.int64)
        for start in range(0, len(rows), 20_000):
            part = slice(start, start + 20_000)
            grams = Grams.of(rows[part])
            best, _, total = stretches(grams, self.ngrams[grams.places])
            others = self.kinds[kinds[part]].astype(np.int64) + levels[np.arange(LEVELS), contexts[part]].sum(1)
            out[part] = (best + others) * self.scale + np.maximum(REST * total * self.scale, REST_FLOOR) + self.bias
        return out


SIGNED = re.compile(b"|".join(re.escape(sign.encode()) for sign in SIGNS))


def signed(rows: list[bytes]) -> np.ndarray:
    """Whether each window holds a sign."""
    return np.array([bool(SIGNED.search(row)) for row in rows], bool)


def brief(rows: list[bytes]) -> np.ndarray:
    """Whether each window is too short to tell by its n-grams."""
    return np.array([len(row) <= BRIEF and any(byte in BREAKS for byte in row) for row in rows], bool)


class Grams(NamedTuple):
    """Every n-gram of some windows, window after window."""

    places: np.ndarray
    """Its slot in the table."""
    at: np.ndarray
    """Where it begins in all windows joined."""
    starts: np.ndarray
    """Where each window begins, and the last ends, in all windows joined."""
    bounds: np.ndarray
    """Where the n-grams of each window begin, and the last's end."""

    @classmethod
    def of(cls, rows: list[bytes]) -> "Grams":
        """Those of windows of which none is empty."""
        sizes = np.array([len(row) for row in rows], np.int64)
        text = np.frombuffer(b"".join(rows), np.uint8).astype(np.uint64)
        left = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(text))
        ahead = np.concatenate([text, np.zeros(max(ORDERS), np.uint64)])
        places, word = np.empty((len(text), len(ORDERS)), np.int32), np.zeros(len(text), np.uint64)
        for order in range(1, max(ORDERS) + 1):
            word |= ahead[order - 1 : order - 1 + len(text)] << np.uint64(8 * (order - 1))
            if order in ORDERS:
                number = word | (np.uint64(order) << np.uint64(8 * order))
                places[:, ORDERS.index(order)] = (number * MULTIPLIER) >> np.uint64(64 - BITS)
        fits = left[:, None] >= np.array(ORDERS)
        begins, counts = np.concatenate([[0], np.cumsum(sizes)]), fits.sum(1)
        return cls(places[fits], np.repeat(np.arange(len(text)), counts), begins, np.concatenate([[0], np.cumsum(counts)])[begins])


def stretches(grams: Grams, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each window the highest sum of the weights that begin within SPAN places, the first of these places, and the sum of all."""
    length, starts = grams.starts[-1], grams.starts[:-1]
    sizes = np.diff(grams.starts)
    sums = np.concatenate([[0], np.cumsum(np.bincount(grams.at, weights, length))])
    within = sums[np.minimum(np.arange(length) + SPAN, np.repeat(grams.starts[1:], sizes))] - sums[:-1]
    best = np.maximum.reduceat(within, starts)
    hits = np.flatnonzero(within == np.repeat(best, sizes))
    first = hits[np.searchsorted(hits, starts)]
    return best, first, sums[grams.starts[1:]] - sums[starts]


def fit(rows: list[bytes], kinds: np.ndarray, contexts: np.ndarray, attack: np.ndarray, chance: np.ndarray, seed: int, epochs: int = EPOCHS) -> Screen:
    """Trains by logistic regression on windows drawn by their chance."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    ngrams, bias = torch.nn.EmbeddingBag(1 << BITS, 1, mode="sum"), torch.nn.Parameter(torch.zeros(1))
    others = torch.nn.Embedding(len(KINDS) + LEVELS * VALUES, 1)
    for table in (ngrams, others):
        torch.nn.init.zeros_(table.weight)
    optimiser = torch.optim.Adam([*ngrams.parameters(), *others.parameters(), bias], lr=RATE)
    starts = len(KINDS) + np.arange(LEVELS) * VALUES
    epoch_size = min(len(rows), 400_000)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * (epoch_size // BATCH + 1))
    for epoch in range(epochs):
        drawn, start, total = rng.choice(len(rows), epoch_size, p=chance / chance.sum()), time.time(), 0.0
        for at in range(0, epoch_size, BATCH):
            part = drawn[at : at + BATCH]
            grams = Grams.of([rows[i] for i in part])
            _, first, whole = stretches(grams, ngrams.weight.detach().numpy()[grams.places, 0].astype(np.float64))
            floored, sizes = REST * whole < REST_FLOOR, np.diff(grams.bounds)
            counted = grams.at - np.repeat(first, sizes)
            share = (np.repeat(np.where(floored, 0.0, REST), sizes) + ((counted >= 0) & (counted < SPAN))).astype(np.float32)
            extra = np.concatenate([kinds[part, None].astype(np.int64), contexts[part] + starts], axis=1)
            logit = ngrams(torch.from_numpy(grams.places), torch.from_numpy(grams.bounds[:-1]), per_sample_weights=torch.from_numpy(share)).squeeze(1) + others(torch.from_numpy(extra)).sum((1, 2)) + torch.from_numpy(np.where(floored, REST_FLOOR, 0.0).astype(np.float32)) + bias
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.from_numpy(attack[part].astype(np.float32)))
            loss = loss + DECAY * (ngrams.weight**2).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step()
            others.weight.data.clamp_(-OTHERS, OTHERS)
            total += loss.item() * len(part)
        print(f"screen, epoch {epoch + 1}: loss {total / epoch_size:.5f}, {time.time() - start:.0f} s", flush=True)
    return quantised(ngrams.weight.detach().numpy()[:, 0], others.weight.detach().numpy()[:, 0], float(bias.detach()))


def quantised(ngrams: np.ndarray, others: np.ndarray, bias: float) -> Screen:
    """Weights in one byte each."""
    scale = min(LARGEST, float(max(np.abs(ngrams).max(), np.abs(others).max()))) / 127
    whole = lambda weights: np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
    others = whole(others)
    return Screen(others[: len(KINDS)], others[len(KINDS) :], whole(ngrams), scale, bias)
