"""The text model: a small convolutional network over bytes, the kind of place they stand in and what the whole value is like."""

import torch
from torch import nn
from torch.nn import functional

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
        # The normalisation after each has a bias of its own.
        self.conv1 = nn.Conv1d(EMBEDDING, FIRST, 5, bias=False)
        self.norm1 = nn.BatchNorm1d(FIRST)
        self.conv2 = nn.Conv1d(FIRST, SECOND, 5, bias=False)
        self.norm2 = nn.BatchNorm1d(SECOND)
        self.conv3 = nn.Conv1d(SECOND, THIRD, 3, dilation=2, bias=False)
        self.norm3 = nn.BatchNorm1d(THIRD)
        self.conv4 = nn.Conv1d(THIRD, THIRD, 3, dilation=4, bias=False)
        self.norm4 = nn.BatchNorm1d(THIRD)
        self.conv5 = nn.Conv1d(THIRD, THIRD, 3, dilation=8, bias=False)
        self.norm5 = nn.BatchNorm1d(THIRD)
        self.dense = nn.Linear(2 * THIRD, DENSE)
        self.levels = nn.Embedding(LEVELS * VALUES, DENSE)
        nn.init.normal_(self.levels.weight, std=0.02)
        self.register_buffer("starts", torch.arange(LEVELS) * VALUES, persistent=False)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(DENSE, classes)

    def forward(self, data: torch.Tensor, kind: torch.Tensor, context: torch.Tensor, precision: torch.dtype = torch.float32) -> torch.Tensor:
        """Logits; the convolutions computed in numbers of this precision."""
        x = (self.bytes(data) + self.kinds(kind).unsqueeze(1)).to(precision)
        x = Halved.apply(normed(x, self.conv1, self.norm1))
        x = Halved.apply(normed(x, self.conv2, self.norm2))
        x = torch.relu(normed(x, self.conv3, self.norm3))
        x = x + torch.relu(normed(x, self.conv4, self.norm4))
        x = x + torch.relu(normed(x, self.conv5, self.norm5))
        x = torch.cat([x.amax(1), x.mean(1)], dim=1).float()
        return self.head(self.drop(torch.relu(self.dense(x) + self.levels(context + self.starts).sum(1))))


def normed(x: torch.Tensor, conv: nn.Conv1d, norm: nn.BatchNorm1d) -> torch.Tensor:
    """(batch, length, channels) convolved, as long as before, and normalised: one product of matrices, which on a processor takes half the time of PyTorch's convolution and its gradient."""
    taps, step = conv.kernel_size[0], conv.dilation[0]
    around = functional.pad(x, (0, 0, taps // 2 * step, taps // 2 * step))
    columns = torch.cat([around[:, tap * step : tap * step + x.shape[1]] for tap in range(taps)], dim=2)
    y = functional.linear(columns, conv.weight.transpose(1, 2).flatten(1).to(x.dtype))
    return norm(y.flatten(0, 1)).view_as(y)


class Halved(torch.autograd.Function):
    """The higher of each two neighbours, or zero: what pooling does, with a gradient far cheaper than PyTorch's."""

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        """(batch, length, channels) to half the length."""
        first, second = x[:, 0::2], x[:, 1::2]
        higher = torch.maximum(first, second).relu_()
        ctx.save_for_backward(higher, first - second)
        return higher

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        """To the one of the two that was higher, to the second where both were as high, and to none at zero."""
        higher, lead = ctx.saved_tensors
        gradient = torch.ops.aten.threshold_backward(gradient, higher, 0)
        of_first = torch.ops.aten.threshold_backward(gradient, lead, 0)
        return torch.stack([of_first, gradient - of_first], dim=2).flatten(1, 2)
