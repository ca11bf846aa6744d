"""Model: the one face of all architectures, a chain of named stages with explicit conditions.

`x[i+1] = stage[i](x[i], cond[i])`, where a condition is a style vector and a noise map (StyleGAN), and
a read-out that turns features into a picture at any stage. Whoever renders needs nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.models.info import ModelInfo
from ganlab_core.networks import Condition
from ganlab_core.recipe import Capabilities


class Network(Protocol):
    """What an architecture offers to the renderer; all tensors are NCHW.

    An architecture with a W maps z to it and takes styles from there; one without takes them from z
    itself. Either way `stage_style` makes a stage's own vector out of that.
    """

    @property
    def module(self) -> nn.Module:
        """The network itself, to move and count."""
        ...

    @property
    def stage_names(self) -> tuple[str, ...]:
        """Names of the stages in order; stage i belongs to `Capabilities.layers[i]`."""
        ...

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The centre of truncation: the mean of W, (w_dim,); zeros (z_dim,) without a W."""
        ...

    def channels(self, resolution: int) -> int:
        """How many feature maps the last stage at `resolution` gives."""
        ...

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """z (N, z_dim), labels (N, classes) -> w (N, w_dim); z itself without a W."""
        ...

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"] | None:
        """What a stage takes of a latent.

        Shapes: vector (N, w_dim), or (N, z_dim) without a W; labels (N, classes), weights that need
        not sum to 1, None without classes -> (N, D), or None where the stage takes nothing.
        """
        ...

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        ...

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """The weights a stage's vector meets first, (rows, w_dim or z_dim); None where there are none."""
        ...

    def attention(
        self, stage: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n r*r r*r//4"]:
        """Where a self-attention stage looks: features (N, C, r, r) -> (N, r r, r r / 4), rows sum to 1.

        Raises `LookupError` for any other stage.
        """
        ...

    def gamma(self, stage: int) -> float:
        """The trained strength of a self-attention stage; raises `LookupError` for any other."""
        ...

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 r r"]:
        """The noise map kept with the network for a stage, (1, 1, r, r)."""
        ...

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """Features after `stage`, (N, C, r, r); the first stage takes None."""
        ...

    def reads(self, resolution: int) -> bool:
        """Whether the network has a read-out of its own at `resolution`."""
        ...

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n colours a b"]:
        """The network's own read-out of the last features at `resolution`, (N, 3, r, r).

        One colour where it is grey, four where it is transparent; no square where its start is none.
        """
        ...

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """Network range -> uint8 by the published rounding of this architecture."""
        ...


class WeightBlend(Protocol):
    """What makes a network's weights out of two models', place by place."""

    @property
    def second(self) -> ModelInfo:
        """The second model."""
        ...

    def hold(self, place: int, amount: float) -> int:
        """Let a place have so much of the second model, 0 to 1; tells which state of it that is.

        Equal numbers mean that nothing has changed there in between. Places that the two do not share
        stay the first model's.
        """
        ...

    def hold_probe(self, place: int) -> None:
        """Let the fitted read-out of a place be of the amount that it holds."""
        ...


@dataclass(slots=True, eq=False)
class Model:
    """A network with what is known about it, ready to be rendered.

    Attributes
    ----------
    info, capabilities
        Plain data about it.
    network
        The stages.
    readouts
        Resolution -> (weight (3, C), bias (3,)) of the fitted linear read-outs; empty until fitted.
    phases
        Resolution -> the network as it was at the end of that resolution's own training phase, where
        a growing network has been kept so.
    weights
        What makes the network's weights out of two models', where there is a second one.
    """

    info: ModelInfo
    capabilities: Capabilities
    network: Network
    readouts: dict[int, tuple[Tensor, Tensor]]
    phases: dict[int, Model] = field(default_factory=dict)
    weights: WeightBlend | None = None

    @property
    def has_probes(self) -> bool:
        """Whether the linear read-outs of all resolutions before the last one reached are known."""
        below = self.capabilities.resolutions[:-1]
        return all(r in self.readouts for r in below if math.log2(r) < self.info.growth)
