"""How much of a second model is where, as people write it: `0.5`, `"4=1,8=1,mapping=0"`, `"0.2,64=1"`."""

from __future__ import annotations

from dataclasses import replace

from ganlab_core.errors import RecipeError
from ganlab_core.files import check_range
from ganlab_core.recipe.capabilities import MAPPING
from ganlab_core.recipe.recipe import Recipe

MAPPING_WORD = "mapping"
REMEDY = "Write an amount from 0 to 1 for all, as 0.5, or for places, as 4=1,8=0.5,mapping=0."


def with_amounts(recipe: Recipe, text: str) -> Recipe:
    """The Recipe with these amounts in place of its own; raises `RecipeError` with a sentence.

    An amount alone is the master's; one after a resolution in pixels, or after `mapping`, is its own.
    """
    changed = replace(recipe, second=0.0, second_at=(), second_mapping=None)
    seen: set[str] = set()
    for part in text.split(","):
        place, mark, number = part.rpartition("=")
        place = place.strip()
        if place in seen:
            raise RecipeError(f"The amount of {place or 'all'} is written twice.", REMEDY)
        seen.add(place)
        amount = _amount(number)
        changed = (
            changed.with_second_at(_place(place), amount)
            if mark
            else replace(changed, second=amount)
        )
    return changed


def amounts_text(recipe: Recipe) -> str:
    """The amounts of a Recipe as `with_amounts` reads them."""
    own = [f"{side}={amount:.12g}" for side, amount in recipe.second_at]
    mapping = recipe.second_mapping
    last = [] if mapping is None else [f"{MAPPING_WORD}={mapping:.12g}"]
    return ",".join([f"{recipe.second:.12g}", *own, *last])


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        raise RecipeError(f"{text.strip()[:40]!r} is no amount.", REMEDY) from None
    check_range("An amount", amount, 0.0, 1.0)
    return amount


def _place(word: str) -> int:
    if word == MAPPING_WORD:
        return MAPPING
    side = int(word) if word.isascii() and word.isdigit() and len(word) <= 4 else 0
    if side < 4 or side & (side - 1):
        raise RecipeError(f"{word[:40]!r} is no resolution of a network.", REMEDY)
    return side
