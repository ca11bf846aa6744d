"""Which lanes of a Timeline move."""

from __future__ import annotations

from ganlab_core.recipe import LANES, Recipe
from ganlab_core.timeline import Timeline


def moving_lanes(timeline: Timeline) -> tuple[str, ...]:
    """The lanes in which any two keyframes differ, and noise where the film moves it."""
    recipes = [keyframe.recipe for keyframe in timeline.keyframes]
    return tuple(
        lane
        for lane, fields in LANES.items()
        if any(_part(recipe, fields) != _part(recipes[0], fields) for recipe in recipes)
        or (lane == "noise" and timeline.noise != "frozen")
    )


def _part(recipe: Recipe, fields: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(recipe, name) for name in fields)
