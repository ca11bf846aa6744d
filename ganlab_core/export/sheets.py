"""Sheets of many pictures: contact sheets, comparisons as papers show them, strips from A to B."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ganlab_core.errors import ExportError
from ganlab_core.export.footage import Render
from ganlab_core.export.layout import (
    GROUND,
    Pixels,
    check_size,
    labelled,
    resized,
    squarest,
    text_line,
    text_size,
    text_width,
    tiled,
)
from ganlab_core.recipe import Capabilities, Noise, Recipe, blend_recipes, find_class

ACROSS = ("psi", "noise", "class", "growth", "models")
"""What the columns of a comparison may differ in."""

MOST_PICTURES = 4096


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a comparison.

    Attributes
    ----------
    label
        Written above it.
    edit
        What it changes in a row's Recipe.
    render
        Draws it.
    """

    label: str
    edit: Callable[[Recipe], Recipe]
    render: Render


@dataclass(frozen=True, slots=True)
class SheetLook:
    """How a sheet is laid out.

    Attributes
    ----------
    side
        Pixels of each picture; None = as rendered.
    method
        `"nearest"` or `"lanczos"`.
    gap
        Pixels between pictures.
    labels
        Whether words stand beside them.
    """

    side: int | None = None
    method: str = "lanczos"
    gap: int = 4
    labels: bool = True


def contact_sheet(
    render: Render,
    recipes: Sequence[Recipe],
    labels: Sequence[str],
    columns: int | None = None,
    look: SheetLook = SheetLook(),
) -> Pixels:
    """One picture per Recipe in rows, its label below it."""
    across = columns or squarest(len(recipes))
    _check(look, -(-len(recipes) // across), across)
    pictures = [resized(render(recipe), look.side, look.method) for recipe in recipes]
    if look.labels:
        size = text_size(pictures[0].shape[1])
        pictures = [labelled(*pair, size) for pair in zip(pictures, labels, strict=True)]
    return tiled(pictures, across, look.gap)


def comparison(
    rows: Sequence[tuple[str, Recipe]], columns: Sequence[Column], look: SheetLook = SheetLook()
) -> Pixels:
    """A row per Recipe and a column per variation, labelled at the left and above."""
    _check(look, len(rows), len(columns))
    pictures = [
        [resized(column.render(column.edit(recipe)), look.side, look.method) for column in columns]
        for _, recipe in rows
    ]
    side = max(picture.shape[1] for row in pictures for picture in row)
    body = tiled([picture for row in pictures for picture in row], len(columns), look.gap)
    if not look.labels:
        return body
    size = text_size(side)
    heads = tiled(
        [text_line(column.label, side, size) for column in columns], len(columns), look.gap
    )
    height = max(picture.shape[0] for row in pictures for picture in row)
    width = max(text_width(label, size) for label, _ in rows)
    margins = [_centred(text_line(label, width, size), height) for label, _ in rows]
    left = np.concatenate([_ground(heads.shape[0], width), tiled(margins, 1, look.gap)])
    whole = np.concatenate([left, np.concatenate([heads, body])], axis=1)
    check_size(*whole.shape[:2])
    return whole


def strip_recipes(first: Recipe, last: Recipe, steps: int, space: str = "w") -> list[Recipe]:
    """`steps` Recipes in even steps from the first to the last, both included."""
    if not 2 <= steps <= 256:
        raise ExportError("A strip has from 2 to 256 pictures.")
    between = [
        blend_recipes([(first, 1.0 - u), (last, u)], space, space)
        for u in (step / (steps - 1) for step in range(1, steps - 1))
    ]
    return [first, *between, last]


def columns_across(
    what: str, values: Sequence[str], render: Render, can: Capabilities
) -> list[Column]:
    """The columns of a comparison across psi, noise, class or growth, from values as written.

    Without values: psi from 0 to 1, every kind of noise, every class, every resolution. Raises
    `GanlabError` for what this model cannot vary, or a value that makes no sense.
    """
    make = {"psi": _psi, "noise": _noise, "class": _class, "growth": _growth}[what]
    given = list(values) or _all_values(what, can)
    if not _all_values(what, can):
        raise ExportError(f"This model has no {what} to compare.", "Compare something else.")
    try:
        return [Column(label, edit, render) for label, edit in (make(v, can) for v in given)]
    except ValueError:
        raise ExportError(
            f"{', '.join(given)[:60]} are no values of {what}.",
            "Write numbers, classes or kinds of noise, with commas between.",
        ) from None


Edited = tuple[str, Callable[[Recipe], Recipe]]


def _all_values(what: str, can: Capabilities) -> list[str]:
    every = {
        "psi": ["0", "0.25", "0.5", "0.75", "1"] if can.has_truncation else [],
        "noise": ["stored", "random", "off"] if can.has_noise else [],
        "class": [str(index) for index in range(min(16, len(can.classes)))],
        "growth": [str(side) for side in can.resolutions] if can.has_growth else [],
    }
    return every[what]


def _psi(value: str, _can: Capabilities) -> Edited:
    psi = Recipe(psi=float(value)).psi
    return f"psi {psi:g}", lambda recipe: replace(recipe, psi=psi, psi_at=())


def _noise(value: str, _can: Capabilities) -> Edited:
    kind = Noise(value)
    return f"{value} noise" if value != "off" else "no noise", lambda recipe: replace(
        recipe, noise=replace(recipe.noise, mode=kind.mode), noise_layers=()
    )


def _class(value: str, can: Capabilities) -> Edited:
    index = find_class(value, can.classes)
    return can.classes[index], lambda recipe: replace(
        recipe, classes=((index, 1.0),), classes_at=()
    )


def _growth(value: str, can: Capabilities) -> Edited:
    side = int(value)
    if side not in can.resolutions:
        raise ValueError(value)
    growth = float(side.bit_length() - 1)
    return f"{side} px", lambda recipe: replace(recipe, growth=growth)


def _check(look: SheetLook, rows: int, columns: int) -> None:
    """Raise `ExportError` for a sheet that would be too large, before anything is rendered."""
    if not 1 <= rows * columns <= MOST_PICTURES:
        raise ExportError(f"A sheet holds from 1 to {MOST_PICTURES} pictures.")
    side = look.side or 1
    check_size(rows * side, columns * side)


def _ground(height: int, width: int) -> Pixels:
    blank: Pixels = np.empty((height, width, 3), np.uint8)
    blank[:] = GROUND
    return blank


def _centred(line: Pixels, height: int) -> Pixels:
    """A line of words in the middle of a cell of this height; cut where it is higher."""
    cell = _ground(max(height, line.shape[0]), line.shape[1])
    top = (cell.shape[0] - line.shape[0]) // 2
    cell[top : top + line.shape[0]] = line
    return cell[:height]
