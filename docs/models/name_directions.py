"""Gives a bundled model directions with names: those along which a measure of its pictures changes.

    python docs/models/name_directions.py MODEL "Light from the right=light-x" "Bigger=size" ...

For each, w of many seeds and a measure m of their pictures; the direction is Cov(w, m), the step that a
deviation of m brings with it, as long as one standard deviation of w along it. A measure is one of those
below. Printed for each: the measure's mean at -2, 0 and 2 on fresh seeds, in its standard deviations.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from ganlab_core.importers import open_model
from ganlab_core.inspection import Direction
from ganlab_core.models import DIRECTIONS, Model, plain_start, resolve, update_provenance
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer, class_weights, z_from_seed

SAMPLES, FRESH = 1200, 96

Pictures = NDArray[np.float64]
"""(N, h, w, 3), 0 to 1."""


def luminance(pictures: Pictures) -> NDArray[np.float64]:
    """(N, h, w)."""
    return pictures @ np.array([0.2126, 0.7152, 0.0722])


def centre(pictures: Pictures, axis: int) -> NDArray[np.float64]:
    """Where the light's centre of mass lies along an axis, -1 to 1."""
    light = luminance(pictures)
    places = np.linspace(-1.0, 1.0, light.shape[axis])
    other = 3 - axis
    return (light.sum(other) * places).sum(1) / light.sum((1, 2))


def size(pictures: Pictures) -> NDArray[np.float64]:
    """The share of pixels that are not as dark as the corners."""
    return (luminance(pictures) > 0.1).mean((1, 2))


def warmth(pictures: Pictures) -> NDArray[np.float64]:
    """Red less blue, among what is bright."""
    weight = luminance(pictures)[..., None]
    mean = (pictures * weight).sum((1, 2)) / weight.sum((1, 2))
    return mean[:, 0] - mean[:, 2]


def contrast(pictures: Pictures) -> NDArray[np.float64]:
    """How neighbouring pixels differ."""
    light = luminance(pictures)
    across, down = np.abs(np.diff(light, axis=2)), np.abs(np.diff(light, axis=1))
    return across.mean((1, 2)) + down.mean((1, 2))


def part(
    rows: slice, measure: Callable[[Pictures], NDArray[np.float64]]
) -> Callable[[Pictures], NDArray[np.float64]]:
    """A measure of the middle half of some eighths of the rows."""

    def of_part(pictures: Pictures) -> NDArray[np.float64]:
        h, w = pictures.shape[1:3]
        cut = slice(rows.start * h // 8, rows.stop * h // 8)
        return measure(pictures[:, cut, w // 4 : 3 * w // 4])

    return of_part


def brightness(pictures: Pictures) -> NDArray[np.float64]:
    """The mean luminance."""
    return luminance(pictures).mean((1, 2))


MEASURES: dict[str, Callable[[Pictures], NDArray[np.float64]]] = {
    "light-x": lambda pictures: centre(pictures, 2),
    "light-y": lambda pictures: -centre(pictures, 1),
    "size": size,
    "warmth": warmth,
    "contrast": contrast,
    "brightness": brightness,
    "top-brightness": part(slice(0, 3), brightness),
    "top-warmth": part(slice(0, 3), warmth),
    "middle-brightness": part(slice(3, 6), brightness),
    "middle-warmth": part(slice(3, 6), warmth),
}


def drawn(renderer: Renderer, recipes: list[Recipe]) -> Pictures:
    """Their pictures."""
    return np.stack([renderer.render(one).pixels for one in recipes]).astype(np.float64) / 255.0


def with_class(model: Model, recipe: Recipe, seed: int) -> Recipe:
    """Classes take turns."""
    classes = len(model.capabilities.classes)
    own = ((seed % classes, 1.0),) if classes else ()
    return replace(recipe, latent=Latent(seed), classes=own)


@torch.no_grad()
def vector_of(model: Model, recipe: Recipe) -> NDArray[np.float64]:
    """Its w, or z where there is no W."""
    z = z_from_seed(recipe.latent.seed, model.capabilities.z_dim)
    return model.network.map(z, class_weights(model, recipe.classes))[0].double().numpy()


def main() -> None:
    """Find them, print what they do, and write them into the model's header."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("directions", nargs="+", metavar="NAME=MEASURE")
    given = parser.parse_args()
    path = resolve(given.model)
    model = open_model(path)
    renderer = Renderer(model, "cpu")
    start = replace(plain_start(model.info), psi=1.0)
    recipes = [with_class(model, start, seed) for seed in range(SAMPLES)]
    vectors = np.stack([vector_of(model, one) for one in recipes])
    pictures = drawn(renderer, recipes)
    found = []
    for text in given.directions:
        name, measure = text.split("=")
        values = MEASURES[measure](pictures)
        along = ((vectors - vectors.mean(0)) * (values - values.mean())[:, None]).mean(0)
        along /= np.linalg.norm(along)
        step = along * ((vectors - vectors.mean(0)) @ along).std()
        direction = Direction(name, tuple(float(f"{x:.4g}") for x in step))
        found.append(direction.to_data())
        fresh = [with_class(model, start, SAMPLES + seed) for seed in range(FRESH)]
        means = []
        for amount in (-2.0, 0.0, 2.0):
            pushed = [replace(one, pushes=(direction.edit(amount),)) for one in fresh]
            means.append(MEASURES[measure](drawn(renderer, pushed)).mean())
        low, none, high = (np.array(means) - values.mean()) / values.std()
        print(f"{name}: {measure} at -2, 0, 2: {low:.2f}, {none:.2f}, {high:.2f}")
    update_provenance(path, {DIRECTIONS: found})


if __name__ == "__main__":
    main()
