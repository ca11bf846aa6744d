"""Directions in a Recipe: how far it is pushed along each, and on which resolutions."""

from __future__ import annotations

from dataclasses import replace

from ganlab_core.capabilities import Capabilities
from ganlab_core.inspection.directions import Direction
from ganlab_core.recipe import Push, Recipe

EVERYWHERE = (0, 64)
"""All styles that any model has."""


def push_along(recipe: Recipe, direction: Direction) -> Push | None:
    """The Recipe's push along a direction, None when there is none."""
    return next((push for push in recipe.pushes if push.vector == direction.vector), None)


def pushed(recipe: Recipe, direction: Direction, amount: float) -> Recipe:
    """The Recipe so many deviations along a direction; 0 takes the push away, others stay in order."""
    made = direction.push(amount)
    if push_along(recipe, direction) is None:
        return replace(recipe, pushes=(*recipe.pushes, made)) if amount else recipe
    others = (made if push.vector == direction.vector else push for push in recipe.pushes)
    return replace(recipe, pushes=tuple(push for push in others if push.amount))


def strangers(recipe: Recipe, directions: tuple[Direction, ...]) -> tuple[Direction, ...]:
    """The directions a Recipe brings along that are not among these."""
    known = {one.vector for one in directions}
    return tuple(
        Direction(push.name, push.vector, 0.0, push.first, push.last)
        for push in recipe.pushes
        if push.vector not in known
    )


def stops(can: Capabilities) -> tuple[tuple[int, int], ...]:
    """Pairs (resolution, its first style), coarsest first; resolutions without a style are left out.

    A style that two resolutions share (StyleGAN2's toRGB) belongs to the finer one.
    """
    first: dict[int, int] = {}
    for layer in can.layers:
        if layer.style:
            first.setdefault(layer.resolution, layer.w_plus_index)
    return tuple(first.items())


def styles_of(can: Capabilities, first: int, last: int) -> tuple[int, int]:
    """The styles from the first to the last of these stops, both included; all stops = everywhere."""
    begins = [style for _, style in stops(can)]
    if first <= 0 and last >= len(begins) - 1:
        return EVERYWHERE
    ends = [*(style - 1 for style in begins[1:]), EVERYWHERE[1]]
    return (0 if first <= 0 else begins[first]), max(begins[first], ends[last])


def stops_of(can: Capabilities, first: int, last: int) -> tuple[int, int]:
    """The stops that the styles from `first` to `last` touch."""
    begins = [style for _, style in stops(can)]
    low = max((place for place, style in enumerate(begins) if style <= first), default=0)
    high = max((place for place, style in enumerate(begins) if style <= last), default=0)
    return low, max(low, high)
