"""StyleGAN in the files of style-based-gan-pytorch: the averaged generator alone, without any settings.

Every layer there is scaled by sqrt(2 / fan-in), noise weights too, and an up-scaling layer's bias is
blurred with its features. Such a generator always has all blocks up to 1024 px; those that training never
reached are left out: they have no biases yet, or more feature maps than the block before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    DRAWN_NOISE,
    Rule,
    build,
    count_of,
    drawn_maps,
    estimate_mean,
    levels_of,
    side_of,
    stylegan_model,
)
from ganlab_core.importers.contents import Found
from ganlab_core.importers.huang import TORCH_EPSILON
from ganlab_core.models import Model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator

_BLOCK = "generator.progression.{}"
_MOST_DENSE = 64


class StyleBasedGAN:
    """The generator of one file.

    Parameters
    ----------
    found
        Where its generators lie.
    """

    layout = "StyleGAN, style-based-gan-pytorch"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """The averaged one where both are kept."""
        file, source = self._path.name, self._found.weights(averaged=averaged)
        config = _config(source, file)
        given = {
            **drawn_maps(config),
            "w_avg": torch.zeros(config.w_dim),
            "synthesis.layers.0.bias": torch.zeros(config.channels(2)),
        }
        rules = [rule for rule in _rules(config, source) if rule.ours not in given]
        used = {rule.theirs: source[rule.theirs] for rule in rules if rule.theirs in source}
        network = build(lambda: StyleGANGenerator(config), rules, used, file, given)
        facts = {**DRAWN_NOISE, "mean_of_w": estimate_mean(network)}
        full = float(config.levels)
        return stylegan_model(network, self._path, self.layout, full, (0.7, None), facts=facts)

    def discriminator(self) -> nn.Module:
        """None of ours has this arithmetic."""
        raise CheckpointError(
            f"{self._path.name} holds no discriminator that ganlab can go on with."
        )


def _config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
    blocks = _trained_blocks(source, file)
    levels = blocks + 1
    levels_of(2**levels, file)
    dense = 0
    while f"style.{2 * dense + 1}.linear.weight_orig" in source and dense < _MOST_DENSE:
        dense += 1
    channels = [_width(source, index, file) for index in range(blocks)]
    fused = [f"{_BLOCK.format(index)}.conv1.0.weight" in source for index in range(1, blocks)]
    usual = [index + 3 >= 7 for index in range(blocks - 1)]
    if fused != usual and any(fused):
        raise CheckpointError(f"{file} has fused layers where no published network has them.")
    return StyleGANConfig(
        resolution=2**levels,
        z_dim=side_of(source, "style.1.linear.weight_orig", 1, file),
        w_dim=side_of(source, f"style.{2 * dense - 1}.linear.weight_orig", 0, file),
        mapping_layers=dense,
        mapping_fmaps=side_of(source, "style.1.linear.weight_orig", 0, file),
        fused_scale="auto" if fused == usual else "never",
        channel_list=(channels[0], *channels),
        norm_epsilon=TORCH_EPSILON,
        bias_blurred=True,
    )


def _width(source: Mapping[str, Tensor], index: int, file: str) -> int:
    return side_of(source, f"{_BLOCK.format(index)}.conv2.conv.bias", 0, file)


def _trained_blocks(source: Mapping[str, Tensor], file: str) -> int:
    """How many blocks training has reached."""
    count = count_of(source, _BLOCK + ".conv2.conv.bias")
    for index in range(1, count):
        wider = _width(source, index, file) > _width(source, index - 1, file)
        if wider or not bool(source[f"{_BLOCK.format(index)}.conv2.conv.bias"].any()):
            return index
    return count


def _rules(config: StyleGANConfig, source: Mapping[str, Tensor]) -> list[Rule]:
    rules = [Rule("synthesis.layers.0.const", f"{_BLOCK.format(0)}.conv1.input")]
    fan_in = config.z_dim
    for index in range(config.mapping_layers):
        rules += _linear(
            f"mapping.dense.{index}", f"style.{2 * index + 1}", fan_in, math.sqrt(2), 0.01
        )
        fan_in = config.mapping_fmaps
    for index in range(config.num_layers):
        rules += _layer_rules(index, config, source)
    root = math.sqrt(2.0)  # ours has a gain of 1
    for level in range(2, config.levels + 1):
        ours, theirs = f"synthesis.to_rgb.{level - 2}", f"generator.to_rgb.{level - 2}.conv"
        rules.append(Rule(f"{ours}.weight", f"{theirs}.weight_orig", lambda tensor: tensor * root))
        rules.append(Rule(f"{ours}.bias", f"{theirs}.bias"))
    return rules


def _linear(ours: str, theirs: str, fan_in: int, gain: float, rate: float) -> list[Rule]:
    """A dense layer that has neither our gain nor our learning rate."""
    scale = math.sqrt(2.0 / fan_in) / (gain / math.sqrt(fan_in) * rate)
    return [
        Rule(f"{ours}.weight", f"{theirs}.linear.weight_orig", lambda tensor: tensor * scale),
        Rule(f"{ours}.bias", f"{theirs}.linear.bias", lambda tensor: tensor / rate),
    ]


def _layer_rules(index: int, config: StyleGANConfig, source: Mapping[str, Tensor]) -> list[Rule]:
    level, second = index // 2 + 2, index % 2
    ours, channels = f"synthesis.layers.{index}", config.channels(level)
    block = _BLOCK.format(level - 2)
    rules = []
    if index:
        conv = f"{block}.conv2.conv" if second else f"{block}.conv1.1.conv"
        fused = not second and f"{conv}.weight_orig" not in source
        if fused:
            conv = f"{block}.conv1.0"
            quarter = _fused_kernel
            rules.append(Rule(f"{ours}.conv.weight", f"{conv}.weight", quarter))
        else:
            rules.append(Rule(f"{ours}.conv.weight", f"{conv}.weight_orig"))
        rules.append(Rule(f"{ours}.bias", f"{conv}.bias"))
    noise = math.sqrt(2.0 / channels)
    style = _linear(f"{ours}.style", f"{block}.adain{second + 1}.style", config.w_dim, 1.0, 1.0)
    less_one = torch.cat([torch.ones(channels), torch.zeros(channels)])
    how: Callable[[Tensor], Tensor] = lambda tensor: tensor - less_one  # noqa: E731
    return [
        *rules,
        Rule(
            f"{ours}.noise_weight",
            f"{block}.noise{second + 1}.weight_orig",
            lambda tensor: tensor.reshape(-1) * noise,
        ),
        style[0],
        Rule(style[1].ours, style[1].theirs, how),
    ]


def _fused_kernel(tensor: Tensor) -> Tensor:
    """Theirs is (in, out, 3, 3), and takes a mean where the published one sums up."""
    return tensor.transpose(0, 1) / 4.0
