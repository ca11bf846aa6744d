"""Where a model begins: with its first hand-picked Recipe, else with the truncation it came with.

Both stand in the provenance of the model file's header. `"recipes"` is a list of
`{"name": text, "recipe": Recipe as JSON}`, best first; `"truncation"` is `{"psi", "cutoff"}` as the
published code would use them.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace

from ganlab_core.errors import RecipeError
from ganlab_core.files import Fields, parse_json
from ganlab_core.models.info import ModelInfo
from ganlab_core.recipe import Capabilities, Recipe, fit

PICKS = "recipes"
TRUNCATION = "truncation"
THUMBNAIL = "thumbnail"
"""A PNG of a few dozen pixels, base64: the face of the model in lists."""

MOST_PICKS = 64


@dataclass(frozen=True, slots=True)
class Pick:
    """A Recipe that somebody chose to show what a model can do.

    Attributes
    ----------
    name
        What a person reads.
    recipe
        The Recipe itself.
    """

    name: str
    recipe: Recipe


def picks(info: ModelInfo) -> tuple[Pick, ...]:
    """The hand-picked Recipes of a model, best first; what cannot be read is passed over."""
    listed = info.provenance.get(PICKS)
    found = [_pick(one) for one in listed[:MOST_PICKS]] if isinstance(listed, list) else []
    return tuple(pick for pick in found if pick is not None)


def plain_start(info: ModelInfo) -> Recipe:
    """The plain Recipe under the truncation that the model came with, where it came with one."""
    stated = info.provenance.get(TRUNCATION)
    if not isinstance(stated, dict):
        return Recipe()
    try:
        fields = Fields("truncation", stated, RecipeError)
        psi, cutoff = fields.number("psi", Recipe().psi), fields.optional_integer("cutoff")
        return Recipe(psi=psi, cutoff=cutoff)
    except RecipeError:
        return Recipe()


def start_recipe(info: ModelInfo, can: Capabilities) -> Recipe:
    """The Recipe that this model is first shown with, and that Reset All returns to."""
    chosen = picks(info)
    return fit(chosen[0].recipe if chosen else plain_start(info), can)


def reset_to(start: Recipe, recipe: Recipe) -> Recipe:
    """`start` with the latent of `recipe` and the fields that this version does not know."""
    return replace(start, latent=recipe.latent, extra=recipe.extra)


def _pick(data: object) -> Pick | None:
    try:
        return _read_pick(json.dumps(data))
    except (ValueError, RecursionError):
        return None


@functools.lru_cache(maxsize=4 * MOST_PICKS)
def _read_pick(text: str) -> Pick | None:
    """Kept, because a model that is opened is asked for its picks from several sides."""
    try:
        fields = Fields("pick", parse_json(text, "pick", RecipeError), RecipeError)
        recipe = Recipe.from_json(json.dumps(fields.take("recipe", None)))
        name = fields.text("name", "").strip()
    except (RecipeError, ValueError, RecursionError):
        return None
    return Pick(name or f"Seed {recipe.latent.seed}", recipe)
