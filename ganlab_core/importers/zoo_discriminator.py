"""The PyTorch GAN zoo's discriminator, the same for its ProGAN and its StyleGAN."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, count_of, levels_of, side_of
from ganlab_core.importers.zoo_layers import Arithmetic, layer_rules
from ganlab_core.networks.progan import ProGANConfig, ProGANDiscriminator

GROUP_SIZE = 4
"""Samples per group of the minibatch standard deviation, which is not a setting there."""


def zoo_discriminator(
    source: Mapping[str, Tensor], file: str, arithmetic: Arithmetic = Arithmetic()
) -> ProGANDiscriminator:
    """From the state dict `netD`, with `.module` in its names; raises `CheckpointError`."""
    if not source:
        raise CheckpointError(f"{file} holds no discriminator.")
    levels = count_of(source, "fromRGBLayers.{}.module.weight") + 1
    levels_of(2**levels, file, smallest=4)
    channels = [
        side_of(source, f"fromRGBLayers.{level}.module.weight", 0, file)
        for level in range(levels - 1)
    ]
    compares = side_of(source, "groupScaleZero.0.module.weight", 1, file) > channels[0]
    config = ProGANConfig(
        resolution=2**levels,
        label_size=side_of(source, "decisionLayer.module.weight", 0, file) - 1,
        fused=False,
        mbstd_group_size=GROUP_SIZE if compares else 0,
        mbstd_grouping="consecutive",
        channel_list=(side_of(source, "groupScaleZero.1.module.weight", 0, file), *channels),
        slope=arithmetic.slope,
    )
    return build(lambda: ProGANDiscriminator(config), _rules(config, arithmetic), source, file)


def _rules(config: ProGANConfig, arithmetic: Arithmetic) -> list[Rule]:
    top = config.channels(2)
    maps = top + (1 if config.mbstd_group_size else 0)
    layers = [("conv", "groupScaleZero.0", 9 * maps), ("dense0", "groupScaleZero.1", 16 * top)]
    for level in range(2, config.levels + 1):
        layers.append((f"from_rgb.{level - 2}", f"fromRGBLayers.{level - 2}", 3))
    for level in range(3, config.levels + 1):
        for index in range(2):
            ours, theirs = f"blocks.{level - 3}.conv{index}", f"scaleLayers.{level - 3}.{index}"
            layers.append((ours, theirs, 9 * config.channels(level)))
    rules = layer_rules("dense1", "decisionLayer", config.channels(1), 1.0, arithmetic)
    for ours, theirs, fan_in in layers:
        rules += layer_rules(ours, theirs, fan_in, arithmetic=arithmetic)
    return rules
