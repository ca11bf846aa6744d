"""Single pictures in every format, each with its Recipe where the format has a place for it."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

from ganlab_core.errors import ExportError
from ganlab_core.export.png import (
    BROKEN,
    PERCEPTUAL,
    Embedded,
    embedded,
    embedded_text,
    encode_png_with,
    read_png,
)
from ganlab_core.export.sheets import Pixels, Scaled
from ganlab_core.files import open_plain, write_bytes_atomically
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import on_white

DATE = slice(24, 36)
"""Where an ICC profile says when it was made."""


def encode_tiff(pixels: NDArray[np.uint16], description: str = "") -> bytes:
    """The TIFF file of uint16 (H, W, 3 or 4), sRGB, with an ASCII text as ImageDescription.

    A fourth sample is the opacity, which the colours are not multiplied by.

    Written by imageio through tifffile: Pillow has no picture of 16 bits in three colours.
    """
    import imageio.v3 as iio  # with the first TIFF: it takes a fifth of a second

    data: bytes = iio.imwrite(
        "<bytes>",
        pixels,
        extension=".tif",
        plugin="tifffile",
        photometric="rgb",
        planarconfig="contig",
        extrasamples=["unassalpha"] if pixels.shape[2] == 4 else [],
        description=description.encode("ascii", "replace"),
        iccprofile=srgb_profile(),
        resolution=(72, 72),
        resolutionunit="INCH",
        metadata=None,
        software=False,
    )
    return data


def srgb_profile() -> bytes:
    """The ICC profile of sRGB, the same bytes each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[DATE] = bytes(12)
    return bytes(profile)


DESCRIPTION = 0x010E
"""ImageDescription, in TIFF and in EXIF."""

EXIF_IFD, COLOR_SPACE, SRGB = 0x8769, 0xA001, 1

LONGEST_EXIF = 60_000
"""Bytes of a Recipe that a JPEG's one EXIF segment holds."""

GOOD_QUALITY = 92


def save_picture(
    path: Path,
    pixels: Pixels,
    recipe: Recipe,
    info: ModelInfo,
    quality: int = GOOD_QUALITY,
    raw: NDArray[np.float32] | None = None,
    scaled: Scaled | None = None,
) -> None:
    """Write a picture in the format its ending names, whole or not at all.

    Parameters
    ----------
    path
        Ends in .png, .jpg, .jpeg, .webp, .tif or .tiff; its folder must exist.
    pixels
        uint8 (H, W, 3), sRGB, or (H, W, 4) with an opacity, which a JPEG lays on white.
    quality
        0 to 100, of JPEG and WebP; a WebP of 100 is lossless.
    raw
        For TIFF: `Renderer.raw`'s float32 (3 or 4, H, W), -1 to 1, of which it keeps 16 bits. Without it
        the 8 bits are spread over 16.
    scaled
        How the size of `pixels` and `raw` was changed, which the file says; None = as rendered.

    Raises
    ------
    ExportError
        For another ending, or a place that cannot be written.
    """
    check_kind(path)
    check_place(path)
    if not 0 <= quality <= 100:
        raise ExportError("A picture's quality is from 0 to 100.")
    encode = ENCODERS[path.suffix.lower()]
    try:
        text = embedded_text(recipe, info, scaled)
        write_bytes_atomically(path, encode(pixels, text, quality, raw))
    except OSError as error:
        raise ExportError(
            f"Saving {path.name} failed: {error.strerror or type(error).__name__}.",
            "Choose another folder, or make room on the disk.",
        ) from None


def check_kind(path: Path) -> None:
    """Raise `ExportError` for an ending of no picture that ganlab writes."""
    if path.suffix.lower() not in ENCODERS:
        raise ExportError(
            f"{path.suffix or path.name!r} is no kind of picture ganlab writes.",
            f"Kinds are {', '.join(ENCODERS)}.",
        )


def check_place(path: Path) -> None:
    """Raise `ExportError` unless the folder of a file to be written is there."""
    if not path.absolute().parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist.", "Choose another folder.")


def read_picture(path: Path) -> Embedded:
    """The Recipe inside a picture of any of the formats; raises `ExportError` when there is none."""
    if path.suffix.lower() not in ENCODERS or path.suffix.lower() == ".png":
        return read_png(path)
    return embedded(path, _description(path))


def sixteen_bits(raw: NDArray[np.float32]) -> NDArray[np.uint16]:
    """float32 (C, H, W), -1 to 1, -> uint16 (H, W, C), sRGB."""
    levels = np.clip(raw.astype(np.float64) * 32767.5 + 32767.5, 0.0, 65535.0)
    return np.ascontiguousarray(np.rint(levels).astype(np.uint16).transpose(1, 2, 0))


def encode_plain_png(pixels: Pixels) -> bytes:
    """The PNG of pixels that have no Recipe."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sRGB", PERCEPTUAL)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


Raw = NDArray[np.float32] | None
Encode = Callable[[Pixels, str, int, Raw], bytes]


def _png(pixels: Pixels, text: str, _quality: int, _raw: Raw) -> bytes:
    return encode_png_with(pixels, text)


def _jpeg(pixels: Pixels, text: str, quality: int, _raw: Raw) -> bytes:
    exif = _exif(text if len(text) <= LONGEST_EXIF else "")
    buffer = io.BytesIO()
    # full chroma: a picture of few pixels has none to spare
    Image.fromarray(on_white(pixels)).save(
        buffer, "JPEG", quality=quality, subsampling=0, exif=exif
    )
    return buffer.getvalue()


def _webp(pixels: Pixels, text: str, quality: int, _raw: Raw) -> bytes:
    exif = _exif(text)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(
        buffer, "WEBP", quality=quality, lossless=quality == 100, method=4, exif=exif
    )
    return buffer.getvalue()


def _tiff(pixels: Pixels, text: str, _quality: int, raw: Raw) -> bytes:
    fine = pixels.astype(np.uint16) * 257 if raw is None else sixteen_bits(raw)
    return encode_tiff(fine, text)


ENCODERS: dict[str, Encode] = {
    ".png": _png,
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".webp": _webp,
    ".tif": _tiff,
    ".tiff": _tiff,
}
"""Ending -> how its file is made."""


def _exif(text: str) -> bytes:
    """EXIF that says sRGB and carries a text."""
    exif = Image.Exif()
    if text:
        exif[DESCRIPTION] = text
    exif.get_ifd(EXIF_IFD)[COLOR_SPACE] = SRGB
    return exif.tobytes()


def _description(path: Path) -> str:
    """What stands in the ImageDescription; the pixels are not decoded."""
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # of broken EXIF: then there is no text
            open_plain(path) as file,
            Image.open(file, formats=["JPEG", "WEBP", "TIFF"]) as image,
        ):
            text = image.getexif().get(DESCRIPTION)
    except FileNotFoundError:
        raise ExportError(f"There is no file {path.name}.") from None
    except BROKEN:
        raise ExportError(
            f"{path.name} is not a readable picture.", "Choose a picture saved by ganlab."
        ) from None
    text = text.strip("\0") if isinstance(text, str) else ""
    return text or json.dumps(None)
