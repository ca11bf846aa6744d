"""StyleGAN in genforce's `.pth`: the official weights under other names, without any settings.

All shapes are told by the weights; up-scaling is fused from 128 px on, as published.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, levels_of, lod_of, stylegan_model
from ganlab_core.importers.torch_files import tensors_of
from ganlab_core.model import Model
from ganlab_core.networks.stylegan import Discriminator, Generator, StyleGANConfig


class GenforceStyleGAN:
    """The networks of one file.

    Parameters
    ----------
    path
        The file.
    content
        The dict saved in it; a training checkpoint's networks lie in its `models`.
    """

    layout = "StyleGAN, genforce"

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self._path = path
        inner = content.get("models")
        self._content = inner if isinstance(inner, Mapping) else content

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        names = ("generator_smooth", "generator") if averaged else ("generator",)
        name = next((name for name in names if name in self._content), "generator")
        source = _without(tensors_of(self._content.get(name)), ".blur.kernel")
        config = _generator_config(source, self._path.name)
        lod = source.pop("synthesis.lod", None)
        file = self._path.name
        generator = build(lambda: Generator(config), _generator_rules(config), source, file)
        growth = config.levels - lod_of(lod, file)
        return stylegan_model(generator, self._path, self.layout, growth, (1.0, None))

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source = _without(tensors_of(self._content.get("discriminator")), ".blur.kernel")
        source.pop("lod", None)
        if not source:
            raise CheckpointError(f"{self._path.name} holds no discriminator.")
        file = self._path.name
        config = _discriminator_config(source, file)
        return build(lambda: Discriminator(config), _discriminator_rules(config), source, file)


def _without(tensors: Mapping[str, Tensor], ending: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in tensors.items() if not name.endswith(ending)}


def side_of(source: Mapping[str, Tensor], name: str, axis: int, file: str) -> int:
    """The size of a weight along an axis; raises `CheckpointError` where there is none."""
    tensor = source.get(name)
    if tensor is None:
        raise CheckpointError(
            f"{file} lacks the weights {name!a}.", "Get the file again from where it was published."
        )
    if tensor.ndim <= axis or not 0 < tensor.shape[axis] <= 65536:
        raise CheckpointError(f"{file} has weights {name!a} of an impossible shape.")
    return tensor.shape[axis]


def count_of(source: Mapping[str, Tensor], pattern: str) -> int:
    """How many names there are of a pattern with a number in it, counted from 0."""
    count = 0
    while pattern.format(count) in source:
        count += 1
    return count


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
        for kind in ("weight", "bias"):
            rules.append(Rule(f"mapping.dense.{index}.{kind}", f"mapping.dense{index}.{kind}"))
    for index in range(config.num_layers):
        ours, theirs = f"synthesis.layers.{index}", f"synthesis.layer{index}"
        first = Rule(f"{ours}.const", f"{theirs}.const")
        rules += [
            Rule(f"{ours}.conv.weight", f"{theirs}.weight") if index else first,
            Rule(f"{ours}.noise_weight", f"{theirs}.apply_noise.weight"),
            Rule(f"{ours}.bias", f"{theirs}.bias"),
            Rule(f"{ours}.style.weight", f"{theirs}.style.weight"),
            Rule(f"{ours}.style.bias", f"{theirs}.style.bias"),
            Rule(f"synthesis.noise{index}", f"{theirs}.apply_noise.noise"),
        ]
    for level in range(config.levels - 1):
        for kind in ("weight", "bias"):
            rules.append(
                Rule(f"synthesis.to_rgb.{level}.{kind}", f"synthesis.output{level}.{kind}")
            )
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


def _discriminator_rules(config: StyleGANConfig) -> list[Rule]:
    """Their layers count from the finest resolution down, ours from the coarsest up."""
    levels = config.levels
    last = 2 * levels - 4
    names = {"conv": f"layer{last}", "dense0": f"layer{last + 1}", "dense1": f"layer{last + 2}"}
    for level in range(2, levels + 1):
        names[f"from_rgb.{level - 2}"] = f"input{levels - level}"
    for level in range(3, levels + 1):
        names[f"blocks.{level - 3}.conv0"] = f"layer{2 * (levels - level)}"
        names[f"blocks.{level - 3}.conv1_down"] = f"layer{2 * (levels - level) + 1}"
    return [
        Rule(f"{ours}.{kind}", f"{theirs}.{kind}")
        for ours, theirs in names.items()
        for kind in ("weight", "bias")
    ]
