"""The gate between screen and network: convolutions small enough for the thread that serves the request, asked one after another; their mean counts."""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import dataset
import side_by_side
from data import KINDS
from export import folded
from network import BUCKETS, LEVELS, VALUES, Halved, normed

EMBEDDING, REACH, FIRST, POOL, TAPS, SECOND, DENSE = 8, 7, 24, 4, 3, 32, 32
SHAPE = (REACH, FIRST, POOL, TAPS, SECOND, DENSE)
"""As the filter has them: see src/model/convolution.rs, which rounds the weights of both convolutions."""
MEMBERS = 4
"""Networks of different seeds: the mean of two lets half as many harmless windows through as either, at the same loss of attacks, and that of four loses a sixth fewer yet (of three sets not learnt from 85 instead of 102 attacks); they differ by what they make of ordinary texts of a kind they do not know. The later ones are asked only of what the earlier ones let through."""
SHAPES = ((REACH, 256, FIRST), (FIRST,), (TAPS, FIRST, SECOND), (SECOND,), (len(KINDS) + LEVELS * VALUES, DENSE), (2 * SECOND, DENSE), (DENSE,), (DENSE,), (1,))
"""Of the parts of a member."""
EPOCHS, DRAWN, BATCH, RATE = 10, 250_000, 512, 4e-3
ATTACKS = 0.5
"""Share of attacks in an epoch."""


class GateNet(nn.Module):
    """Bytes (batch, length), kinds (batch) and levels of the context (batch, 8) to the logit of an attack."""

    def __init__(self):
        super().__init__()
        # What is past the end adds nothing, so that the filter need not look at it.
        self.bytes = nn.Embedding(256, EMBEDDING, padding_idx=0)
        self.conv1, self.norm1 = nn.Conv1d(EMBEDDING, FIRST, REACH, bias=False), nn.BatchNorm1d(FIRST)
        self.conv2, self.norm2 = nn.Conv1d(FIRST, SECOND, TAPS, bias=False), nn.BatchNorm1d(SECOND)
        self.dense, self.head = nn.Linear(2 * SECOND, DENSE), nn.Linear(DENSE, 1)
        self.others = nn.Embedding(len(KINDS) + LEVELS * VALUES, DENSE)
        nn.init.normal_(self.others.weight, std=0.02)
        self.register_buffer("starts", len(KINDS) + torch.arange(LEVELS) * VALUES, persistent=False)

    def forward(self, data: torch.Tensor, kind: torch.Tensor, context: torch.Tensor, precision: torch.dtype = torch.float32) -> torch.Tensor:
        """Logits; the convolutions computed in numbers of this precision."""
        places = ((data != 0).sum(1, keepdim=True) + POOL - 1) // POOL
        inside = (torch.arange(data.shape[1] // POOL) < places).unsqueeze(2)
        x = Halved.apply(Halved.apply(normed(self.bytes(data).to(precision), self.conv1, self.norm1))) * inside
        x = torch.relu(normed(x, self.conv2, self.norm2)) * inside
        x = torch.cat([x.amax(1).float(), x.float().sum(1) / places], dim=1)
        return self.head(torch.relu(self.dense(x) + self.others(context + self.starts).sum(1) + self.others(kind))).squeeze(1)

    def parts(self) -> list[np.ndarray]:
        """The weights as the filter has them, in its order: what each byte adds at each place around, and so on."""
        (weight1, bias1), (weight2, bias2) = folded(self.conv1, self.norm1), folded(self.conv2, self.norm2)
        plain = lambda weight: weight.detach().numpy()  # noqa: E731
        table = np.einsum("be,oet->tbo", plain(self.bytes.weight), weight1)
        rest = (plain(part) for part in (self.others.weight, self.dense.weight.T, self.dense.bias, self.head.weight, self.head.bias))
        return [part.astype("<f4") for part in (table, bias1, weight2.transpose(2, 1, 0), bias2, *rest)]

    def file(self) -> bytes:
        """The bytes of the file."""
        return b"".join(part.tobytes() for part in self.parts())


class Gate:
    """A trained gate, as the filter computes it: the bytes of its members, one after another."""

    def __init__(self, raw: bytes):
        sizes = [int(np.prod(shape)) for shape in SHAPES]
        numbers, self.members, self.raw = torch.from_numpy(np.frombuffer(raw, "<f4").copy()), [], raw
        for member in numbers.split(sum(sizes)):
            self.members.append([part.reshape(shape) for shape, part in zip(SHAPES, member.split(sizes))])

    def logits(self, rows: list[bytes], kinds: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """The logit of an attack of each window as it stands after each member: their mean so far."""
        out = np.zeros((len(rows), len(self.members)), np.float32)
        for some, size in dataset.alike(rows, 1024):
            inputs = tensors([rows[i] for i in some], size, kinds[some], contexts[some])
            said = torch.stack([self.said(member, *inputs) for member in self.members], dim=1)
            out[some] = (said.cumsum(1) / torch.arange(1, len(self.members) + 1)).numpy()
        return out

    @staticmethod
    def said(member: list[torch.Tensor], data: torch.Tensor, kind: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """What a member says of windows of one length."""
        table, bias1, second, bias2, others, dense, dense_bias, head, bias = member
        reach, half = functional.pad(data, (REACH // 2, REACH // 2)), (data.shape[1] // POOL, POOL)
        x = sum(functional.embedding(reach[:, tap : tap + data.shape[1]], table[tap]) for tap in range(REACH)) + bias1
        places = ((data != 0).sum(1, keepdim=True) + POOL - 1) // POOL
        inside = (torch.arange(half[0]) < places).unsqueeze(2)
        x = torch.relu(x.reshape(len(data), *half, FIRST).amax(2)) * inside
        x = torch.relu(functional.conv1d(x.transpose(1, 2), second.permute(2, 1, 0), bias2, padding=TAPS // 2)) * inside.transpose(1, 2)
        x = torch.cat([x.amax(2), x.sum(2) / places], dim=1) @ dense + dense_bias
        starts = len(KINDS) + torch.arange(LEVELS) * VALUES
        return torch.relu(x + others[context + starts].sum(1) + others[kind]) @ head + bias


def tensors(rows: list[bytes], size: int, *columns: np.ndarray) -> list[torch.Tensor]:
    """Windows padded to one length, and what belongs to them."""
    return [torch.from_numpy(column.astype(np.int64)) for column in (dataset.padded(rows, size), *columns)]


def tensors_of(windows: dataset.Windows, places: np.ndarray, size: int) -> list[torch.Tensor]:
    """Bytes, kinds and contexts of some windows of one length."""
    return tensors([windows.rows[i] for i in places], size, windows.kind[places], windows.context[places])


def fit(windows: dataset.Windows, chance: np.ndarray, seed: int, epochs: int) -> Gate:
    """Trains the members side by side."""
    return Gate(b"".join(side_by_side.each(member, range(seed, seed + MEMBERS), windows, chance, epochs)))


def member(seed: int, windows: dataset.Windows, chance: np.ndarray, epochs: int) -> bytes:
    """The file of one trained on windows drawn by their chance."""
    torch.manual_seed(seed)
    rng, net = np.random.default_rng(seed), GateNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-2)
    buckets = dataset.buckets_of(windows.rows)
    attack = windows.label > 0
    chance = np.where(attack, ATTACKS, 1 - ATTACKS) * chance / np.where(attack, chance[attack].sum(), chance[~attack].sum())
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * (DRAWN // BATCH + len(BUCKETS)), pct_start=0.15)
    for epoch in range(epochs):
        net.train()
        start, total = time.time(), 0.0
        for part in dataset.epoch_batches(buckets, chance, rng, DRAWN, BATCH):
            inputs = tensors_of(windows, part, BUCKETS[buckets[part[0]]])
            loss = functional.binary_cross_entropy_with_logits(net(*inputs, torch.bfloat16), torch.from_numpy(attack[part].astype(np.float32)))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step()
            total += loss.item() * len(part)
        print(f"gate of {seed}, epoch {epoch + 1}: loss {total / DRAWN:.5f}, {time.time() - start:.0f} s", flush=True)
    return net.eval().file()
