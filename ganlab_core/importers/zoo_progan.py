"""ProGAN in the PyTorch GAN zoo's `.pth` (`celebAHQ256_*.pth` and others): its own weights and arithmetic.

Every layer there is (W x + b) sqrt(2 / fan-in), the first one with a bias of its own for each pixel;
classes are attributes, whose values stand one after another behind the noise.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule, build, count_of, imported_model, levels_of, side_of
from ganlab_core.importers.pickled import PickledSettings
from ganlab_core.importers.zoo import (
    Arithmetic,
    ZooFile,
    arithmetic_of,
    layer_rules,
    zoo_discriminator,
)
from ganlab_core.models import Model
from ganlab_core.networks import RELU_GAIN, ProGANConfig, ProGANGenerator

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
        config = _config(source, self._settings, arithmetic, file)
        rules = _rules(config, arithmetic)
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


def _config(
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


def _rules(config: ProGANConfig, arithmetic: Arithmetic) -> list[Rule]:
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
