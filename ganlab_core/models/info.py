"""ModelInfo: what a model file says about itself, readable without torch and without its weights.

Where a model begins stands in its provenance: `"recipes"` is a list of `{"name": text, "recipe": Recipe as
JSON}`, best first; `"truncation"` is `{"psi", "cutoff"}` as the published code would use them.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganlab_core.errors import CheckpointError, RecipeError
from ganlab_core.files import Fields, parse_json, refuse_newer, tensor_header
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import Capabilities, Recipe, fit

VERSION = 1
TUNED = "tuned"
"""In the provenance of a model tuned to a picture: name, title and fingerprint of what it was made of."""
LONGEST_NAME = 200
"""Letters of a class's name."""

_TITLES = {
    "progan": "ProGAN",
    "stylegan": "StyleGAN",
    "stylegan2": "StyleGAN2",
    "stylegan3": "StyleGAN3",
    "stylegan2-lucid": "StyleGAN2 (lucidrains)",
    "biggan": "BigGAN",
    "biggan-deep": "BigGAN-deep",
    "gan": "GAN",
    "cgan": "CGAN",
    "dcgan": "DCGAN",
    "wgan": "WGAN",
    "wgan-gp": "WGAN-GP",
    "sagan": "SAGAN",
    "cogan": "CoGAN",
    "cyclegan": "CycleGAN",
}

_AGAIN = "Choose a .safetensors file made by ganlab train."


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The header of a model file.

    Attributes
    ----------
    name
        Short name for the command line; the file's stem.
    title
        Name for people.
    architecture
        A key of `ARCHITECTURES`: `"progan"`, `"stylegan"`, `"dcgan"`, ...
    resolution
        Output side in pixels.
    classes
        Class names, empty when unconditional.
    licence, attribution
        Of the weights and the data they were trained on.
    fingerprint
        32 hex digits that depend on every weight and on the network's shape.
    config
        The network's shape as plain JSON.
    provenance
        Where it comes from: data, images seen, settings. Plain JSON.
    growth
        Log2 of the resolution the training has faded in; the full one when finished.
    path
        Where the file lies.
    second
        The model whose weights can take the place of this one's; None = there is none. Not written.
    """

    name: str
    title: str
    architecture: str
    resolution: int
    classes: tuple[str, ...]
    licence: str
    attribution: str
    fingerprint: str
    config: dict[str, Any]
    provenance: dict[str, Any]
    growth: float
    path: Path
    second: ModelInfo | None = None

    @property
    def tuned_from(self) -> tuple[str, str] | None:
        """Title and fingerprint of the model that this is a tuning of; None = it is none."""
        told = self.provenance.get(TUNED)
        if not isinstance(told, dict):
            return None
        return plain_text(str(told.get("title", "")), LONGEST_NAME), str(
            told.get("fingerprint", "")
        )

    def to_header(self) -> dict[str, Any]:
        """What is written into the file: everything but its place."""
        return {
            "ganlab_model": VERSION,
            "title": self.title,
            "architecture": self.architecture,
            "resolution": self.resolution,
            "classes": list(self.classes),
            "licence": self.licence,
            "attribution": self.attribution,
            "fingerprint": self.fingerprint,
            "config": self.config,
            "provenance": self.provenance,
            "growth": self.growth,
        }


def read_info(path: Path) -> ModelInfo:
    """The header of the model file at `path`; raises `CheckpointError` with a sentence."""
    return info_from_header(_ganlab_header(path), path)


def info_from_header(header: object, path: Path) -> ModelInfo:
    """A `ModelInfo` from its parsed JSON header; raises `CheckpointError`."""
    fields = Fields("model file's header", header, CheckpointError)
    version = fields.integer("ganlab_model", 0)
    if version < 1:
        raise _not_ours(path)
    refuse_newer(version, VERSION, path.name, CheckpointError)
    resolution = fields.integer("resolution", 0)
    if resolution < 4 or resolution > 4096 or resolution & (resolution - 1):
        raise CheckpointError(f"{path.name} claims an impossible resolution of {resolution} px.")
    return ModelInfo(
        name=path.stem,
        title=fields.text("title", path.stem) or path.stem,
        architecture=fields.text("architecture", ""),
        resolution=resolution,
        classes=_texts(fields.take("classes", [])),
        licence=fields.text("licence", "", keep="\n"),
        attribution=fields.text("attribution", "", keep="\n"),
        fingerprint=fields.text("fingerprint", ""),
        config=_object(fields.take("config", {})),
        provenance=_object(fields.take("provenance", {})),
        growth=fields.number("growth", resolution.bit_length() - 1),
        path=path,
    )


def check_encodable(path: Path) -> None:
    """Raise `CheckpointError` for a path that the format's reader and writer could not open."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise CheckpointError(
            f"The name {path.name} or a folder's above it is not in UTF-8.", "Give it another name."
        ) from None


def _ganlab_header(path: Path) -> object:
    """The JSON under "ganlab" in a safetensors file's metadata."""
    try:
        ours = tensor_header(path)["__metadata__"]["ganlab"]
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, KeyError):
        raise _not_ours(path) from None
    if not isinstance(ours, str):
        raise _not_ours(path)
    return parse_json(ours, f"header of {path.name}", CheckpointError, _AGAIN)


def _not_ours(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is not a ganlab model file.",
        _AGAIN,
    )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CheckpointError("The model file's class names should be a list of texts.")
    return tuple(plain_text(item, LONGEST_NAME) for item in value)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CheckpointError("The model file's header has a part of the wrong type.")
    return value


def architecture_name(architecture: str) -> str:
    """An architecture's name as the papers write it, `"StyleGAN2"` for `"stylegan2"`."""
    return _TITLES.get(architecture, architecture)


PICKS = "recipes"
DIRECTIONS = "directions"
"""Directions with names, as `inspection` writes them: what the model's sliders are called."""

TRUNCATION = "truncation"
THUMBNAIL = "thumbnail"
"""A PNG of a few dozen pixels, base64: the face of the model in lists."""

MOST_PICKS = 64


@dataclass(frozen=True, slots=True)
class Pick:
    """A Recipe that somebody chose to show what a model can do.

    Attributes
    ----------
    name
        What a person reads.
    recipe
        The Recipe itself.
    """

    name: str
    recipe: Recipe


def picks(info: ModelInfo) -> tuple[Pick, ...]:
    """The hand-picked Recipes of a model, best first; what cannot be read is passed over."""
    listed = info.provenance.get(PICKS)
    found = [_pick(one) for one in listed[:MOST_PICKS]] if isinstance(listed, list) else []
    return tuple(pick for pick in found if pick is not None)


def plain_start(info: ModelInfo) -> Recipe:
    """The plain Recipe under the truncation that the model came with, where it came with one."""
    stated = info.provenance.get(TRUNCATION)
    if not isinstance(stated, dict):
        return Recipe()
    try:
        fields = Fields("truncation", stated, RecipeError)
        psi, cutoff = fields.number("psi", Recipe().psi), fields.optional_integer("cutoff")
        return Recipe(psi=psi, cutoff=cutoff)
    except RecipeError:
        return Recipe()


def start_recipe(info: ModelInfo, can: Capabilities) -> Recipe:
    """The Recipe that this model is first shown with, and that Reset All returns to."""
    chosen = picks(info)
    return fit(chosen[0].recipe if chosen else plain_start(info), can)


def reset_to(start: Recipe, recipe: Recipe) -> Recipe:
    """`start` with the latent of `recipe` and the fields that this version does not know."""
    return replace(start, latent=recipe.latent, extra=recipe.extra)


def _pick(data: object) -> Pick | None:
    try:
        return _read_pick(json.dumps(data))
    except (ValueError, RecursionError):
        return None


@functools.lru_cache(maxsize=4 * MOST_PICKS)
def _read_pick(text: str) -> Pick | None:
    """Kept, because a model that is opened is asked for its picks from several sides."""
    try:
        fields = Fields("pick", parse_json(text, "pick", RecipeError), RecipeError)
        recipe = Recipe.from_json(json.dumps(fields.take("recipe", None)))
        name = fields.text("name", "").strip()
    except (RecipeError, ValueError, RecursionError):
        return None
    return Pick(name or f"Seed {recipe.latent.seed}", recipe)
