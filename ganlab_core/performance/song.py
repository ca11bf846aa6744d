"""A sound played by a map without anybody playing: the Recipe of every frame of its film."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ganlab_core.errors import PerformanceError
from ganlab_core.performance.audio_features import HEARD_LATE, AudioAnalyser, Samples
from ganlab_core.performance.mapping import PerformanceMap
from ganlab_core.performance.performer import Performer
from ganlab_core.performance.signal_board import Signal
from ganlab_core.recipe import Capabilities, Recipe

LONGEST_SONG = 3600.0
"""Seconds."""


def song_signals(samples: Samples, rate: int) -> Iterator[Signal]:
    """What is heard in a sound, at the times at which it is there.

    Live, things are told a little after they begin, for nobody hears what is to come; offline they are
    put where they began.
    """
    for heard in AudioAnalyser(rate).feed(samples):
        yield from heard.signals(max(0.0, heard.time - HEARD_LATE))


def song_recipes(
    samples: Samples,
    rate: int,
    own: PerformanceMap,
    can: Capabilities,
    recipe: Recipe,
    fps: Fraction,
    seconds: float | None = None,
) -> list[Recipe]:
    """The Recipe at k / fps for every frame k of a sound, float32 (N,), or of so many seconds.

    Beyond the sound its modulators go on alone. The same sound, map, model and Recipe give the same
    Recipes. Raises `PerformanceError` for no length at all and for more than an hour.
    """
    length = len(samples) / rate if seconds is None else seconds
    if not 0.0 < length <= LONGEST_SONG:
        raise PerformanceError(
            "A film of a sound lasts more than 0 and at most 3600 seconds.", "Choose another sound."
        )
    performer = Performer(own, can, recipe)
    signals = song_signals(samples[: int(length * rate) + rate], rate)
    following = next(signals, None)
    recipes = []
    for frame in range(max(1, round(length * fps))):
        time = float(frame / fps)
        due = []
        while following is not None and following.time <= time + 1e-9:
            due.append(following)
            following = next(signals, None)
        recipes.append(performer.frame(time, due).recipe)
    return recipes
