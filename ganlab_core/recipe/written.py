"""Parts of a Recipe as people write them: class mixes, and how much of a second model is where.

Classes are `207`, `tench` or `"207:0.5,tench:0.5"`; amounts `0.5`, `"4=1,8=1,mapping=0"` or `"0.2,64=1"`.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from ganlab_core.errors import RecipeError
from ganlab_core.files import check_range
from ganlab_core.recipe.capabilities import MAPPING
from ganlab_core.recipe.recipe import Classes, Recipe

LONGEST = 60
"""Characters of a class name in a sentence."""

LISTED = 20
"""Classes that a sentence lists."""


def short_name(name: str) -> str:
    """The first of the synonyms that a class name lists: `"tench"` of `"tench, Tinca tinca"`."""
    return name.split(",")[0].strip() or name


def class_name(index: int, names: Sequence[str]) -> str:
    """The short name of a class, or its number where it has none."""
    return short_name(names[index]) if index < len(names) and names[index] else f"class {index}"


def read_classes(text: str, names: Sequence[str]) -> Classes:
    """A class mix from `ID[:WEIGHT],...`; raises `RecipeError` with a sentence.

    A class is its number, or its name where one class alone has it; a name that has commas is
    given alone, by one of its parts, or by its number. The weights are taken as they are.
    """
    if not names:
        raise RecipeError("This model knows no classes.", "Leave the class away.")
    if text.strip().casefold() in {name.casefold() for name in names}:
        return ((find_class(text, names), 1.0),)
    found: dict[int, float] = {}
    for part in text.split(","):
        word, weight = _weighted(part)
        index = find_class(word, names)
        if index in found:
            raise RecipeError(f"Class {index} is named twice.", "Name it once, with its weight.")
        found[index] = weight
    return tuple(sorted(found.items()))


def find_class(word: str, names: Sequence[str]) -> int:
    """The number of the class meant by a number or a name; raises `RecipeError`."""
    word = word.strip()
    if word.isascii() and word.isdigit():
        if int(word) < len(names):
            return int(word)
        raise RecipeError(f"There is no class {word[:LONGEST]}.", list_of_classes(names))
    wanted = word.casefold()
    same = [i for i, name in enumerate(names) if name.casefold() == wanted]
    same = same or [i for i, name in enumerate(names) if wanted in _parts(name)]
    if len(same) == 1:
        return same[0]
    if same:
        numbers = ", ".join(map(str, same[:8]))
        raise RecipeError(f"{word!r} is the name of several classes.", f"Give one of {numbers}.")
    raise RecipeError(f"There is no class {word[:LONGEST]!r}.", _suggestion(wanted, names))


def list_of_classes(names: Sequence[str]) -> str:
    """The first classes with their numbers, and how many more there are."""
    first = ", ".join(
        f"{i} {class_name(i, names)[:LONGEST]}" for i in range(min(LISTED, len(names)))
    )
    more = f" and so on up to {len(names) - 1}" if len(names) > LISTED else ""
    return f"Classes are {first}{more}."


def matching(text: str, names: Sequence[str]) -> list[int]:
    """The classes whose name holds `text`, those that begin with it first; a number finds its class."""
    wanted = text.strip().casefold()
    folded = [name.casefold() for name in names]
    hits = [i for i, name in enumerate(folded) if wanted in name or wanted == str(i)]
    return sorted(hits, key=lambda i: (str(i) != wanted, not folded[i].startswith(wanted), i))


def _parts(name: str) -> set[str]:
    return {part.strip() for part in name.casefold().split(",")}


def _weighted(part: str) -> tuple[str, float]:
    word, colon, weight = part.rpartition(":")
    if not colon:
        return part, 1.0
    try:
        return word, float(weight)
    except ValueError:
        return part, 1.0


def _suggestion(wanted: str, names: Sequence[str]) -> str:
    """Names that are written much like the one wanted."""
    known = {part: index for index, name in enumerate(names) for part in sorted(_parts(name))}
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)
    near += [part for part in known if wanted and wanted in part and part not in near][
        : 3 - len(near)
    ]
    if near:
        return f"Did you mean {' or '.join(f'{one} ({known[one]})' for one in near)}?"
    return list_of_classes(names)


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
