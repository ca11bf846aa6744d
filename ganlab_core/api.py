"""The two verbs of the core for programs that use it as a library; nouns come from the packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ganlab_core.importers import open_model
from ganlab_core.models import Model, resolve
from ganlab_core.training import Event, TrainConfig
from ganlab_core.training import train as train_in


def open(model: str | Path) -> Model:
    """The model of a name (bundled or one's own), of a file of any layout, or of a run's folder.

    Nothing in the file runs. Raises `CheckpointError` with a sentence for what is no model.
    """
    return open_model(resolve(str(model)))


def train(config: TrainConfig, run: str | Path, *, resume: bool = False) -> Iterator[Event]:
    """Train in the folder `run`, telling events; not asking for the next pauses, closing stops.

    With `resume` the config is read from the folder and `config` is ignored. Raises `TrainingError`
    and `DatasetError`.
    """
    return train_in(config, Path(run), resume=resume)
