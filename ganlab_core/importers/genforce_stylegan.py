"""StyleGAN in genforce's `.pth`: the official weights under other names, without any settings.

All shapes are told by the weights; up-scaling is fused from 128 px on, as published.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    Rule,
    build,
    count_of,
    levels_of,
    lod_of,
    side_of,
    stylegan_model,
)
from ganlab_core.importers.genforce import GenforceFile, critic_rules, layer_rules
from ganlab_core.models import Model
from ganlab_core.networks import StyleGANConfig, StyleGANDiscriminator, StyleGANGenerator


class GenforceStyleGAN(GenforceFile):
    """The networks of one file."""

    layout = "StyleGAN, genforce"

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        config = _generator_config(source, file)
        growth = config.levels - lod_of(source.pop("synthesis.lod", None), file)
        generator = build(lambda: StyleGANGenerator(config), _generator_rules(config), source, file)
        return stylegan_model(generator, self._path, self.layout, growth, (1.0, None))

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source, file = self._need_discriminator(), self._path.name
        config = _discriminator_config(source, file)
        rules = critic_rules(config.levels, "conv1_down")
        return build(lambda: StyleGANDiscriminator(config), rules, source, file)


def _generator_config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
    levels = count_of(source, "synthesis.output{}.weight") + 1
    levels_of(2**levels, file)
    dense = count_of(source, "mapping.dense{}.weight")
    if not 1 <= dense <= 64:
        raise CheckpointError(f"{file} holds no mapping network of 1 to 64 layers.")
    labels = "mapping.label_weight"
    size = side_of(source, labels, 0, file) if labels in source else 0
    width = side_of(source, "mapping.dense0.weight", 1, file)
    channels = [
        side_of(source, f"synthesis.layer{2 * level - 4}.bias", 0, file)
        for level in range(2, levels + 1)
    ]
    return StyleGANConfig(
        resolution=2**levels,
        z_dim=width // 2 if size else width,
        w_dim=side_of(source, f"mapping.dense{dense - 1}.weight", 0, file),
        mapping_layers=dense,
        mapping_fmaps=side_of(source, "mapping.dense0.weight", 0, file),
        label_size=size,
        channel_list=(channels[0], *channels),
    )


def _generator_rules(config: StyleGANConfig) -> list[Rule]:
    rules = [Rule("w_avg", "truncation.w_avg")]
    if config.label_size:
        rules.append(Rule("mapping.label_weight", "mapping.label_weight"))
    for index in range(config.mapping_layers):
        rules += layer_rules(f"mapping.dense.{index}", f"mapping.dense{index}")
    for index in range(config.num_layers):
        ours, theirs = f"synthesis.layers.{index}", f"synthesis.layer{index}"
        first = Rule(f"{ours}.const", f"{theirs}.const")
        rules += [
            Rule(f"{ours}.conv.weight", f"{theirs}.weight") if index else first,
            Rule(f"{ours}.noise_weight", f"{theirs}.apply_noise.weight"),
            Rule(f"{ours}.bias", f"{theirs}.bias"),
            *layer_rules(f"{ours}.style", f"{theirs}.style"),
            Rule(f"synthesis.noise{index}", f"{theirs}.apply_noise.noise"),
        ]
    for level in range(config.levels - 1):
        rules += layer_rules(f"synthesis.to_rgb.{level}", f"synthesis.output{level}")
    return rules


def _discriminator_config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
    levels = count_of(source, "input{}.weight") + 1
    levels_of(2**levels, file)
    last = 2 * levels - 4
    channels = [
        side_of(source, f"input{levels - level}.bias", 0, file) for level in range(2, levels + 1)
    ]
    scores = side_of(source, f"layer{last + 2}.bias", 0, file)
    return StyleGANConfig(
        resolution=2**levels,
        label_size=scores if scores > 1 else 0,
        mbstd_features=side_of(source, f"layer{last}.weight", 1, file) - channels[0],
        channel_list=(side_of(source, f"layer{last + 1}.bias", 0, file), *channels),
    )
