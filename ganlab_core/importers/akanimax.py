"""ProGAN in the files of akanimax's pro_gan_pytorch: `depth_*_epoch_*.bin`, generators with their sizes.

The first layer is a transposed 4x4 convolution of one pixel, a dense layer, and has no pixel norm behind;
the last layers have the others' gain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, count_of, imported_model, levels_of, side_of
from ganlab_core.importers.contents import Found, settings_of
from ganlab_core.models import Model
from ganlab_core.networks import RELU_GAIN, ProGANConfig, ProGANGenerator

_DEPTH = re.compile(r"depth_(\d+)_epoch_\d+")


class AkanimaxProGAN:
    """The generators of one file: `shadow_generator` and `generator`.

    Parameters
    ----------
    found
        Where they lie.
    """

    layout = "ProGAN, akanimax's pro_gan_pytorch"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """The shadow where there is one."""
        file, source = self._path.name, self._found.weights(averaged=averaged)
        stated = self._found.contents.object_beside(self._found.root(averaged=averaged), "conf")
        settings = settings_of({} if stated is None else stated, file)
        config = _config(source, file)
        equalized = settings.flag("use_eql", default=True)
        rules = _rules(config, equalized=equalized)
        network = build(lambda: ProGANGenerator(config), rules, source, file)
        named = _DEPTH.match(file)
        growth = float(min(int(named[1]), config.levels)) if named else None
        return imported_model("progan", network, self._path, self.layout, growth=growth)

    def discriminator(self) -> nn.Module:
        """None of ours compares samples as it does."""
        raise CheckpointError(
            f"{self._path.name} holds no discriminator that ganlab can go on with."
        )


def _config(source: Mapping[str, Tensor], file: str) -> ProGANConfig:
    levels = count_of(source, "layers.{}.conv_1.weight") + 1
    levels_of(2**levels, file, smallest=4)
    channels = [
        side_of(source, f"layers.{index}.conv_2.weight", 0, file) for index in range(levels - 1)
    ]
    return ProGANConfig(
        resolution=2**levels,
        z_dim=side_of(source, "layers.0.conv_1.weight", 0, file),
        fused=False,
        channel_list=(channels[0], *channels),
        normalize_first=False,
    )


def _rules(config: ProGANConfig, *, equalized: bool) -> list[Rule]:
    first = RELU_GAIN / math.sqrt(config.z_dim)
    dense = 4.0 if equalized else 4.0 / first
    rules = [
        Rule("layers.0.dense.weight", "layers.0.conv_1.weight", _dense(dense)),
        Rule("layers.0.bias", "layers.0.conv_1.bias", lambda tensor: tensor[:, None, None]),
    ]
    for index in range(1, config.num_layers):
        level, second = index // 2 + 2, index % 2
        fan_in = 9 * config.channels(level if second else level - 1)
        theirs = f"layers.{level - 2}.conv_{second + 1}"
        scale = 1.0 if equalized else math.sqrt(fan_in) / RELU_GAIN
        rules += _layer(f"layers.{index}.conv", theirs, scale)
    for level in range(2, config.levels + 1):
        scale = RELU_GAIN if equalized else math.sqrt(config.channels(level))
        rules += _layer(f"to_rgb.{level - 2}", f"rgb_converters.{level - 2}", scale)
    return rules


def _layer(ours: str, theirs: str, scale: float) -> list[Rule]:
    weight = Rule(f"{ours}.weight", f"{theirs}.weight", lambda tensor: tensor * scale)
    return [weight, Rule(f"{ours}.bias", f"{theirs}.bias")]


def _dense(scale: float) -> Callable[[Tensor], Tensor]:
    """(in, out, 4, 4) -> (16 out, in)."""
    return lambda tensor: tensor.permute(1, 2, 3, 0).flatten(0, 2) * scale
