"""Folders of other projects' files: weights under any name, and `image` by `z` where it is known.

Right is a picture equal to 1e-4 of its largest value, or a refusal that says nothing untrue of a whole
file. Where a project's noise is drawn anew for each picture and not told, only that one is drawn counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganlab_core.errors import GanlabError
from ganlab_core.importers import open_published
from ganlab_core.models import Model
from ganlab_core.networks import LucidGenerator
from ganlab_core.networks.lucid import as_normal
from ganlab_core.recipe import Noise, Recipe
from ganlab_core.rendering import Renderer
from tests.golden.case import Arrays, class_mix, latent
from tests.golden.row import Row

SUFFIXES = (".pkl", ".pt", ".pth", ".bin", ".safetensors", ".model")
BESIDE = ("D.", "state_dict")
UNTRUE = (
    "Do not open this file", "Get the file again", "is the discriminator of", "damaged",
    "impossible", "does not know", "claims",
)  # fmt: skip
"""Words that are true of broken or harmful files alone."""

ROUGH = ("half", "bf16")
PLAIN = {"id": "picture", "settings": {}}


def is_wild(folder: Path) -> bool:
    """Whether a folder says nothing of the layout of its weights."""
    meta = folder / "meta.json"
    return folder.is_dir() and (not meta.is_file() or "weights" not in json.loads(meta.read_text()))


def wild_folder(folder: Path) -> Iterator[Row]:
    """All rows of a folder; one that says so where there is no weight file."""
    meta, stored = folder / "meta.json", folder / "cases.npz"
    described = json.loads(meta.read_text()) if meta.is_file() else {}
    arrays = dict(np.load(stored, allow_pickle=False)) if stored.is_file() else {}
    rows = list(_rows(folder, described, arrays))
    yield from rows or [Row(folder.name, "", "", 0.0, 0.0, "holds no weights")]


def _rows(folder: Path, meta: dict[str, Any], arrays: Arrays) -> Iterator[Row]:
    """A row for each file and case."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in SUFFIXES or path.name.startswith(BESIDE):
            continue
        try:
            published = open_published(path)
            for case in meta.get("cases", [PLAIN]):
                yield _drawn(folder, path, published.generator(), case, arrays)
        except GanlabError as error:
            sentence = f"{error.what} {error.remedy or ''}"
            untrue = [words for words in UNTRUE if words in sentence]
            problem = f"told an untruth: {sentence}" if untrue else ""
            yield Row(folder.name, path.name, "refused", 0.0, 0.0, problem)


def _drawn(folder: Path, path: Path, model: Model, case: dict[str, Any], arrays: Arrays) -> Row:
    name = case["id"]
    wanted = arrays.get(f"{name}/image")
    noises, kept = arrays.get(f"{name}/noise"), "noise_maps" not in model.info.provenance
    got = np.stack(list(_pictures(model, case, arrays, noises)))
    label = f"{path.parent.name}/{path.name} {name}"[-36:]
    if not np.isfinite(got).all():
        return Row(folder.name, label, "image", 0.0, 0.0, "not finite")
    if wanted is None or (not kept and noises is None):
        right = wanted is None or got.shape == wanted.shape
        return Row(folder.name, label, "drawn", 0.0, 0.0, "" if right else f"shape {got.shape}")
    if got.shape != wanted.shape:
        return Row(folder.name, label, "image", 0.0, 0.0, f"shape {got.shape}")
    rough = 500.0 if any(words in str(path) for words in ROUGH) else 1.0
    allowed = 1e-4 * max(1.0, float(np.abs(wanted).max())) * rough
    return Row(folder.name, label, "image", float(np.abs(got - wanted).max()), allowed)


def _pictures(
    model: Model, case: dict[str, Any], arrays: Arrays, noises: NDArray[Any] | None
) -> Iterator[NDArray[np.float32]]:
    """Of every row of z, under the case's truncation and classes and with its noise."""
    can, settings, name = model.capabilities, case["settings"], case["id"]
    z = arrays.get(f"{name}/z", np.zeros((1, can.z_dim), np.float32) + 0.5)
    labels = arrays.get(f"{name}/c")
    renderer = Renderer(model, "cpu")
    for index, row in enumerate(torch.from_numpy(z)):
        if noises is not None:
            _set_noise(model, noises[index])
            renderer.forget()
        classes = () if labels is None else class_mix(torch.from_numpy(labels[index]))
        recipe = Recipe(
            latent=latent(row, "z"),
            psi=settings.get("truncation_psi", 1.0),
            cutoff=settings.get("truncation_cutoff"),
            noise=Noise("stored"),
            classes=classes,
        )
        picture = renderer.raw(recipe)
        yield picture if noises is None else 0.5 * (picture + 1.0)  # theirs go from 0 to 1


def _set_noise(model: Model, noise: NDArray[Any]) -> None:
    """lucidrains' picture of noise (r, r, 1), of which a layer takes the transpose."""
    network = model.network.module
    assert isinstance(network, LucidGenerator)
    network.noise.copy_(as_normal(torch.from_numpy(noise[..., 0].T.astype(np.float64))))
