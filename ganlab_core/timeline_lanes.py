"""The lanes a Timeline is shown in: which fields of the Recipe belong together, and which of them move."""

from __future__ import annotations

from ganlab_core.recipe import Recipe
from ganlab_core.timeline import Timeline

LANES: dict[str, tuple[str, ...]] = {
    "latent": ("latent", "threshold"),
    "psi": ("psi", "psi_at", "centre", "cutoff"),
    "mix": ("mix_at", "mix_layers"),
    "noise": ("noise", "noise_layers"),
    "growth": ("growth",),
    "classes": ("classes", "classes_at"),
    "pushes": ("pushes",),
    "gains": ("gains", "attention"),
}
"""Lane -> fields of the Recipe; every field that changes pixels belongs to one lane."""


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
