"""Where a strip's mixed-in style comes from."""

from __future__ import annotations

from ganlab_core.recipe import SEED_MAX, Latent, Mix, Recipe

SOURCE_PSI = 0.7
"""The truncation of those pictures, whatever the desk's: turning psi need not draw them anew."""


def other_style(recipe: Recipe) -> Latent:
    """The style that a mix slider reaches for when none was chosen yet.

    The one already mixed in somewhere else, so that strips share it; else the next seed.
    """
    mixes = [mix for _, mix in (*recipe.mix_at, *recipe.mix_layers)]
    if mixes:
        return mixes[0].latent
    seed = recipe.latent.seed
    return Latent(seed + 1 if seed < SEED_MAX else 0)


def with_source(mix: Mix | None, latent: Latent) -> Mix:
    """The mix with another source; one that showed nothing of it now shows all."""
    return Mix(latent, 1.0 if mix is None or mix.amount == 0 else mix.amount)


def source_of(recipe: Recipe, resolution: int) -> Recipe:
    """The picture of what a strip takes: its latent or the master's, of the class it sees."""
    mix = dict(recipe.mix_at).get(resolution)
    return Recipe(
        latent=recipe.latent if mix is None else mix.latent,
        psi=SOURCE_PSI,
        classes=dict(recipe.classes_at).get(resolution, recipe.classes),
        threshold=recipe.threshold,
    )
