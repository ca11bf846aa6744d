"""The averaged generator of a run as a model file, cut to the resolution it has reached."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import torch

from ganlab_core.checkpoint import from_generator, save_model
from ganlab_core.model_info import ModelInfo
from ganlab_core.networks.growth import split_growth
from ganlab_core.networks.stylegan import Generator
from ganlab_core.rendering.readouts import fit_readouts
from ganlab_core.training.sheets import fixed_labels
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import mean_style


def export_model(
    state: TrainState, growth: float, classes: tuple[str, ...], path: Path, samples: int = 0
) -> None:
    """Write the EMA generator to `path`; blocks that have not been grown yet are left out.

    With `samples` its linear read-outs are fitted to so many pictures first and kept in the file.

    The centre of truncation is measured anew under the averaged mapping network, because the running
    mean follows the un-averaged one.
    """
    level, _ = split_growth(growth)
    generator = cut_to(state.average, level)
    labels = fixed_labels(generator, max(1, len(classes)))
    with torch.no_grad():
        generator.w_avg.copy_(mean_style(generator, labels, state.config.seed))
    model = from_generator(generator, _info(state, growth, classes, path))
    if samples:
        fit_readouts(model, samples=samples)
    save_model(model, path)


def cut_to(average: Generator, level: int) -> Generator:
    """A copy on the CPU that ends at 2^level px."""
    config = dataclasses.replace(average.config, resolution=2**level)
    whole = copy.deepcopy(average).cpu().state_dict()
    with torch.device("meta"):
        generator = Generator(config)
    kept = {name: whole[name].clone() for name in generator.state_dict()}
    generator.load_state_dict(kept, assign=True)
    return generator.requires_grad_(requires_grad=False)


def _info(state: TrainState, growth: float, classes: tuple[str, ...], path: Path) -> ModelInfo:
    config = state.config
    level, _ = split_growth(growth)
    return ModelInfo(
        name=path.stem,
        title=config.name or Path(config.data).stem,
        architecture=config.architecture,
        resolution=2**level,
        classes=classes,
        licence=config.licence,
        attribution=config.attribution,
        fingerprint="",
        config=dataclasses.asdict(dataclasses.replace(state.average.config, resolution=2**level)),
        provenance={
            "kimg": round(state.images / 1000, 3),
            "data": Path(config.data).name,
            "seed": config.seed,
            "loss": config.loss,
            "trained_by": "ganlab",
        },
        growth=growth,
        path=path,
    )
