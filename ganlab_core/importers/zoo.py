"""ProGAN and StyleGAN of the PyTorch GAN zoo, `.pth`, and ProGAN of akanimax's pro_gan_pytorch, `.bin`.

In the zoo settings, and networks under known names, are common to both, and every layer is (W x + b)
sqrt(2 / fan-in).

The zoo's ProGAN (`celebAHQ256_*.pth` and others): the first layer has a bias of its own for each pixel;
classes are attributes, whose values stand one after another behind the noise.

Its StyleGAN (`FFHQ_styleGAN-*.pth`): styles are applied without the paper's + 1; each layer has one
noise weight and no noise of its own; nothing is blurred; 4 px has no toRGB. All but the blur is folded
into the weights here.

akanimax's ProGAN (`depth_*_epoch_*.bin`, generators with their sizes): the first layer is a transposed
4x4 convolution of one pixel, a dense layer, and has no pixel norm behind; the last layers have the
others' gain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import (
    Rule,
    build,
    count_of,
    imported_model,
    levels_of,
    side_of,
    stylegan_model,
)
from ganlab_core.importers.contents import Found, settings_of
from ganlab_core.importers.pickled import PickledSettings
from ganlab_core.models import Model
from ganlab_core.networks import (
    LRELU_SLOPE,
    RELU_GAIN,
    ProGANConfig,
    ProGANDiscriminator,
    ProGANGenerator,
    StyleGANConfig,
    StyleGANGenerator,
)

# ------------------------------------------------------------------------------------------------
# What the PyTorch GAN zoo's networks have in common: names of weights, and a layer's arithmetic.
# A layer there is (W x + b) sqrt(2 / fan-in): the bias is scaled like the weight, and no layer
# has another gain.


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How the layers of one file compute.

    Attributes
    ----------
    equalized
        Whether they scale by sqrt(2 / fan-in); otherwise weights and biases are used as they are.
    slope
        Of the leaky ReLU.
    """

    equalized: bool = True
    slope: float = LRELU_SLOPE

    def scale(self, fan_in: int) -> float:
        """What a layer's output is multiplied by."""
        return math.sqrt(2.0 / fan_in) if self.equalized else 1.0


def arithmetic_of(settings: PickledSettings) -> Arithmetic:
    """As the file states it."""
    return Arithmetic(
        settings.flag("equalizedlR", default=True),
        settings.number("leakyReluLeak", LRELU_SLOPE, 0.0, 1.0),
    )


def with_modules(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names of older files, without `.module`, as in newer ones."""
    found = {}
    for name, tensor in tensors.items():
        stem, dot, kind = name.rpartition(".")
        old = kind in ("weight", "bias") and not stem.endswith(".module") and dot
        found[f"{stem}.module.{kind}" if old else name] = tensor
    return found


def times(factor: float) -> Callable[[Tensor], Tensor]:
    """Multiplication, as a rule's way."""
    return lambda tensor: tensor * factor


def layer_rules(
    ours: str,
    theirs: str,
    fan_in: int,
    gain: float = math.sqrt(2.0),
    arithmetic: Arithmetic = Arithmetic(),
) -> list[Rule]:
    """A layer of theirs as W' x gain / sqrt(fan-in) + b', for our layer of that gain."""
    scale = arithmetic.scale(fan_in)
    return [
        Rule(f"{ours}.weight", f"{theirs}.module.weight", times(scale * math.sqrt(fan_in) / gain)),
        Rule(f"{ours}.bias", f"{theirs}.module.bias", times(scale)),
    ]


class ZooFile:
    """The networks of one file.

    Parameters
    ----------
    found
        Where its generators lie.

    Raises
    ------
    CheckpointError
        If a setting in `only` has none of the values given there, which would make another network.
    """

    only: Mapping[str, tuple[object, ...]] = {}

    def __init__(self, found: Found) -> None:
        self._path = found.path
        self._found = found
        stated = found.contents.object_beside(found.root(), "config")
        self._settings = settings_of(stated, found.file)
        for name, allowed in self.only.items():
            self._settings.require(name, allowed)

    def _generator_weights(self, *, averaged: bool) -> dict[str, Tensor]:
        """`avgG` where there is one, or `netG`."""
        return with_modules(self._found.weights(averaged=averaged))

    def _discriminator_weights(self) -> dict[str, Tensor]:
        """`netD`."""
        return with_modules(self._found.critic("netD"))


# ------------------------------------------------------------------------------------------------
# The PyTorch GAN zoo's discriminator, the same for its ProGAN and its StyleGAN.


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


LONGEST_NAME = 60


class ZooProGAN(ZooFile):
    """The networks of one file."""

    layout = "ProGAN, PyTorch GAN zoo"
    only: Mapping[str, tuple[object, ...]] = {
        "dimOutput": (3,),
        "perChannelNormalization": (True,),
        "lossCriterion": ("WGANGP", "Logistic"),  # the others put a tanh after toRGB
    }

    def generator(self, *, averaged: bool = True) -> Model:
        """`avgG` where there is one, or `netG`."""
        source, file = self._generator_weights(averaged=averaged), self._path.name
        arithmetic = arithmetic_of(self._settings)
        config = _progan_config(source, self._settings, arithmetic, file)
        rules = _progan_rules(config, arithmetic)
        generator = build(lambda: ProGANGenerator(config), rules, source, file)
        alpha = self._settings.number("alpha", 0.0, 0.0, 1.0)
        growth = config.levels - (alpha if config.levels > 2 else 0.0)
        names = class_names(self._settings.get("attribKeysOrder", None), config.label_size)
        return imported_model(
            "progan", generator, self._path, self.layout, growth=growth, classes=names
        )

    def discriminator(self) -> nn.Module:
        """`netD`."""
        return zoo_discriminator(
            self._discriminator_weights(), self._path.name, arithmetic_of(self._settings)
        )


def class_names(attributes: object, count: int) -> tuple[str, ...] | None:
    """The classes' names in the order of the input; None where the file does not tell them.

    `attributes` is the zoo's dict of attribute -> {"order": place among them, "values": [value, ...]}.
    A value is named with its attribute where there are several.
    """
    if not count or not isinstance(attributes, Mapping):
        return None
    found: dict[int, list[str]] = {}
    for name, entry in attributes.items():
        if not isinstance(entry, Mapping):
            return None
        order, values = entry.get("order"), entry.get("values")
        if type(order) is not int or not isinstance(values, list | tuple) or order in found:
            return None
        before = f"{name}: " if len(attributes) > 1 else ""
        found[order] = [f"{before}{value}"[:LONGEST_NAME] for value in values]
    names = tuple(name for order in sorted(found) for name in found[order])
    return names if len(names) == count and len(set(names)) == count else None


def _progan_config(
    source: Mapping[str, Tensor], settings: PickledSettings, arithmetic: Arithmetic, file: str
) -> ProGANConfig:
    levels = count_of(source, "toRGBLayers.{}.module.weight") + 1
    levels_of(2**levels, file, smallest=4)
    base = side_of(source, "groupScale0.0.module.weight", 0, file)
    depths = [
        side_of(source, f"scaleLayers.{scale}.0.module.weight", 0, file)
        for scale in range(levels - 2)
    ]
    width = side_of(source, "formatLayer.module.weight", 1, file)
    labels = width - settings.integer("noiseVectorDim", width, 1, width)
    stated = {
        "depthScale0": (settings.get("depthScale0", base), base),
        "depthOtherScales": (settings.get("depthOtherScales", depths), depths),
        "latentVectorDim": (settings.get("latentVectorDim", width), width),
        "categoryVectorDim": (settings.get("categoryVectorDim", labels), labels),
    }
    for name, (said, shown) in stated.items():
        if said != shown:
            raise CheckpointError(
                f"{file} says otherwise about {name} than its weights do.",
                "Get the file again from where it was published.",
            )
    return ProGANConfig(
        resolution=2**levels,
        z_dim=width - labels,
        label_size=labels,
        fused=False,
        channel_list=(base, base, *depths),
        slope=arithmetic.slope,
        dense_bias="per pixel",
    )


def _progan_rules(config: ProGANConfig, arithmetic: Arithmetic) -> list[Rule]:
    width = config.z_dim + config.label_size
    weight, bias = layer_rules("dense", "formatLayer", width, RELU_GAIN / 4.0, arithmetic)
    rules = [
        Rule("layers.0.dense.weight", weight.theirs, weight.how),
        Rule("layers.0.bias", bias.theirs, lambda t: bias.how(t).unflatten(0, (-1, 4, 4))),
    ]
    for index in range(1, config.num_layers):
        level, second = index // 2 + 2, index % 2
        theirs = f"scaleLayers.{level - 3}.{second}" if level > 2 else "groupScale0.0"
        before = config.channels(level if second else level - 1)
        rules += layer_rules(f"layers.{index}.conv", theirs, 9 * before, arithmetic=arithmetic)
    for level in range(2, config.levels + 1):
        ours, theirs = f"to_rgb.{level - 2}", f"toRGBLayers.{level - 2}"
        rules += layer_rules(ours, theirs, config.channels(level), 1.0, arithmetic)
    return rules


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
        config = _stylegan_config(source, file)
        rules = _stylegan_rules(config)
        generator = build(lambda: StyleGANGenerator(config), rules, source, file, _given(config))
        growth = config.levels - self._settings.number("alpha", 0.0, 0.0, 1.0)
        psi = self._settings.number("phiTruncation", 0.5, -10.0, 10.0)
        return stylegan_model(generator, self._path, self.layout, growth, (min(psi, 1.0), None))

    def discriminator(self) -> nn.Module:
        """`netD`: the zoo's ProGAN discriminator."""
        return zoo_discriminator(self._discriminator_weights(), self._path.name)


def _stylegan_config(source: Mapping[str, Tensor], file: str) -> StyleGANConfig:
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


def _stylegan_rules(config: StyleGANConfig) -> list[Rule]:
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
        rules = _akanimax_rules(config, equalized=equalized)
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


def _akanimax_rules(config: ProGANConfig, *, equalized: bool) -> list[Rule]:
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
