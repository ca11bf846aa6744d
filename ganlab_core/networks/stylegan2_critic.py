"""The discriminator of StyleGAN2: residual, with the minibatch's deviation at its end (sec. 4.1).

Its blocks may also be joined by skip connections from the picture, or not at all (fig. 7).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ganlab_core.networks.layers import (
    EqualizedConv2d,
    EqualizedLinear,
    minibatch_stddev,
    normal,
)
from ganlab_core.networks.resample import downscaled, downscaling_conv
from ganlab_core.networks.stylegan2 import MappingNetwork, StyleGAN2Config, activated


class DownscaleConv2d(nn.Module):
    """Filter and 3x3 convolution of stride 2, with equalized learning rate: r px -> r/2 px."""

    def __init__(self, features: int, channels: int, taps: tuple[float, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(channels, features, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.scale = 1.0 / math.sqrt(features * 9)
        self.taps = taps

    def forward(self, x: Tensor) -> Tensor:
        """(N, I, H, W) -> (N, O, H/2, W/2), linear."""
        return downscaling_conv(x, self.weight * self.scale, self.bias, self.taps)


class Block(nn.Module):
    """2^level px -> 2^(level-1) px: two convolutions and, where residual, a short way around them."""

    def __init__(self, level: int, config: StyleGAN2Config) -> None:
        super().__init__()
        before, after = config.channels(level), config.channels(level - 1)
        self.config = config
        self.from_rgb = _from_rgb(level, config)
        self.conv0 = EqualizedConv2d(before, before, gain=1.0)
        self.conv1 = DownscaleConv2d(before, after, config.resample_filter)
        if config.critic == "resnet":
            self.skip = EqualizedConv2d(before, after, kernel=1, gain=1.0, bias=False)

    def forward(self, x: Tensor | None, image: Tensor) -> Tensor:
        """x (N, C, r, r), None at the top, and the picture (N, 3, r, r) -> (N, C', r/2, r/2)."""
        clamp = self.config.conv_clamp
        x = _joined(x, image, self.from_rgb, clamp)
        if self.config.critic != "resnet":
            return activated(self.conv1(activated(self.conv0(x), clamp=clamp)), clamp=clamp)
        short = self.skip(downscaled(x, self.config.resample_filter)) * math.sqrt(0.5)
        x = activated(self.conv0(x), clamp=clamp)
        total: Tensor = short + activated(self.conv1(x), math.sqrt(0.5), clamp)
        return total


def _from_rgb(level: int, config: StyleGAN2Config) -> EqualizedConv2d | None:
    """At the top, and at every resolution where the picture is looked at again."""
    if level == config.levels or config.critic == "skip":
        return EqualizedConv2d(3, config.channels(level), kernel=1, gain=1.0)
    return None


def _joined(
    x: Tensor | None, image: Tensor, from_rgb: nn.Module | None, clamp: float | None
) -> Tensor:
    if from_rgb is not None:
        seen = activated(from_rgb(image), clamp=clamp)
        x = seen if x is None else x + seen
    assert x is not None
    return x


class Discriminator(nn.Module):
    """Pictures at full resolution -> scores."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList(Block(level, config) for level in range(3, config.levels + 1))
        top = config.channels(2)
        self.from_rgb = _from_rgb(2, config)
        self.conv = EqualizedConv2d(top + config.mbstd_features, top, gain=1.0)
        dense = config.critic_dense or top
        self.dense = EqualizedLinear(16 * top, dense, gain=1.0)
        self.maps = config.label_size > 0 and config.label_kind == "embed"
        self.width = max(config.label_size, 1)
        if self.maps:
            self.width = config.critic_map or top
            self.mapping = MappingNetwork(config, 0, self.width)
        self.out = EqualizedLinear(dense, self.width, gain=1.0)

    def forward(self, image: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores of pictures: image (N, 3, R, R), labels (N, label_size) -> (N,).

        Missing labels count as none of the classes.
        """
        x: Tensor | None = None
        for block in reversed(self.blocks):
            x = block(x, image)
            if self.config.critic == "skip":
                image = downscaled(image, self.config.resample_filter)
        score = self._summed_up(_joined(x, image, self.from_rgb, None))
        if not self.config.label_size:
            return score[:, 0]
        if labels is None:
            labels = score.new_zeros(score.shape[0], self.config.label_size)
        if self.maps:
            labels = self.mapping(None, labels) / math.sqrt(self.width)
        return (score * labels).sum(dim=1)

    def _summed_up(self, x: Tensor) -> Tensor:
        """Features at 4 px -> (N, width)."""
        if self.config.mbstd_features:
            group = self.config.mbstd_group_size or x.shape[0]
            x = minibatch_stddev(x, group, self.config.mbstd_features)
        x = activated(self.conv(x), clamp=self.config.conv_clamp)
        score: Tensor = self.out(activated(self.dense(x.flatten(1))))
        return score
