"""From the bytes of a picture file to 8 bits a sample of the training's shape, and to its pyramid."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError, features
from PIL.TiffImagePlugin import TiffImageFile

from ganlab_core.data.folder import Reason, Unusable, heic_is_read
from ganlab_core.errors import DatasetError

# ------------------------------------------------------------------------------------------------
# Which class each picture belongs to, told from labels or from folder names alone.


def class_keys(names: Sequence[str], labels: Mapping[str, int] | None) -> tuple[str, ...] | None:
    """What each picture's class is called by: its label where labels are known, else its folder.

    None when the set has no classes; labels that are empty say so.
    """
    if labels is None:
        return class_folders(names)
    return tuple(str(labels[name]) for name in names) if labels else None


_CHUNK_FOLDER = re.compile(r"\d{5,8}", re.ASCII)
_NUMBERED = re.compile(r"[^/]*?(\d{5,8})\.\w+", re.ASCII)


def class_folders(names: Sequence[str]) -> tuple[str, ...] | None:
    """The class folder of each relative name, or None when the set has no classes.

    Folders that wrap everything are looked through. The set has classes only if then *every*
    picture lies in a folder; one picture beside the folders makes the whole set unconditional.
    Deeper folders belong to the top one. Folders that only hold a thousand numbered pictures each, as
    NVIDIA's sets have them, are no classes.
    """
    split = _unwrapped([tuple(name.split("/")) for name in names])
    if not split or any(len(parts) == 1 for parts in split) or all(map(_is_chunk, split)):
        return None
    return tuple(parts[0] for parts in split)


def number_classes(
    keys: Sequence[str], *, numbers: bool = False
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Class names sorted as words or numbers, and the int64 label of each entry; one class is none.

    A class whose pictures were all skipped never reaches here, so labels have no holes.
    """
    classes = sorted(set(keys), key=lambda key: (int(key) if numbers else 0, key))
    if len(classes) < 2:
        return (), np.zeros(len(keys), np.int64)
    number = {key: index for index, key in enumerate(classes)}
    labels = np.array([number[key] for key in keys], np.int64)
    return tuple(printable(key) for key in classes), labels


def printable(name: str) -> str:
    """The name with question marks for control characters and for bytes that are no text."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def chunked(names: Sequence[str]) -> bool:
    """Whether folders only cut a numbered set into pieces, as in 00012/img00012345.png."""
    split = _unwrapped([tuple(name.split("/")) for name in names])
    return bool(split) and all(map(_is_chunk, split))


def _is_chunk(parts: tuple[str, ...]) -> bool:
    """Whether a picture lies in the folder of its thousand: number 12345 in 00012 or in 12000."""
    if len(parts) != 2 or not _CHUNK_FOLDER.fullmatch(parts[0]):
        return False
    number, folder = _NUMBERED.fullmatch(parts[1]), int(parts[0])
    return number is not None and folder in (thousand := int(number[1]) // 1000, 1000 * thousand)


def _unwrapped(split: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    while split and len(split[0]) > 1 and _share_first(split):
        split = [parts[1:] for parts in split]
    return split


def _share_first(split: list[tuple[str, ...]]) -> bool:
    first = split[0][0]
    return all(len(parts) > 1 and parts[0] == first for parts in split)


# ------------------------------------------------------------------------------------------------
# The named choices a person makes about how a picture becomes what training is shown.


FITS = ("crop", "pad", "stretch")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0)}
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
SQUARE = (4, 4)
GREY, COLOURS, TRANSPARENT = 1, 3, 4
"""What a picture may have of channels."""


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """How pictures of another shape, or that are not opaque, are made alike.

    Parameters
    ----------
    fit
        ``crop`` keeps the middle, ``pad`` adds background to the shorter side, ``stretch``
        squeezes the longer side.
    background
        What shows through transparency and fills the padding: ``white``, ``black`` or ``#rrggbb``.
    every
        Of a video each so-manieth frame is taken; 0 = as many as leave at most 4000.
    leave_out
        Names of pictures that a person leaves out, as `printable` writes them.
    channels
        1 grey, 3 colours, 4 colours and their opacity. With opacity the background is only what
        colours have where nothing of them is seen, and padding is see-through.
    const_size
        Height and width of a picture that counts as 4 px, so its proportions; (4, 4) = squares.

    Raises
    ------
    DatasetError
        For any other word.
    """

    fit: str = "crop"
    background: str = "white"
    every: int = 0
    leave_out: frozenset[str] = frozenset()
    channels: int = COLOURS
    const_size: tuple[int, int] = SQUARE

    def __post_init__(self) -> None:
        """Refuse other words."""
        if self.channels not in (GREY, COLOURS, TRANSPARENT):
            raise DatasetError(
                f"Pictures cannot have {self.channels} channels.",
                "Choose 1 for grey, 3 for colours, 4 for colours and their opacity.",
            )
        if not all(4 <= side <= 64 for side in self.const_size):
            raise DatasetError("Pictures cannot be so narrow.", "Choose an aspect up to 16:1.")
        if self.fit not in FITS:
            raise DatasetError(
                f"There is no way of fitting called '{self.fit}'.",
                f"Choose one of {', '.join(FITS)}.",
            )
        if not 0 <= self.every <= 1_000_000:
            raise DatasetError(
                "Frames are taken each 1 to 1000000, or 0 for as many as are needed."
            )
        if self.background not in _NAMED and not _HEX.fullmatch(self.background):
            raise DatasetError(
                f"'{self.background}' is not a background colour.",
                "Write white, black, or six hexadecimal digits such as #20a0ff.",
            )

    @property
    def colour(self) -> tuple[int, int, int]:
        """The background as red, green, blue in 0..255."""
        if self.background in _NAMED:
            return _NAMED[self.background]
        digits = self.background[1:]
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)

    def size(self, resolution: int) -> tuple[int, int]:
        """Height and width of a picture that counts as `resolution` px."""
        height, width = self.const_size
        return height * resolution // 4, width * resolution // 4


Uint8 = npt.NDArray[np.uint8]

MAX_PIXELS = 160_000_000
"""Pictures above are refused undecoded; Pillow itself refuses them above 179 million."""

MANY_PIXELS = 2**25
"""Pictures above are decoded one at a time, which takes up to 640 MB for each."""

_one_at_a_time = threading.Lock()
TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How a TIFF begins, by byte order, and a BigTIFF."""

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
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
    """Decode a picture file to uint8 (channels, height, width), upright and of the training's shape.

    Height and width are `options.size(resolution)`.

    Raises
    ------
    Unusable
        When the file is damaged, has too many pixels, or too few on a side.
    """
    height, width = options.size(resolution)
    with _as_unusable(), _opened(data, min(height, width)) as file:
        _check_size(file.size, min(height, width))
        image = _upright(_loaded_in_turn(file, max(height, width)))
        _check_shape(image.size, (height, width))
        fitted = _fitted(_as_channels(image, options), (height, width), options)
        pixels = np.asarray(fitted, np.uint8)
        planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        return np.ascontiguousarray(planes)


def channels_of(data: bytes) -> frozenset[int]:
    """What a picture file could be trained as without loss: 1 where it is grey, 4 where it is see-through.

    A difference of two levels between its colours is none. Raises `Unusable`.
    """
    with _as_unusable(), _opened(data, 1) as file:
        _check_size(file.size, 1)
        image = _in_bytes(_upright(_loaded_in_turn(file, 64)))
        opacity = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
        if opacity is not None and np.asarray(opacity).min() < 255:
            return frozenset({TRANSPARENT})
        if image.mode in ("1", "L"):
            return frozenset({GREY})
        pixels = np.asarray(image.convert("RGB"), np.int16)
        apart = int((pixels.max(axis=2) - pixels.min(axis=2)).max())
        return frozenset({GREY}) if apart <= 2 else frozenset()


def whole_picture(data: bytes, resolution: int) -> Uint8:
    """Decode a picture file of any size to uint8 (H, W, 4), upright; raises `Unusable`.

    One of very many pixels comes smaller, but never below twice `resolution`.
    """
    with _as_unusable(), _opened(data, 1) as file:
        _check_size(file.size, 1)
        image = _in_bytes(_upright(_loaded_in_turn(file, resolution))).convert("RGBA")
        if image.getchannel("A").getbbox() is None:
            raise Unusable(Reason.INVISIBLE, "is see-through everywhere")
        return np.array(image, np.uint8)


@contextlib.contextmanager
def _as_unusable() -> Iterator[None]:
    """Whatever is wrong with a file is an `Unusable`."""
    try:
        yield
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except MemoryError as error:
        raise Unusable(Reason.TOO_BIG, "does not fit into memory") from error
    except _MALFORMED as error:
        raise Unusable(*_reason(error)) from error


def _loaded_in_turn(file: Image.Image, resolution: int) -> Image.Image:
    """The decoded picture; those of very many pixels wait for each other."""
    width, height = file.size
    with _one_at_a_time if width * height > MANY_PIXELS else contextlib.nullcontext():
        return _loaded(file, resolution)


def pyramid(top: Uint8, resolution: int) -> dict[int, Uint8]:
    """All resolutions from `top`, uint8 (C, h, w) that counts as `resolution` px, down to 4 by 2x2 means.

    Means are taken of means in float and rounded only for storage, so no error piles up over the
    levels (Karras et al. 2018, sec. 2: real images are down-sampled to the network's resolution).
    Colours with an opacity count by it, so that what is not seen does not shine through.
    """
    levels = {resolution: top}
    exact = top.astype(np.float32)
    seen = exact[3:] if len(exact) == TRANSPARENT else None
    if seen is not None:
        exact = np.concatenate([exact[:3] * seen, seen])
    while resolution > 4:
        resolution //= 2
        rows = exact[:, 0::2, :] + exact[:, 1::2, :]
        exact = (rows[:, :, 0::2] + rows[:, :, 1::2]) * np.float32(0.25)
        shown = exact if seen is None else _unweighted(exact, levels[resolution * 2])
        levels[resolution] = np.rint(shown).astype(np.uint8)
    return levels


def _unweighted(exact: npt.NDArray[np.float32], before: Uint8) -> npt.NDArray[np.float32]:
    """Colours that were weighted by their opacity as they are; where nothing is seen those of `before`."""
    colours, seen = exact[:3], exact[3:]
    unseen = before[:3, ::2, ::2].astype(np.float32)
    shown = np.where(seen > 0.0, colours / np.maximum(seen, np.float32(1e-3)), unseen)
    return np.concatenate([np.clip(shown, 0.0, 255.0), seen])


def picture_facts(data: bytes) -> tuple[int, int, bool]:
    """Width, height and whether there is transparency, of a file that `decode` takes."""
    with _opened(data, 1) as image:
        return (*image.size, image.has_transparency_data)


def _opened(data: bytes, resolution: int) -> Image.Image:
    """The picture, of most kinds not decoded yet; a TIFF that Pillow does not know by tifffile."""
    try:
        image = Image.open(io.BytesIO(data), formats=_formats())
    except UnidentifiedImageError:
        if data[:4] not in TIFFS:
            raise
        return _tiff(data, resolution)
    return _tiff(data, resolution) if _misread(image) else image


def _misread(image: Image.Image) -> bool:
    """Whether it is a TIFF of 16 bits in planes, of which Pillow shows every other byte."""
    if not isinstance(image, TiffImageFile):
        return False
    return image.tag_v2.get(284) == 2 and set(image.tag_v2.get(258, ())) == {16}


def _tiff(data: bytes, resolution: int) -> Image.Image:
    """A TIFF as tifffile reads it, without what its log would say."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    try:
        return _first_page(data, resolution)
    except _MALFORMED as error:
        raise Unusable(Reason.FOREIGN, "is a TIFF of a kind ganlab does not read") from error


def _first_page(data: bytes, resolution: int) -> Image.Image:
    """The first page in 8 bits a sample: of 16 bits in another byte order, of planes, of fractions."""
    import tifffile  # with the first that needs it: a fifth of a second

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        _check_size((page.imagewidth, page.imagelength), resolution)
        samples, meaning = page.samplesperpixel, int(page.photometric)
        if page.imagedepth != 1 or samples not in _MODES or meaning not in (0, 1, 2):
            raise ValueError("no picture")
        if str(page.dtype) not in ("uint8", "uint16", "float16", "float32"):
            raise ValueError(f"samples of {page.dtype}")
        pixels = np.asarray(page.asarray())
    if int(page.planarconfig) == 2 and pixels.ndim == 3:
        pixels = pixels.transpose(1, 2, 0)
    pixels = _bytes_of(pixels)
    pixels = 255 - pixels if meaning == 0 else pixels  # 0 is white
    size = (page.imagewidth, page.imagelength)
    return Image.frombytes(_MODES[samples], size, pixels.tobytes())


def _bytes_of(pixels: npt.NDArray[np.generic]) -> Uint8:
    """Samples as 8 bits: whole numbers by their range, fractions by white at 1 or 255."""
    if pixels.dtype.kind == "f":
        return _graded(pixels.astype(np.float32))
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    return ((pixels.astype(np.int64) * 255 + 32767) // 65535).astype(np.uint8)


def _check_size(size: tuple[int, int], resolution: int) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(size) < resolution:
        words = f"is {width} x {height} pixels, below the {resolution} that training needs"
        raise Unusable(Reason.TOO_SMALL, words, side=min(size))


def _check_shape(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    """Raise `Unusable` for an upright picture that is narrower or lower than the training's."""
    if size[0] < wanted[1] or size[1] < wanted[0]:
        words = f"is {size[0]} x {size[1]} pixels, below the {wanted[1]} x {wanted[0]} that training needs"
        raise Unusable(Reason.TOO_SMALL, words, side=min(size[0] * wanted[0] // wanted[1], size[1]))


def _reason(error: Exception) -> tuple[Reason, str]:
    """Why Pillow cannot read a file."""
    if "truncated" in str(error):
        return Reason.DAMAGED, "is cut short"
    return Reason.DAMAGED, "is damaged or not a picture"


@functools.cache
def _formats() -> tuple[str, ...]:
    """The kinds of files that are read; nothing else is even tried."""
    some = {"AVIF": "avif", "JPEG2000": "jpg_2000"}  # not in every build of Pillow
    there = [name for name, feature in some.items() if features.check(feature)]
    if heic_is_read():
        import pillow_heif

        pillow_heif.register_heif_opener()
        there.append("HEIF")
    return ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", *there)


def _loaded(image: Image.Image, resolution: int) -> Image.Image:
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
    """Apply the EXIF orientation; a broken EXIF block costs the rotation, not the picture.

    Not `ImageOps.exif_transpose`, which writes the other tags anew after turning, and so fails, and
    loses the turn, where a camera left one of them broken.
    """
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except _MALFORMED:
        return image
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _as_channels(image: Image.Image, options: PrepareOptions) -> Image.Image:
    """8 bits a sample of any mode: grey, colours, or colours and their opacity."""
    image = _in_bytes(image)
    if options.channels == TRANSPARENT:
        return _clean(image, options)
    opaque = _opaque(image, options)
    return opaque.convert("L") if options.channels == GREY else opaque


def _clean(image: Image.Image, options: PrepareOptions) -> Image.Image:
    """RGBA whose colours are the background's where nothing is seen of them."""
    pixels = np.array(image.convert("RGBA"), np.uint8)
    if not pixels[..., 3].any():
        raise Unusable(Reason.INVISIBLE, "is see-through everywhere")
    pixels[pixels[..., 3] == 0] = (*options.colour, 0)
    return Image.fromarray(pixels)


def _opaque(image: Image.Image, options: PrepareOptions) -> Image.Image:
    """RGB of 8 bits a sample, transparency laid over the background colour."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    if layered.getchannel("A").getbbox() is None:
        raise Unusable(Reason.INVISIBLE, "is see-through everywhere")
    canvas = Image.new("RGB", image.size, options.colour)
    canvas.paste(layered, mask=layered.getchannel("A"))
    return canvas


def _in_bytes(image: Image.Image) -> Image.Image:
    """The same of 8 bits a sample."""
    if image.mode.startswith("I"):
        image = _eight_bit(image)
    return Image.fromarray(_graded(np.asarray(image))) if image.mode == "F" else image


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey 0..65535 to 0..255; Pillow's own conversion would clip at 255."""
    grey = np.asarray(image).astype(np.int64).clip(0, 65535)
    return Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))


def _graded(grey: npt.NDArray[np.float32]) -> Uint8:
    """Floating-point brightness, whose white is 1 or 255, to 8 bits."""
    low, high = float(grey.min()), float(grey.max())
    if not 0.0 <= low <= high <= 255.0:  # NaN is not either
        raise Unusable(Reason.DAMAGED, "holds numbers that are no brightness from 0 to 1 or 255")
    scaled: Uint8 = np.rint(grey * (255.0 if high <= 1.0 else 1.0)).astype(np.uint8)
    return scaled


def _fitted(image: Image.Image, wanted: tuple[int, int], options: PrepareOptions) -> Image.Image:
    """Of the training's shape; `ImageOps.fit` and `pad` would resample where means are exact."""
    width, height = image.size
    across, down = width * wanted[0], height * wanted[1]  # equal where the shape is right already
    if across != down and options.fit == "crop":
        size = (width, width * wanted[0] // wanted[1])
        size = (height * wanted[1] // wanted[0], height) if across > down else size
        left, top = (width - size[0]) // 2, (height - size[1]) // 2
        image = image.crop((left, top, left + size[0], top + size[1]))
    elif across != down and options.fit == "pad":
        size = (-(-height * wanted[1] // wanted[0]), height)
        size = (width, -(-width * wanted[0] // wanted[1])) if across > down else size
        canvas = Image.new(image.mode, size, _padding(image.mode, options))
        canvas.paste(image, ((size[0] - width) // 2, (size[1] - height) // 2))
        image = canvas
    return _shrink(image, wanted)


def _padding(mode: str, options: PrepareOptions) -> int | tuple[int, ...]:
    """The background in a picture's mode, see-through where it can be."""
    if mode == "RGBA":
        return (*options.colour, 0)
    if mode == "L":
        return Image.new("RGB", (1, 1), options.colour).convert("L").tobytes()[0]
    return options.colour


def _shrink(image: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    """Antialiased reduction: box means where the factors are whole, Lanczos otherwise."""
    (width, height), (down, across) = image.size, wanted
    if width % across == 0 and height % down == 0:
        factors = (width // across, height // down)
        return image if factors == (1, 1) else image.reduce(factors)
    return image.resize((across, down), Image.Resampling.LANCZOS)
