"""Pairs of a whole number and a value: how a Recipe keeps what it says per resolution, layer or class.

Pairs and not dicts, because a Recipe is hashable; sorted by number with one value each, so that equal
settings are equal however they came about.
"""

from __future__ import annotations

import math
from typing import TypeVar

from ganlab_core.errors import RecipeError
from ganlab_core.reading import Fields, plain

V = TypeVar("V")

Classes = tuple[tuple[int, float], ...]
"""Pairs (class index, weight), a mix of class embeddings; empty = the model's first class."""

Gains = tuple[tuple[int, float], ...]
"""Pairs (feature map, factor): 0 ablates it, above 1 boosts it."""


def sorted_pairs(pairs: tuple[tuple[int, V], ...]) -> tuple[tuple[int, V], ...]:
    """Sorted by key; of several values for one key the last stays."""
    return tuple(sorted(dict(pairs).items(), key=lambda pair: pair[0]))


def with_pair(
    pairs: tuple[tuple[int, V], ...], key: int, value: V | None
) -> tuple[tuple[int, V], ...]:
    """The pairs with `key` set, or removed for None; always sorted."""
    others = tuple(pair for pair in pairs if pair[0] != key)
    return sorted_pairs(others if value is None else (*others, (key, value)))


def plain_pairs(pairs: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """The pairs with equal numbers written alike, as `plain` does."""
    return tuple((key, plain(value)) for key, value in pairs)


def pairs_to_dict(pairs: tuple[tuple[int, float], ...]) -> dict[str, float]:
    """The pairs as a JSON object, which has texts for keys."""
    return {str(key): value for key, value in pairs}


def read_pairs(value: object) -> tuple[tuple[int, float], ...]:
    """The inverse of `pairs_to_dict`; raises `RecipeError`."""
    return Fields("Recipe", {"weights": value}, RecipeError).numbered("weights", read_number)


def read_number(value: object) -> float:
    """A number; raises `RecipeError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecipeError(f"A number was expected in the Recipe, not {value!r}.")
    try:
        return float(value)
    except OverflowError:
        return math.inf  # which no range allows
