"""Ways through the latent space: blends, smooth closed walks, a surface to stroll on, mutations.

Plain numpy on vectors of one space, W or Z. In W, points are blended as they are (Karras et al. 2019,
sec. 3.1). In Z, where the length of a normal vector hardly varies and tells nothing, a blend keeps the
length its parts have (White 2016, "Sampling Generative Networks").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganlab_core.recipe.parts import Latent

Vector = NDArray[np.float64]

_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where vectors live.

    Attributes
    ----------
    name
        `"z"` or `"w"`.
    centre
        What truncation moves towards, (D,): the mean of W; zeros in Z.
    """

    name: str
    centre: Vector

    def latent(self, vector: Vector, seed: int = 0) -> Latent:
        """The Recipe's form of a vector, rounded to float32; `seed` is what another model falls back on."""
        return Latent(seed, tuple(vector.astype(np.float32).tolist()), self.name)


def blend(space: Space, points: Sequence[Vector], weights: Sequence[float]) -> Vector:
    """The weighted sum of points, for weights that sum to 1; in Z as long as its parts are."""
    summed: Vector = np.asarray(weights, np.float64) @ np.asarray(points, np.float64)
    if space.name == "w":
        return summed
    wanted = sum(
        weight * float(np.linalg.norm(point)) for point, weight in zip(points, weights, strict=True)
    )
    length = float(np.linalg.norm(summed))
    return summed * (abs(wanted) / length) if length > _TINY else summed


def spline_weights(t: float) -> tuple[float, float, float, float]:
    """Weights of the points before, at, after and beyond, for 0 <= t <= 1 between the middle two.

    A uniform Catmull-Rom spline (Catmull and Rom 1974): it goes through every point, without a kink.
    """
    return (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )


def along(space: Space, point: Callable[[int], Vector], position: float) -> Vector:
    """The place at `position` of the smooth way through point(0), point(1), ..."""
    whole = math.floor(position)
    t = position - whole
    if t == 0.0:
        return point(whole)
    points = [point(whole + step) for step in (-1, 0, 1, 2)]
    return blend(space, points, spline_weights(t))


def corner_weights(x: float, y: float) -> tuple[float, float, float, float]:
    """Bilinear weights of top left, top right, bottom left, bottom right; x and y 0 to 1, y down."""
    return (1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y


def mutate(space: Space, base: Vector, other: Vector, radius: float) -> Vector:
    """`base` moved by `radius` times the way from the centre to `other`; in Z as long as before.

    With `other` a random point, radius 1 is a step as large as points differ from the mean.
    """
    moved = base + radius * (other - space.centre)
    if space.name == "w":
        return moved
    length = float(np.linalg.norm(moved))
    return moved * (float(np.linalg.norm(base)) / length) if length > _TINY else moved


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A flat closed surface through a point: both ways lead on for ever, and after 2 pi back.

    It is the flat torus R / sqrt 2 (cos x a1 + sin x a2 + cos y b1 + sin y b2) about the centre, with
    orthonormal axes. Every place has the same distance R to the centre, equal steps are equally
    large everywhere, and no two places within one round are the same.

    Attributes
    ----------
    space
        Where it lies.
    axes
        a1, a2, b1, b2, orthonormal, (4, D).
    radius
        R, the distance of every place to the centre.
    """

    space: Space
    axes: NDArray[np.float64]
    radius: float

    @staticmethod
    def through(space: Space, origin: Vector, others: Sequence[Vector]) -> Surface:
        """The surface with `origin` at (0, 0), turned towards three other points of the space.

        An origin at the centre itself has no direction; the first of the others stands in for it.
        """
        arms = [np.asarray(point, np.float64) - space.centre for point in (origin, *others)]
        radius = float(np.linalg.norm(arms[0]))
        if radius < _TINY:
            radius = float(np.linalg.norm(arms[1]))
        here, across, east, south = _orthonormal(arms)
        axes = np.stack([(here + across), east, (here - across), south])
        axes[[0, 2]] /= math.sqrt(2.0)
        return Surface(space, axes, radius)

    def at(self, x: float, y: float) -> Vector:
        """The vector at (x, y), in radians of the two rounds."""
        turns = np.array([math.cos(x), math.sin(x), math.cos(y), math.sin(y)])
        place: Vector = self.space.centre + (self.radius / math.sqrt(2.0)) * (turns @ self.axes)
        return place

    def find(self, vector: Vector) -> tuple[float, float]:
        """The place nearest to a vector, each of x and y in -pi to pi."""
        a1, a2, b1, b2 = self.axes @ (vector - self.space.centre)
        return math.atan2(a2, a1), math.atan2(b2, b1)


def _orthonormal(vectors: Sequence[Vector]) -> list[Vector]:
    """Gram-Schmidt; a vector that lies among those before is replaced by one that does not."""
    basis: list[Vector] = []
    spare = iter(np.eye(vectors[0].size))
    for vector in vectors:
        candidate = vector
        while True:
            rest = candidate - sum(
                (axis * (axis @ candidate) for axis in basis), np.zeros_like(vector)
            )
            length = float(np.linalg.norm(rest))
            if length > 1e-6 * max(1.0, float(np.linalg.norm(candidate))):
                break
            candidate = next(spare)
        rest = rest / length
        rest -= sum((axis * (axis @ rest) for axis in basis), np.zeros_like(vector))
        basis.append(rest / np.linalg.norm(rest))
    return basis
