"""The text model: a small convolutional network over bytes, the kind of place they stand in and what the whole value is like."""

import torch
from torch import nn

BUCKETS = (32, 64, 128, 256)
"""Lengths that windows are padded to with zeros, in training as in the filter."""
LEVELS, VALUES = 8, 16
"""Levels of the context, and values of each."""
EMBEDDING, FIRST, SECOND, THIRD, DENSE = 20, 64, 96, 96, 64
"""Widths: of the embedding, of the convolutions, of the layer before the last."""


class TextNet(nn.Module):
    """Bytes (batch, length), kinds (batch) and levels of the context (batch, 8) to logits of the classes."""

    def __init__(self, kinds: int, classes: int):
        super().__init__()
        self.bytes = nn.Embedding(256, EMBEDDING)
        self.kinds = nn.Embedding(kinds, EMBEDDING)
        self.conv1 = nn.Conv1d(EMBEDDING, FIRST, 5, padding=2)
        self.norm1 = nn.BatchNorm1d(FIRST)
        self.conv2 = nn.Conv1d(FIRST, SECOND, 5, padding=2)
        self.norm2 = nn.BatchNorm1d(SECOND)
        self.conv3 = nn.Conv1d(SECOND, THIRD, 3, padding=2, dilation=2)
        self.norm3 = nn.BatchNorm1d(THIRD)
        self.conv4 = nn.Conv1d(THIRD, THIRD, 3, padding=4, dilation=4)
        self.norm4 = nn.BatchNorm1d(THIRD)
        self.conv5 = nn.Conv1d(THIRD, THIRD, 3, padding=8, dilation=8)
        self.norm5 = nn.BatchNorm1d(THIRD)
        self.dense = nn.Linear(2 * THIRD, DENSE)
        self.levels = nn.Embedding(LEVELS * VALUES, DENSE)
        nn.init.normal_(self.levels.weight, std=0.02)
        self.register_buffer("starts", torch.arange(LEVELS) * VALUES, persistent=False)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(DENSE, classes)

    def forward(self, data: torch.Tensor, kind: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = (self.bytes(data) + self.kinds(kind).unsqueeze(1)).transpose(1, 2)
        x = torch.relu(halved(self.norm1(self.conv1(x))))
        x = torch.relu(halved(self.norm2(self.conv2(x))))
        x = torch.relu(self.norm3(self.conv3(x)))
        x = x + torch.relu(self.norm4(self.conv4(x)))
        x = x + torch.relu(self.norm5(self.conv5(x)))
        x = torch.cat([x.amax(2), x.mean(2)], dim=1)
        return self.head(self.drop(torch.relu(self.dense(x) + self.levels(context + self.starts).sum(1))))


def halved(x: torch.Tensor) -> torch.Tensor:
    """The higher of each two neighbours: what pooling does, with far less work on a processor."""
    return torch.maximum(x[..., 0::2], x[..., 1::2])
