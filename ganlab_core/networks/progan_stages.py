"""A ProGAN generator as a chain of stages, one stage per layer."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.condition import Condition
from ganlab_core.networks.progan import Generator, ProGANConfig


class ProGANStages:
    """The stage chain of a `Generator`; only the first stage takes z and the classes."""

    def __init__(self, generator: Generator) -> None:
        self.module = generator
        self.stage_names = tuple(layer.name for layer in layers(generator.config))

    @property
    def w_mean(self) -> Tensor:
        """The mean of z, zeros (z_dim,)."""
        return next(self.module.parameters()).new_zeros(self.module.config.z_dim)

    def channels(self, resolution: int) -> int:
        """How many feature maps the layers at `resolution` give."""
        return self.module.config.channels(resolution.bit_length() - 1)

    def map(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """z as it is, (N, z_dim): there is no W."""
        return z

    def stage_style(self, stage: int, vector: Tensor, labels: Tensor | None) -> Tensor | None:
        """z with the class weights, normalised, for the first stage; nothing for the others."""
        return None if stage else self.module.start(vector, labels)

    def style_matrix(self, stage: int) -> Tensor | None:
        """The first dense layer's weights from z, (rows, z_dim)."""
        if stage:
            return None
        weight: Tensor = self.module.get_parameter("layers.0.dense.weight")
        return weight[:, : self.module.config.z_dim]

    def attention(self, stage: int, features: Tensor) -> Tensor:
        """ProGAN has no self-attention."""
        raise LookupError(stage)

    def gamma(self, stage: int) -> float:
        """ProGAN has no self-attention."""
        raise LookupError(stage)

    def stored_noise(self, stage: int) -> Tensor:
        """Raises `LookupError`: no layer adds noise."""
        raise LookupError("A ProGAN adds no noise.")

    def run_stage(self, stage: int, features: Tensor | None, condition: Condition) -> Tensor:
        """One layer: (N, C_in, ., .), or the first stage's style (N, D) -> (N, C, r, r)."""
        x = features if stage else condition.style
        assert x is not None
        output: Tensor = self.module.layers[stage](x)
        return output

    def reads(self, resolution: int) -> bool:
        """Every resolution has a toRGB."""
        return True

    def to_rgb(self, resolution: int, features: Tensor) -> Tensor:
        """The network's own toRGB at `resolution`, (N, 3, r, r)."""
        image: Tensor = self.module.to_rgb[resolution.bit_length() - 3](features)
        return image

    def to_uint8(self, image: Tensor) -> Tensor:
        """As published: 127.5 x + 127.5, rounded to even and saturated."""
        return (image * 127.5 + 127.5).round().clamp(0.0, 255.0).to(torch.uint8)


def layers(config: ProGANConfig) -> tuple[Layer, ...]:
    """The layers by the paper's names: 4x4/dense, 4x4/conv, 8x8/conv0, 8x8/conv1, ..."""
    found = []
    for index in range(config.num_layers):
        side = 2 ** (index // 2 + 2)
        kind = ("dense", "conv")[index] if index < 2 else f"conv{index % 2}"
        found.append(
            Layer(
                index,
                f"{side}x{side}/{kind}",
                side,
                noise=False,
                style=index == 0,
                classes=index == 0 and config.label_size > 0,
                channels=config.channels(index // 2 + 2),
            )
        )
    return tuple(found)


def capabilities(config: ProGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a ProGAN of this shape can do."""
    return Capabilities(
        architecture="progan",
        resolution=config.resolution,
        layers=layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=0,
        has_w=False,
        has_noise=False,
        has_growth=True,
        has_attention=False,
        has_truncation=False,
        has_mixing=False,
    )
