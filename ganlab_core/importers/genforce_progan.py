"""ProGAN in genforce's `.pth`: the official weights under other names, without any settings.

All shapes are told by the weights. The first layer is a 4x4 convolution of a 1x1 map there, which is
a dense layer with the kernel turned around. Where there are classes, only the discriminator's last
layer tells how many.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    Rule,
    build,
    count_of,
    imported_model,
    levels_of,
    lod_of,
    side_of,
)
from ganlab_core.importers.genforce import GenforceFile, critic_rules, layer_rules
from ganlab_core.models import Model
from ganlab_core.networks import ProGANConfig, ProGANDiscriminator, ProGANGenerator

GROUP_SIZE = 16
"""Samples per group of the minibatch standard deviation, which the file does not say."""


class GenforceProGAN(GenforceFile):
    """The networks of one file."""

    layout = "ProGAN, genforce"

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        config = _generator_config(source, self._label_size(), file)
        growth = config.levels - lod_of(source.pop("lod", None), file)
        generator = build(lambda: ProGANGenerator(config), _generator_rules(config), source, file)
        return imported_model("progan", generator, self._path, self.layout, growth=growth)

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source, file = self._need_discriminator(), self._path.name
        config = _discriminator_config(source, file)
        rules = critic_rules(config.levels, "conv1")
        return build(lambda: ProGANDiscriminator(config), rules, source, file)

    def _label_size(self) -> int:
        """As the discriminator tells it; 0 without one."""
        source = self._discriminator_weights()
        last = count_of(source, "layer{}.weight") - 1
        return side_of(source, f"layer{last}.weight", 0, self._path.name) - 1 if source else 0


def _generator_config(source: Mapping[str, Tensor], labels: int, file: str) -> ProGANConfig:
    levels = count_of(source, "output{}.weight") + 1
    levels_of(2**levels, file)
    channels = [
        side_of(source, f"layer{2 * level - 4}.bias", 0, file) for level in range(2, levels + 1)
    ]
    width = side_of(source, "layer0.weight", 1, file)
    if labels >= width:
        raise CheckpointError(f"{file} has more classes than its generator takes numbers.")
    return ProGANConfig(
        resolution=2**levels,
        z_dim=width - labels,
        label_size=labels,
        fused=False,
        channel_list=(channels[0], *channels),
        normalize_z_first=labels > 0,
    )


def _generator_rules(config: ProGANConfig) -> list[Rule]:
    rules = [
        Rule("layers.0.dense.weight", "layer0.weight", _dense),
        Rule("layers.0.bias", "layer0.bias", lambda tensor: tensor[:, None, None]),
    ]
    for index in range(1, config.num_layers):
        rules += layer_rules(f"layers.{index}.conv", f"layer{index}")
    for level in range(config.levels - 1):
        rules += layer_rules(f"to_rgb.{level}", f"output{level}")
    return rules


def _dense(tensor: Tensor) -> Tensor:
    """(C, D, 4, 4), read backwards where it meets a 1x1 map with a padding of 3 -> (C * 16, D)."""
    return tensor.flip(2, 3).permute(0, 2, 3, 1).flatten(0, 2)


def _discriminator_config(source: Mapping[str, Tensor], file: str) -> ProGANConfig:
    levels = count_of(source, "input{}.weight") + 1
    levels_of(2**levels, file)
    last = 2 * levels - 4
    channels = [
        side_of(source, f"input{levels - level}.bias", 0, file) for level in range(2, levels + 1)
    ]
    compares = side_of(source, f"layer{last}.weight", 1, file) > channels[0]
    return ProGANConfig(
        resolution=2**levels,
        label_size=side_of(source, f"layer{last + 2}.bias", 0, file) - 1,
        fused=False,
        mbstd_group_size=GROUP_SIZE if compares else 0,
        channel_list=(side_of(source, f"layer{last + 1}.bias", 0, file), *channels),
    )
