"""Fitting a Recipe to a model: what the model cannot do is left out, and the rest stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Recipe
from ganlab_core.recipe_latent import Latent
from ganlab_core.recipe_parts import Mix

V = TypeVar("V")


def fit(recipe: Recipe, can: Capabilities) -> Recipe:
    """The nearest Recipe this model can render; a Recipe may outlive the model it was made with."""
    wrong_size = {"z": can.z_dim, "w": can.w_dim}
    return replace(
        recipe,
        classes=_kept(recipe.classes, lambda key, _: key < len(can.classes)),
        classes_at=_kept(
            tuple(
                (side, _kept(own, lambda key, _: key < len(can.classes)))
                for side, own in recipe.classes_at
            ),
            lambda key, _: key in can.resolutions,
        ),
        pushes=tuple(push for push in recipe.pushes if len(push.vector) == can.direction_dim),
        gains=_kept(recipe.gains, lambda key, _: key < len(can.layers)),
        attention=recipe.attention if can.has_attention else 1.0,
        latent=_fit_latent(recipe.latent, wrong_size),
        centre=None
        if recipe.centre is None or not can.has_w
        else _fit_latent(recipe.centre, wrong_size),
        psi_at=_kept(recipe.psi_at, lambda key, _: key in can.resolutions),
        mix_at=_kept(
            recipe.mix_at, lambda key, mix: key in can.resolutions and _fits(mix, wrong_size)
        ),
        mix_layers=_kept(
            recipe.mix_layers, lambda key, mix: key < can.style_count and _fits(mix, wrong_size)
        ),
        noise_layers=_kept(recipe.noise_layers, lambda key, _: key < len(can.layers)),
        growth=None
        if recipe.growth is None or not can.has_growth or recipe.growth >= can.full_growth
        else recipe.growth,
    )


def _fit_latent(latent: Latent, sizes: Mapping[str, int]) -> Latent:
    """A vector of another model's size means nothing here; its seed still does."""
    if _right_size(latent, sizes):
        return latent
    parts = tuple((_fit_latent(part, sizes), weight) for part, weight in latent.blend)
    return replace(latent, blend=parts) if parts else Latent(latent.seed)


def _fits(mix: Mix, sizes: Mapping[str, int]) -> bool:
    return _right_size(mix.latent, sizes)


def _right_size(latent: Latent, sizes: Mapping[str, int]) -> bool:
    if latent.blend:
        return all(_right_size(part, sizes) for part, _ in latent.blend)
    return not latent.vector or len(latent.vector) == sizes[latent.space]


def _kept(
    pairs: tuple[tuple[int, V], ...], keep: Callable[[int, V], bool]
) -> tuple[tuple[int, V], ...]:
    return tuple((key, value) for key, value in pairs if keep(key, value))
