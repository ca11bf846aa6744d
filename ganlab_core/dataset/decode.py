"""From the bytes of a picture file to a square of 8-bit RGB, and to its pyramid."""

from __future__ import annotations

import contextlib
import functools
import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError, features

from ganlab_core.dataset.options import PrepareOptions
from ganlab_core.dataset.reasons import Reason, Unusable

Uint8 = npt.NDArray[np.uint8]

MAX_PIXELS = 160_000_000
"""Pictures above are refused undecoded; Pillow itself refuses them above 179 million."""

MANY_PIXELS = 2**25
"""Pictures above are decoded one at a time, which takes up to 640 MB for each."""

_one_at_a_time = threading.Lock()
_REDUCIBLE = ("L", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I", "F")
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
    """Silence Pillow's remarks on odd files and on pictures that are large.

    Filters belong to the whole process, so this is entered once around a preparation, not once per
    picture in each thread; `decode` compares the pixel count itself and does not depend on it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def decode(data: bytes, resolution: int, options: PrepareOptions) -> Uint8:
    """Decode a picture file to uint8 (3, resolution, resolution), upright, opaque and square.

    Raises
    ------
    Unusable
        When the file is damaged, has too many pixels, or its smaller side is below `resolution`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_formats()) as file:
            width, height = file.size
            _check_size(file.size, resolution)
            with _one_at_a_time if width * height > MANY_PIXELS else contextlib.nullcontext():
                image = _loaded(file, resolution)
            square = _square(_opaque(_upright(image), options), resolution, options)
            return np.ascontiguousarray(np.asarray(square, np.uint8).transpose(2, 0, 1))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except MemoryError as error:
        raise Unusable(Reason.TOO_BIG, "does not fit into memory") from error
    except _MALFORMED as error:
        raise Unusable(*_reason(data, error)) from error


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


def _reason(data: bytes, error: Exception) -> tuple[Reason, str]:
    """Why Pillow cannot read a file."""
    if isinstance(error, UnidentifiedImageError) and data[:4] in (b"II*\0", b"MM\0*"):
        return Reason.FOREIGN, "is a TIFF of a kind ganlab does not read, as 16 bits of each colour"
    if "truncated" in str(error):
        return Reason.DAMAGED, "is cut short"
    return Reason.DAMAGED, "is damaged or not a picture"


@functools.cache
def _formats() -> tuple[str, ...]:
    """The kinds of files that are read; nothing else is even tried."""
    some = {"AVIF": "avif", "JPEG2000": "jpg_2000"}  # not in every build of Pillow
    there = (name for name, feature in some.items() if features.check(feature))
    return ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", *there)


def _loaded(image: ImageFile.ImageFile, resolution: int) -> Image.Image:
    """The decoded picture; one of very many pixels is made smaller at once, to twice what is needed."""
    width, height = image.size
    if width * height > MANY_PIXELS:
        image.draft("RGB", (2 * resolution, 2 * resolution))  # which only JPEG can
    image.load()
    factor = min(image.size) // (2 * resolution)
    if width * height <= MANY_PIXELS or factor < 2 or image.mode not in _REDUCIBLE:
        return image
    exif = image.getexif()
    smaller = image.reduce(factor)
    smaller.getexif()[_ORIENTATION_TAG] = exif.get(_ORIENTATION_TAG, 1)
    return smaller


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
    if image.mode == "F":
        image = _graded(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    if layered.getchannel("A").getbbox() is None:
        raise Unusable(Reason.INVISIBLE, "is see-through everywhere")
    canvas = Image.new("RGB", image.size, options.colour)
    canvas.paste(layered, mask=layered.getchannel("A"))
    return canvas


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey 0..65535 to 0..255; Pillow's own conversion would clip at 255."""
    grey = np.asarray(image).astype(np.int64).clip(0, 65535)
    return Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))


def _graded(image: Image.Image) -> Image.Image:
    """Floating-point grey, whose white is 1 or 255, to 8 bits."""
    grey = np.asarray(image)
    low, high = float(grey.min()), float(grey.max())
    if not 0.0 <= low <= high <= 255.0:  # NaN is not either
        raise Unusable(Reason.DAMAGED, "holds numbers that are no brightness from 0 to 1 or 255")
    return Image.fromarray(np.rint(grey * (255.0 if high <= 1.0 else 1.0)).astype(np.uint8))


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
