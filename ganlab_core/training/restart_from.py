"""A run that went wrong, once more: from weights of before, and with what the monitor advises."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ganlab_core.training.config import PerResolution, TrainConfig
from ganlab_core.training.schedule import phase_at

SLOWER = 0.5
EVERY_POLICY = "color,translation,cutout"

CHANGES = {
    "nan": "half the learning rates",
    "collapse": "half the learning rates",
    "dead": "half the learning rates",
    "spectra": "half the learning rates",
    "overpowering": "half the learning rate of D",
    "overfitting": "augmentation",
}
"""Kind of a finding -> what `anew` changes, in words; of others it changes nothing."""


def anew(config: TrainConfig, kind: str, start: Path, images: int) -> TrainConfig:
    """The run's config to begin with the weights in `start`, which had seen so many `images`.

    A growing network begins at the resolution that it had reached by then.
    """
    settings: dict[str, object] = {"start_from": str(start)}
    if config.grows:
        settings["initial_resolution"] = phase_at(config, images)[1].resolution
    rate_d = config.learning_rate if config.learning_rate_d is None else config.learning_rate_d
    what = CHANGES.get(kind, "")
    if what == CHANGES["nan"]:
        settings["learning_rate"] = SLOWER * config.learning_rate
        settings["learning_rate_at"] = _slower(config.learning_rate_at)
        if config.learning_rate_d is not None:
            settings["learning_rate_d"] = SLOWER * rate_d
    elif kind == "overpowering":
        settings["learning_rate_d"] = SLOWER * rate_d
    elif kind == "overfitting":
        settings["augment"] = EVERY_POLICY
    return dataclasses.replace(config, **settings)  # type: ignore[arg-type]


def _slower(rates: PerResolution) -> PerResolution:
    return tuple((side, SLOWER * rate) for side, rate in rates)
