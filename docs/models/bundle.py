"""Makes a bundled model of a run: its newest averaged generator, with read-outs and discriminator.

    python docs/models/bundle.py RUN NAME

RUN may be a model file that carries its discriminator, as `on_a_gpu.py join` makes it, with its run's
config.json beside it;

writes resources/models/NAME.safetensors, NAME.png (40 unpicked samples for the card), NAME.json (the
run's config, its data named without a path), and docs/models/NAME-sheet.png (64 unpicked samples);
more where that takes to show each class.
Picks are chosen afterwards with docs/pick.py.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganlab_core.importers import open_model
from ganlab_core.models import add_discriminator, read_discriminator, read_tensors, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer, fit_probes
from ganlab_core.training import RunFolder

MODELS = Path(__file__).parents[2] / "resources" / "models"
SHEETS = Path(__file__).parent


def sheet(renderer: Renderer, columns: int, rows: int, plain: Recipe) -> NDArray[np.uint8]:
    """Seeds 0, 1, 2, ... row by row; classes take turns, one a row."""
    classes = len(renderer.model.capabilities.classes)
    lines = []
    for row in range(rows):
        own = ((row % classes, 1.0),) if classes else ()
        seeds = range(row * columns, (row + 1) * columns)
        recipes = [replace(plain, latent=Latent(seed), classes=own) for seed in seeds]
        lines.append(np.concatenate([renderer.render(recipe).pixels for recipe in recipes], axis=1))
    return np.concatenate(lines)


def carry_discriminator(run: Path, target: Path) -> None:
    """Give the model file the discriminator of the run's newest checkpoint, to train on from."""
    if run.is_file():
        add_discriminator(target, read_discriminator(run))
        return
    tensors = read_tensors(RunFolder(run).checkpoints()[-1], "d.")
    add_discriminator(target, {name.removeprefix("d."): t for name, t in tensors.items()})


def main() -> None:
    """Bundle one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--psi", type=float, default=0.7, help="of the sheets")
    parser.add_argument("--threshold", type=float, help="of the sheets, for a BigGAN")
    given = parser.parse_args()
    folder = given.run.parent if given.run.is_file() else given.run
    model = open_model(given.run if given.run.is_file() else folder / "model.safetensors")
    model.info = replace(model.info, name=given.name)
    fit_probes(model)
    target = MODELS / f"{given.name}.safetensors"
    save_model(model, target)
    carry_discriminator(given.run, target)
    renderer = Renderer(open_model(target), "cpu")
    classes = len(model.capabilities.classes)
    plain = Recipe(psi=given.psi, threshold=given.threshold)
    for rows, file in ((5, target.with_suffix(".png")), (8, SHEETS / f"{given.name}-sheet.png")):
        Image.fromarray(sheet(renderer, 8, max(rows, classes), plain)).save(file)
    config = json.loads((folder / "config.json").read_text())
    config["data"] = Path(config["data"]).name
    config["start_from"] = Path(config.get("start_from", "")).stem  # a bundled model's name
    target.with_suffix(".json").write_text(json.dumps(config, sort_keys=True))


if __name__ == "__main__":
    main()
