"""A direction from a few pictures that are liked and a few that are not, and one that acts in one region.

A handful of labels cannot tell a direction of a hundred numbers from numbers alone: most hardly show. So
places are compared by how they look. M = E[J^T J], with J the change of the picture by the vector, measures
that (the metric of Arvanitidis et al. 2018, sec. 3, averaged); in coordinates where it is the identity,
Fisher's discriminant with a ridge separates the two groups.

A direction is held to a region as Zhu et al. 2021 ("Low-Rank Subspaces in GANs", sec. 3.3) do it: with the
Jacobian of the picture it is led out of what moves the rest; here by least squares, so that none of the
rest's small singular values has to be called zero.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.errors import GanlabError
from ganlab_core.inspection.differentiable import DifferentiableChain, Given
from ganlab_core.inspection.directions import Direction
from ganlab_core.inspection.projection import displayed
from ganlab_core.inspection.questions import ONLY_CHOOSES
from ganlab_core.models import Model
from ganlab_core.recipe import Capabilities, Recipe
from ganlab_core.rendering import class_weights, w_from_latent, z_from_seed

Draw = Callable[[Tensor], Tensor]
"""Vectors of W, or z without one, (N, D) -> pictures (N, 3, r, r), with gradients."""

POINTS, PROBES = 8, 6
"""Places where the metric is measured, and random probes at each."""

RIDGE = 0.1
"""Of the mean spread within the groups, added to it in every direction."""

SIDE = 32
"""Side that pictures are compared at, at most."""

NARROWER = 0.05
"""The share of likeness that is given up for a narrower range of layers."""

SPREAD = 256
"""Vectors whose deviation says how long one step is."""

NUDGE = 0.25
"""How far each number is moved to see what it does, in lengths of the direction."""

TOGETHER = 16 * 64 * 64
"""Pixels of a side's square that are drawn together for that."""


class LabelsError(GanlabError):
    """Labels that no direction follows from."""


# ------------------------------------------------------------------------------------------------
# The metric of how vectors look, and the discriminant in it.


def visible_metric(
    draw: Draw, points: Float[Tensor, "n d"], probes: int = PROBES
) -> Float[Tensor, "d d"]:
    """E[J^T J] at some points, where J is the change of the picture by the vector.

    Estimated from gradients of random sums of pixels, whose outer products have that mean.
    """
    random = torch.Generator().manual_seed(0)
    slopes = []
    for point in points:
        leaf = point[None].detach().clone().requires_grad_()
        picture = _compared(draw(leaf))
        for probe in range(probes):
            signs = torch.randn(picture.shape, generator=random).to(picture)
            kept = probe < probes - 1
            (slope,) = torch.autograd.grad((picture * signs).sum(), leaf, retain_graph=kept)
            slopes.append(slope[0])
    rows = torch.stack(slopes)
    return rows.T @ rows / len(rows)


@torch.no_grad()
def slopes_at(
    draw: Draw, point: Float[Tensor, " d"], nudge: float
) -> Iterator[Float[Tensor, "n 3 s s"]]:
    """The change of the picture by each number of a vector, for a few numbers at a time.

    Differences of pictures as a screen shows them, of the side that pictures are compared at: what is
    white and stays white does not change. One picture for each number, and one more.
    """
    plain = draw(point[None])
    here, numbers = _compared(plain), len(point)
    count = max(1, TOGETHER // plain.shape[-1] ** 2)
    for first in range(0, numbers, count):
        moved = point.repeat(min(count, numbers - first), 1)
        for row in range(len(moved)):
            moved[row, first + row] += nudge
        yield (_compared(draw(moved)) - here) / nudge


def discriminant(
    liked: Float[Tensor, "n d"], others: Float[Tensor, "m d"], metric: Float[Tensor, "d d"]
) -> Float[Tensor, " d"]:
    """The direction of length 1 from others to liked that separates them best, as they look.

    Raises `LabelsError` where both groups look the same.
    """
    root = _root(metric)
    ours, theirs = liked @ root, others @ root
    apart = ours.mean(0) - theirs.mean(0)
    within = torch.cat([ours - ours.mean(0), theirs - theirs.mean(0)])
    spread = within.T @ within / max(1, len(within) - 2)
    size = spread.diagonal().mean() + 1e-3 * apart.square().mean() + 1e-20
    ridge = RIDGE * size * torch.eye(len(spread), device=spread.device, dtype=spread.dtype)
    direction = root @ torch.linalg.solve(spread + ridge, apart)
    length = float(direction.norm())
    if not length > 1e-12:
        raise LabelsError(
            "Liked and other pictures are the same to this model.",
            "Choose pictures that differ in what you mean.",
        )
    found: Tensor = direction / length
    return found


def restricted(
    direction: Float[Tensor, " d"],
    inside: Float[Tensor, "d d"],
    outside: Float[Tensor, "d d"],
) -> Float[Tensor, " d"]:
    """What does within a region what a direction does there, and least outside, of length 1.

    With the metrics A of the region and B of the rest it is (B + e I)^-1 A d, which makes the most of
    x^T A d for its x^T (B + e I) x; e is a twentieth of A's mean.
    """
    level = 0.05 * float(inside.trace()) / len(inside) + 1e-20
    held = outside + level * torch.eye(len(outside), device=outside.device)
    kept = torch.linalg.solve(held, inside @ direction)
    length = float(kept.norm())
    if not length > 1e-12:
        raise LabelsError(
            "Nothing that this direction does stays within the region.", "Paint a larger one."
        )
    found: Tensor = kept / length
    return found


def _root(metric: Float[Tensor, "d d"]) -> Float[Tensor, "d d"]:
    """The symmetric square root, scaled to a mean of 1."""
    values, vectors = torch.linalg.eigh(metric / metric.diagonal().mean().clamp_min(1e-20))
    root: Tensor = (vectors * values.clamp_min(0.0).sqrt()) @ vectors.T
    return root


def _compared(pictures: Float[Tensor, "n 3 r r"]) -> Float[Tensor, "n 3 s s"]:
    return _area(pictures, min(SIDE, pictures.shape[-1]))


def _area(pictures: Float[Tensor, "n c r r"], side: int) -> Float[Tensor, "n c {side} {side}"]:
    return F.interpolate(pictures, size=(side, side), mode="area")


# ------------------------------------------------------------------------------------------------
# The same for a model and Recipes.


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPlace:
    """A Recipe as a place: its vector, and its picture."""

    vector: Float[Tensor, " d"]
    picture: Float[Tensor, "3 s s"]


class LabelledDirections:
    """Makes directions of one model from labelled Recipes; everything costs a second or two.

    Parameters
    ----------
    model
        On the device it lies on. Raises `LabelsError` where its z only chooses a picture.
    """

    def __init__(self, model: Model) -> None:
        if model.capabilities.translates:
            raise LabelsError(*ONLY_CHOOSES)
        self._model, self._can = model, model.capabilities
        self._chain = DifferentiableChain(model)

    def find(self, liked: Sequence[Recipe], others: Sequence[Recipe], name: str = "") -> Direction:
        """What liked pictures have and others have not; raises `LabelsError`.

        At least one of each; three of each is a good beginning. The layers are the range of resolutions
        where a step along it changes pictures most as liked ones differ from others.
        """
        if not liked or not others:
            raise LabelsError(
                "A direction needs pictures that are liked and others that are not.",
                "Mark at least one of each.",
            )
        ours, theirs = ([self._drawn(one) for one in group] for group in (liked, others))
        mine, rest = (torch.stack([one.vector for one in group]) for group in (ours, theirs))
        draw = self._draw(liked[0])
        metric = visible_metric(draw, torch.cat([mine, rest])[:POINTS])
        step = self._one_deviation(discriminant(mine, rest, metric))
        wanted = _mean_picture(ours) - _mean_picture(theirs)
        first, last = self._best_layers(others, step, wanted)
        return Direction(name or "Liked", tuple(step.cpu().tolist()), 0.0, first, last)

    def within(
        self,
        direction: Direction,
        at: Recipe,
        mask: NDArray[np.float32],
        progress: Callable[[float], bool] = lambda _: True,
    ) -> Direction | None:
        """A direction that does in a painted region what another does there, and leaves the rest alone.

        Held at the picture of `at`, so far from there the rest moves again. Costs as many pictures as the
        direction has numbers; None when `progress`, which hears the share, answered False. `mask` is
        float32 (r, r) from 0 to 1, of any side; 1 = may change. Raises `LabelsError`.
        """
        if not 0.0 < float(mask.mean()) < 1.0:
            raise LabelsError("The painted region is nothing or everything.", "Paint a part.")
        vector = torch.tensor(direction.vector, device=self._chain.device)
        length = float(vector.norm().clamp_min(1e-6))
        draw = self._draw_beside(at, (direction.first, direction.last))
        rows: list[Tensor] = []
        for some in slopes_at(draw, torch.zeros_like(vector), NUDGE * length):
            rows.append(some)
            if not progress(sum(map(len, rows)) / len(vector)):
                return None
        slopes = torch.cat(rows)
        painted = torch.from_numpy(np.asarray(mask, np.float32)).to(vector)
        weight = _area(painted[None, None], slopes.shape[-1])
        inside, outside = ((slopes * part).flatten(1) for part in (weight, 1.0 - weight))
        kept = restricted(vector / length, inside @ inside.T, outside @ outside.T)
        step = self._one_deviation(kept)
        return replace(direction, vector=tuple(step.cpu().tolist()))

    def _drawn(self, recipe: Recipe) -> LabelledPlace:
        with torch.no_grad():
            given = self._chain.given_by(recipe)
            picture = _compared(displayed(self._chain.picture(given)))[0]
        return LabelledPlace(self._vector(recipe, given), picture)

    @torch.no_grad()
    def _vector(self, recipe: Recipe, given: Sequence[Given]) -> Float[Tensor, " d"]:
        """The mean style of W that its layers receive, or its z."""
        if self._can.has_w:
            styles = [one.condition.style for one in given if one.condition.style is not None]
            return torch.cat(styles).mean(0)
        device, classes = self._chain.device, recipe.classes
        return w_from_latent(self._model, recipe.latent, device, classes, recipe.threshold)[0]

    def _draw(self, recipe: Recipe, layers: tuple[int, int] = (0, 64)) -> Draw:
        """Pictures of vectors at some layers, with all else as a Recipe has it."""
        given = self._chain.given_by(recipe)
        labels = class_weights(self._model, recipe.classes)
        network, chosen = self._model.network, self._can.layers[: self._chain.stages]

        def draw(vectors: Tensor) -> Tensor:
            own = None if labels is None else labels.to(vectors).expand(len(vectors), -1)
            parts = [
                replace(one, condition=replace(
                    one.condition, style=network.stage_style(layer.index, vectors, own)
                ))
                if layer.style and layers[0] <= layer.w_plus_index <= layers[1]
                else one
                for layer, one in zip(chosen, given, strict=True)
            ]  # fmt: skip
            return displayed(self._chain.picture(parts))

        return draw

    def _draw_beside(self, recipe: Recipe, layers: tuple[int, int]) -> Draw:
        """Pictures of what is added to the style, or to z, that each of some layers has in a Recipe."""
        given = self._chain.given_by(recipe)
        network, chosen = self._model.network, self._can.layers[: self._chain.stages]
        latent, device = recipe.latent, self._chain.device
        here = w_from_latent(self._model, latent, device, recipe.classes, recipe.threshold)
        labels = class_weights(self._model, recipe.classes)

        def style(stage: int, vectors: Tensor) -> Tensor | None:
            own = None if labels is None else labels.to(vectors).expand(len(vectors), -1)
            return network.stage_style(stage, vectors, own)

        def draw(added: Tensor) -> Tensor:
            parts = list(given)
            for place, (layer, one) in enumerate(zip(chosen, given, strict=True)):
                base = one.condition.style
                if base is None:
                    continue
                moved = base.expand(
                    len(added), -1
                )  # also where nothing is added: one count for all
                if layers[0] <= layer.w_plus_index <= layers[1]:
                    plain, other = style(layer.index, here), style(layer.index, here + added)
                    if plain is not None and other is not None:
                        moved = base + (other - plain)
                parts[place] = replace(one, condition=replace(one.condition, style=moved))
            return displayed(self._chain.picture(parts))

        return draw

    @torch.no_grad()
    def _one_deviation(self, direction: Float[Tensor, " d"]) -> Float[Tensor, " d"]:
        """A direction as long as vectors deviate along it."""
        z = torch.cat([z_from_seed(seed, self._can.z_dim) for seed in range(SPREAD)])
        labels = class_weights(self._model, ())
        own = None if labels is None else labels.to(self._chain.device).expand(SPREAD, -1)
        vectors = self._model.network.map(z.to(self._chain.device), own)
        return direction * (vectors @ direction).std()

    @torch.no_grad()
    def _best_layers(
        self, others: Sequence[Recipe], step: Tensor, wanted: Float[Tensor, "3 s s"]
    ) -> tuple[int, int]:
        """The styles of that range of resolutions whose step looks most as wanted."""
        ranges = style_ranges(self._can)
        found = []
        for layers in ranges:
            likeness = 0.0
            for recipe in others[:2]:
                place = self._drawn(recipe)
                moved = _compared(self._draw(recipe, layers)((place.vector + 2.0 * step)[None]))[0]
                likeness += float(F.cosine_similarity(
                    (moved - place.picture).flatten(), wanted.flatten(), dim=0
                ))  # fmt: skip
            found.append(likeness)
        enough = max(found) - NARROWER * abs(max(found))
        good = [one for one, likeness in zip(ranges, found, strict=True) if likeness >= enough]
        return min(good, key=lambda one: one[1] - one[0])


def _mean_picture(places: Sequence[LabelledPlace]) -> Float[Tensor, "3 s s"]:
    return torch.stack([place.picture for place in places]).mean(0)


def style_ranges(can: Capabilities) -> list[tuple[int, int]]:
    """First and last style of every range of resolutions, the whole range first."""
    sides = sorted({layer.resolution for layer in can.layers if layer.style})
    ends = [
        (
            min(one.w_plus_index for one in can.layers if one.resolution == side and one.style),
            max(one.w_plus_index for one in can.layers if one.resolution == side and one.style),
        )
        for side in sides
    ]
    pairs = itertools.combinations_with_replacement(range(len(ends)), 2)
    ranges = [(ends[low][0], ends[high][1]) for low, high in pairs]
    return sorted(ranges, key=lambda one: one[0] - one[1])
