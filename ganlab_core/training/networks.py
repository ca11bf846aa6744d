"""The pair of networks a config asks for."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from ganlab_core.architectures import ARCHITECTURES
from ganlab_core.errors import TrainingError
from ganlab_core.reading import load_json
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.players.table import PLAYERS
from ganlab_core.training.randomness import seed_for


def build(config: TrainConfig, label_size: int) -> tuple[Any, Any]:
    """G and D with weights drawn from the config's seed; the global generator is left as it was.

    Raises `TrainingError` where such networks cannot be.
    """
    architecture = ARCHITECTURES[config.architecture]
    try:
        shape = shape_of(config, label_size)
        shape.check()
    except (TypeError, ValueError) as error:
        raise TrainingError(
            f"No {config.architecture} can be built from these settings: {error}.",
            "Change resolution, z_dim, channels or attention.",
        ) from None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(config.seed, "weights"))
        return architecture.generator(shape), architecture.discriminator(shape)


def shape_of(config: TrainConfig, label_size: int) -> Any:
    """The networks' config: by the settings, then by `config.shape` where a model gave one.

    Raises `ValueError` or `TypeError` for options that the architecture does not have.
    """
    shape = PLAYERS[config.architecture].shape(config, label_size)
    if not config.shape:
        return shape
    options = {**dataclasses.asdict(shape), **load_json(config.shape)}
    options |= {"resolution": config.resolution, "label_size": label_size}
    return ARCHITECTURES[config.architecture].config(**options)
