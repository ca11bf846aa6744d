"""Pictures to measure: unpicked samples of a model, and real ones at the same side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ganlab_core.dataset.images import Images
from ganlab_core.model import Model
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.rendering.renderer import Renderer

Uint8 = NDArray[np.uint8]


def class_labels(model: Model, images: Images, chosen: NDArray[np.int64]) -> list[int]:
    """A class for every picture: those of the real ones where the names agree, else all in turn."""
    classes = model.capabilities.classes
    if classes and images.classes == classes:
        return [int(label) for label in images.labels[chosen]]
    return [index % max(1, len(classes)) for index in range(len(chosen))]


def sample(
    renderer: Renderer,
    recipe: Recipe,
    labels: list[int],
    watch: Callable[[Iterable[int]], Iterable[int]] = lambda seeds: seeds,
) -> Uint8:
    """Pictures from seeds 0, 1, 2, ..., each of its class and with its own noise: (N, 3, r, r).

    `watch` passes the seeds through, as a progress bar does.
    """
    has_classes = bool(renderer.model.capabilities.classes)
    pictures = []
    for seed in watch(range(len(labels))):
        classes = ((labels[seed], 1.0),) if has_classes else ()
        own = replace(recipe, latent=Latent(seed), classes=classes, noise=Noise("random", seed))
        pictures.append(renderer.render(own).pixels.transpose(2, 0, 1))
    return np.stack(pictures)


def resized(pictures: Uint8, side: int) -> Uint8:
    """(N, 3, r, r) at another power of two: pixels repeated, or averaged in boxes."""
    factor = side // pictures.shape[-1]
    if factor >= 1:
        return pictures.repeat(factor, axis=2).repeat(factor, axis=3)
    box = pictures.shape[-1] // side
    shape = (*pictures.shape[:2], side, box, side, box)
    means: NDArray[np.float64] = pictures.reshape(shape).mean(axis=(3, 5))
    return np.rint(means).astype(np.uint8)
