"""ProGAN, StyleGAN and StyleGAN2 in genforce's `.pth`: the official weights under other names, no settings.

All shapes are told by the weights.

ProGAN: the first layer is a 4x4 convolution of a 1x1 map there, which is a dense layer with the kernel
turned around. Where there are classes, only the discriminator's last layer tells how many.

StyleGAN: up-scaling is fused from 128 px on, as published.

StyleGAN2: a style's bias is stored without its 1, kernels of up-scaling convolutions are mirrored, and
modulated weights are scaled by He's constant before they are demodulated; all of that is folded into the
weights. Nothing says how fast the mapping network learned; it is taken to be as published.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    Rule,
    build,
    const_size,
    count_of,
    imported_model,
    levels_of,
    lod_of,
    shared_taps,
    side_of,
    stylegan_model,
)
from ganlab_core.importers.contents import Found
from ganlab_core.models import Model
from ganlab_core.networks import (
    ProGANConfig,
    ProGANDiscriminator,
    ProGANGenerator,
    StyleGAN2Config,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    StyleGANConfig,
    StyleGANDiscriminator,
    StyleGANGenerator,
)

CONSTANTS = (".blur.kernel",)
"""End the names of constants that are stored with the weights."""


class GenforceFile:
    """The networks of one file: `generator`, `generator_smooth` where there is one, `discriminator`."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def _generator_weights(self, *, averaged: bool) -> dict[str, Tensor]:
        """The smooth one where there is one."""
        return _without_constants(self._found.weights(averaged=averaged))

    def _discriminator_weights(self) -> dict[str, Tensor]:
        """Empty where there is none."""
        source = _without_constants(self._found.critic("discriminator"))
        source.pop("lod", None)
        return source

    def _need_discriminator(self) -> dict[str, Tensor]:
        source = self._discriminator_weights()
        if not source:
            raise CheckpointError(f"{self._path.name} holds no discriminator.")
        return source


def _without_constants(source: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in source.items() if not key.endswith(CONSTANTS)}


def critic_rules(levels: int, down: str) -> list[Rule]:
    """A discriminator's, its convolutions that scale down called `down` by us.

    Their layers count from the finest resolution down, ours from the coarsest up.
    """
    last = 2 * levels - 4
    names = {"conv": f"layer{last}", "dense0": f"layer{last + 1}", "dense1": f"layer{last + 2}"}
    for level in range(2, levels + 1):
        names[f"from_rgb.{level - 2}"] = f"input{levels - level}"
    for level in range(3, levels + 1):
        names[f"blocks.{level - 3}.conv0"] = f"layer{2 * (levels - level)}"
        names[f"blocks.{level - 3}.{down}"] = f"layer{2 * (levels - level) + 1}"
    return [rule for ours, theirs in names.items() for rule in layer_rules(ours, theirs)]


def layer_rules(ours: str, theirs: str) -> list[Rule]:
    """A layer's weight and bias."""
    return [Rule(f"{ours}.{kind}", f"{theirs}.{kind}") for kind in ("weight", "bias")]


GROUP_SIZE = 16
"""Samples per group of the minibatch standard deviation, which the file does not say."""


class GenforceProGAN(GenforceFile):
    """The networks of one file."""

    layout = "ProGAN, genforce"

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        config = _progan_config(source, self._label_size(), file)
        growth = config.levels - lod_of(source.pop("lod", None), file)
        generator = build(lambda: ProGANGenerator(config), _progan_rules(config), source, file)
        return imported_model("progan", generator, self._path, self.layout, growth=growth)

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source, file = self._need_discriminator(), self._path.name
        config = _progan_discriminator_config(source, file)
        rules = critic_rules(config.levels, "conv1")
        return build(lambda: ProGANDiscriminator(config), rules, source, file)

    def _label_size(self) -> int:
        """As the discriminator tells it; 0 without one."""
        source = self._discriminator_weights()
        last = count_of(source, "layer{}.weight") - 1
        return side_of(source, f"layer{last}.weight", 0, self._path.name) - 1 if source else 0


def _progan_config(source: Mapping[str, Tensor], labels: int, file: str) -> ProGANConfig:
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


def _progan_rules(config: ProGANConfig) -> list[Rule]:
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


def _progan_discriminator_config(source: Mapping[str, Tensor], file: str) -> ProGANConfig:
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


class GenforceStyleGAN(GenforceFile):
    """The networks of one file."""

    layout = "StyleGAN, genforce"

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        config = _stylegan_config(source, file)
        growth = config.levels - lod_of(source.pop("synthesis.lod", None), file)
        generator = build(lambda: StyleGANGenerator(config), _stylegan_rules(config), source, file)
        return stylegan_model(generator, self._path, self.layout, growth, (1.0, None))

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source, file = self._need_discriminator(), self._path.name
        config = _stylegan_discriminator_config(source, file)
        rules = critic_rules(config.levels, "conv1_down")
        return build(lambda: StyleGANDiscriminator(config), rules, source, file)


def _stylegan_config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
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


def _stylegan_rules(config: StyleGANConfig) -> list[Rule]:
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


def _stylegan_discriminator_config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
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


_KERNELS = (".filter.kernel", ".upsample.kernel")


class GenforceStyleGAN2(GenforceFile):
    """The networks of one file."""

    layout = "StyleGAN2, genforce"

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        config = _stylegan2_config(source, file)
        network = build(lambda: StyleGAN2Generator(config), _stylegan2_rules(config), source, file)
        facts = {"truncation": {"psi": 1.0, "cutoff": None}}
        return imported_model("stylegan2", network, self._path, self.layout, facts=facts)

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source, file = self._need_discriminator(), self._path.name
        config = _critic_config(source, file)
        return build(lambda: StyleGAN2Discriminator(config), _critic_rules(config), source, file)


def _stylegan2_config(source: dict[str, Tensor], file: str) -> StyleGAN2Config:
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


def _stylegan2_rules(config: StyleGAN2Config) -> list[Rule]:
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
