"""ProGAN (Karras, Aila, Laine & Lehtinen 2018, "Progressive Growing of GANs").

`growth` is log2 of the resolution reached: 4.37 means that the 32 px block is faded in by alpha = 0.37.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab_core.networks.layers import (
    DownscaleConv2d,
    EqualizedConv2d,
    EqualizedLinear,
    downscale,
    leaky_relu,
    minibatch_stddev,
)
from ganlab_core.networks.stylegan import split_growth


@dataclass(frozen=True, slots=True)
class ProGANConfig:
    """Shape of a ProGAN; the defaults are the published ones.

    Attributes
    ----------
    resolution
        Output side in pixels, a power of two, 8 to 1024.
    fmap_base, fmap_decay, fmap_max
        Channels of stage s are min(int(fmap_base / 2^(s * fmap_decay)), fmap_max); the block at
        2^r px uses stage r - 1.
    z_dim
        Size of the latent.
    label_size
        Number of classes; 0 = unconditional.
    fused
        Whether up- and down-scaling are one operation with their convolution. It changes pictures: the
        fused kinds read the kernel mirrored (G), and down-scale before the activation (D).
    mbstd_group_size
        Samples per group of the minibatch standard deviation.
    mbstd_grouping
        `"strided"` as published, or `"consecutive"` as in the PyTorch GAN zoo.
    channel_list
        Feature maps of stage 1, then of 4 px, 8 px, ...; empty = by the formula above.
    """

    resolution: int = 1024
    fmap_base: int = 8192
    fmap_decay: float = 1.0
    fmap_max: int = 512
    z_dim: int = 512
    label_size: int = 0
    fused: bool = True
    mbstd_group_size: int = 4
    mbstd_grouping: str = "strided"
    channel_list: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel_list", tuple(self.channel_list))

    @property
    def levels(self) -> int:
        """Log2 of the resolution."""
        return int(math.log2(self.resolution))

    def channels(self, level: int) -> int:
        """Feature maps of the block at 2^level px."""
        if self.channel_list:
            return self.channel_list[level - 1]
        return min(int(self.fmap_base / 2.0 ** ((level - 1) * self.fmap_decay)), self.fmap_max)


def consecutive_stddev(x: Tensor, group_size: int) -> Tensor:
    """The GAN zoo's minibatch standard deviation: consecutive groups, unbiased, one extra map.

    The whole batch is one group where its size is no multiple of `group_size`; one sample gets zeros.

    Shapes: (N, C, H, W) -> (N, C + 1, H, W).
    """
    n, _, h, w = x.shape
    group = min(group_size, n)
    group = group if n % group == 0 else n
    if group == 1:
        return torch.cat([x, x.new_zeros(n, 1, h, w)], dim=1)
    variance = x.unflatten(0, (n // group, group)).var(dim=1)
    deviation = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3)).repeat_interleave(group)
    return torch.cat([x, deviation[:, None, None, None].expand(n, 1, h, w)], dim=1)


class DiscriminatorBlock(nn.Module):
    """Conv, then a convolution and a down-scaling: 2^level px -> 2^(level-1) px."""

    def __init__(self, level: int, config: ProGANConfig) -> None:
        super().__init__()
        self.fused = config.fused
        here, below = config.channels(level), config.channels(level - 1)
        self.conv0 = EqualizedConv2d(here, here)
        self.conv1 = DownscaleConv2d(here, below) if self.fused else EqualizedConv2d(here, below)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_level, 2^level, 2^level) -> (N, C_(level-1), 2^(level-1), 2^(level-1))."""
        x = leaky_relu(self.conv1(leaky_relu(self.conv0(x))))
        return x if self.fused else downscale(x)


class Discriminator(nn.Module):
    """The progressively grown critic, with an auxiliary classifier where there are classes."""

    def __init__(self, config: ProGANConfig) -> None:
        super().__init__()
        self.config = config
        self.from_rgb = nn.ModuleList(
            EqualizedConv2d(3, config.channels(level), kernel=1)
            for level in range(2, config.levels + 1)
        )
        self.blocks = nn.ModuleList(
            DiscriminatorBlock(level, config) for level in range(3, config.levels + 1)
        )
        top = config.channels(2)
        self.conv = EqualizedConv2d(top + 1, top)
        self.dense0 = EqualizedLinear(16 * top, config.channels(1))
        self.dense1 = EqualizedLinear(config.channels(1), 1 + config.label_size, gain=1.0)

    def forward(self, image: Tensor, growth: float | None = None) -> Tensor:
        """Scores, then the classes' logits, of pictures at the resolution that `growth` has reached.

        Shapes: image (N, 3, r, r) -> (N, 1 + label_size).
        """
        scores: Tensor = self.dense1(self.features(image, growth))
        return scores

    def features(self, image: Tensor, growth: float | None = None) -> Tensor:
        """What the last layer decides by, (N, channels(1))."""
        level, alpha = split_growth(self.config.levels if growth is None else growth)
        x = leaky_relu(self.from_rgb[level - 2](image))
        for current in range(level, 2, -1):
            x = self.blocks[current - 3](x)
            if current == level and alpha < 1.0:
                old = leaky_relu(self.from_rgb[level - 3](downscale(image)))
                x = old + (x - old) * alpha
        x = leaky_relu(self.conv(self._with_stddev(x)))
        return leaky_relu(self.dense0(x.flatten(1)))

    def _with_stddev(self, x: Tensor) -> Tensor:
        size = self.config.mbstd_group_size
        if self.config.mbstd_grouping == "consecutive":
            return consecutive_stddev(x, size)
        return minibatch_stddev(x, size)
