"""The text model: a small convolutional network over bytes and the kind of place they stand in."""

import torch
from torch import nn

BUCKETS = (32, 64, 128, 256)
"""Lengths that windows are padded to with zeros, in training as in the filter."""
EMBEDDING, FIRST, SECOND, THIRD, DENSE = 20, 64, 96, 96, 64


class TextNet(nn.Module):
    """Bytes (batch, length) and kinds (batch) to logits of the classes."""

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
        self.dense = nn.Linear(2 * THIRD, DENSE)
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(DENSE, classes)

    def forward(self, data: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = (self.bytes(data) + self.kinds(kind).unsqueeze(1)).transpose(1, 2)
        x = nn.functional.max_pool1d(torch.relu(self.norm1(self.conv1(x))), 2)
        x = nn.functional.max_pool1d(torch.relu(self.norm2(self.conv2(x))), 2)
        x = torch.relu(self.norm3(self.conv3(x)))
        x = torch.cat([x.amax(2), x.mean(2)], dim=1)
        return self.head(self.drop(torch.relu(self.dense(x))))
