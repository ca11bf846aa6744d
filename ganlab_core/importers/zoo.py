"""What the PyTorch GAN zoo's `.pth` files have in common: settings, and networks under known names."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, count_of, levels_of, side_of
from ganlab_core.importers.contents import Found, settings_of
from ganlab_core.importers.pickled import PickledSettings
from ganlab_core.networks import LRELU_SLOPE, ProGANConfig, ProGANDiscriminator

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
