"""StyleGAN2 in genforce's `.pth`: the official weights under other names, without any settings.

A style's bias is stored without its 1, kernels of up-scaling convolutions are mirrored, and modulated
weights are scaled by He's constant before they are demodulated; all of that is folded into the weights.
Nothing says how fast the mapping network learned; it is taken to be as published.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    Rule,
    build,
    const_size,
    count_of,
    imported_model,
    levels_of,
    shared_taps,
    side_of,
)
from ganlab_core.importers.genforce import GenforceFile, layer_rules
from ganlab_core.models import Model
from ganlab_core.networks import StyleGAN2Config, StyleGAN2Discriminator, StyleGAN2Generator

_KERNELS = (".filter.kernel", ".upsample.kernel")


class GenforceStyleGAN2(GenforceFile):
    """The networks of one file."""

    layout = "StyleGAN2, genforce"

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        config = _generator_config(source, file)
        network = build(lambda: StyleGAN2Generator(config), _generator_rules(config), source, file)
        facts = {"truncation": {"psi": 1.0, "cutoff": None}}
        return imported_model("stylegan2", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source, file = self._need_discriminator(), self._path.name
        config = _critic_config(source, file)
        return build(lambda: StyleGAN2Discriminator(config), _critic_rules(config), source, file)


def _generator_config(source: dict[str, Tensor], file: str) -> StyleGAN2Config:
    levels = count_of(source, "synthesis.output{}.weight") + 1
    levels_of(2**levels, file)
    dense = count_of(source, "mapping.dense{}.weight")
    if not 1 <= dense <= 64:
        raise CheckpointError(f"{file} holds no mapping network of 1 to 64 layers.")
    labels = "mapping.label_weight"
    size = side_of(source, labels, 0, file) if labels in source else 0
    width = side_of(source, "mapping.dense0.weight", 1, file)
    return StyleGAN2Config(
        resolution=2**levels,
        channel_list=tuple(
            side_of(source, f"synthesis.layer{2 * level - 4}.bias", 0, file)
            for level in range(2, levels + 1)
        ),
        z_dim=width // 2 if size else width,
        w_dim=side_of(source, f"mapping.dense{dense - 1}.weight", 0, file),
        mapping_layers=dense,
        mapping_fmaps=side_of(source, "mapping.dense0.weight", 0, file) if dense > 1 else 512,
        label_size=size,
        label_kind="concat",
        resample_filter=shared_taps(source, _KERNELS, 4.0, file),
        img_channels=side_of(source, "synthesis.output0.weight", 0, file),
        const_size=const_size(source["synthesis.early_layer.const"], file),
    )


def _generator_rules(config: StyleGAN2Config) -> list[Rule]:
    const = "synthesis.early_layer.const"
    rules = [Rule("w_avg", "truncation.w_avg"), Rule("synthesis.const", const)]
    if config.label_size:
        rules.append(Rule("mapping.label_weight", "mapping.label_weight"))
    for index in range(config.mapping_layers):
        rules += layer_rules(f"mapping.dense.{index}", f"mapping.dense{index}")
    for index in range(config.num_styles - 1):
        features = config.channels((index + 1) // 2 + 2 - index % 2)
        ours, theirs = f"synthesis.layers.{index}", f"synthesis.layer{index}"
        rules += [
            *_modulated_rules(ours, theirs, 1.0 / math.sqrt(9 * features), mirrored=index % 2 == 1),
            Rule(f"{ours}.noise_strength", f"{theirs}.noise_strength"),
            Rule(f"synthesis.noise{index}", f"{theirs}.noise"),
        ]
    for level in range(config.levels - 1):
        rules += _modulated_rules(f"synthesis.to_rgb.{level}", f"synthesis.output{level}", 1.0)
    return rules


def _modulated_rules(ours: str, theirs: str, scale: float, *, mirrored: bool = False) -> list[Rule]:
    sides = (2, 3) if mirrored else ()
    return [
        Rule(f"{ours}.weight", f"{theirs}.weight", lambda tensor: tensor.flip(sides) * scale),
        Rule(f"{ours}.bias", f"{theirs}.bias"),
        Rule(f"{ours}.style.weight", f"{theirs}.style.weight"),
        Rule(f"{ours}.style.bias", f"{theirs}.style.bias", lambda tensor: tensor + 1.0),
    ]


def _critic_config(source: dict[str, Tensor], file: str) -> StyleGAN2Config:
    levels = count_of(source, "skip_layer{}.weight") + 2
    levels_of(2**levels, file)
    last = 2 * levels - 4
    channels = [
        side_of(source, f"layer{2 * (levels - level)}.bias", 0, file)
        for level in range(3, levels + 1)
    ]
    top = side_of(source, f"layer{last}.bias", 0, file)
    scores = side_of(source, f"layer{last + 2}.bias", 0, file)
    return StyleGAN2Config(
        resolution=2**levels,
        channel_list=(top, *channels),
        label_size=scores if scores > 1 else 0,
        label_kind="concat",
        resample_filter=shared_taps(source, (".filter.kernel",), 1.0, file),
        critic_dense=side_of(source, f"layer{last + 1}.bias", 0, file),
        mbstd_features=side_of(source, f"layer{last}.weight", 1, file) - top,
        img_channels=side_of(source, "input0.weight", 1, file),
    )


def _critic_rules(config: StyleGAN2Config) -> list[Rule]:
    last = 2 * config.levels - 4
    names: dict[str, str] = {
        f"blocks.{config.levels - 3}.from_rgb": "input0",
        "conv": f"layer{last}",
        "dense": f"layer{last + 1}",
        "out": f"layer{last + 2}",
    }
    rules = []
    for level in range(3, config.levels + 1):
        number = config.levels - level
        names[f"blocks.{level - 3}.conv0"] = f"layer{2 * number}"
        names[f"blocks.{level - 3}.conv1"] = f"layer{2 * number + 1}"
        rules.append(Rule(f"blocks.{level - 3}.skip.weight", f"skip_layer{number}.weight"))
    for ours, theirs in names.items():
        rules += layer_rules(ours, theirs)
    return rules
