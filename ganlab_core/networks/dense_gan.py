"""GAN (Goodfellow et al. 2014) and CGAN (Mirza & Osindero 2014): two dense networks against each other.

G is a perceptron of rectified units, D one of maxout units (Goodfellow et al. 2014, sec. 5). The papers
leave sizes to the data; here a hidden layer of G has as many units as a picture of half, a quarter ... of
the side has places, times a number of maps, and is laid out so. That a unit has a place helps to
look at it; to the network, whose every unit sees all units before it, it means nothing.

D's dropout is left out: the paper used it against sets of few thousand pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ganlab_core.networks.latent_stages import (
    LatentGenerator,
    LatentStages,
    latent_capabilities,
)
from ganlab_core.networks.layers import added, check_colours, check_counts, check_sizes
from ganlab_core.recipe import Capabilities, Layer

LARGEST_SIDE = 64
"""A dense layer's weights grow with the fourth power of the side."""

PIECES = 5
"""Linear pieces of a maxout unit."""

JOINT_PIECES = 4
"""Of the layer in which picture and class meet (Mirza & Osindero 2014, sec. 4.1)."""


@dataclass(frozen=True, slots=True)
class DenseGANConfig:
    """Shape of a GAN or CGAN.

    Attributes
    ----------
    resolution
        Output side in pixels: 8, 16, 32 or 64.
    channels
        Maps of G's first hidden layer, laid out as 4x4; a layer of twice the side has half as many. D's
        layers have 16 units for each.
    z_dim
        Size of the latent.
    label_size
        Number of classes; 0 = the GAN of 2014, else a CGAN.
    img_channels
        Of a picture: 1 grey, 3 colours, 4 colours and their opacity.
    """

    resolution: int = 32
    channels: int = 16
    z_dim: int = 100
    label_size: int = 0
    img_channels: int = added(3)

    def check(self) -> None:
        """Raise `ValueError` for sizes from which no network could or should be built."""
        if self.resolution not in (8, 16, 32, LARGEST_SIDE):
            raise ValueError("impossible resolution")
        check_counts(self.label_size)
        check_colours(self.img_channels)
        check_sizes(self.channels, self.z_dim, *map(self.units, self.sides))

    @property
    def sides(self) -> tuple[int, ...]:
        """Sides that G's layers are laid out with, the picture's last."""
        return tuple(2**level for level in range(2, self.resolution.bit_length()))

    def maps(self, side: int) -> int:
        """Maps that the layer of this side is laid out as."""
        return self.img_channels if side == self.resolution else max(1, self.channels * 4 // side)

    def units(self, side: int) -> int:
        """Units of the layer of this side."""
        return self.maps(side) * side * side


class DenseHidden(nn.Module):
    """max(0, W x + b), laid out as maps."""

    def __init__(self, features: int, side: int, config: DenseGANConfig) -> None:
        super().__init__()
        self.shape = (config.maps(side), side, side)
        self.last = side == config.resolution
        self.dense = nn.Linear(features, config.units(side))

    def forward(self, x: Float[Tensor, "n ..."]) -> Float[Tensor, "n c s s"]:
        """(N, ...) -> (N, C, s, s); the layer of the picture is left linear."""
        x = self.dense(x.flatten(1)).unflatten(1, self.shape)
        return x if self.last else F.relu(x)


class JointHidden(nn.Module):
    """CGAN's beginning: z and y have hidden layers of their own, which a third one joins (sec. 4.1)."""

    def __init__(self, config: DenseGANConfig) -> None:
        super().__init__()
        units = 8 * config.channels
        self.z_dim = config.z_dim
        self.of_z = nn.Linear(config.z_dim, units)
        self.of_y = nn.Linear(config.label_size, units)
        self.joint = DenseHidden(2 * units, 4, config)

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n c 4 4"]:
        """z with the class weights behind it, (N, z_dim + label_size) -> (N, C, 4, 4)."""
        z, y = x[:, : self.z_dim], x[:, self.z_dim :]
        hidden = torch.cat([F.relu(self.of_z(z)), F.relu(self.of_y(y))], dim=1)
        return self.joint(hidden)  # type: ignore[no-any-return]


class DenseGANGenerator(LatentGenerator):
    """z and, in a CGAN, y -> picture."""

    def __init__(self, config: DenseGANConfig) -> None:
        super().__init__()
        self.config = config
        sides = config.sides
        first = JointHidden(config) if config.label_size else DenseHidden(config.z_dim, 4, config)
        rest = (
            DenseHidden(config.units(before), side, config)
            for before, side in zip(sides, sides[1:], strict=False)
        )
        self.layers = nn.ModuleList([first, *rest])

    def start(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        """z, in a CGAN with y behind it: zeros where no class is named."""
        size = self.config.label_size
        if size and labels is None:
            labels = z.new_zeros(len(z), size)
        return super().start(z, labels)

    def picture(self, features: Float[Tensor, "n k r r"]) -> Float[Tensor, "n k r r"]:
        """The paper's sigmoid, moved from 0..1 to -1..1: 2 sigma(x) - 1 = tanh(x / 2)."""
        return torch.tanh(0.5 * features)


class Maxout(nn.Module):
    """h_i = max_j (x . W_ij + b_ij) over `pieces` linear pieces (Goodfellow et al. 2013)."""

    def __init__(self, features_in: int, units: int, pieces: int = PIECES) -> None:
        super().__init__()
        self.pieces = pieces
        self.dense = nn.Linear(features_in, units * pieces)

    def forward(self, x: Float[Tensor, "n ..."]) -> Float[Tensor, "n units 1 1"]:
        """(N, ...) -> (N, units, 1, 1), as maps of one place."""
        pieces = self.dense(x.flatten(1)).unflatten(1, (-1, self.pieces))
        return pieces.amax(dim=2)[:, :, None, None]  # type: ignore[no-any-return]


class DenseGANDiscriminator(nn.Module):
    """Two maxout layers and a linear one; in a CGAN the class joins them after the first."""

    def __init__(self, config: DenseGANConfig) -> None:
        super().__init__()
        self.config = config
        units, classes = 16 * config.channels, config.label_size
        of_classes = max(1, units // 5)  # 50 units beside 240 in the paper
        self.blocks = nn.ModuleList([Maxout(config.img_channels * config.resolution**2, units)])
        self.of_y = Maxout(classes, of_classes) if classes else None
        joint = (units + of_classes, JOINT_PIECES) if classes else (units, PIECES)
        self.blocks.append(Maxout(joint[0], units, joint[1]))
        self.score = nn.Linear(units, 1)

    def forward(
        self,
        image: Float[Tensor, "n k r r"],
        labels: Float[Tensor, "n classes"] | None = None,
        batches: int = 1,
    ) -> Float[Tensor, " n"]:
        """Scores (N,), the sigmoid's argument; `batches` changes nothing, pictures do not meet in D."""
        x = self.blocks[0](image)
        if self.of_y is not None:
            y = x.new_zeros(len(x), self.config.label_size) if labels is None else labels
            x = torch.cat([x, self.of_y(y)], dim=1)
        score: Tensor = self.score(self.blocks[1](x).flatten(1))
        return score[:, 0]


class DenseGANStages(LatentStages):
    """The stage chain of a `DenseGANGenerator`."""

    def __init__(self, generator: DenseGANGenerator) -> None:
        super().__init__(generator, dense_gan_layers(generator.config), generator.config)

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """The weights that z meets, (rows, z_dim)."""
        if stage:
            return None
        first = self.module.layers[0]
        joint = isinstance(first, JointHidden)
        return first.get_parameter("of_z.weight" if joint else "dense.weight").detach()


def dense_gan_layers(config: DenseGANConfig) -> tuple[Layer, ...]:
    """The layers: 4x4/hidden, 8x8/hidden, ..., and the one that is the picture."""
    return tuple(
        Layer(
            index,
            f"{side}x{side}/{'output' if side == config.resolution else 'hidden'}",
            side,
            noise=False,
            style=index == 0,
            classes=index == 0 and config.label_size > 0,
            channels=config.maps(side),
        )
        for index, side in enumerate(config.sides)
    )


def dense_gan_capabilities(config: DenseGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a GAN or CGAN of this shape can do."""
    name = "cgan" if config.label_size else "gan"
    return latent_capabilities(name, config, dense_gan_layers(config), classes)
