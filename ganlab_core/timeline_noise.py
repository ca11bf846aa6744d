"""Noise that a film moves from frame to frame, whatever its keyframes say."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ganlab_core.recipe import SEED_MAX, Recipe

NOISES = ("frozen", "fresh", "loop")


def with_fresh_noise(recipe: Recipe, seed: int, frame: int) -> Recipe:
    """Random noise that only `seed` and the frame's number determine; noise that is off stays off."""
    if recipe.noise.mode == "off":
        return recipe
    fresh = replace(recipe.noise, mode="random", seed=_derived(seed, f"frame {frame}"), other=None)
    return replace(recipe, noise=fresh)


def with_turning_noise(recipe: Recipe, seed: int, turn: float) -> Recipe:
    """Random noise on the circle through `seed` and another; `turn` from 0 to 1 goes round once."""
    if recipe.noise.mode == "off":
        return recipe
    other = _derived(seed, "circle")
    turning = replace(recipe.noise, mode="random", seed=seed, other=other, turn=turn)
    return replace(recipe, noise=turning)


def _derived(seed: int, what: str) -> int:
    """A seed that only `seed` and `what` determine."""
    digest = hashlib.sha256(f"ganlab film noise {seed} {what}".encode()).digest()
    return int.from_bytes(digest[:4], "little") & SEED_MAX
