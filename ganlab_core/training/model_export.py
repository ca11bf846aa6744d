"""The averaged generator of a run as a model file, cut to the resolution it has reached."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ganlab_core.checkpoint import from_generator, load_model, save_model
from ganlab_core.errors import GanlabError
from ganlab_core.model_info import ModelInfo, read_info
from ganlab_core.networks.layers import split_growth
from ganlab_core.rendering.readouts import fit_readouts
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.players.table import PLAYERS
from ganlab_core.training.state import TrainState

MOST_KIMG = 10**6
"""No run is longer."""


def export_model(
    state: TrainState,
    growth: float,
    classes: tuple[str, ...],
    path: Path,
    samples: int = 0,
    phases: Mapping[int, Path] = MappingProxyType({}),
) -> None:
    """Write the EMA generator to `path`; blocks that have not been grown yet are left out.

    With `samples` its linear read-outs are fitted to so many pictures first and kept in the file.
    `phases` are the model files of resolutions whose own phase has ended; those below the resolution
    reached are kept in the file too.
    """
    generator, info = published(state.average, state.config, state.images, growth, classes, path)
    model = from_generator(generator, info)
    if samples:
        fit_readouts(model, samples=samples)
    for side, kept in phases.items():
        if side < generator.config.resolution:
            model.phases[side] = load_model(kept)
    save_model(model, path)


def images_of(path: Path) -> int:
    """How many images the generator in a model file has seen; 0 where the file does not say."""
    try:
        kimg = read_info(path).provenance.get("kimg", 0)
    except GanlabError:
        return 0
    known = isinstance(kimg, int | float) and 0 < kimg <= MOST_KIMG
    return round(1000 * kimg) if known else 0


def published(
    average: Any,
    config: TrainConfig,
    images: int,
    growth: float,
    classes: tuple[str, ...],
    path: Path,
) -> tuple[Any, ModelInfo]:
    """The averaged G after `images` as it is put into a model file, on the CPU, and its header."""
    level, _ = split_growth(growth)
    generator = PLAYERS[config.architecture].publish(average, config, level)
    return generator, _info(config, generator.config, images, growth, classes, path)


def _info(
    config: TrainConfig,
    shape: Any,
    images: int,
    growth: float,
    classes: tuple[str, ...],
    path: Path,
) -> ModelInfo:
    return ModelInfo(
        name=path.stem,
        title=config.name or Path(config.data).stem,
        architecture=config.architecture,
        resolution=shape.resolution,
        classes=classes,
        licence=config.licence,
        attribution=config.attribution,
        fingerprint="",
        config=dataclasses.asdict(shape),
        provenance={
            "kimg": round(images / 1000, 3),
            "data": Path(config.data).name,
            "seed": config.seed,
            "loss": config.loss,
            "trained_by": "ganlab",
        },
        growth=growth,
        path=path,
    )
