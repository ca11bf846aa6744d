"""Presets: named parts of a Recipe, to be laid over any other."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganlab_core.errors import RecipeError, explain_os_error
from ganlab_core.files import Fields, canonical_json, parse_json, read_up_to, write_bytes_atomically
from ganlab_core.plain_text import file_stem, plain_text
from ganlab_core.recipe.recipe import PARTS, Recipe

SUFFIX = ".json"
LARGEST = 16_000_000
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
    for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else ():
        try:
            found.append((path, Preset.from_json(read_up_to(path, LARGEST))))
        except (OSError, RecipeError):
            continue
    return sorted(found, key=lambda pair: pair[1].name.lower())


def write_preset(folder: Path, preset: Preset) -> Path:
    """Write a preset, in the place of one of the same name; raises `RecipeError` when it cannot."""
    same = [path for path, known in read_presets(folder) if known.name == preset.name]
    stem = file_stem(preset.name, "preset")
    path = same[0] if same else _free(folder, stem)
    try:
        write_bytes_atomically(path, preset.to_json().encode())
    except OSError as error:
        raise RecipeError(explain_os_error(error, "saving the preset")) from None
    return path


def _free(folder: Path, stem: str) -> Path:
    path, count = folder / f"{stem}{SUFFIX}", 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}{SUFFIX}"
    return path
