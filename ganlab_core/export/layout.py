"""Pictures side by side, made larger or smaller, and with words: uint8 (H, W, 3), or 4 with opacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ganlab_core.errors import ExportError

Pixels = NDArray[np.uint8]

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
