"""What a person keeps of Recipes, a file each in one folder: favourites and presets.

A favourite is a small PNG that carries its Recipe, a name and tags; a preset is named parts of a Recipe, as
JSON, to be laid over any other.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganlab_core.errors import ExportError, RecipeError, explain_os_error
from ganlab_core.export.png import encode_png, read_note, read_png, with_note
from ganlab_core.files import (
    Fields,
    canonical_json,
    json_object,
    parse_json,
    read_up_to,
    write_bytes_atomically,
)
from ganlab_core.models import ModelInfo
from ganlab_core.plain_text import file_stem, plain_text
from ganlab_core.recipe import PARTS, Recipe

SIDE = 160
"""Side of a favourite's picture in pixels, at most."""

BIN = "deleted"


@dataclass(frozen=True, slots=True)
class Favourite:
    """One kept picture.

    Attributes
    ----------
    path
        Its file.
    name, tags
        What a person calls it; empty at first.
    recipe
        What makes it.
    fingerprint, model_name
        Of the model it was made with.
    second_fingerprint
        Of the second model that it blends in; empty for none.
    base_fingerprint
        Of the model that the one it was made with is a tuning of; empty for none.
    """

    path: Path
    name: str
    tags: tuple[str, ...]
    recipe: Recipe
    fingerprint: str
    model_name: str
    second_fingerprint: str = ""
    base_fingerprint: str = ""

    def answers(self, search: str) -> bool:
        """Whether every word of a search stands in its name, its tags or its model's name."""
        text = " ".join((self.name, *self.tags, self.model_name)).lower()
        return all(word in text for word in search.lower().split())


def keep(
    folder: Path,
    pixels: NDArray[np.uint8],
    recipe: Recipe,
    info: ModelInfo,
    name: str = "",
    tags: tuple[str, ...] = (),
) -> Favourite:
    """Keep uint8 (H, W, 3) pixels, made smaller, with their Recipe; raises `ExportError`."""
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}.png"
    data = encode_png(_small(pixels), recipe, info, _note(name, tags))
    _write(path, data)
    return read_favourite(path)


def read_favourite(path: Path) -> Favourite:
    """A favourite by its file; raises `ExportError` when it is none."""
    embedded = read_png(path)
    fields = Fields("favourite", json_object(read_note(path) or "{}") or {}, ExportError)
    tags = fields.take("tags", [])
    kept = (
        tuple(plain_text(tag) for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else ()
    )
    name = fields.text("name", "")
    return Favourite(
        path, name, kept, embedded.recipe, embedded.fingerprint, embedded.model_name,
        embedded.second_fingerprint, embedded.base_fingerprint,
    )  # fmt: skip


def read_favourites(folder: Path) -> list[Favourite]:
    """All favourites of a folder, newest first; files that are none are passed over."""
    found = []
    for path in sorted(folder.glob("*.png"), reverse=True) if folder.is_dir() else ():
        with contextlib.suppress(ExportError, OSError):
            found.append(read_favourite(path))
    return found


def rename(favourite: Favourite, name: str, tags: tuple[str, ...]) -> Favourite:
    """Give a favourite another name and other tags; its file is written anew, whole or not at all."""
    _write(favourite.path, with_note(favourite.path, _note(name, tags)))
    return read_favourite(favourite.path)


def delete(favourite: Favourite) -> Path:
    """Move a favourite's file aside, and tell where to; `restore` brings it back."""
    aside = favourite.path.parent / BIN / favourite.path.name
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        favourite.path.replace(aside)
    except OSError as error:
        raise ExportError(explain_os_error(error, "deleting the favourite")) from None
    return aside


def restore(aside: Path) -> Favourite:
    """Bring a deleted favourite back; raises `ExportError` when it is gone for good."""
    path = aside.parent.parent / aside.name
    try:
        aside.replace(path)
    except OSError as error:
        raise ExportError(explain_os_error(error, "bringing the favourite back")) from None
    return read_favourite(path)


def empty_bin(folder: Path) -> None:
    """Delete for good what was deleted on another day."""
    for path in (folder / BIN).glob("*.png"):
        with contextlib.suppress(OSError):
            path.unlink()


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    small: NDArray[np.uint8] = np.asarray(image)
    return small


def _note(name: str, tags: tuple[str, ...]) -> str:
    return canonical_json({"name": name, "tags": list(tags)})


def _write(path: Path, data: bytes) -> None:
    try:
        write_bytes_atomically(path, data)
    except OSError as error:
        raise ExportError(explain_os_error(error, "keeping the favourite")) from None


PRESET_SUFFIX = ".json"
LARGEST_PRESET = 16_000_000
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Preset:
    """Some parts of a Recipe under a name.

    Attributes
    ----------
    name
        What a person calls it.
    parts
        Which of `PARTS` it holds.
    recipe
        Where they are taken from; its other fields mean nothing.
    """

    name: str
    parts: tuple[str, ...]
    recipe: Recipe

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain_text(self.name))
        if not self.name.strip() or len(self.name) > NAME_LENGTH:
            raise RecipeError(f"A preset's name has 1 to {NAME_LENGTH} letters.", "Choose another.")
        if not self.parts or not set(self.parts) <= set(PARTS):
            raise RecipeError("A preset holds at least one part of a Recipe.", "Choose one.")

    def applied_to(self, recipe: Recipe) -> Recipe:
        """The Recipe with this preset's parts in the place of its own."""
        values: dict[str, Any] = {
            field: getattr(self.recipe, field) for part in self.parts for field in PARTS[part]
        }
        return replace(recipe, **values)

    def to_json(self) -> str:
        """Canonical JSON with this preset's parts only."""
        bare = Preset(self.name, self.parts, self.recipe).applied_to(Recipe())
        return canonical_json(
            {
                "ganlab_preset": 1,
                "name": self.name,
                "parts": list(self.parts),
                "recipe": json.loads(bare.to_json()),
            }
        )

    @staticmethod
    def from_json(text: str | bytes) -> Preset:
        """The inverse of `to_json`; raises `RecipeError` for anything else."""
        fields = Fields("preset", parse_json(text, "preset", RecipeError), RecipeError)
        if fields.integer("ganlab_preset", 0) != 1:
            raise RecipeError("This is not a ganlab preset.", "Choose another file.")
        parts = fields.take("parts", [])
        named = tuple(str(part) for part in parts) if isinstance(parts, list) else ()
        recipe = Recipe.from_json(json.dumps(fields.take("recipe", None)))
        return Preset(fields.text("name", ""), named, recipe)


def read_presets(folder: Path) -> list[tuple[Path, Preset]]:
    """Every preset of a folder with its file, by name; broken files are passed over."""
    found = []
    for path in sorted(folder.glob(f"*{PRESET_SUFFIX}")) if folder.is_dir() else ():
        try:
            found.append((path, Preset.from_json(read_up_to(path, LARGEST_PRESET))))
        except (OSError, RecipeError):
            continue
    return sorted(found, key=lambda pair: pair[1].name.lower())


def write_preset(folder: Path, preset: Preset) -> Path:
    """Write a preset, in the place of one of the same name; raises `RecipeError` when it cannot."""
    same = [path for path, known in read_presets(folder) if known.name == preset.name]
    stem = file_stem(preset.name, "preset")
    path = same[0] if same else _free_place(folder, stem)
    try:
        write_bytes_atomically(path, preset.to_json().encode())
    except OSError as error:
        raise RecipeError(explain_os_error(error, "saving the preset")) from None
    return path


def _free_place(folder: Path, stem: str) -> Path:
    path, count = folder / f"{stem}{PRESET_SUFFIX}", 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}{PRESET_SUFFIX}"
    return path
