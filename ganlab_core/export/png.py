"""PNG files that carry their Recipe and say which model made them."""

from __future__ import annotations

import io
import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from ganlab_core.errors import ExportError, RecipeError
from ganlab_core.export.sheets import Scaled, resized
from ganlab_core.files import Fields, canonical_json, open_plain, parse_json, write_bytes_atomically
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe
from ganlab_core.version import ganlab_version

KEY = "ganlab"
"""Keyword of the iTXt chunk."""

NOTE = "ganlab-note"
"""Keyword of the iTXt chunk with what a person says about the picture."""

COMPRESSION = 6
MOST_PIXELS = 2**26
"""Of a picture whose note is changed; the largest that ganlab renders have a quarter of this."""

PERCEPTUAL = b"\x00"
"""Rendering intent of the sRGB chunk."""

BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What a file that is no proper PNG can make its decoder raise."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a PNG says about its making.

    Attributes
    ----------
    recipe
        What was rendered.
    fingerprint
        Of the model's weights.
    model_name
        Short name of the model, empty when unknown.
    architecture
        The model's, as its file says; empty when unknown.
    second_name, second_fingerprint
        Of the model whose weights were blended in; empty where there was none.
    base_fingerprint
        Of the model that this one is a tuning of; empty where it is none.
    """

    recipe: Recipe
    fingerprint: str
    model_name: str
    architecture: str = ""
    second_name: str = ""
    second_fingerprint: str = ""
    base_fingerprint: str = ""


def encode_png(pixels: NDArray[np.uint8], recipe: Recipe, info: ModelInfo, note: str = "") -> bytes:
    """The PNG file of uint8 (H, W, 3) sRGB pixels; equal pictures, Recipes and notes give equal bytes."""
    return encode_png_with(pixels, embedded_text(recipe, info), note)


def with_note(path: Path, note: str) -> bytes:
    """A PNG saved by ganlab with another note; raises `ExportError` when it cannot be read."""
    text = _text_inside(path)
    try:
        with open_plain(path) as file, Image.open(file, formats=["PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _unreadable(path)
            return encode_png_with(np.asarray(image.convert("RGB")), text, note)
    except BROKEN:
        raise _unreadable(path) from None


def encode_png_with(pixels: NDArray[np.uint8], text: str, note: str = "") -> bytes:
    """The PNG file of uint8 (H, W, 3 or 4) sRGB pixels that carries a text of `embedded_text`."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sRGB", PERCEPTUAL)
    chunks.add_itxt(KEY, text)
    if note:
        chunks.add_itxt(NOTE, note)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        buffer, "PNG", pnginfo=chunks, compress_level=COMPRESSION
    )
    return buffer.getvalue()


def save_png(
    path: Path,
    pixels: NDArray[np.uint8],
    recipe: Recipe,
    info: ModelInfo,
    scaled: Scaled | None = None,
) -> None:
    """Write uint8 (H, W, 3) sRGB pixels with their Recipe, whole or not at all; `scaled` resizes them.

    The folder must exist. Raises `ExportError` when the file cannot be written.
    """
    if not path.parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist.", "Choose another folder.")
    try:
        if scaled is not None:
            pixels = resized(pixels, scaled.side, scaled.method)
        data = encode_png_with(pixels, embedded_text(recipe, info, scaled))
        write_bytes_atomically(path, data, make_folder=False)
    except OSError as error:
        raise ExportError(
            f"Saving {path.name} failed: {error.strerror or type(error).__name__}.",
            "Choose another folder, or make room on the disk.",
        ) from None


def read_png(path: Path) -> Embedded:
    """The Recipe inside a PNG; raises `ExportError` when there is none or the file is broken."""
    return embedded(path, _text_inside(path))


def read_png_bytes(data: bytes) -> Embedded:
    """The Recipe inside the bytes of a PNG, such as one on the clipboard; raises `ExportError`."""
    path = Path("The picture")
    text = _chunk_in(io.BytesIO(data), path, KEY)
    if text is None:
        raise _without_recipe(path)
    return embedded(path, text)


def embedded(path: Path, text: str) -> Embedded:
    """What a picture's text says about its making; raises `ExportError` when that is no Recipe."""
    try:
        data = parse_json(text, "Recipe inside the picture", ExportError)
        if data is None:
            raise _without_recipe(path)
        fields = Fields("Recipe inside the picture", data, ExportError)
        model = Fields("model inside the picture", fields.take("model", {}), ExportError)
        second = Fields("second model", fields.take("second", {}), ExportError)
        base = Fields("tuned model", fields.take("tuned_from", {}), ExportError)
        recipe = Recipe.from_json(json.dumps(fields.take("recipe", None)))
        return Embedded(
            recipe,
            model.text("fingerprint", ""),
            model.text("name", ""),
            model.text("architecture", ""),
            second.text("name", ""),
            second.text("fingerprint", ""),
            base.text("fingerprint", ""),
        )
    except RecipeError as error:
        raise ExportError(error.what, error.remedy) from None


def embedded_text(recipe: Recipe, info: ModelInfo, scaled: Scaled | None = None) -> str:
    """What a picture carries: JSON, ASCII, with its Recipe, the model, and how its size was changed."""
    model = {
        "name": info.name,
        "title": info.title,
        "fingerprint": info.fingerprint,
        "architecture": info.architecture,
    }
    known = {"recipe": json.loads(recipe.to_json()), "model": model, "ganlab": ganlab_version()}
    if info.second is not None and recipe.asks_for_second:
        known["second"] = {"name": info.second.name, "fingerprint": info.second.fingerprint}
    if info.tuned_from is not None:
        known["tuned_from"] = dict(zip(("name", "fingerprint"), info.tuned_from, strict=True))
    if scaled is not None:
        known["scaled"] = {"side": scaled.side, "method": scaled.method}
    return canonical_json(known)


def read_note(path: Path) -> str:
    """What a person said about the picture, empty when nothing; raises `ExportError` for no PNG."""
    return _chunk(path, NOTE) or ""


def _text_inside(path: Path) -> str:
    """What stands under `KEY`."""
    text = _chunk(path, KEY)
    if text is None:
        raise _without_recipe(path)
    return text


def _chunk(path: Path, key: str) -> str | None:
    """The text under a keyword, None when there is none; the pixels are not decoded."""
    try:
        with open_plain(path) as file:
            return _chunk_in(file, path, key)
    except FileNotFoundError:
        raise ExportError(f"There is no file {path.name}.") from None
    except BROKEN as error:
        raise _refused(error, path) from None


def _chunk_in(file: BinaryIO, path: Path, key: str) -> str | None:
    """The same of an open file, or bytes, that is called `path`."""
    try:
        with Image.open(file, formats=["PNG"]) as image:
            text = image.info.get(key)
    except BROKEN as error:
        raise _refused(error, path) from None
    return text if isinstance(text, str) else None


def _refused(error: Exception, path: Path) -> ExportError:
    if isinstance(error, OSError) and error.errno is not None:
        return ExportError(f"{path.name} cannot be read: {error.strerror}.")
    return _unreadable(path)


def _unreadable(path: Path) -> ExportError:
    return ExportError(f"{path.name} is not a readable PNG.", "Choose a PNG saved by ganlab.")


class NoRecipeError(ExportError):
    """A picture that ganlab did not make, or whose Recipe another program dropped."""


def _without_recipe(path: Path) -> NoRecipeError:
    return NoRecipeError(
        f"{path.name} carries no ganlab Recipe.",
        "Choose a picture saved by ganlab; other programs drop the Recipe when they save.",
    )
