"""The PyTorch GAN zoo's discriminator, the same for its ProGAN and its StyleGAN."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, levels_of
from ganlab_core.importers.genforce_stylegan import count_of, side_of
from ganlab_core.networks.progan import Discriminator, ProGANConfig


def zoo_discriminator(source: Mapping[str, Tensor], file: str) -> Discriminator:
    """From the state dict `netD`, with `.module` in its names; raises `CheckpointError`."""
    if not source:
        raise CheckpointError(f"{file} holds no discriminator.")
    levels = count_of(source, "fromRGBLayers.{}.module.weight") + 1
    levels_of(2**levels, file)
    channels = [
        side_of(source, f"fromRGBLayers.{level}.module.weight", 0, file)
        for level in range(levels - 1)
    ]
    config = ProGANConfig(
        resolution=2**levels,
        label_size=side_of(source, "decisionLayer.module.weight", 0, file) - 1,
        fused=False,
        mbstd_grouping="consecutive",
        channel_list=(side_of(source, "groupScaleZero.1.module.weight", 0, file), *channels),
    )
    return build(lambda: Discriminator(config), _rules(config), source, file)


def _rules(config: ProGANConfig) -> list[Rule]:
    top = config.channels(2)
    rules = [
        *_layer("conv", "groupScaleZero.0", 9 * (top + 1)),
        *_layer("dense0", "groupScaleZero.1", 16 * top),
        *_layer("dense1", "decisionLayer", config.channels(1), gain=1.0),
    ]
    for level in range(2, config.levels + 1):
        rules += _layer(f"from_rgb.{level - 2}", f"fromRGBLayers.{level - 2}", 3)
    for level in range(3, config.levels + 1):
        for index in range(2):
            ours, theirs = f"blocks.{level - 3}.conv{index}", f"scaleLayers.{level - 3}.{index}"
            rules += _layer(ours, theirs, 9 * config.channels(level))
    return rules


def _layer(ours: str, theirs: str, fan_in: int, gain: float = math.sqrt(2.0)) -> list[Rule]:
    """(W x + b) sqrt(2 / fan-in), for our layer of that gain."""
    weight, bias = math.sqrt(2.0) / gain, math.sqrt(2.0 / fan_in)
    return [
        Rule(f"{ours}.weight", f"{theirs}.module.weight", lambda tensor: tensor * weight),
        Rule(f"{ours}.bias", f"{theirs}.module.bias", lambda tensor: tensor * bias),
    ]
