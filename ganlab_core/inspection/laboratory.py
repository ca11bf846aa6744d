"""What noise and truncation do to one picture, and what its spectrum says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ganlab_core.capabilities import Layer
from ganlab_core.latents.sampling import w_from_latent
from ganlab_core.model import Model
from ganlab_core.recipe import Latent, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering.renderer import Renderer

GREY = np.array([0.299, 0.587, 0.114])


def noise_deviation(
    renderer: Renderer,
    recipe: Recipe,
    draws: int = 16,
    progress: Callable[[float], bool] | None = None,
) -> NDArray[np.float64] | None:
    """Standard deviation of each pixel over draws of the noise, in grey levels, (R, R).

    As StyleGAN's figure 4 shows it: bright where the noise decides, dark where the style does. None
    when stopped by `progress`.
    """
    pictures = []
    for seed in range(draws):
        drawn = replace(recipe, noise=Noise("random", seed, recipe.noise.strength))
        pictures.append(renderer.render(drawn).pixels.astype(np.float64) @ GREY)
        if progress is not None and not progress((seed + 1) / draws):
            return None
    deviation: NDArray[np.float64] = np.stack(pictures).std(axis=0)
    return deviation


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8], gain: float = 1.0) -> NDArray[np.uint8]:
    """Absolute difference of two pictures (R, R, 3), multiplied by `gain` and cut at 255."""
    change = np.abs(a.astype(np.float64) - b.astype(np.float64)) * gain
    return np.rint(np.minimum(change, 255.0)).astype(np.uint8)


def truncation_strip(recipe: Recipe, psis: tuple[float, ...]) -> tuple[Recipe, ...]:
    """The Recipe at each psi, its resolutions' own psi left out."""
    return tuple(replace(recipe, psi=psi, psi_at=()) for psi in psis)


def distance_to_mean(model: Model, recipe: Recipe) -> float:
    """How far the truncated style lies from the centre: ||psi (w - centre)||, without a W ||psi z||.

    The centre is the mean of W unless the Recipe says otherwise.
    """
    device = model.network.truncation_centre.device
    w = w_from_latent(model, recipe.latent, device, recipe.classes, recipe.threshold)
    centre = model.network.truncation_centre
    if recipe.centre is not None and model.capabilities.has_w:
        centre = w_from_latent(model, recipe.centre, device, recipe.classes)
    return abs(recipe.psi) * float((w - centre).norm())


def without_layer(model: Model, recipe: Recipe, layer: Layer, part: str) -> Recipe | None:
    """The Recipe with one layer's `"noise"` off, or its `"style"` the mean; None where it has none.

    The mean of W is the average style; the mean of z, for BigGAN, is zero.
    """
    if part == "noise":
        silent = LayerNoise(on=False)
        return recipe.with_noise_layer(layer.index, silent) if layer.noise else None
    if not (layer.style and model.capabilities.has_mixing):
        return None
    mean = tuple(float(value) for value in model.network.truncation_centre)
    space = "w" if model.capabilities.has_w else "z"
    average = Mix(Latent(vector=mean, space=space))
    return recipe.with_mix_layer(layer.w_plus_index, average)


def power_spectrum(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean power over circles of equal frequency, from 0 to R / 2 cycles a picture: (R // 2 + 1,).

    Of one grey picture or feature map (R, R), its mean taken out, under a Hann window, so that borders
    do not ring.
    """
    grey = values.astype(np.float64)
    side = grey.shape[0]
    window = np.hanning(side)
    spectrum = np.fft.fft2((grey - grey.mean()) * window[:, None] * window[None, :])
    power = np.abs(spectrum) ** 2 / side**2
    frequency = np.fft.fftfreq(side) * side
    circle = np.rint(np.hypot(frequency[:, None], frequency[None, :])).astype(int)
    inside = circle <= side // 2
    totals = np.bincount(circle[inside], power[inside], minlength=side // 2 + 1)
    counts = np.bincount(circle[inside], minlength=side // 2 + 1)
    means: NDArray[np.float64] = totals / np.maximum(counts, 1)
    return means
