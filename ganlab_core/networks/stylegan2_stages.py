"""A StyleGAN2 generator as a chain of stages: its convolutions, and a toRGB at each resolution's end.

The picture summed up so far travels with the features as three more maps, so that one tensor is all a
stage takes: (N, C, r, r) after the first convolution, (N, C + 3, r, r) after every other stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.condition import Condition
from ganlab_core.networks.stylegan2 import Generator, StyleGAN2Config


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where a stage stands: `kind` is `"conv"`, `"conv0"`, `"conv1"` or `"torgb"`."""

    level: int
    kind: str

    @property
    def slot(self) -> int:
        """Which style of W+ it takes; a toRGB shares that of the convolution after it."""
        first = 2 * self.level - 5  # of the block's up-scaling convolution
        return first + {"conv0": 0, "conv": 1, "conv1": 1, "torgb": 2}[self.kind]


class StyleGAN2Stages:
    """The stage chain of a `Generator`."""

    def __init__(self, generator: Generator) -> None:
        self.module = generator
        self._stages = _stages(generator.config)
        self.stage_names = tuple(layer.name for layer in layers(generator.config))

    @property
    def w_mean(self) -> Tensor:
        """The running mean of W, (w_dim,)."""
        return self.module.w_avg

    def channels(self, resolution: int) -> int:
        """The features and the picture that a toRGB stage gives."""
        return self.module.config.channels(resolution.bit_length() - 1) + 3

    def map(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """z (N, z_dim), labels (N, classes) -> w (N, w_dim)."""
        w: Tensor = self.module.mapping(z, labels)
        return w

    def stage_style(self, stage: int, vector: Tensor, labels: Tensor | None) -> Tensor:
        """Every stage takes w whole; the classes are in it already."""
        return vector

    def style_matrix(self, stage: int) -> Tensor:
        """The weights from w to the scales of the features before the stage's kernel, (C, w_dim)."""
        place, synthesis = self._stages[stage], self.module.synthesis
        torgb = place.kind == "torgb"
        layer = synthesis.to_rgb[place.level - 2] if torgb else synthesis.layers[place.slot]
        weight: Tensor = layer.get_parameter("style.weight")
        return weight

    def attention(self, stage: int, features: Tensor) -> Tensor:
        """StyleGAN2 has no self-attention."""
        raise LookupError(stage)

    def gamma(self, stage: int) -> float:
        """StyleGAN2 has no self-attention."""
        raise LookupError(stage)

    def stored_noise(self, stage: int) -> Tensor:
        """The map kept in the model file, (1, 1, r, r); zeros for a toRGB, which adds none."""
        place = self._stages[stage]
        if place.kind == "torgb":
            return self.w_mean.new_zeros(1, 1, 2**place.level, 2**place.level)
        return self.module.synthesis.stored_noise(place.slot)

    def run_stage(self, stage: int, features: Tensor | None, condition: Condition) -> Tensor:
        """One convolution or toRGB; the first stage takes None."""
        w, place, synthesis = condition.style, self._stages[stage], self.module.synthesis
        assert w is not None
        if features is None:
            return self._convolved(stage, synthesis.const.expand(w.shape[0], -1, -1, -1), condition)
        if place.kind != "torgb":
            x, image = features[:, :-3], features[:, -3:]
            image = synthesis.doubled(image) if place.kind == "conv0" else image
            return torch.cat([self._convolved(stage, x, condition), image], dim=1)
        x = features if stage == 1 else features[:, :-3]
        part = synthesis.to_rgb[place.level - 2](x, w)
        return torch.cat([x, part if stage == 1 else features[:, -3:] + part], dim=1)

    def _convolved(self, stage: int, x: Tensor, condition: Condition) -> Tensor:
        layer = self.module.synthesis.layers[self._stages[stage].slot]
        result: Tensor = layer(x, condition.style, condition.noise)
        return result

    def reads(self, resolution: int) -> bool:
        """Every resolution has added its part to the picture."""
        return True

    def to_rgb(self, resolution: int, features: Tensor) -> Tensor:
        """The picture summed up to `resolution`, (N, 3, r, r)."""
        return features[:, -3:]

    def to_uint8(self, image: Tensor) -> Tensor:
        """As published: the integer part of 127.5 x + 128, saturated."""
        return (image * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def _stages(config: StyleGAN2Config) -> tuple[_Stage, ...]:
    kinds = ("conv0", "conv1", "torgb")
    later = [_Stage(level, kind) for level in range(3, config.levels + 1) for kind in kinds]
    return (_Stage(2, "conv"), _Stage(2, "torgb"), *later)


def layers(config: StyleGAN2Config) -> tuple[Layer, ...]:
    """The stages by the paper's names: 4x4/conv, 4x4/torgb, 8x8/conv0, 8x8/conv1, 8x8/torgb, ..."""
    return tuple(
        Layer(
            index,
            f"{2**stage.level}x{2**stage.level}/{stage.kind}",
            2**stage.level,
            noise=stage.kind != "torgb",
            classes=config.label_size > 0,
            channels=config.channels(stage.level),
            slot=stage.slot,
        )
        for index, stage in enumerate(_stages(config))
    )


def capabilities(config: StyleGAN2Config, classes: tuple[str, ...]) -> Capabilities:
    """What a StyleGAN2 of this shape can do."""
    return Capabilities(
        architecture="stylegan2",
        resolution=config.resolution,
        layers=layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=config.w_dim,
        has_w=True,
        has_noise=True,
        has_growth=False,
        has_attention=False,
    )
