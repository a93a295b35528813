"""Trains the networks of the model, side by side: what is still hard is drawn more often, and after some epochs attacks are rewritten until the network misses them."""

import time
from typing import NamedTuple

import numpy as np
import torch

import adversaries
import dataset
import gate
import shares
import side_by_side
from data import KINDS, LABELS, Row
from network import BUCKETS, TextNet

BATCH, RATE = 256, 3e-3
SEARCHED_AFTER = (0.36, 0.64, 0.82)
"""Shares of the epochs after which attacks are rewritten until the network misses them."""


class Work(NamedTuple):
    """What every network learns from, for how long."""

    windows: dataset.Windows
    attacks: list[Row]
    epochs: int
    drawn: int


def networks(work: Work, seeds: tuple[int, ...]) -> tuple[list[TextNet], dataset.Windows]:
    """A network of each seed, and all windows they learnt from, the attacks rewritten on the way among them."""
    trained = side_by_side.each(fitted, seeds, work)
    return [of(weights) for weights, _ in trained], dataset.beside(work.windows, *(found for _, found in trained))


def of(weights: dict[str, np.ndarray]) -> TextNet:
    """The network of these weights."""
    net = TextNet(len(KINDS), len(LABELS))
    net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    return net.eval()


def weights_of(net: TextNet) -> dict[str, np.ndarray]:
    """The weights of a network, by name."""
    return {name: value.cpu().numpy() for name, value in net.state_dict().items()}


def fitted(seed: int, work: Work) -> tuple[dict[str, np.ndarray], dataset.Windows]:
    """The weights of a network of this seed, and the attacks rewritten until it missed them."""
    torch.manual_seed(seed)
    one = Training(seed, work)
    searches = [int(share * work.epochs) for share in SEARCHED_AFTER]
    for epoch in range(1, work.epochs + 1):
        start = time.time()
        loss = one.epoch()
        print(f"network of {seed}, epoch {epoch}: loss {loss:.5f}, {time.time() - start:.0f} s", flush=True)
        if epoch in searches:
            one.takes(dataset.beside(one.windows, adversaries.searched(one.probabilities, work.attacks, seed + epoch)))
    return weights_of(one.net), one.windows.some(np.arange(len(work.windows.rows), len(one.windows.rows)))


class Training:
    """One network while it is trained."""

    def __init__(self, seed: int, work: Work):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = TextNet(len(KINDS), len(LABELS)).to(self.device)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=1e-2, fused=True)
        self.plan = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, RATE, total_steps=work.epochs * (work.drawn // BATCH + len(BUCKETS)), pct_start=0.15)
        self.rng, self.drawn = np.random.default_rng(seed), work.drawn
        self.norm = np.array([], np.float32)
        self.takes(work.windows)

    def takes(self, windows: dataset.Windows) -> None:
        """Learns from these windows from now on, the first of which it had before."""
        self.windows, self.chance, self.sure = windows, shares.weights(windows), shares.sure(windows)
        self.buckets = dataset.buckets_of(windows.rows)
        self.norm = np.append(self.norm, np.full(len(windows.rows) - len(self.norm), np.nan, np.float32))

    def epoch(self) -> float:
        """Trains for one epoch; the mean loss. Each window's probability of norm is noted."""
        self.net.train()
        total, chance = 0.0, shares.mined(self.windows.label, self.sure, self.chance, self.norm)
        for part in dataset.epoch_batches(self.buckets, chance, self.rng, self.drawn, BATCH):
            logits = self.logits(self.windows, part, BUCKETS[self.buckets[part[0]]])
            loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(self.windows.label[part].astype(np.int64)).to(self.device))
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            if self.plan.last_epoch < self.plan.total_steps - 1:
                self.plan.step()
            total += loss.item() * len(part)
            self.norm[part] = torch.softmax(logits.detach(), 1)[:, 0].cpu().numpy()
        return total / self.drawn

    def logits(self, windows: dataset.Windows, part: np.ndarray, size: int) -> torch.Tensor:
        """What the network says of some windows of one length."""
        return self.net(*(column.to(self.device) for column in gate.tensors_of(windows, part, size)), torch.bfloat16)

    def probabilities(self, windows: dataset.Windows) -> np.ndarray:
        """Probability of norm of each window, uncalibrated."""
        self.net.eval()
        out = np.zeros(len(windows.rows), np.float32)
        with torch.no_grad():
            for part, size in dataset.alike(windows.rows, 1024):
                out[part] = torch.softmax(self.logits(windows, part, size), 1)[:, 0].cpu().numpy()
        return out
