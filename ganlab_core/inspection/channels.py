"""Feature maps of one picture: what they are, and how much each of them does to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ganlab_core.recipe import Recipe
from ganlab_core.rendering.renderer import Renderer


def map_pictures(features: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Feature maps (C, r, r) as grey pictures, each stretched from its least to its largest value."""
    low = features.min(axis=(1, 2), keepdims=True)
    span = features.max(axis=(1, 2), keepdims=True) - low
    scaled = (features - low) / np.where(span > 0, span, 1.0)
    pictures: NDArray[np.uint8] = np.rint(scaled * 255.0).astype(np.uint8)
    return pictures


def signed_pictures(features: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Feature maps (C, r, r) with zero at 128 and each one's largest magnitude at 1 or 255."""
    largest = np.abs(features).max(axis=(1, 2), keepdims=True)
    scaled = features / np.where(largest > 0, largest, 1.0)
    pictures: NDArray[np.uint8] = np.rint(scaled * 127.0 + 128.0).astype(np.uint8)
    return pictures


def small_maps(features: NDArray[np.float32], side: int = 64) -> NDArray[np.float32]:
    """Feature maps (C, r, r) as box means of at most `side` positions a side; r is a power of two."""
    channels, r, _ = features.shape
    if r <= side:
        return features
    box = r // side
    means: NDArray[np.float32] = features.reshape(channels, side, box, side, box).mean(axis=(2, 4))
    return means


def map_facts(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean, deviation and largest magnitude of each feature map: (C, 3)."""
    columns = (
        features.mean(axis=(1, 2)),
        features.std(axis=(1, 2)),
        np.abs(features).max(axis=(1, 2)),
    )
    return np.stack(columns, axis=1)


def channel_effects(
    renderer: Renderer,
    recipe: Recipe,
    stage: int,
    channels: int,
    progress: Callable[[float], bool] | None = None,
) -> NDArray[np.float64] | None:
    """Mean change of the picture in grey levels when each map is ablated; None when stopped.

    Each costs the stages after `stage` only, because those before are kept.
    """
    whole = renderer.render(recipe).pixels.astype(np.float64)
    effects = np.zeros(channels)
    for channel in range(channels):
        without = renderer.render(recipe.with_gain(stage, channel, 0.0)).pixels
        effects[channel] = np.abs(without - whole).mean()
        if progress is not None and not progress((channel + 1) / channels):
            return None
    return effects
