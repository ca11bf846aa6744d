"""ProGAN in genforce's `.pth`: the official weights under other names, without any settings.

All shapes are told by the weights. The first layer is a 4x4 convolution of a 1x1 map there, which is
a dense layer with the kernel turned around. Where there are classes, only the discriminator's last
layer tells how many.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, imported_model, levels_of, lod_of
from ganlab_core.importers.genforce_stylegan import count_of, side_of
from ganlab_core.importers.torch_files import tensors_of
from ganlab_core.model import Model
from ganlab_core.networks.progan import Discriminator, Generator, ProGANConfig

GROUP_SIZE = 16
"""Samples per group of the minibatch standard deviation, which the file does not say."""


class GenforceProGAN:
    """The networks of one file.

    Parameters
    ----------
    path
        The file.
    content
        The dict saved in it; a training checkpoint's networks lie in its `models`.
    """

    layout = "ProGAN, genforce"

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self._path = path
        inner = content.get("models")
        self._content = inner if isinstance(inner, Mapping) else content

    def generator(self, *, averaged: bool = True) -> Model:
        """`generator_smooth` where there is one, or `generator`."""
        names = ("generator_smooth", "generator") if averaged else ("generator",)
        name = next((name for name in names if name in self._content), "generator")
        source, file = tensors_of(self._content.get(name)), self._path.name
        config = _generator_config(source, self._label_size(), file)
        growth = config.levels - lod_of(source.pop("lod", None), file)
        generator = build(lambda: Generator(config), _generator_rules(config), source, file)
        return imported_model("progan", generator, self._path, self.layout, growth=growth)

    def discriminator(self) -> nn.Module:
        """`discriminator`, where there is one."""
        source, file = tensors_of(self._content.get("discriminator")), self._path.name
        source.pop("lod", None)
        if not source:
            raise CheckpointError(f"{file} holds no discriminator.")
        config = _discriminator_config(source, file)
        return build(lambda: Discriminator(config), _discriminator_rules(config), source, file)

    def _label_size(self) -> int:
        """As the discriminator tells it; 0 without one."""
        source = tensors_of(self._content.get("discriminator"))
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
        rules += _layer(f"layers.{index}.conv", f"layer{index}")
    for level in range(config.levels - 1):
        rules += _layer(f"to_rgb.{level}", f"output{level}")
    return rules


def _dense(tensor: Tensor) -> Tensor:
    """(C, D, 4, 4), read backwards where it meets a 1x1 map with a padding of 3 -> (C * 16, D)."""
    return tensor.flip(2, 3).permute(0, 2, 3, 1).flatten(0, 2)


def _layer(ours: str, theirs: str) -> list[Rule]:
    return [Rule(f"{ours}.{kind}", f"{theirs}.{kind}") for kind in ("weight", "bias")]


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


def _discriminator_rules(config: ProGANConfig) -> list[Rule]:
    """Their layers count from the finest resolution down, ours from the coarsest up."""
    levels = config.levels
    last = 2 * levels - 4
    names = {"conv": f"layer{last}", "dense0": f"layer{last + 1}", "dense1": f"layer{last + 2}"}
    for level in range(2, levels + 1):
        names[f"from_rgb.{level - 2}"] = f"input{levels - level}"
    for level in range(3, levels + 1):
        names[f"blocks.{level - 3}.conv0"] = f"layer{2 * (levels - level)}"
        names[f"blocks.{level - 3}.conv1"] = f"layer{2 * (levels - level) + 1}"
    return [rule for ours, theirs in names.items() for rule in _layer(ours, theirs)]
