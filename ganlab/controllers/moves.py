"""What exploring does to a Recipe: pure functions on places, strips and groups of strips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Latent, Mix, Recipe

GROUPS = ("coarse", "middle", "fine")
"""How StyleGAN's paper calls 4 to 8, 16 to 32, and 64 px upwards (Karras et al. 2019, sec. 3.1)."""


def group_of(resolution: int) -> str:
    """Which of the three groups a resolution belongs to."""
    return "coarse" if resolution <= 8 else "middle" if resolution <= 32 else "fine"


def resolutions_of(group: str, can: Capabilities) -> tuple[int, ...]:
    """The resolutions of a group that this model has."""
    return tuple(side for side in can.resolutions if group_of(side) == group)


def travel(recipe: Recipe, latent: Latent, resolutions: Iterable[int] | None = None) -> Recipe:
    """Put a latent everywhere, or with resolutions mix it fully in at these alone."""
    if resolutions is None:
        return replace(recipe, latent=latent)
    for resolution in resolutions:
        recipe = recipe.with_mix_at(resolution, Mix(latent))
    return recipe


def with_styles(recipe: Recipe, master: Latent, styles: Mapping[int, Latent]) -> Recipe:
    """A master latent and for some resolutions one of their own; equal ones follow the master."""
    recipe = replace(recipe, latent=master)
    for resolution, latent in styles.items():
        mix = None if latent == master else Mix(latent)
        recipe = recipe.with_mix_at(resolution, mix)
    return recipe


def pin(recipe: Recipe, resolution: int, latent: Latent) -> Recipe:
    """Let a strip keep this style whatever happens to the master."""
    return recipe.with_mix_at(resolution, Mix(latent))


def is_pinned(recipe: Recipe, resolution: int, by: Mix | None) -> bool:
    """Whether a strip still shows the very style it was pinned to."""
    return by is not None and dict(recipe.mix_at).get(resolution) == by
