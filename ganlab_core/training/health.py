"""When to stop a run that can no longer learn: NaN, or a discriminator that has died."""

from __future__ import annotations

import math

PATIENCE = 2000
"""Consecutive steps without any signal from D before a run is given up."""

SILENCE = 1e-4
"""A gap between D's real and fake scores, or a loss that cannot be negative, below this is no signal."""


class Health:
    """Watches the losses of each report; `problem` is a sentence once something is wrong."""

    def __init__(self, loss: str) -> None:
        self._positive = loss != "wgan-gp"
        self._silent_steps = 0

    def problem(
        self, loss_g: float, loss_d: float, real_score: float, fake_score: float, steps: int
    ) -> str | None:
        """What is wrong after `steps` more steps with these means, or None."""
        if not all(map(math.isfinite, (loss_g, loss_d, real_score, fake_score))):
            return "The losses are no longer finite numbers."
        blind = abs(real_score - fake_score) < SILENCE
        saturated = self._positive and loss_d < SILENCE
        self._silent_steps = self._silent_steps + steps if blind or saturated else 0
        if self._silent_steps < PATIENCE:
            return None
        if saturated:
            return "The discriminator tells every fake from every real picture and teaches nothing."
        return "The discriminator gives real and fake pictures the same score: it is dead."
