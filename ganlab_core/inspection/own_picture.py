"""A person's own picture, cut to the square that a model draws, and how alike two pictures are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganlab_core.data import MAX_FILE_BYTES, Unusable, whole_picture
from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.files import read_up_to

_REMEDY = "Choose a PNG, JPEG, WebP or another picture of a common kind."


class OwnPictureError(GanlabError):
    """A picture that cannot be brought into a model."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of a picture, in shares of the picture's shorter side.

    Attributes
    ----------
    x, y
        Its middle, from the picture's middle; 0 = centred. Right and down are positive.
    side
        Its side; 1 = as large as fits in a centred square. What reaches out of the picture is ground.
    """

    x: float = 0.0
    y: float = 0.0
    side: float = 1.0

    def __post_init__(self) -> None:
        if not (abs(self.x) <= 100.0 and abs(self.y) <= 100.0 and 0.01 <= self.side <= 4.0):
            raise OwnPictureError(
                "The crop's square is not a part of the picture.",
                "Give its middle, and a side of 0.01 to 4, in shares of the shorter side.",
            )

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels; may lie outside the picture."""
        unit = min(width, height)
        middle = (0.5 * width + self.x * unit, 0.5 * height + self.y * unit)
        half = 0.5 * self.side * unit
        return middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half


CENTRED = Crop()


def read_own_picture(path: Path, side: int) -> Pixels:
    """A picture file as it is, upright, uint8 (H, W, 4); raises `OwnPictureError` with a sentence.

    One of very many pixels comes smaller, but never below twice `side`.
    """
    try:
        return whole_picture(read_up_to(path, MAX_FILE_BYTES), side)
    except OSError as error:
        raise OwnPictureError(explain_os_error(error, f"reading {path.name}"), _REMEDY) from None
    except Unusable as error:
        raise OwnPictureError(f"{path.name} {error.words}.", _REMEDY) from None


def cut_square(
    picture: Pixels, side: int, ground: tuple[int, int, int], crop: Crop = CENTRED
) -> Pixels:
    """The square of a picture uint8 (H, W, 4) as a model's picture, uint8 (side, side, 3).

    Transparency lies over `ground`, which also fills what lies outside the picture. Made smaller by
    means of areas, larger by smooth curves.
    """
    image = Image.fromarray(picture)
    factor = int(crop.side * min(image.size)) // (4 * side)
    image = image.reduce(factor) if factor > 1 else image
    left, top, right, bottom = (round(edge) for edge in crop.box(*image.size))
    size = max(1, right - left)
    canvas = Image.new("RGBA", (size, size), (*ground, 255))
    inside = (max(left, 0), max(top, 0), min(right, image.width), min(top + size, image.height))
    if inside[0] < inside[2] and inside[1] < inside[3]:
        canvas.alpha_composite(image.crop(inside), (max(-left, 0), max(-top, 0)))
    opaque = canvas.convert("RGB")
    if size % side == 0:
        return np.array(opaque.reduce(size // side), np.uint8)
    return np.array(opaque.resize((side, side), Image.Resampling.LANCZOS), np.uint8)


Pixels = NDArray[np.uint8]

WINDOW = 7
"""Side of the squares whose means, spreads and covariance SSIM compares, in pixels."""

FLAT, FAINT = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
"""What keeps SSIM from dividing by nothing where both pictures are flat (Wang et al. 2004, eq. 13)."""


def psnr(ours: Pixels, theirs: Pixels) -> float:
    """Peak signal to noise of uint8 pictures of one shape, in dB; infinite for equal ones."""
    error = float(np.square(ours.astype(np.float64) - theirs.astype(np.float64)).mean())
    return 10.0 * math.log10(255.0**2 / error) if error else math.inf


def ssim(ours: Pixels, theirs: Pixels) -> float:
    """Structural similarity (Wang et al. 2004, eq. 13) of uint8 (H, W, 3), -1 to 1, mean over colours.

    Over even windows of 7 pixels, of which every place whose window lies inside counts.
    """
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    mean_a, mean_b = _means(a), _means(b)
    spread_a, spread_b = _means(a * a) - mean_a**2, _means(b * b) - mean_b**2
    shared = _means(a * b) - mean_a * mean_b
    likeness = ((2.0 * mean_a * mean_b + FLAT) * (2.0 * shared + FAINT)) / (
        (mean_a**2 + mean_b**2 + FLAT) * (spread_a + spread_b + FAINT)
    )
    return float(likeness.mean())


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over every window, (H, W, C) -> (H - 6, W - 6, C)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, (WINDOW, WINDOW), axis=(0, 1))
    means: NDArray[np.float64] = windows.mean(axis=(-2, -1))
    return means
