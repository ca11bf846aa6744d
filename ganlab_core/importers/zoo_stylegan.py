"""StyleGAN in the PyTorch GAN zoo's `.pth` (`FFHQ_styleGAN-*.pth`): its own weights, its own arithmetic.

Every layer there is (W x + b) sqrt(2 / fan-in); styles are applied without the paper's + 1; each layer
has one noise weight and no noise of its own; nothing is blurred; 4 px has no toRGB. All but the blur
is folded into the weights here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, count_of, levels_of, side_of, stylegan_model
from ganlab_core.importers.zoo import ZooFile, layer_rules, times, zoo_discriminator
from ganlab_core.models import Model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator


class ZooStyleGAN(ZooFile):
    """The networks of one file."""

    layout = "StyleGAN, PyTorch GAN zoo"
    only: Mapping[str, tuple[object, ...]] = {
        "leakyReluLeak": (0.2,),
        "equalizedlR": (True,),
        "dimOutput": (3,),
    }

    def generator(self, *, averaged: bool = True) -> Model:
        """`avgG` where there is one, or `netG`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        config = _config(source, file)
        rules = _rules(config)
        generator = build(lambda: StyleGANGenerator(config), rules, source, file, _given(config))
        growth = config.levels - self._settings.number("alpha", 0.0, 0.0, 1.0)
        psi = self._settings.number("phiTruncation", 0.5, -10.0, 10.0)
        return stylegan_model(generator, self._path, self.layout, growth, (min(psi, 1.0), None))

    def discriminator(self) -> nn.Module:
        """`netD`: the zoo's ProGAN discriminator."""
        return zoo_discriminator(self._discriminator_weights(), self._path.name)


def _config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
    scales = count_of(source, "toRGBLayers.{}.module.weight")
    levels = scales + 2
    levels_of(2**levels, file)
    dense = count_of(source, "mapping.FC.{}.module.weight")
    if not 1 <= dense <= 64:
        raise CheckpointError(f"{file} holds no mapping network of 1 to 64 layers.")
    base = side_of(source, "baseScale0", 1, file)
    depths = [
        side_of(source, f"scaleLayers.{scale}.0.module.weight", 0, file) for scale in range(scales)
    ]
    return StyleGANConfig(
        resolution=2**levels,
        z_dim=side_of(source, "mapping.FC.0.module.weight", 1, file),
        w_dim=side_of(source, f"mapping.FC.{dense - 1}.module.weight", 0, file),
        mapping_layers=dense,
        mapping_fmaps=side_of(source, "mapping.FC.0.module.weight", 0, file),
        fused_scale="never",
        channel_list=(base, base, *depths),
        blur=False,
    )


def _given(config: StyleGANConfig) -> dict[str, Tensor]:
    """What the file has not: noise maps, a bias of the constant, the toRGB at 4 px (left black)."""
    draw = torch.Generator().manual_seed(0)  # the same file must give the same model
    given = {
        "synthesis.layers.0.bias": torch.zeros(config.channels(2)),
        "synthesis.to_rgb.0.weight": torch.zeros(3, config.channels(2), 1, 1),
        "synthesis.to_rgb.0.bias": torch.zeros(3),
    }
    for index in range(config.num_layers):
        side = 2 ** (index // 2 + 2)
        given[f"synthesis.noise{index}"] = torch.randn(1, 1, side, side, generator=draw)
    return given


def _rules(config: StyleGANConfig) -> list[Rule]:
    rules = [Rule("w_avg", "mean_w", lambda tensor: tensor.reshape(-1))]
    fan_in = config.z_dim
    for index in range(config.mapping_layers):
        rules += layer_rules(f"mapping.dense.{index}", f"mapping.FC.{index}", fan_in)
        fan_in = config.mapping_fmaps
    rules.append(Rule("synthesis.layers.0.const", "baseScale0"))
    for index in range(config.num_layers):
        rules += _synthesis_rules(index, config)
    for level in range(3, config.levels + 1):
        rgb = f"synthesis.to_rgb.{level - 2}"
        rules += layer_rules(rgb, f"toRGBLayers.{level - 3}", config.channels(level), gain=1.0)
    return rules


def _synthesis_rules(index: int, config: StyleGANConfig) -> list[Rule]:
    """Style layer `index`: its convolution, its one noise weight, its style."""
    level, second = index // 2 + 2, index % 2
    ours, channels = f"synthesis.layers.{index}", config.channels(level)
    if level == 2:
        conv, noise, style = "conv0", f"noiseMod0{second}", f"adain0{second}"
    else:
        scale = f"scaleLayers.{level - 3}"
        conv, style = f"{scale}.{2 * second}", f"{scale}.{2 * second + 1}"
        noise = f"noiseModulators.{level - 3}.{second}"
    before = channels if second else config.channels(level - 1)
    rules: list[Rule] = []
    if index:
        rules.append(Rule(f"{ours}.conv.weight", f"{conv}.module.weight"))
        bias = times(math.sqrt(2.0 / (9 * before)))
        rules.append(Rule(f"{ours}.bias", f"{conv}.module.bias", bias))
    weight, bias_rule = layer_rules(
        f"{ours}.style", f"{style}.styleModulator", config.w_dim, gain=1.0
    )
    without_one = Rule(bias_rule.ours, bias_rule.theirs, _less_one(bias_rule.how, channels))
    spread = Rule(
        f"{ours}.noise_weight", f"{noise}.module.weight", lambda t: t.reshape(1).expand(channels)
    )
    return [*rules, weight, without_one, spread]


def _less_one(how: Callable[[Tensor], Tensor], channels: int) -> Callable[[Tensor], Tensor]:
    """The first half of a style is a scale, and ours adds the paper's 1 to it."""
    offset = torch.cat([torch.ones(channels), torch.zeros(channels)])
    return lambda tensor: how(tensor) - offset
