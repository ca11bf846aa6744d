"""Pictures side by side, made larger or smaller, and with words: uint8 (H, W, 3), or 4 with opacity.

What is laid out so: contact sheets, comparisons as papers show them, strips from A to B.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ganlab_core.errors import ExportError
from ganlab_core.recipe import Capabilities, Noise, Recipe, blend_recipes, find_class

Pixels = NDArray[np.uint8]

Render = Callable[[Recipe], Pixels]
"""From a Recipe to its picture, uint8 (H, W, 3), or (H, W, 4) with its opacity."""

GROUND = (18, 19, 23)
INK = (232, 232, 234)

METHODS = {"nearest": Image.Resampling.NEAREST, "lanczos": Image.Resampling.LANCZOS}
"""Name -> how pictures change their size: repeated pixels, or Lanczos' windowed sinc."""

LARGEST_SIDE = 16384
"""Pixels of a whole sheet or film frame."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """Another size than the rendered one.

    Attributes
    ----------
    side
        Pixels of the larger side, 1 to 16384.
    method
        One of `METHODS`.
    """

    side: int
    method: str = "lanczos"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ExportError(f"Pictures are resized by {' or '.join(METHODS)}.")
        if self.side < 1:
            raise ExportError("A picture's side is at least 1 pixel.")
        check_size(self.side, self.side)


def resized_raw(raw: NDArray[np.float32], scaled: Scaled) -> NDArray[np.float32]:
    """`resized` for float32 (3, H, W)."""
    _, height, width = raw.shape
    factor = scaled.side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    method = METHODS[scaled.method]
    return np.stack([np.asarray(Image.fromarray(plane).resize(size, method)) for plane in raw])


def resized(pixels: Pixels, side: int | None, method: str = "lanczos") -> Pixels:
    """A picture with its larger side made `side` pixels; None leaves it alone."""
    height, width = pixels.shape[:2]
    if side is None or side == max(height, width):
        return pixels
    factor = side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(pixels).resize(size, METHODS[method]))


def with_opacity(pixels: Pixels) -> Pixels:
    """Pixels with an opacity, which is full where they had none."""
    if pixels.shape[2] == 4:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def alike(pictures: Sequence[Pixels]) -> list[Pixels]:
    """All of them with an opacity where one has it."""
    clear = any(picture.shape[2] == 4 for picture in pictures)
    return [with_opacity(picture) if clear else picture for picture in pictures]


def tiled(pictures: Sequence[Pixels], columns: int, gap: int = 0) -> Pixels:
    """Pictures in rows of `columns`, the last row maybe short, `gap` pixels of ground between them.

    Every cell is as large as the largest picture; ground is opaque. Raises `ExportError` when the whole
    would be larger than 16384 pixels.
    """
    pictures = alike(pictures)
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    rows = -(-len(pictures) // columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    check_size(*size)
    sheet: Pixels = np.full((*size, pictures[0].shape[2]), 255, np.uint8)
    sheet[..., :3] = GROUND
    for index, picture in enumerate(pictures):
        top = (index // columns) * (height + gap)
        left = (index % columns) * (width + gap)
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def check_size(height: int, width: int) -> None:
    """Raise `ExportError` for a sheet or frame of absurd size."""
    if max(height, width) > LARGEST_SIDE:
        raise ExportError(
            f"The picture would be {width} x {height} pixels.",
            f"Choose fewer or smaller ones; {LARGEST_SIDE} is the most.",
        )


def squarest(count: int) -> int:
    """How many columns make `count` pictures nearest to a square, rather wide than high."""
    return max(1, int(np.ceil(np.sqrt(count))))


def text_size(side: int) -> int:
    """Height of letters in pixels that suits pictures of this side."""
    return max(10, min(32, side // 12))


def text_line(words: str, width: int, size: int, *, centred: bool = True) -> Pixels:
    """One line of words on ground, as wide as asked and 1.5 letters high; what is too long is cut."""
    height = int(size * 1.5)
    image = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(image)
    font = _font(size)
    place = (width / 2, height / 2) if centred else (size / 3, height / 2)
    draw.text(place, words, INK, font, anchor="mm" if centred else "lm")
    return np.asarray(image)


def text_width(words: str, size: int) -> int:
    """How wide a line of words is, in pixels, with a little room at both ends."""
    return int(_font(size).getlength(words)) + size


def labelled(picture: Pixels, words: str, size: int) -> Pixels:
    """A picture with a line of words below it."""
    line = text_line(words, picture.shape[1], size)
    return np.concatenate(alike([picture, line]))


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


ACROSS = ("psi", "noise", "class", "growth", "models")
"""What the columns of a comparison may differ in."""

MOST_PICTURES = 4096


Edited = tuple[str, Callable[[Recipe], Recipe]]
"""The label of a column, and what it changes in a row's Recipe."""


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
    return [Column(label, edit, render) for label, edit in edits_across(what, values, can)]


def edits_across(what: str, values: Sequence[str], can: Capabilities) -> list[Edited]:
    """Label and edit of each column of `columns_across`, without what draws it."""
    make = {"psi": _psi, "noise": _noise, "class": _class, "growth": _growth}[what]
    given = list(values) or _all_values(what, can)
    if not _all_values(what, can):
        raise ExportError(f"This model has no {what} to compare.", "Compare something else.")
    try:
        return [make(value, can) for value in given]
    except ValueError:
        raise ExportError(
            f"{', '.join(given)[:60]} are no values of {what}.",
            "Write numbers, classes or kinds of noise, with commas between.",
        ) from None


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
