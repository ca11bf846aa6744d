"""The pair of networks a config asks for."""

from __future__ import annotations

from typing import Any

import torch

from ganlab_core.architectures import ARCHITECTURES
from ganlab_core.errors import TrainingError
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.players.table import PLAYERS
from ganlab_core.training.randomness import seed_for


def build(config: TrainConfig, label_size: int) -> tuple[Any, Any]:
    """G and D with weights drawn from the config's seed; the global generator is left as it was.

    Raises `TrainingError` where such networks cannot be.
    """
    architecture = ARCHITECTURES[config.architecture]
    shape = PLAYERS[config.architecture].shape(config, label_size)
    try:
        architecture.check(shape)
    except ValueError as error:
        raise TrainingError(
            f"No {config.architecture} can be built from these settings: {error}.",
            "Change resolution, z_dim, channels or attention.",
        ) from None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(config.seed, "weights"))
        return architecture.generator(shape), architecture.discriminator(shape)
