"""What a model can do, as plain data: panels grey out by it, nobody asks what class a model is."""

from __future__ import annotations

import math
from dataclasses import dataclass

MAPPING = 0
"""Stands among resolutions for what comes before all of them: the mapping network and the mean of W,
or the class embedding."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One stage of a generator: it takes a style, a noise map, both, or nothing of its own.

    Attributes
    ----------
    index
        Position in the chain of stages, from 0 at the coarsest resolution.
    name
        As the paper names it, with its resolution: `"4x4/const"`, `"16x16/conv0"`.
    resolution
        Side of its output in pixels.
    noise
        Whether it adds a noise map.
    style
        Whether it takes a style or a part of z, so that mixing and truncation mean something here.
    classes
        Whether the class mix acts on it directly.
    attention
        Whether it is a self-attention layer.
    channels
        How many feature maps it gives; 0 = not told.
    w_plus
        Which style of W+ it takes, by the paper's counting, for mixing and cutoff. Two stages may
        share one (StyleGAN2's toRGB takes the style of the convolution after it). None = its index.
    statistics
        Whether it has batch norm statistics of several truncations, so that psi acts here also where
        it takes no style.
    """

    index: int
    name: str
    resolution: int
    noise: bool
    style: bool = True
    classes: bool = False
    attention: bool = False
    channels: int = 0
    w_plus: int | None = None
    statistics: bool = False

    @property
    def w_plus_index(self) -> int:
        """The layer's number among the styles of W+."""
        return self.index if self.w_plus is None else self.w_plus


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything the controls need to know about a model.

    Attributes
    ----------
    architecture
        As in the model file's header: `"progan"`, `"stylegan"`, `"dcgan"`, ...
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
    has_truncation
        Whether psi means something: about the mean of W, or as the scale of z (BigGAN). ProGAN
        normalises z, so that its scale is lost.
    has_mixing
        Whether single layers can take another latent (style mixing; BigGAN's z per block).
    has_placement
        Whether the picture can be shifted and turned from within (StyleGAN3).
    translates
        Whether z only chooses a picture of one class, which is drawn as one of the other (CycleGAN).
    threshold
        Where z's normal distribution was cut when the model was made to be sampled; None = nowhere.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    const_size
        Height and width of the first features, which every doubling keeps in proportion.
    blendable
        Where a second model's weights can take the place of this one's: resolutions in pixels, and
        `MAPPING` for all that comes before them; empty without a second model.
    has_extent
        Whether pictures can be made larger than trained from a larger constant.
    class_centres
        Whether psi moves a style towards the mean of W of its class (StyleGAN-XL), not of all.
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
    has_truncation: bool = True
    has_mixing: bool = True
    threshold: float | None = None
    img_channels: int = 3
    const_size: tuple[int, int] = (4, 4)
    has_placement: bool = False
    blendable: tuple[int, ...] = ()
    has_extent: bool = False
    class_centres: bool = False
    translates: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the finished picture in pixels."""
        return self.size_at(self.resolution)

    def size_at(self, resolution: int) -> tuple[int, int]:
        """Height and width of features that count as `resolution` px."""
        height, width = self.const_size
        return height * resolution // 4, width * resolution // 4

    @property
    def direction_dim(self) -> int:
        """Length of edit directions and of what walks move: w's, or z's without a W."""
        return self.w_dim if self.has_w else self.z_dim

    @property
    def style_count(self) -> int:
        """How many styles of W+ (or parts of z) there are."""
        return 1 + max((layer.w_plus_index for layer in self.layers if layer.style), default=-1)

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Every resolution of the chain in pixels, coarsest first: 4 or, for StyleGAN3, 16."""
        return tuple(dict.fromkeys(layer.resolution for layer in self.layers))

    @property
    def full_growth(self) -> int:
        """Log2 of the output resolution: the growth of the finished network."""
        return int(math.log2(self.resolution))

    def layers_at(self, resolution: int) -> tuple[Layer, ...]:
        """The layers whose output has this resolution."""
        return tuple(layer for layer in self.layers if layer.resolution == resolution)
