"""From the bytes of a picture file to a square of 8-bit RGB, and to its pyramid."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganlab_core.dataset.options import PrepareOptions
from ganlab_core.dataset.reasons import Reason, Unusable

Uint8 = npt.NDArray[np.uint8]

MAX_PIXELS = 2**26
"""Pictures above 67 million pixels are refused undecoded; Pillow itself warns at 89 million."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers are known to raise on malformed files, besides OSError.
_MALFORMED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
)


@contextlib.contextmanager
def pillow_warnings_tamed() -> Iterator[None]:
    """Silence Pillow's remarks on odd files, and turn its decompression-bomb warning into an error.

    Filters belong to the whole process, so this is entered once around a preparation, not once per
    picture in each thread; `decode` compares the pixel count itself and does not depend on it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def decode(data: bytes, resolution: int, options: PrepareOptions) -> Uint8:
    """Decode a picture file to uint8 (3, resolution, resolution), upright, opaque and square.

    Raises
    ------
    Unusable
        When the file is damaged, has too many pixels, or its smaller side is below `resolution`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image.size, resolution)
            image.load()
            square = _square(_opaque(_upright(image), options), resolution, options)
            return np.ascontiguousarray(np.asarray(square, np.uint8).transpose(2, 0, 1))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many_pixels() from error
    except MemoryError as error:
        raise Unusable(Reason.TOO_BIG, "does not fit into memory") from error
    except _MALFORMED as error:
        words = "is cut short" if "truncated" in str(error) else "is damaged or not a picture"
        raise Unusable(Reason.DAMAGED, words) from error


def pyramid(top: Uint8) -> dict[int, Uint8]:
    """All resolutions from `top`, uint8 (3, r, r) with r a power of two, down to 4 by 2x2 means.

    Means are taken of means in float and rounded only for storage, so no error piles up over the
    levels (Karras et al. 2018, sec. 2: real images are down-sampled to the network's resolution).
    """
    levels = {top.shape[1]: top}
    exact = top.astype(np.float32)
    while exact.shape[1] > 4:
        rows = exact[:, 0::2, :] + exact[:, 1::2, :]
        exact = (rows[:, :, 0::2] + rows[:, :, 1::2]) * np.float32(0.25)
        levels[exact.shape[1]] = np.rint(exact).astype(np.uint8)
    return levels


def _check_size(size: tuple[int, int], resolution: int) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(size) < resolution:
        words = f"is {width} x {height} pixels, below the {resolution} that training needs"
        raise Unusable(Reason.TOO_SMALL, words, side=min(size))


def _too_many_pixels() -> Unusable:
    limit = MAX_PIXELS // 10**6
    return Unusable(Reason.TOO_BIG, f"has more than {limit} million pixels")


def _upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; a broken EXIF block costs the rotation, not the picture."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except _MALFORMED:
        return image
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _opaque(image: Image.Image, options: PrepareOptions) -> Image.Image:
    """8-bit RGB of any mode, transparency laid over the background colour."""
    if image.mode.startswith("I"):
        image = _eight_bit(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    canvas = Image.new("RGB", image.size, options.colour)
    canvas.paste(layered, mask=layered.getchannel("A"))
    return canvas


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey 0..65535 to 0..255; Pillow's own conversion would clip at 255."""
    grey = np.asarray(image).astype(np.int64).clip(0, 65535)
    return Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))


def _square(image: Image.Image, resolution: int, options: PrepareOptions) -> Image.Image:
    width, height = image.size
    if width != height and options.fit == "crop":
        side = min(image.size)
        left, top = (width - side) // 2, (height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    elif width != height and options.fit == "pad":
        side = max(image.size)
        canvas = Image.new("RGB", (side, side), options.colour)
        canvas.paste(image, ((side - width) // 2, (side - height) // 2))
        image = canvas
    return _shrink(image, resolution)


def _shrink(image: Image.Image, resolution: int) -> Image.Image:
    """Antialiased reduction: box means where the factors are whole, Lanczos otherwise."""
    width, height = image.size
    if width % resolution == 0 and height % resolution == 0:
        factors = (width // resolution, height // resolution)
        return image if factors == (1, 1) else image.reduce(factors)
    return image.resize((resolution, resolution), Image.Resampling.LANCZOS)
