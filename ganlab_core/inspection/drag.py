"""Points of a picture dragged elsewhere (Pan et al. 2023, "Drag Your GAN").

A step has two halves. Motion supervision (sec. 3.2, eq. 1) moves the latent so that the features around
each handle appear a little nearer to its target; point tracking (sec. 3.3, eq. 2) then looks for where the
handle has gone, by the feature it had in the beginning. Only features up to a middle stage are computed, so
a step costs less than a picture and its gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.errors import GanlabError
from ganlab_core.inspection.differentiable import DifferentiableChain
from ganlab_core.inspection.handles import Adam, Leaf, RecipeHandles
from ganlab_core.models import Model
from ganlab_core.recipe import Recipe

NEAR_SHARE, SEEK_SHARE = 3 / 64, 6 / 64
"""Radius of what is moved around a handle, and of where it is looked for, of the picture's side."""

HOLD = 20.0
"""Weight of what the mask holds fast (the paper's lambda)."""

RATE = 0.02
"""Adam's step size."""

SECOND = 0.999
"""Its decay of the mean of the gradients' squares."""

ARRIVED = 1.0
"""A handle this near to its target has arrived, in pixels."""


class DragError(GanlabError):
    """Points that cannot be dragged."""


@dataclass(frozen=True, slots=True)
class DragPoint:
    """A handle and where it is to go, in pixels of the picture: (0, 0) is the middle of the first pixel."""

    x: float
    y: float
    to_x: float
    to_y: float

    @property
    def distance(self) -> float:
        """How far it still has to go, in pixels."""
        return math.hypot(self.to_x - self.x, self.to_y - self.y)


class Drag:
    """A drag of one or several points of a Recipe's picture.

    Parameters
    ----------
    model
        On the device it lies on. StyleGANs move the styles of the layers up to the middle, as the paper
        does; ProGAN and BigGAN move their one z, so more of the picture changes along.
    recipe
        Whose picture is dragged.
    points
        At least one, within the picture.
    mask
        float (r, r) from 0 to 1 of any side: what may move; None = everything.

    Attributes
    ----------
    points
        Where the handles are now.
    steps
        Steps made.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        points: Sequence[DragPoint],
        mask: NDArray[np.float32] | None = None,
    ) -> None:
        self._chain = DifferentiableChain(model)
        self._side = self._chain.side
        _check(points, self._side)
        self._stage = _middle(model, self._side)
        self._handles = RecipeHandles(
            model, self._chain, recipe, model.capabilities.layers[self._stage - 1].w_plus_index
        )
        self._adam = Adam([Leaf(leaf.values, RATE) for leaf in self._handles.leaves], SECOND)
        self.points = tuple(points)
        self.steps = 0
        self._features = self._now()
        self._first = self._features.detach()
        self._sought = [_at(self._first, _grid([point], self._side)) for point in points]
        self._fast = None if mask is None else _held(mask, self._first)

    @property
    def recipe(self) -> Recipe:
        """The Recipe of what it is now; renders the picture in which the points are where they are."""
        return self._handles.recipe()

    @property
    def arrived(self) -> bool:
        """Whether every handle is at its target."""
        return all(point.distance <= ARRIVED for point in self.points)

    def step(self) -> tuple[DragPoint, ...]:
        """Move, and track where the handles went; nothing happens once all have arrived."""
        if not self.arrived:
            self._adam.descend(self._motion(self._features))
            self._features = self._now()
            self.points = tuple(
                self._tracked(point, sought)
                for point, sought in zip(self.points, self._sought, strict=True)
            )
            self.steps += 1
        return self.points

    def _now(self) -> Float[Tensor, "1 c r r"]:
        return self._chain.features(self._handles.given(), self._stage)

    def _motion(self, features: Float[Tensor, "1 c r r"]) -> Float[Tensor, ""]:
        """Features a step towards the target shall be what those at the handle are (eq. 1)."""
        fixed = features.detach()
        total = features.new_zeros(())
        for point in self.points:
            if point.distance <= ARRIVED:
                continue
            step = min(1.0, 1.0 / point.distance)
            shift = (step * (point.to_x - point.x), step * (point.to_y - point.y))
            patch = _around(point, NEAR_SHARE * self._side)
            here = _at(fixed, _grid(patch, self._side))
            ahead = _at(features, _grid(patch, self._side, shift))
            total = total + (here - ahead).abs().mean()
        if self._fast is not None:
            total = total + HOLD * ((features - self._first).abs() * self._fast).mean()
        return total

    @torch.no_grad()
    def _tracked(self, point: DragPoint, sought: Float[Tensor, "c 1"]) -> DragPoint:
        """Where the handle's first feature is found again nearby (eq. 2)."""
        places = _around(point, SEEK_SHARE * self._side)
        seen = _at(self._features, _grid(places, self._side))
        best = places[int((seen - sought).abs().sum(0).argmin())]
        return DragPoint(best.x, best.y, point.to_x, point.to_y)


def _check(points: Sequence[DragPoint], side: int) -> None:
    if not points:
        raise DragError("Nothing is dragged yet.", "Set a point and where it shall go.")
    for point in points:
        numbers = (point.x, point.y, point.to_x, point.to_y)
        if not all(-0.5 <= number <= side - 0.5 for number in numbers):
            raise DragError("A point lies outside the picture.", "Set it on the picture.")


def _middle(model: Model, side: int) -> int:
    """How many stages give the features that are dragged: to half the picture's side, at least 8 px."""
    wanted = max(8, side // 2)
    layers = [layer for layer in model.capabilities.layers if layer.resolution <= wanted]
    return 1 + max((layer.index for layer in layers), default=0)


def _held(
    mask: NDArray[np.float32], features: Float[Tensor, "1 c r r"]
) -> Float[Tensor, "1 1 r r"]:
    painted = torch.from_numpy(np.asarray(mask, np.float32)).to(features)[None, None]
    return 1.0 - F.interpolate(painted, size=features.shape[-2:], mode="area").clamp(0.0, 1.0)


def _around(point: DragPoint, radius: float) -> list[DragPoint]:
    """Whole and half pixels within a radius, as points with the same target."""
    reach = max(2, round(2 * radius))
    return [
        DragPoint(point.x + 0.5 * x, point.y + 0.5 * y, point.to_x, point.to_y)
        for y in range(-reach, reach + 1)
        for x in range(-reach, reach + 1)
        if x * x + y * y <= reach * reach
    ]


def _grid(
    points: Sequence[DragPoint], side: int, shift: tuple[float, float] = (0.0, 0.0)
) -> Float[Tensor, "n 2"]:
    """Places in -1..1 as `grid_sample` counts them, from pixels of the picture."""
    places = torch.tensor([(point.x + shift[0], point.y + shift[1]) for point in points])
    return (2.0 * places + 1.0) / side - 1.0


def _at(features: Float[Tensor, "1 c r r"], places: Float[Tensor, "n 2"]) -> Float[Tensor, "c n"]:
    """Features at places, between pixels bilinearly, (C, N)."""
    grid = places.to(features)[None, None]
    found = F.grid_sample(features, grid, padding_mode="border", align_corners=False)
    return found[0, :, 0]
