"""From a Recipe to what every stage receives: first as a plain value, then as tensors.

A stage's tensors are computed from its `StageSpec` and the model alone, so equal specs mean equal
conditions: comparing specs is all the renderer's cache needs, and it costs no computation.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor

from ganlab_core.capabilities import Layer
from ganlab_core.condition import Condition
from ganlab_core.latents.sampling import w_from_latent
from ganlab_core.latents.truncation import mix, truncate
from ganlab_core.model import Model
from ganlab_core.recipe import Latent, Noise, Recipe

KEPT_STYLES = 64
"""How many latents' w are remembered."""

SILENT = Noise("off", 0, 0.0)


@dataclass(frozen=True, slots=True)
class StageSpec:
    """What one stage receives, as a value.

    Attributes
    ----------
    latent
        Where the style comes from; None = the mean of W (psi is 0).
    other, amount
        The style mixed in and how much of it, 0 to 1.
    psi
        Truncation of the mixed style.
    noise
        Mode, seed and strength of the noise.
    """

    latent: Latent | None
    other: Latent | None
    amount: float
    psi: float
    noise: Noise


def stage_specs(recipe: Recipe, layers: tuple[Layer, ...]) -> tuple[StageSpec, ...]:
    """What each stage receives under this Recipe, in the simplest of all equal forms."""
    return tuple(_stage_spec(recipe, layer) for layer in layers)


def _stage_spec(recipe: Recipe, layer: Layer) -> StageSpec:
    noise = recipe.noise_of(layer) if layer.noise else SILENT
    psi = recipe.psi_of(layer)
    if psi == 0.0:
        return StageSpec(None, None, 0.0, 0.0, noise)
    mixed = recipe.mix_of(layer)
    if mixed is None or mixed.amount == 0.0 or mixed.latent == recipe.latent:
        return StageSpec(recipe.latent, None, 0.0, psi, noise)
    if mixed.amount == 1.0:
        return StageSpec(mixed.latent, None, 0.0, psi, noise)
    return StageSpec(recipe.latent, mixed.latent, mixed.amount, psi, noise)


class Conditioner:
    """Turns specs into tensors on one device, remembering the w of the last latents.

    Attributes
    ----------
    device
        Where the tensors are made; the model must lie there too.
    """

    def __init__(self, model: Model, device: torch.device) -> None:
        self._model = model
        self.device = device
        self._styles: OrderedDict[Latent, Tensor] = OrderedDict()

    def condition(self, stage: int, spec: StageSpec) -> Condition:
        """The tensors of `spec` for `stage`; raises `RenderError` for a vector of wrong length."""
        return Condition(self._style(spec), self._noise(stage, spec.noise))

    def forget(self) -> None:
        """Drop every remembered w."""
        self._styles.clear()

    def _style(self, spec: StageSpec) -> Tensor:
        mean = self._model.network.w_mean
        if spec.latent is None:
            return mean[None]
        w = self._w(spec.latent)
        if spec.other is not None:
            w = mix(w, self._w(spec.other), spec.amount)
        return truncate(w, mean, spec.psi)

    def _w(self, latent: Latent) -> Tensor:
        known = self._styles.pop(latent, None)
        w = w_from_latent(self._model, latent, self.device) if known is None else known
        self._styles[latent] = w
        while len(self._styles) > KEPT_STYLES:
            self._styles.popitem(last=False)
        return w

    def _noise(self, stage: int, noise: Noise) -> Tensor | None:
        if noise.mode == "off":
            return None
        if noise.mode == "stored":
            return self._model.network.stored_noise(stage) * noise.strength
        side = self._model.capabilities.layers[stage].resolution
        return random_noise(noise.seed, stage, side).to(self.device) * noise.strength


def random_noise(seed: int, stage: int, side: int) -> Tensor:
    """A standard normal map (1, 1, side, side) that only `seed` and `stage` determine.

    Drawn on the CPU so that all devices agree. The pair is hashed, because torch's CPU generator
    keeps 32 bits of its seed and neighbouring layers must not repeat each other's seeds.
    """
    digest = hashlib.sha256(f"ganlab noise {seed} {stage}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:4], "little"))
    return torch.randn(1, 1, side, side, generator=generator)
