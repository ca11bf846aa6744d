"""Timelines filled by rule: walks, circles, sweeps, growth and tours of the classes.

Each starts from a Recipe and changes one idea of it; everything else stays as the Recipe says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ganlab_core.errors import TimelineError
from ganlab_core.recipe import Capabilities, Latent, Recipe
from ganlab_core.timeline.timeline import Keyframe, Timeline

CIRCLE_POINTS = 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a film is and how it goes.

    Attributes
    ----------
    seconds
        The whole film's length.
    loop
        Whether it ends where it began.
    fps
        Frames a second.
    easing
        From keyframe to keyframe; `"even"` waits to be `measured`.
    """

    seconds: float = 8.0
    loop: bool = True
    fps: Fraction = Fraction(30)
    easing: str = "smooth"


def walk(base: Recipe, latents: Sequence[Latent], pace: Pace = Pace()) -> Timeline:
    """Through latents, evenly spaced in time; in a loop back to the first."""
    return _spaced([replace(base, latent=latent) for latent in latents], pace)


def circle(
    base: Recipe, seed: int, other: int, radius: float | None = None, pace: Pace = Pace()
) -> Timeline:
    """A circle in Z of even speed, seamless whatever `pace.loop` and `pace.easing` say.

    Without a radius the great circle through both seeds' z, its opposite points included. With one,
    a small circle about the base's own latent: how far away its points lie, above 0 to 10, where 1 is
    as far as two of its length. Raises `TimelineError` for a base that is a point of W.
    """
    looping = replace(pace, loop=True)
    if radius is None:
        ends = [Latent(seed), Latent(other)]
        points = [*ends, *(Latent(end.seed, (), "z", ((end, -1.0),)) for end in ends)]
        made = _spaced(
            [replace(base, latent=point) for point in points], replace(looping, easing="linear")
        )
        return replace(made, latent_space="z")
    if not 0.0 < radius <= 10.0:
        raise TimelineError("A circle's radius lies above 0 and not beyond 10.")
    if base.latent.in_w:
        raise TimelineError("A circle in Z needs a middle in Z.", "Start from a seed.")
    angles = [2.0 * math.pi * step / CIRCLE_POINTS for step in range(CIRCLE_POINTS)]
    points = [_on_circle(base.latent, seed, other, radius, angle) for angle in angles]
    made = _spaced(
        [replace(base, latent=point) for point in points], replace(looping, easing="spline")
    )
    return replace(made, latent_space="z")


def _on_circle(middle: Latent, seed: int, other: int, radius: float, angle: float) -> Latent:
    parts = (
        (middle, 1.0),
        (Latent(seed), radius * math.cos(angle)),
        (Latent(other), radius * math.sin(angle)),
    )
    return Latent(middle.seed, (), "z", parts)


def psi_sweep(base: Recipe, low: float, high: float, pace: Pace = Pace()) -> Timeline:
    """psi from `low` to `high`, in a loop there and back."""
    return _spaced([replace(base, psi=low), replace(base, psi=high)], pace)


def morph(base: Recipe, pace: Pace = Pace()) -> Timeline:
    """From the first model to the second at every place evenly, in a loop there and back."""
    plain = replace(base, second_at=(), second_mapping=None)
    return _spaced([replace(plain, second=0.0), replace(plain, second=1.0)], pace)


def growing(base: Recipe, can: Capabilities, pace: Pace = Pace(loop=False)) -> Timeline:
    """From 4 px up to the finished picture, in a loop down again; growth moves evenly.

    Raises `TimelineError` for a model that does not grow.
    """
    if not can.has_growth:
        raise TimelineError("This model does not grow.", "Choose a ProGAN or a StyleGAN.")
    recipes = [replace(base, growth=2.0), replace(base, growth=None)]
    return replace(_spaced(recipes, pace), full_growth=float(can.full_growth))


def class_tour(base: Recipe, classes: Sequence[int], pace: Pace = Pace()) -> Timeline:
    """From class to class, evenly spaced in time."""
    return _spaced([replace(base, classes=((index, 1.0),)) for index in classes], pace)


def _spaced(recipes: Sequence[Recipe], pace: Pace) -> Timeline:
    """Keyframes evenly spaced; without a loop the last stands at the end."""
    if not recipes:
        raise TimelineError("A film needs something to show.", "Name at least one seed.")
    gaps = len(recipes) if pace.loop else max(1, len(recipes) - 1)
    keyframes = tuple(
        Keyframe(pace.seconds * (index / gaps), recipe, pace.easing)
        for index, recipe in enumerate(recipes)
    )
    return Timeline(keyframes, pace.seconds, pace.loop, pace.fps)
