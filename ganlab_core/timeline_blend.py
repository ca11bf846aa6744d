"""Recipes between Recipes: every number is a weighted sum, every choice holds.

A blend is told as `Shares`: pairs (Recipe, weight) whose weights add up to 1, the Recipe that holds
its discrete choices first. Splines have four shares and weights outside 0 to 1; what leaves a
number's range is brought back to its edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from ganlab_core.recipe import Classes, Gains, Latent, LayerNoise, Mix, Noise, Push, Recipe
from ganlab_core.recipe_latent import DEEPEST, MOST_PARTS

V = TypeVar("V")

Shares = Sequence[tuple[Recipe, float]]
Weighted = Sequence[tuple[V, float]]

FIRST_CLASS: Classes = ((0, 1.0),)
FULLEST = 10.0
"""Growth of the largest picture there is."""


def blend_recipes(
    shares: Shares,
    latent_space: str = "w",
    mix_space: str = "w",
    full_growth: float | None = None,
) -> Recipe:
    """The Recipe between Recipes.

    `full_growth` is what a growth of None counts as, log2 of the finished picture's side.
    """
    base = shares[0][0]
    return replace(
        base,
        latent=blend_latents([(recipe.latent, share) for recipe, share in shares], latent_space),
        psi=_number([(recipe.psi, share) for recipe, share in shares], -10.0, 10.0),
        psi_at=_numbered(
            shares, lambda r: r.psi_at, lambda r, _: r.psi, lambda own: _number(own, -10.0, 10.0)
        ),
        centre=_centre(base, shares),
        mix_at=_mixes(shares, lambda recipe: recipe.mix_at, mix_space),
        mix_layers=_mixes(shares, lambda recipe: recipe.mix_layers, mix_space),
        noise=_noise(base, shares),
        noise_layers=_noise_layers(base, shares),
        growth=_growth(shares, FULLEST if full_growth is None else full_growth),
        threshold=_threshold(base, shares),
        classes=_classes([(recipe.classes, share) for recipe, share in shares]),
        classes_at=_numbered(
            shares, lambda r: r.classes_at, lambda r, _: r.classes or FIRST_CLASS, _classes
        ),
        pushes=_pushes(shares),
        gains=_numbered(shares, lambda r: r.gains, lambda _r, _k: (), _gains),
        attention=_number([(recipe.attention, share) for recipe, share in shares], 0.0, 10.0),
    )


def blend_latents(parts: Weighted[Latent], space: str) -> Latent:
    """The latent between latents, blended in `"w"` or `"z"`; a latent of w makes it a blend in w.

    Blends within the same space are dissolved, so that keyframes may be blends themselves. Two
    latents in z go along the circle: shares 1 - u and u weigh cos and sin of a quarter turn.
    """
    space = "w" if any(latent.in_w for latent, _ in parts) else space
    if space == "z" and len(parts) == 2:
        turn = 0.5 * math.pi * parts[1][1]
        parts = [(parts[0][0], math.cos(turn)), (parts[1][0], math.sin(turn))]
    merged: dict[Latent, float] = {}
    for latent, share in parts:
        for inner, weight in _dissolved(latent, space):
            merged[inner] = merged.get(inner, 0.0) + share * weight
    kept = [(latent, weight) for latent, weight in merged.items() if abs(weight) > 1e-9]
    if not _fits(kept):  # too many at once, or all cancelled: the nearest keyframe's own
        return max(parts, key=lambda part: part[1])[0]
    heaviest = max(kept, key=lambda part: part[1])[0]
    if len(kept) == 1 and kept[0][1] > 0.0:
        return heaviest
    return Latent(heaviest.seed, (), space, tuple(kept))


def _dissolved(latent: Latent, space: str) -> tuple[tuple[Latent, float], ...]:
    """The parts of a blend in this space, weighted as they are drawn; anything else is its own part."""
    if not latent.blend or latent.space != space:
        return ((latent, 1.0),)
    if space == "w":
        return latent.blend
    root = math.sqrt(sum(weight**2 for _, weight in latent.blend))
    return tuple((part, weight / root) for part, weight in latent.blend)


def _fits(parts: Weighted[Latent]) -> bool:
    return (
        0 < len(parts) <= MOST_PARTS
        and all(part.depth < DEEPEST and abs(weight) <= 100.0 for part, weight in parts)
        and sum(weight**2 for _, weight in parts) > 1e-12
    )


def _number(parts: Weighted[float], low: float, high: float) -> float:
    """The weighted sum within a range; equal numbers stay exactly what they are."""
    first = parts[0][0]
    if all(value == first for value, _ in parts):
        return first
    return min(high, max(low, sum(value * share for value, share in parts)))


def _numbered(
    shares: Shares,
    pairs: Callable[[Recipe], tuple[tuple[int, V], ...]],
    missing: Callable[[Recipe, int], V],
    blend: Callable[[Weighted[V]], V],
) -> tuple[tuple[int, V], ...]:
    """A numbered field: every key that any share has, `missing` where one has not."""
    own = [(dict(pairs(recipe)), recipe, share) for recipe, share in shares]
    keys = sorted({key for known, _, _ in own for key in known})
    return tuple(
        (key, blend([(known.get(key, missing(recipe, key)), w) for known, recipe, w in own]))
        for key in keys
    )


def _mixes(
    shares: Shares, pairs: Callable[[Recipe], tuple[tuple[int, Mix], ...]], space: str
) -> tuple[tuple[int, Mix], ...]:
    """Mixes fade in from 0 and out to 0; their latents blend among those that have one."""

    def mixed(own: Weighted[Mix | None]) -> Mix | None:
        present = [(mix, share) for mix, share in own if mix is not None]
        amount = _number([(mix.amount if mix else 0.0, share) for mix, share in own], 0.0, 1.0)
        if len({mix.latent for mix, _ in present}) == 1:
            return Mix(present[0][0].latent, amount)
        total = sum(share for _, share in present)
        if total <= 1e-9:  # the overshoot of a spline: nearly nothing of it is seen
            return Mix(present[0][0].latent, amount)
        latents = [(mix.latent, share / total) for mix, share in present]
        return Mix(blend_latents(latents, space), amount)

    def optional(recipe: Recipe) -> tuple[tuple[int, Mix | None], ...]:
        return pairs(recipe)

    found = _numbered(shares, optional, lambda _r, _k: None, mixed)
    return tuple((key, mix) for key, mix in found if mix is not None)


def _noise(base: Recipe, shares: Shares) -> Noise:
    parts = [(recipe.noise.strength, share) for recipe, share in shares]
    noise = replace(base.noise, strength=_number(parts, 0.0, 10.0))
    if {recipe.noise.other for recipe, _ in shares} == {noise.other}:
        turns = [(recipe.noise.turn, share) for recipe, share in shares]
        noise = replace(noise, turn=_number(turns, 0.0, 1.0))
    return noise


def _noise_layers(base: Recipe, shares: Shares) -> tuple[tuple[int, LayerNoise], ...]:
    """Strengths blend; mode, seed and the switch hold."""
    held = dict(base.noise_layers)
    strengths = _numbered(
        shares,
        lambda recipe: tuple((key, own.strength) for key, own in recipe.noise_layers),
        lambda _r, _k: 1.0,
        lambda own: _number(own, 0.0, 10.0),
    )
    return tuple(
        (key, replace(held.get(key, LayerNoise()), strength=strength))
        for key, strength in strengths
    )


def _growth(shares: Shares, full: float) -> float | None:
    if all(recipe.growth is None for recipe, _ in shares):
        return None
    parts = [(full if r.growth is None else r.growth, share) for r, share in shares]
    return _number(parts, 2.0, 10.0)


def _threshold(base: Recipe, shares: Shares) -> float | None:
    """Blended where all have one: "as the model was made" is no number."""
    known = [(r.threshold, share) for r, share in shares if r.threshold is not None]
    return _number(known, 0.01, 10.0) if len(known) == len(shares) else base.threshold


def _centre(base: Recipe, shares: Shares) -> Latent | None:
    """Blended where all have one: the mean of W is no latent."""
    known = [(r.centre, share) for r, share in shares if r.centre is not None]
    if len(known) < len(shares) or len({centre for centre, _ in known}) == 1:
        return base.centre
    return blend_latents(known, "w")


def _classes(parts: Weighted[Classes]) -> Classes:
    if all(own == parts[0][0] for own, _ in parts):
        return parts[0][0]
    known = [(dict(own or FIRST_CLASS), share) for own, share in parts]
    keys = sorted({key for own, _ in known for key in own})
    blended = [
        (key, _number([(own.get(key, 0.0), share) for own, share in known], -100.0, 100.0))
        for key in keys
    ]
    return tuple(pair for pair in blended if pair[1] != 0.0) or FIRST_CLASS


def _gains(parts: Weighted[Gains]) -> Gains:
    known = [(dict(own), share) for own, share in parts]
    keys = sorted({key for own, _ in known for key in own})
    return tuple(
        (key, _number([(own.get(key, 1.0), share) for own, share in known], -100.0, 100.0))
        for key in keys
    )


def _pushes(shares: Shares) -> tuple[Push, ...]:
    """Equal pushes, but for their amounts, are one; where a Recipe lacks it, its amount is 0."""
    known = [(_amounts(recipe.pushes), share) for recipe, share in shares]
    keys = dict.fromkeys(key for amounts, _ in known for key in amounts)
    return tuple(
        replace(push, amount=_number(parts, -100.0, 100.0))
        for push, parts in (
            (key[0], [(amounts.get(key, 0.0), share) for amounts, share in known]) for key in keys
        )
    )


def _amounts(pushes: tuple[Push, ...]) -> dict[tuple[Push, int], float]:
    """(Push of amount 0, how many like it came before) -> amount, in order."""
    found: dict[tuple[Push, int], float] = {}
    for push in pushes:
        bare = replace(push, amount=0.0)
        count = 0
        while (bare, count) in found:
            count += 1
        found[(bare, count)] = push.amount
    return found
