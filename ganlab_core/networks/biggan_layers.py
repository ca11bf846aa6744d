"""What the blocks of BigGAN and BigGAN-deep share: batch norm and self-attention.

Brock, Donahue & Simonyan 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis".
All tensors are NCHW. A condition is a vector y (N, D): the class embedding with a part of z.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.networks.spectral import ClassTable, Spectral, SpectralConv2d, SpectralLinear

MOMENTUM = 0.1
"""Weight of the newest batch in the running statistics."""


@dataclass(frozen=True, slots=True)
class Norm:
    """How batch norm works in a network.

    Attributes
    ----------
    eps
        Added to the variance.
    n_stats
        How many sets of statistics there are, on an even grid of truncations from 0 to 1.
    blend
        `"linear"` interpolation between them, or `"swapped"`: the two weights exchanged, as
        pretrained networks of pytorch-pretrained-BigGAN are run.
    """

    eps: float = 1e-5
    n_stats: int = 1
    blend: str = "linear"


class Exchange(Protocol):
    """Processes that share a batch, and can add up what each of them knows of it."""

    size: int

    def total(self, values: Tensor) -> Tensor:
        """The sum over the processes; gradients go back to all of them."""
        ...


class BatchNorm(nn.Module):
    """Batch normalisation with statistics for several truncations; gain and bias come from outside.

    Training uses the batch's own statistics and keeps a running mean of them in row `row`, by
    default the last: that of truncation 1.

    Attributes
    ----------
    exchange
        With whom the batch is shared while training; None = nobody.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.norm = norm
        self.row = -1
        self.momentum = MOMENTUM
        self.exchange: Exchange | None = None
        self.register_buffer("mean", torch.zeros(norm.n_stats, channels))
        self.register_buffer("variance", torch.ones(norm.n_stats, channels))

    def statistics(self, truncation: float) -> tuple[Tensor, Tensor]:
        """Mean and variance for a truncation from 0 to 1, each (C,)."""
        last = self.norm.n_stats - 1
        if not last:
            return self.mean[0], self.variance[0]
        if self.norm.blend == "linear":
            fraction, index = math.modf(truncation * last)
        else:  # divided as published: 0.58 / 0.02 is a little less than 29 and falls to row 28
            fraction, index = math.modf(truncation / (1.0 / last))
        low = min(int(index), last)
        if fraction == 0.0:
            return self.mean[low], self.variance[low]
        high = min(low + 1, last)
        share = fraction if self.norm.blend == "linear" else 1.0 - fraction
        means, variances = self.mean, self.variance
        return (
            means[low] * (1.0 - share) + means[high] * share,
            variances[low] * (1.0 - share) + variances[high] * share,
        )

    def normalised(self, x: Tensor, gain: Tensor, bias: Tensor, truncation: float) -> Tensor:
        """(x - mean) / sqrt(variance + eps) * gain + bias.

        Shapes: x (N, C, H, W), gain and bias (N or 1, C) -> (N, C, H, W).
        """
        if self.training:
            x = self._normalised_by_batch(x)
            scale, shift = gain.to(x.dtype), bias.to(x.dtype)
            return x.mul(scale[:, :, None, None]).add_(shift[:, :, None, None])
        count = x.shape[0]
        mean, variance = (row.repeat(count) for row in self.statistics(truncation))
        scale, shift = (part.to(mean.dtype).expand(count, -1).flatten() for part in (gain, bias))
        # every sample has a gain of its own, which one pass over (1, N * C, H, W) can apply
        flat = F.batch_norm(
            x.reshape(1, -1, *x.shape[2:]), mean, variance, scale, shift, eps=self.norm.eps
        )
        return flat.reshape(x.shape)

    def _normalised_by_batch(self, x: Tensor) -> Tensor:
        """(x - mean) / sqrt(variance + eps) over the batch, which the running statistics take in."""
        mean, variance = self.mean[self.row], self.variance[self.row]
        if self.exchange is None:
            return F.batch_norm(
                x, mean, variance, training=True, momentum=self.momentum, eps=self.norm.eps
            )
        count = x.numel() // x.shape[1] * self.exchange.size
        centre = self.exchange.total(x.float().sum(dim=(0, 2, 3))) / count
        x = x - centre[:, None, None].to(x.dtype)
        spread = self.exchange.total(x.float().square().sum(dim=(0, 2, 3))) / count
        with torch.no_grad():
            mean.lerp_(centre, self.momentum)
            variance.lerp_(spread * (count / (count - 1)), self.momentum)
        return x * torch.rsqrt(spread + self.norm.eps)[:, None, None].to(x.dtype)


class ConditionalBatchNorm(BatchNorm):
    """Batch norm whose gain 1 + W_g y and bias W_b y come from the condition (appendix B.1).

    Parameters
    ----------
    channels
        Of the features.
    width
        Length of y.
    classes
        Whether y holds class weights, each class having a gain and a bias of its own that are not
        normalised; the paper's networks share one embedding instead.
    """

    def __init__(
        self, channels: int, width: int, norm: Norm, spectral: Spectral, *, classes: bool = False
    ) -> None:
        super().__init__(channels, norm)
        self.gain: nn.Module
        self.bias: nn.Module
        if classes:
            self.gain, self.bias = ClassTable(width, channels), ClassTable(width, channels)
        else:
            self.gain = SpectralLinear(width, channels, spectral, bias=False)
            self.bias = SpectralLinear(width, channels, spectral, bias=False)

    def forward(self, x: Tensor, y: Tensor, truncation: float = 1.0) -> Tensor:
        """Shapes: x (N, C, H, W), y (N, width) -> (N, C, H, W)."""
        return self.normalised(x, 1.0 + self.gain(y), self.bias(y), truncation)


class OutputBatchNorm(BatchNorm):
    """The last batch norm of a generator, with one gain and bias per feature map."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__(channels, norm)
        self.gain = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, truncation: float = 1.0) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        return self.normalised(x, self.gain[None], self.bias[None], truncation)


class SelfAttention(nn.Module):
    """Self-attention over positions (Zhang et al. 2019, SAGAN): x + gamma o(attended values).

    Keys and values are max-pooled 2x2, so that each of the H W positions looks at H W / 4.
    """

    def __init__(self, channels: int, spectral: Spectral) -> None:
        super().__init__()
        keys, values = channels // 8, channels // 2
        self.theta = SpectralConv2d(channels, keys, 1, spectral, bias=False)
        self.phi = SpectralConv2d(channels, keys, 1, spectral, bias=False)
        self.g = SpectralConv2d(channels, values, 1, spectral, bias=False)
        self.o = SpectralConv2d(values, channels, 1, spectral, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def attention(self, x: Tensor) -> Tensor:
        """Where each position looks: (N, C, H, W) -> (N, H W, H W / 4), rows summing to 1."""
        theta = self.theta(x).flatten(2)  # (N, C/8, HW)
        phi = F.max_pool2d(self.phi(x), 2).flatten(2)  # (N, C/8, HW/4)
        return torch.softmax(theta.transpose(1, 2) @ phi, dim=-1)

    def forward(self, x: Tensor, factor: float = 1.0) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W); `factor` multiplies gamma."""
        values = F.max_pool2d(self.g(x), 2).flatten(2)  # (N, C/2, HW/4)
        attended = values @ self.attention(x).transpose(1, 2)
        update: Tensor = self.o(attended.unflatten(2, x.shape[2:]))
        return x + (self.gamma * factor).to(x.dtype) * update


@torch.no_grad()
def measure_statistics(
    network: nn.Module, row: int, batches: int, run: Callable[[], object]
) -> None:
    """Standing statistics (appendix D): row `row` becomes the mean over `batches` calls of `run`.

    `run` sends one batch through the network, which is in training mode meanwhile; spectral norm
    must be folded, or its u would move.
    """
    norms = [layer for layer in network.modules() if isinstance(layer, BatchNorm)]
    training = network.training
    network.train()
    for batch in range(batches):
        for norm in norms:
            norm.row, norm.momentum = row, 1.0 / (batch + 1)
        run()
    for norm in norms:
        norm.row, norm.momentum = -1, MOMENTUM
    network.train(training)
