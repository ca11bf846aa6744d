"""Holds ganlab's networks against what the published code gave: `python -m tests.golden FOLDER...`.

A folder holds weights in a published layout, `meta.json` with cases, and `cases.npz` with their inputs
and outputs. Every case that is not marked INFORMATIVE is evaluated through the product: its importers,
its Renderer under Recipes, its discriminators. The exit status is 1 on any miss, any case that cannot
be evaluated, and any folder that cannot be opened.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.errors import GanlabError
from ganlab_core.importers.building import Published
from ganlab_core.importers.published import open_published
from ganlab_core.model import Model
from ganlab_core.networks import progan, stylegan
from ganlab_core.networks.layers import downscale
from ganlab_core.recipe import Latent, Mix, Noise, Recipe
from ganlab_core.rendering.conditions import Conditioner, stage_specs
from ganlab_core.rendering.renderer import Renderer

Arrays = dict[str, NDArray[Any]]

PLAIN = ("G", "generator", "netG")
CRITICS = ("D", "discriminator", "netD")


@dataclass(frozen=True, slots=True)
class Row:
    """One output of one case: its largest error and how much is allowed, or why there is none."""

    folder: str
    case: str
    output: str
    error: float
    tolerance: float
    problem: str = ""

    @property
    def passed(self) -> bool:
        return not self.problem and self.error <= self.tolerance


def evaluate(folder: Path) -> Iterator[Row]:
    """All outputs of all cases of a folder, once per weight file that they hold for."""
    try:
        meta = json.loads((folder / "meta.json").read_text())
        with np.load(folder / "cases.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        first, *others = meta["weights"]
        named = {case["settings"].get("file") for case in meta["cases"]}
        twins = [file for file in others if file not in named]
        cases = [case for case in meta["cases"] if "INFORMATIVE" not in json.dumps(case)]
    except (OSError, ValueError, KeyError) as error:
        yield Row(folder.name, "", "", 0.0, 0.0, f"cannot be read: {error!r}")
        return
    if not cases:
        yield Row(folder.name, "", "", 0.0, 0.0, "has no cases")
    for file in (first, *twins):
        for case in cases:
            own = case["settings"].get("file", first)
            if file == first or own == first:
                yield from _case_rows(folder, case, own if file == first else file, arrays, meta)


def _case_rows(
    folder: Path, case: dict[str, Any], file: str, arrays: Arrays, meta: dict[str, Any]
) -> Iterator[Row]:
    name = case["id"] if file == meta["weights"][0] else f"{case['id']} ({file})"
    try:
        run = _Case(open_published(folder / file), case, arrays)
    except GanlabError as error:
        yield Row(folder.name, name, "", 0.0, 0.0, str(error))
        return
    for output, key in case["outputs"].items():
        wanted, allowed = arrays[key], case["atol"].get(output, 0.0)
        try:
            got = run.output(output).numpy().astype(np.float64)
        except (GanlabError, LookupError, NotImplementedError, RuntimeError) as error:
            yield Row(folder.name, name, output, 0.0, allowed, f"not evaluated: {error!r}")
            continue
        if got.ndim == 2 and wanted.ndim == 3:  # one w per sample, the same for all layers
            got = got[:, None].repeat(wanted.shape[1], axis=1)
        if got.shape != wanted.shape:
            yield Row(folder.name, name, output, 0.0, allowed, f"shape {got.shape}")
            continue
        error = np.abs(got - wanted).max()
        yield Row(folder.name, name, output, float(error), allowed)


class _Case:
    """One case, its networks loaded when first needed."""

    def __init__(self, published: Published, case: dict[str, Any], arrays: Arrays) -> None:
        self._published = published
        self._inputs: dict[str, str] = case["inputs"]
        self._settings: dict[str, Any] = case["settings"]
        self._arrays = arrays

    @torch.inference_mode()
    def output(self, name: str) -> Tensor:
        if self._settings["net"] in CRITICS:
            return self._judged(name)
        if name == "w":
            return self._styles("z")
        if name == "u8":
            return self._model().network.to_uint8(self._input("image"))
        if name in ("w_truncated", "wp"):
            return torch.stack([self._layer_styles(recipe) for recipe in self._recipes()])
        if re.fullmatch(r"style\d+", name):
            layer = self._model().network.module.synthesis.layers[int(name[5:])]
            return layer.style(self._input("w")[:, int(name[5:])])
        if name == "image":
            return self._images()
        raise NotImplementedError(name)

    # --- generators --------------------------------------------------------------------------------

    def _model(self) -> Model:
        """The generator; where the case says how far it has grown, all of it counts as trained."""
        model = self._published.generator(averaged=self._settings["net"] not in PLAIN)
        if self._settings.get("lod") != "stored":
            full = float(model.capabilities.full_growth)
            model.info = dataclasses.replace(model.info, growth=full)
        return model

    def _images(self) -> Tensor:
        model = self._model()
        renderer = Renderer(model, "cpu")
        images = []
        for sample, recipe in enumerate(self._recipes()):
            self._put_noise(model, sample)
            renderer.forget()
            images.append(torch.from_numpy(renderer.raw(recipe)))
        return torch.stack(images)

    def _put_noise(self, model: Model, sample: int) -> None:
        """A case's own noise maps in the place of the stored ones."""
        if self._settings.get("noise") == "explicit":
            for layer in model.capabilities.layers:
                maps = self._arrays[self._inputs["noise"] % layer.index]
                own = torch.from_numpy(maps[min(sample, len(maps) - 1)])
                model.network.stored_noise(layer.index).copy_(own[None])

    def _recipes(self) -> Iterable[Recipe]:
        model = self._model()
        psi, cutoff = self._truncation(model)
        mode = "off" if self._settings.get("noise") == "none" else "stored"
        base = Recipe(psi=psi, cutoff=cutoff, noise=Noise(mode), growth=self._growth(model))
        count = len(model.capabilities.layers)
        if "w" in self._inputs:
            for row in self._input("w"):
                mixes = tuple((index, Mix(_latent(row[index], "w"))) for index in range(count))
                yield dataclasses.replace(base, mix_layers=mixes)
            return
        others = self._latents("z2") if "z2" in self._inputs else []
        for index, latent in enumerate(self._latents("z")):
            first = self._settings.get("crossover", count)
            other = Mix(others[index] if others else latent)
            mixes = tuple((layer, other) for layer in range(first, count))
            yield dataclasses.replace(base, latent=latent, mix_layers=mixes)

    def _latents(self, role: str) -> list[Latent]:
        """As z where there are no labels, so that the Renderer maps them itself."""
        if self._labels() is None:
            return [_latent(row, "z") for row in self._input(role)]
        return [_latent(row, "w") for row in self._styles(role)]

    def _styles(self, role: str) -> Tensor:
        return self._model().network.map(self._input(role), self._labels())

    def _layer_styles(self, recipe: Recipe) -> Tensor:
        model = self._model()
        conditioner = Conditioner(model, torch.device("cpu"))
        specs = enumerate(stage_specs(recipe, model.capabilities.layers))
        styles = [conditioner.condition(stage, spec).style for stage, spec in specs]
        return torch.cat([style for style in styles if style is not None])

    def _truncation(self, model: Model) -> tuple[float, int | None]:
        """Psi and cutoff of a Recipe, from what each layout's code calls them."""
        settings = self._settings
        if settings.get("truncation_psi") == "default":
            kept = model.info.provenance["truncation"]
            settings = {"truncation_psi": kept["psi"], "truncation_cutoff": kept["cutoff"]}
        psi, cutoff = settings.get("truncation_psi"), settings.get("truncation_cutoff")
        if "trunc_psi" in settings:
            psi, cutoff = settings["trunc_psi"], settings.get("trunc_layers")
        if "phiTruncation" in settings:
            psi, cutoff = settings["phiTruncation"], 64
        if psi is None or cutoff is None:
            return 1.0, None
        if psi >= 1.0 and "truncation_psi" not in settings:  # only NVIDIA's code goes beyond 1
            return 1.0, None
        return psi, max(0, min(cutoff, 64))

    def _growth(self, model: Model) -> float | None:
        lod = self._settings.get("lod", self._settings.get("alpha", 0.0))
        return None if lod == "stored" else model.capabilities.full_growth - lod

    # --- discriminators ----------------------------------------------------------------------------

    def _judged(self, name: str) -> Tensor:
        network = self._published.discriminator()
        lod = self._settings.get("lod", self._settings.get("alpha", 0.0))
        image = self._input("x")
        for _ in range(int(lod)):
            image = downscale(image)
        return _scores(network, name, image, self._labels(), lod)

    # --- inputs ------------------------------------------------------------------------------------

    def _input(self, role: str) -> Tensor:
        key, _, rows = self._inputs[role].partition("[:")
        array = self._arrays[key]
        return torch.from_numpy(array[: int(rows.rstrip("]"))] if rows else array)

    def _labels(self) -> Tensor | None:
        labels = self._input("labels") if "labels" in self._inputs else None
        return None if labels is None or labels.shape[1] == 0 else labels


def _latent(row: Tensor, space: str) -> Latent:
    return Latent(vector=tuple(row.double().tolist()), space=space)


def _scores(
    network: nn.Module, name: str, image: Tensor, labels: Tensor | None, lod: float
) -> Tensor:
    if isinstance(network, stylegan.Discriminator):
        growth = network.config.levels - lod
        if name == "scores":
            return network(image, labels, growth)[:, None]
    if isinstance(network, progan.Discriminator):
        levels = network.config.levels
        growth = float(levels) if levels == 3 else levels - lod  # the zoo's does not fade 8 px in
        if name == "decision":
            return network(image, growth)
        if name == "features":
            return network.features(image, growth)
    raise NotImplementedError(name)


def main(arguments: list[str]) -> int:
    """Print the table of all folders; 1 on anything but success."""
    torch.set_num_threads(1)
    rows = [row for argument in arguments for row in evaluate(Path(argument))]
    for row in rows:
        verdict = "ok" if row.passed else "MISS"
        place = f"{row.folder:26} {row.case:36} {row.output:12}"
        figures = row.problem or f"{row.error:10.2e} {row.tolerance:10.2e}"
        sys.stdout.write(f"{verdict:5}{place} {figures}\n")
    missed = sum(not row.passed for row in rows)
    sys.stdout.write(f"{len(rows)} outputs, {missed} missed\n")
    return 1 if missed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
