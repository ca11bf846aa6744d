"""A training checkpoint seen as a model: its averaged generator, without the rest of the run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlab_core.architectures import ARCHITECTURES
from ganlab_core.checkpoint import fingerprint, from_generator, load_model, phase_tensors
from ganlab_core.errors import CheckpointError, TrainingError
from ganlab_core.model import Model
from ganlab_core.model_info import read_info
from ganlab_core.opening import open_model
from ganlab_core.reading import load_json
from ganlab_core.tensor_file import FAULTS, open_tensors
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.events import MOST_IMAGES
from ganlab_core.training.model_export import published
from ganlab_core.training.networks import shape_of
from ganlab_core.training.run_folder import RunFolder
from ganlab_core.training.schedule import phase_at
from ganlab_core.training.steering import replayed

AVERAGE = "ema."

MOST_BATCHES = 2
"""Batches behind the batch-norm statistics of a BigGAN that is only looked at; a model file has more."""


def open_any(path: Path) -> Model:
    """The model in a file of any kind, checkpoints of runs included; raises `GanlabError`."""
    return open_checkpoint(path) if is_checkpoint(path) else open_model(path)


def is_checkpoint(path: Path) -> bool:
    """Whether a file is a run's checkpoint, by the place it lies in."""
    return path.suffix == ".safetensors" and path.parent.name == "checkpoints"


def open_checkpoint(path: Path) -> Model:
    """The averaged generator of a checkpoint that lies in its run's folder, on the CPU.

    It is what the run would have written as model file at that moment: cut to the resolution that was
    reached, with the settings that held then and the phases that had ended. Only a BigGAN's standing
    statistics come from fewer batches. Raises `CheckpointError` and `TrainingError`.
    """
    root = path.parent.parent
    folder = RunFolder(root)
    counters, weights = _read(folder, path.name)
    config = replayed(folder.config(), root, int(counters["step"]))
    config = dataclasses.replace(
        config, standing_batches=min(MOST_BATCHES, config.standing_batches)
    )
    images = int(counters["images"])
    growth = phase_at(config, images)[1].growth(images)
    classes = config.today(_classes(counters, root))
    average = _average(config, len(classes), weights, path)
    generator, info = published(average, config, images, growth, classes, path)
    phases = folder.phases() if config.keep_phases else {}
    below = {side: load_model(kept) for side, kept in phases.items() if side < info.resolution}
    tensors = generator.state_dict() | phase_tensors(below)
    mark = fingerprint(info.architecture, info.config, tensors)
    model = from_generator(generator, dataclasses.replace(info, fingerprint=mark))
    model.phases.update(below)
    return model


def _read(folder: RunFolder, name: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The counters and the averaged weights; what is beside them in the file is not read."""
    try:
        path = folder.files.path(f"checkpoints/{name}")
        with open_tensors(path) as file:
            counters = load_json((file.metadata() or {})["ganlab"])
            keys = [key for key in file.keys() if key.startswith(AVERAGE)]  # noqa: SIM118
            weights = {key.removeprefix(AVERAGE): file.get_tensor(key) for key in keys}
        seen, done = counters["images"], counters["step"]
        sane = all(type(one) is int and 0 <= one <= MOST_IMAGES for one in (seen, done))
        if not weights or not sane:
            raise ValueError("no checkpoint")
    except FAULTS:
        raise CheckpointError(
            f"The checkpoint {name} is not there any more, or is damaged.",
            "Choose another moment of the run.",
        ) from None
    return counters, weights


def _classes(counters: dict[str, Any], root: Path) -> tuple[str, ...]:
    """The names of the data's classes; checkpoints of old runs leave them to the model file."""
    kept = counters.get("classes")
    if isinstance(kept, list):
        return tuple(str(name) for name in kept)
    folder = RunFolder(root)
    return read_info(folder.files.path(folder.model.name)).classes


def _average(config: TrainConfig, label_size: int, weights: dict[str, Tensor], path: Path) -> Any:
    architecture = ARCHITECTURES[config.architecture]
    try:
        shape = shape_of(config, label_size)
        shape.check()
        with torch.device("meta"):
            average = architecture.generator(shape)
        average.load_state_dict(weights, assign=True)
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        raise TrainingError(
            f"The checkpoint {path.name} does not fit the run's config.",
            "Open the run's model file instead.",
        ) from None
    return average.eval().requires_grad_(requires_grad=False)
