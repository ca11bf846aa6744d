"""What a path is to ganlab, decided by its name and what lies in the folder, without reading it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ganlab_core.dataset.listing import looks_like_a_picture
from ganlab_core.errors import GanlabError
from ganlab_core.recipe import Recipe
from ganlab_core.timeline import LARGEST_TIMELINE

if TYPE_CHECKING:
    from ganlab_core.export.film_json import FilmNote

Kind = Literal["model", "run", "recipe", "picture", "pictures", "film"]

RUN_FILES = ("config.json", "events.jsonl")
RECIPE_BYTES = 8 * 2**20
"""No Recipe is this large; a file that is, is something else."""

LOOKED_AT = 200
"""Entries of a folder that are looked at for pictures."""

PUBLISHED = (".pkl", ".pth", ".pt", ".bin")
"""How published checkpoints end; what they really are is told by their content when they are opened."""

FILMS = (".mp4", ".webm", ".mkv", ".mov", ".gif", ".webp")
"""How films end; a WebP without a film's .json beside it is a picture."""

FOLDER_JSON = "film.json"
"""What lies in the folder of a film that is a PNG sequence."""

_KINDS: dict[str, Kind] = {
    ".safetensors": "model",
    **dict.fromkeys(PUBLISHED, "model"),
    ".json": "recipe",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), "picture"),
    **dict.fromkeys(FILMS, "film"),
    ".zip": "pictures",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A path and what it is."""

    kind: Kind
    path: Path


def look_at(path: Path) -> Opened:
    """Tell what a path is; raises `GanlabError` with a sentence when it is nothing of ours."""
    if not path.exists():
        raise GanlabError(f"{path.name} is not there.", "It may have been moved or renamed.")
    folder = path if path.is_dir() else path.parent
    if (path.is_dir() or path.name in RUN_FILES) and is_run(folder):
        return Opened("run", folder)
    if path.is_dir() and (path / FOLDER_JSON).is_file():
        return Opened("film", path)
    if path.is_dir() and holds_pictures(path):
        return Opened("pictures", path)
    if path.is_dir():
        raise GanlabError(
            f"The folder {path.name} is no training run and holds no pictures.",
            "A run holds a config.json and an events.jsonl.",
        )
    if not path.is_file():
        raise GanlabError(f"{path.name} is no file.", "A pipe or a device cannot be opened.")
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise GanlabError(
            f"{path.name} is nothing that ganlab opens.",
            "Open a model (.safetensors, .pkl, .pth), a run folder, a Recipe (.json), or a picture or"
            " film saved by ganlab.",
        )
    still = path.suffix.lower() == ".webp" and not path.with_name(f"{path.name}.json").exists()
    return Opened("picture" if still else kind, path)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a training run."""
    return all((folder / name).is_file() for name in RUN_FILES)


def read_json(path: Path) -> Recipe | FilmNote:
    """The Recipe, or the Timeline with its model, in a JSON file; raises `GanlabError` or `OSError`."""
    with path.open("rb") as file:
        text = file.read(LARGEST_TIMELINE).decode("utf-8", errors="replace")
    if '"ganlab_timeline"' in text:  # a film's own .json holds one as well
        return read_film(path)
    return Recipe.from_json(text)


def read_film(path: Path) -> FilmNote:
    """What a film says of its making; what reads films is loaded with the first one."""
    from ganlab_core.export.film_json import note_of_film

    return note_of_film(path)


def holds_pictures(folder: Path) -> bool:
    """Whether a picture lies in a folder or in one of its folders, looking at no more than a few."""
    inside = itertools.islice(folder.iterdir(), LOOKED_AT)
    for path in inside:
        near = itertools.islice(path.iterdir(), LOOKED_AT) if path.is_dir() else (path,)
        if any(looks_like_a_picture(one.name) for one in near):
            return True
    return False


def read_recipe(path: Path) -> Recipe:
    """The Recipe in a JSON file; raises `RecipeError` or `OSError`."""
    with path.open("rb") as file:
        text = file.read(RECIPE_BYTES).decode("utf-8", errors="replace")
    return Recipe.from_json(text)
