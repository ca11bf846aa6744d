"""A StyleGAN generator as a chain of stages, one stage per style layer."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.condition import Condition
from ganlab_core.networks.stylegan import Generator, StyleGANConfig


class StyleGANStages:
    """The stage chain of a `Generator`; stage i is synthesis layer i."""

    def __init__(self, generator: Generator) -> None:
        self.module = generator
        config = generator.config
        self.stage_names = tuple(layer.name for layer in style_layers(config))

    @property
    def w_mean(self) -> Tensor:
        """The running mean of W, (w_dim,)."""
        return self.module.w_avg

    def channels(self, resolution: int) -> int:
        """How many feature maps the layers at `resolution` give."""
        return self.module.config.channels(resolution.bit_length() - 1)

    def map(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """z (N, z_dim), labels (N, classes) -> w (N, w_dim)."""
        w: Tensor = self.module.mapping(z, labels)
        return w

    def stage_style(self, stage: int, vector: Tensor, labels: Tensor | None) -> Tensor:
        """Every layer takes w whole; the classes are in it already."""
        return vector

    def style_matrix(self, stage: int) -> Tensor:
        """The weights from w to the layer's scales and biases, (2 C, w_dim)."""
        weight: Tensor = self.module.synthesis.layers[stage].get_parameter("style.weight")
        return weight

    def attention(self, stage: int, features: Tensor) -> Tensor:
        """StyleGAN has no self-attention."""
        raise LookupError(stage)

    def gamma(self, stage: int) -> float:
        """StyleGAN has no self-attention."""
        raise LookupError(stage)

    def stored_noise(self, stage: int) -> Tensor:
        """The map kept in the model file, (1, 1, r, r)."""
        return self.module.synthesis.stored_noise(stage)

    def run_stage(self, stage: int, features: Tensor | None, condition: Condition) -> Tensor:
        """One style layer: (N, C_in, ., .) -> (N, C, r, r)."""
        assert condition.style is not None
        output: Tensor = self.module.synthesis.layers[stage](
            features, condition.style, condition.noise
        )
        return output

    def reads(self, resolution: int) -> bool:
        """Every resolution has a toRGB."""
        return True

    def to_rgb(self, resolution: int, features: Tensor) -> Tensor:
        """The network's own toRGB at `resolution`, (N, 3, r, r)."""
        level = resolution.bit_length() - 1
        image: Tensor = self.module.synthesis.to_rgb[level - 2](features)
        return image

    def to_uint8(self, image: Tensor) -> Tensor:
        """As published: the integer part of 127.5 x + 128, saturated."""
        return (image * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def style_layers(config: StyleGANConfig) -> tuple[Layer, ...]:
    """The style layers by the paper's names: 4x4/const, 4x4/conv, 8x8/conv0, 8x8/conv1, ..."""
    layers = []
    for index in range(config.num_layers):
        side = 2 ** (index // 2 + 2)
        kind = ("const", "conv")[index] if index < 2 else f"conv{index % 2}"
        layers.append(
            Layer(
                index,
                f"{side}x{side}/{kind}",
                side,
                noise=True,
                classes=config.label_size > 0,
                channels=config.channels(index // 2 + 2),
            )
        )
    return tuple(layers)


def capabilities(config: StyleGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a StyleGAN of this shape can do."""
    return Capabilities(
        architecture="stylegan",
        resolution=config.resolution,
        layers=style_layers(config),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=config.w_dim,
        has_w=True,
        has_noise=True,
        has_growth=True,
        has_attention=False,
    )
