"""What a model can do, as plain data: panels grey out by it, nobody asks what class a model is."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """One controllable layer of a generator: it takes a style, a noise map, or both.

    Attributes
    ----------
    index
        Position in the chain, from 0 at the coarsest resolution.
    name
        As the paper names it, with its resolution: `"4x4/const"`, `"16x16/conv0"`.
    resolution
        Side of its output in pixels.
    noise
        Whether it adds a noise map.
    """

    index: int
    name: str
    resolution: int
    noise: bool


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything the controls need to know about a model.

    Attributes
    ----------
    architecture
        `"progan"`, `"stylegan"`, `"biggan"` or `"biggan-deep"`.
    resolution
        Side of the finished picture in pixels, a power of two.
    layers
        The controllable layers, coarsest first.
    classes
        Class names; empty when the model is unconditional.
    z_dim, w_dim
        Sizes of the latent and of the style vector (0 without a mapping network).
    has_w, has_noise, has_growth, has_attention
        Which groups of controls make sense.
    """

    architecture: str
    resolution: int
    layers: tuple[Layer, ...]
    classes: tuple[str, ...]
    z_dim: int
    w_dim: int
    has_w: bool
    has_noise: bool
    has_growth: bool
    has_attention: bool

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Every resolution of the chain in pixels, 4 first."""
        return tuple(2**i for i in range(2, self.full_growth + 1))

    @property
    def full_growth(self) -> int:
        """Log2 of the output resolution: the growth of the finished network."""
        return int(math.log2(self.resolution))

    def layers_at(self, resolution: int) -> tuple[Layer, ...]:
        """The layers whose output has this resolution."""
        return tuple(layer for layer in self.layers if layer.resolution == resolution)
