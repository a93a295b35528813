"""The screen in front of the network: a linear model of hashed byte n-grams, and how its logit joins the network's."""

import time
from typing import NamedTuple

import numpy as np
import torch

from data import KINDS
from network import LEVELS, VALUES

ORDERS, BITS = (2, 3, 4, 5), 17
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
EPOCHS, BATCH, RATE, DECAY = 8, 1024, 0.02, 2e-6
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
            places, bounds = slots(rows[part])
            sums = np.concatenate([[0], np.cumsum(self.ngrams[places].astype(np.int64))])
            total = sums[bounds[1:]] - sums[bounds[:-1]] + self.kinds[kinds[part]].astype(np.int64)
            total += levels[np.arange(LEVELS), contexts[part]].sum(1)
            out[part] = total * self.scale + self.bias
        return out


def slots(rows: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """The slots of every n-gram of some windows, window after window, and where each window's begin and the last's end."""
    sizes = np.array([len(row) for row in rows], np.int64)
    text = np.frombuffer(b"".join(rows), np.uint8).astype(np.uint64)
    owner = np.repeat(np.arange(len(rows)), sizes)
    left = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(text))
    places, owners = [], []
    for order in ORDERS:
        at = np.flatnonzero(left >= order)
        number = np.full(len(at), order, np.uint64)
        for offset in reversed(range(order)):
            number = (number << np.uint64(8)) | text[at + offset]
        places.append(((number * MULTIPLIER) >> np.uint64(64 - BITS)).astype(np.int32))
        owners.append(owner[at])
    places, owners = np.concatenate(places), np.concatenate(owners)
    order = np.argsort(owners, kind="stable")
    counts = np.bincount(owners, minlength=len(rows))
    return places[order], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


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
            places, bounds = slots([rows[i] for i in part])
            extra = np.concatenate([kinds[part, None].astype(np.int64), contexts[part] + starts], axis=1)
            logit = ngrams(torch.from_numpy(places), torch.from_numpy(bounds[:-1])).squeeze(1) + others(torch.from_numpy(extra)).sum((1, 2)) + bias
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.from_numpy(attack[part].astype(np.float32)))
            loss = loss + DECAY * (ngrams.weight**2).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step()
            total += loss.item() * len(part)
        print(f"screen, epoch {epoch + 1}: loss {total / epoch_size:.5f}, {time.time() - start:.0f} s", flush=True)
    return quantised(ngrams.weight.detach().numpy()[:, 0], others.weight.detach().numpy()[:, 0], float(bias.detach()))


def quantised(ngrams: np.ndarray, others: np.ndarray, bias: float) -> Screen:
    """Weights in one byte each."""
    scale = min(LARGEST, float(max(np.abs(ngrams).max(), np.abs(others).max()))) / 127
    whole = lambda weights: np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
    others = whole(others)
    return Screen(others[: len(KINDS)], others[len(KINDS) :], whole(ngrams), scale, bias)
