"""Players: what an architecture has to say for itself to be trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from ganlab_core.training.config import TrainConfig
from ganlab_core.training.randomness import StepRandom
from ganlab_core.training.team import Team


@dataclass(frozen=True, slots=True)
class Round:
    """What one pass of a step is played under.

    Attributes
    ----------
    config
        Of the run.
    random
        The draws of the step, in order.
    growth
        Log2 of the resolution reached.
    team
        The processes that share the batch.
    styles
        Means of W over the fakes drawn so far, one for each part of the batch.
    """

    config: TrainConfig
    random: StepRandom
    growth: float
    team: Team
    styles: list[Tensor] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DiscriminatorOutput:
    """What D says of N pictures: scores (N,), and how wrong it is about their classes, (N,) or None."""

    scores: Tensor
    label_losses: Tensor | None = None


class Players(Protocol):
    """One architecture's G and D, without state: the networks are handed in.

    Attributes
    ----------
    averages_buffers
        Whether the averaged generator averages G's buffers too, or copies them.
    """

    averages_buffers: bool

    def shape(self, config: TrainConfig, label_size: int) -> Any:
        """The networks' config; `label_size` is the number of classes of the data, 0 = none."""
        ...

    def group_size(self, discriminator: Any) -> int:
        """How many pictures D looks at together; a batch must not be cut inside such a group."""
        ...

    def fakes(self, generator: Any, round_: Round, count: int, labels: Tensor | None) -> Tensor:
        """`count` fresh pictures of the one-hot `labels` (count, classes), (count, 3, r, r)."""
        ...

    def track(self, generator: Any, round_: Round) -> None:
        """Let what follows G's latents follow: once for a step, into however many parts it is cut."""
        ...

    def discriminate(
        self,
        discriminator: Any,
        images: Tensor,
        labels: Tensor | None,
        growth: float,
        batches: int = 1,
    ) -> DiscriminatorOutput:
        """What D says of `batches` equal batches that are stacked along N."""
        ...

    def show(self, average: Any, config: TrainConfig, growth: float) -> Tensor:
        """Pictures (rows * columns, 3, r, r) of latents that stay the same for the whole run."""
        ...

    def publish(self, average: Any, config: TrainConfig, level: int) -> Any:
        """A copy of the averaged G on the CPU, cut to 2^level px and ready to be kept in a file."""
        ...

    def spectra(self, generator: Any, discriminator: Any) -> Mapping[str, Tensor]:
        """The largest singular value of each spectrally normalised layer, by `g.` or `d.` and its name."""
        ...
