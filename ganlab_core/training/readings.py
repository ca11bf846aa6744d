"""What is read off the networks now and then: singular values, and the distance to the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from ganlab_core.training.distance import distance_to_data
from ganlab_core.training.events import Event, LayerGains, Measured, Spectra
from ganlab_core.training.gains import layer_gains
from ganlab_core.training.keeping import Score
from ganlab_core.training.stepper import Stepper


def is_due(kimg: float, before: int, now: int) -> bool:
    """Whether a multiple of so many thousand images lies after `before` and not after `now`."""
    every = max(1, round(kimg * 1000))
    return now // every != before // every


class Readings:
    """Reads a run's networks when it is time to, and changes nothing of them.

    Parameters
    ----------
    stepper
        The run.
    scores
        Distances that are known from an earlier life of the run, oldest first.

    Attributes
    ----------
    scores
        All distances so far.
    """

    def __init__(self, stepper: Stepper, scores: list[Score]) -> None:
        self._state, self._data = stepper.state, stepper.data
        self.scores = scores

    def due(self, before: int, growth: float) -> Iterator[Event]:
        """The readings for a step that began when `before` images had been seen."""
        config, images = self._state.config, self._state.images
        if is_due(config.spectra_kimg, before, images):
            yield self._singular_values()
        if config.distance_kimg and is_due(config.distance_kimg, before, images):
            yield self._measured(growth)

    def _singular_values(self) -> Event:
        state = self._state
        values = state.players.spectra(state.generator, state.discriminator)
        if values:
            return Spectra(state.images, _rounded(values))
        gains = layer_gains(state.generator, "g") | layer_gains(state.discriminator, "d")
        return LayerGains(state.images, _rounded(gains))

    def _measured(self, growth: float) -> Measured:
        distance = distance_to_data(self._state, self._data, growth)
        self.scores.append(Score(self._state.images, growth, distance))
        return Measured(self._state.images, round(growth, 4), round(distance, 4))


def _rounded(values: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in values.items()}
