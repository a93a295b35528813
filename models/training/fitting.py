"""Trains the networks of the model, side by side: what is still hard is drawn more often, and after some epochs attacks are rewritten until the network misses them.

The last epochs are at a constant rate, and the mean of the weights they pass through is taken (Izmailov et al. 2018,
"Averaging Weights Leads to Wider Optima and Better Generalization"): where one training ends is chance, their mean less so.
"""

import time
from typing import NamedTuple

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel

import adversaries
import dataset
import gate
import shares
import side_by_side
from data import KINDS, LABELS, Row
from network import BUCKETS, TextNet

BATCH, RATE = 256, 3e-3
SEARCHED_AFTER = (1 / 3, 2 / 3)
"""Shares of the epochs after which attacks are rewritten until the network misses them."""
AVERAGED = 1 / 6
"""Share of the epochs, the last ones, whose weights are averaged."""
AVERAGED_RATE, WARMING, SETTLING, EVERY = 1e-3, 300, 1500, 50
"""Their rate, the steps it takes to rise to it, the steps before any are averaged, and of how many one is."""
REMEASURED = 60_000
"""Windows on which the normalisations of averaged weights are measured."""


class Work(NamedTuple):
    """What every network learns from, for how long."""

    windows: dataset.Windows
    attacks: list[Row]
    epochs: int
    drawn: int

    @property
    def descent(self) -> int:
        """The epochs before those whose weights are averaged."""
        return self.epochs - int(AVERAGED * self.epochs)


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
        if epoch == work.descent < work.epochs:
            one.averages()
    return weights_of(one.finished()), one.windows.some(np.arange(len(work.windows.rows), len(one.windows.rows)))


def optimiser_of(net: TextNet, rate: float) -> torch.optim.Optimizer:
    """What changes the weights of a network, at this rate at most."""
    return torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-2, fused=True)


class Training:
    """One network while it is trained."""

    def __init__(self, seed: int, work: Work):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = TextNet(len(KINDS), len(LABELS)).to(self.device)
        self.optimiser, self.average = optimiser_of(self.net, RATE), None
        self.plan = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, RATE, total_steps=work.descent * (work.drawn // BATCH + len(BUCKETS)), pct_start=0.15)
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
        total = 0.0
        for part in self.batches(self.drawn):
            logits = self.logits(self.windows, part, BUCKETS[self.buckets[part[0]]])
            loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(self.windows.label[part].astype(np.int64)).to(self.device))
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.plan.step()
            if self.average is not None and self.plan.last_epoch > SETTLING and self.plan.last_epoch % EVERY == 0:
                self.average.update_parameters(self.net)
            total += loss.item() * len(part)
            self.norm[part] = torch.softmax(logits.detach(), 1)[:, 0].cpu().numpy()
        return total / self.drawn

    def batches(self, count: int) -> list[np.ndarray]:
        """So many windows, in batches of like lengths: what is still hard more often."""
        chance = shares.mined(self.windows.label, self.sure, self.chance, self.norm)
        return dataset.epoch_batches(self.buckets, chance, self.rng, count, BATCH)

    def averages(self) -> None:
        """From now on trains at a constant rate and averages the weights."""
        self.optimiser, self.average = optimiser_of(self.net, AVERAGED_RATE), AveragedModel(self.net)
        self.plan = torch.optim.lr_scheduler.LinearLR(self.optimiser, 1 / WARMING, total_iters=WARMING)

    def finished(self) -> TextNet:
        """The network, of averaged weights where there are some, its normalisations measured with those."""
        if self.average is None or not self.average.n_averaged:
            return self.net
        self.net.load_state_dict(self.average.module.state_dict())
        for norm in self.net.modules():
            if isinstance(norm, torch.nn.BatchNorm1d):
                norm.reset_running_stats()
                norm.momentum = None
        self.net.train()
        with torch.no_grad():
            for part in self.batches(REMEASURED):
                self.logits(self.windows, part, BUCKETS[self.buckets[part[0]]])
        return self.net

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
