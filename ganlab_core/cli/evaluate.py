"""`ganlab evaluate`: how far a model's pictures are from real ones, next to real ones from real ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganlab_core.cli.output import complain, progress, say, say_json, table
from ganlab_core.cli.values import Commands, UsageError
from ganlab_core.errors import DatasetError, GanlabError, RecipeError
from ganlab_core.recipe import Latent, Noise, Recipe

if TYPE_CHECKING:
    from ganlab_core.dataset.images import Images
    from ganlab_core.model import Model

HELP = "Measure a model against a data set: sliced Wasserstein and kernel distance."
SAMPLES = 1000
MOST_SAMPLES = 100_000

Uint8 = NDArray[np.uint8]


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("evaluate", help=HELP, description=HELP, allow_abbrev=False)
    parser.set_defaults(run=run, parser=parser)
    add = parser.add_argument
    add("model", metavar="MODEL", help="name of a bundled model, a model file, or a run's folder")
    add("--data", type=Path, required=True, metavar="DIR|ZIP", help="the real pictures")
    add("--samples", type=int, default=SAMPLES, metavar="N",
        help=f"pictures on each side, at most half of the real ones (default {SAMPLES})")  # fmt: skip
    add("--psi", type=float, default=1.0, metavar="F", help="truncation (default 1 = none)")
    add("--size", type=int, metavar="PX",
        help="compare at this side, so that models of several resolutions can be told apart; "
        "the default is the model's own")  # fmt: skip
    add("--device", default="auto", metavar="D", help="cpu, cuda, mps or auto")
    add("--json", action="store_true", help="print an object")


def run(arguments: argparse.Namespace) -> int:
    """Draw, compare and print."""
    from ganlab_core.dataset.prepare import prepare
    from ganlab_core.library import resolve
    from ganlab_core.opening import open_model

    recipe = _recipe(arguments)
    model = open_model(resolve(arguments.model))
    side = arguments.size or model.capabilities.resolution
    images = prepare(arguments.data, side)
    count = min(arguments.samples, len(images) // 2)
    if count < 2:
        raise DatasetError("Four real pictures are needed at the least.", "Choose a larger set.")
    order = np.random.default_rng(0).permutation(len(images))
    real, other = images.batch(order[:count], side), images.batch(order[count : 2 * count], side)
    labels = _labels(model, images, order[:count])
    fake = _resized(_fakes(model, recipe, labels, arguments.device), side)
    _print(arguments, count, _distances(real, fake, other))
    return 0


def _recipe(arguments: argparse.Namespace) -> Recipe:
    if not 2 <= arguments.samples <= MOST_SAMPLES:
        raise UsageError(f"--samples must be from 2 to {MOST_SAMPLES}")
    if arguments.size is not None and arguments.size not in [2**i for i in range(2, 11)]:
        raise UsageError("--size must be a power of two from 4 to 1024")
    try:
        return Recipe(psi=arguments.psi)
    except RecipeError as error:
        raise UsageError(str(error)) from None


def _labels(model: Model, images: Images, chosen: NDArray[np.int64]) -> list[int]:
    """A class for every picture: those of the real ones where the names agree, else all in turn."""
    classes = model.capabilities.classes
    if classes and images.classes == classes:
        return [int(label) for label in images.labels[chosen]]
    return [index % max(1, len(classes)) for index in range(len(chosen))]


def _fakes(model: Model, recipe: Recipe, labels: list[int], device: str) -> Uint8:
    """Pictures from seeds 0, 1, 2, ..., each of its class and with its own noise: (N, 3, r, r)."""
    from dataclasses import replace

    from ganlab_core.rendering.renderer import Renderer

    renderer = Renderer(model, device)
    pictures = []
    for seed in progress(range(len(labels)), len(labels), "picture"):
        classes = ((labels[seed], 1.0),) if model.capabilities.classes else ()
        own = replace(recipe, latent=Latent(seed), classes=classes, noise=Noise("random", seed))
        pictures.append(renderer.render(own).pixels.transpose(2, 0, 1))
    return np.stack(pictures)


def _resized(pictures: Uint8, side: int) -> Uint8:
    """(N, 3, r, r) at another power of two: pixels repeated, or averaged in boxes."""
    factor = side // pictures.shape[-1]
    if factor >= 1:
        return pictures.repeat(factor, axis=2).repeat(factor, axis=3)
    box = pictures.shape[-1] // side
    shape = (*pictures.shape[:2], side, box, side, box)
    means: NDArray[np.float64] = pictures.reshape(shape).mean(axis=(3, 5))
    return np.rint(means).astype(np.uint8)


def _distances(real: Uint8, fake: Uint8, other: Uint8) -> dict[str, dict[str, float]]:
    """Measure -> {"model": fake against real, "real": other real against real}."""
    from ganlab_core.training.metrics.sliced_wasserstein import sliced_wasserstein

    ours, theirs = sliced_wasserstein(real, fake), sliced_wasserstein(real, other)
    found = {f"swd_{side}": {"model": value, "real": theirs[side]} for side, value in ours.items()}
    try:
        found["kid"] = _kernel_distances(real, fake, other)
    except GanlabError as error:  # the features come from an optional package
        complain(f"ganlab: {error}")
    return found


def _kernel_distances(real: Uint8, fake: Uint8, other: Uint8) -> dict[str, float]:
    """The same by EfficientNet-Lite0's features; raises `GanlabError` without its weights."""
    from ganlab_core.training.metrics.efficientnet_lite0 import lite0_features, load_lite0
    from ganlab_core.training.metrics.kid import kernel_distance

    network = load_lite0()
    features = lite0_features(network, real)
    return {
        "model": kernel_distance(features, lite0_features(network, fake)),
        "real": kernel_distance(features, lite0_features(network, other)),
    }


def _print(arguments: argparse.Namespace, count: int, found: dict[str, dict[str, float]]) -> None:
    if arguments.json:
        say_json({"pictures": count, "psi": arguments.psi, "distances": found})
        return
    say(f"{count} pictures on each side, psi {arguments.psi:g}; lower is better")
    rows = [("", "model to real", "real to real")]
    for name, values in found.items():
        title = "KID" if name == "kid" else f"SWD x 1000, {name.removeprefix('swd_')} px"
        rows.append((title, f"{values['model']:.3f}", f"{values['real']:.3f}"))
    say(table(rows))
