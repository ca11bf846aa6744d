"""From what a stage should receive, as a value, to the tensors it does receive.

A stage's tensors are computed from its `StageInputs` and the model alone, so equal inputs mean equal
conditions: comparing inputs is all the renderer's cache needs, and it costs no computation.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict

import torch
from jaxtyping import Float
from torch import Tensor

from ganlab_core.condition import Condition
from ganlab_core.errors import RenderError
from ganlab_core.latents.sampling import class_weights, deviation_of_cut, w_from_latent
from ganlab_core.latents.truncation import mix, mix_normal, truncate
from ganlab_core.model import Model
from ganlab_core.recipe import Classes, Latent, Noise
from ganlab_core.rendering.stage_inputs import StageInputs

KEPT_STYLES = 64
"""How many latents' w are remembered."""

StyleKey = tuple[Latent, Classes, float | None]


class Conditioner:
    """Turns stages' inputs into tensors on one device, remembering the w of the last latents.

    Attributes
    ----------
    device
        Where the tensors are made; the model must lie there too.
    """

    def __init__(self, model: Model, device: torch.device) -> None:
        self._model = model
        self.device = device
        self._styles: OrderedDict[StyleKey, Tensor] = OrderedDict()

    def condition(self, stage: int, inputs: StageInputs) -> Condition:
        """The tensors of `inputs` for `stage`; raises `RenderError` for a vector of wrong length."""
        return Condition(
            self._style(stage, inputs),
            self._noise(stage, inputs.noise),
            self._statistics(inputs),
            inputs.attention,
        )

    def forget(self) -> None:
        """Drop every remembered w."""
        self._styles.clear()

    def _style(self, stage: int, inputs: StageInputs) -> Float[Tensor, "1 d"] | None:
        vector = self._vector(inputs)
        for direction, amount in inputs.directions:
            if len(direction) != vector.shape[1]:
                raise RenderError(
                    f"A direction has {len(direction)} numbers, this model's latent"
                    f" {vector.shape[1]}.",
                    "Use a direction made with this model.",
                )
            step = torch.tensor([direction], dtype=torch.float32, device=self.device)
            vector = vector + amount * step
        labels = class_weights(self._model, inputs.classes)
        labels = None if labels is None else labels.to(self.device)
        return self._model.network.stage_style(stage, vector, labels)

    def _vector(self, inputs: StageInputs) -> Float[Tensor, "1 d"]:
        """The mixed and truncated w, or z without a W."""
        mean = self._model.network.truncation_centre
        if inputs.latent is None:
            return mean[None]
        if inputs.truncation_centre is not None:
            mean = self._w(inputs, inputs.truncation_centre)
        w = self._w(inputs, inputs.latent)
        if inputs.other is not None:
            blend = mix if self._model.capabilities.has_w else mix_normal
            w = blend(w, self._w(inputs, inputs.other), inputs.amount)
        return truncate(w, mean, inputs.psi)

    def _w(self, inputs: StageInputs, latent: Latent) -> Float[Tensor, "1 d"]:
        key = (latent, inputs.classes, inputs.threshold)
        w = self._styles.pop(key, None)
        if w is None:
            w = w_from_latent(self._model, latent, self.device, inputs.classes, inputs.threshold)
        self._styles[key] = w
        while len(self._styles) > KEPT_STYLES:
            self._styles.popitem(last=False)
        return w

    def _statistics(self, inputs: StageInputs) -> float:
        """Which truncation's statistics fit the spread of these inputs' z, 0 to 1.

        A cut normal is narrower than the one the statistics were taken with, so it counts as so much
        more truncated.
        """
        can = self._model.capabilities
        if can.has_w:
            return 1.0
        cut = can.threshold if inputs.threshold is None else inputs.threshold
        drawn = inputs.latent is None or inputs.latent.drawn
        ratio = deviation_of_cut(cut) / deviation_of_cut(can.threshold) if drawn else 1.0
        return min(1.0, max(0.0, abs(inputs.psi) * ratio))

    def _noise(self, stage: int, noise: Noise) -> Float[Tensor, "1 1 r r"] | None:
        if noise.mode == "off":
            return None
        if noise.mode == "stored":
            return self._model.network.stored_noise(stage) * noise.strength
        side = self._model.capabilities.layers[stage].resolution
        return circled_noise(noise, stage, side).to(self.device) * noise.strength


def circled_noise(noise: Noise, stage: int, side: int) -> Float[Tensor, "1 1 {side} {side}"]:
    """The normal map (1, 1, side, side) of random noise: a seed's, or a point between two seeds'."""
    first = random_noise(noise.seed, stage, side)
    if noise.other is None or noise.turn == 0.0:
        return first
    angle = 2.0 * math.pi * noise.turn
    return math.cos(angle) * first + math.sin(angle) * random_noise(noise.other, stage, side)


def random_noise(seed: int, stage: int, side: int) -> Float[Tensor, "1 1 {side} {side}"]:
    """A standard normal map (1, 1, side, side) that only `seed` and `stage` determine.

    Drawn on the CPU so that all devices agree. The pair is hashed, because torch's CPU generator
    keeps 32 bits of its seed and neighbouring layers must not repeat each other's seeds.
    """
    digest = hashlib.sha256(f"ganlab noise {seed} {stage}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:4], "little"))
    return torch.randn(1, 1, side, side, generator=generator)
