"""The growth schedule: how far the network has grown by now (Karras et al. 2018, sec. 2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from ganlab_core.training.config import TrainConfig

GROWING_SHARE = 0.4
"""Part of a run spent growing when the config leaves the lengths open; the rest is the last phase."""

_FADE_WEIGHT, _STABLE_WEIGHT = 1.0, 1.5
_SMALL_WEIGHT = {4: 0.2, 8: 0.6}
"""How much of an equal share the smallest resolutions get: what they learn is learned soon."""


def growth_clock(config: TrainConfig, images: int) -> float:
    """How far the plan of growth has gone when `images` have been seen, in images of the plan."""
    clock, since, speed = 0.0, 0, 1.0
    for start, faster in config.growth_speed_at:
        if start >= images:
            break
        clock += speed * (start - since)
        since, speed = start, max(0.0, faster)
    return clock + speed * (images - since)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the run at one resolution.

    Attributes
    ----------
    resolution
        Side in pixels of the newest block.
    fading
        Whether its alpha rises from 0 to 1 during the phase.
    start, end
        In images of the plan; the last phase ends with the run.
    clock
        Images seen -> images of the plan.
    """

    resolution: int
    fading: bool
    start: int
    end: int
    clock: Callable[[int], float] = field(default=float, repr=False, compare=False)

    def alpha(self, images: int) -> float:
        """Alpha of the newest block when `images` have been seen, 0 to 1."""
        if not self.fading:
            return 1.0
        gone = self.clock(images) - self.start
        return min(1.0, max(0.0, gone / max(1, self.end - self.start)))

    def growth(self, images: int) -> float:
        """Log2 of the resolution with the fade as its fraction: 4.37 = 32 px at alpha 0.37."""
        return math.log2(self.resolution) - 1.0 + self.alpha(images)


def phases(config: TrainConfig) -> tuple[Phase, ...]:
    """All phases of a run in order: stable at the first resolution, then fade and stable for each.

    An architecture that does not grow has one stable phase at its full resolution. In a run that is
    trained longer the last phase gets longer and no other moves: what is behind the run stays as it was.
    """
    last = int(math.log2(config.resolution))
    first = int(math.log2(config.initial_resolution)) if config.grows else last
    growing = [_weight(2**level, fading=fading) for level, fading in _stretches(first, last)[:-1]]
    planned = config.images if config.growth_images is None else config.growth_images
    share = GROWING_SHARE * planned / max(1.0, sum(growing))
    result: list[Phase] = []
    position = 0
    for level, fading in _stretches(first, last):
        length = _length(config, 2**level, share * _weight(2**level, fading=fading), fading=fading)
        end = position + length
        if level == last and not fading:
            end = max(end, config.images)
        result.append(Phase(2**level, fading, position, end, partial(growth_clock, config)))
        position = end
    return tuple(result)


def _stretches(first: int, last: int) -> list[tuple[int, bool]]:
    """(level, fading) of each phase in order; there is nothing to fade in at the first level."""
    both = [(level, fading) for level in range(first, last + 1) for fading in (True, False)]
    return both[1:]


def _weight(resolution: int, *, fading: bool) -> float:
    return (_FADE_WEIGHT if fading else _STABLE_WEIGHT) * _SMALL_WEIGHT.get(resolution, 1.0)


def phase_just_ended(config: TrainConfig, number: int) -> Phase | None:
    """The stable phase that ended when phase `number` began and with it another resolution."""
    plan = phases(config)
    before = [phase for phase in plan[:number] if phase.end > phase.start]
    if before and before[-1].resolution < plan[number].resolution:
        return before[-1]
    return None


def phase_at(config: TrainConfig, images: int) -> tuple[int, Phase]:
    """Number and phase of the step that starts when `images` have been seen."""
    plan = phases(config)
    at = growth_clock(config, images)
    for index, phase in enumerate(plan):
        if at < phase.end:
            return index, phase
    return len(plan) - 1, plan[-1]


def _length(config: TrainConfig, resolution: int, open_length: float, *, fading: bool) -> int:
    name = "fade_kimg" if fading else "stable_kimg"
    own = dict(getattr(config, f"{name}_at")).get(resolution)
    general: float | None = getattr(config, name)
    kimg = own if own is not None else general
    return round(open_length if kimg is None else kimg * 1000)
