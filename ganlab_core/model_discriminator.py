"""The discriminator that a model file may carry, so that others can train on from it.

Nothing but training reads it: the model looks the same without, and has the same fingerprint.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ganlab_core.checkpoint import TRAINERS
from ganlab_core.errors import CheckpointError
from ganlab_core.tensor_file import FAULTS, open_tensors, read_tensors, write_tensors


def add_discriminator(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Put a discriminator's state into a model file, in half precision, in place of one it had.

    Raises `CheckpointError`, and then nothing changed.
    """
    kept = {name: t for name, t in read_tensors(path).items() if not name.startswith(TRAINERS)}
    kept |= {f"{TRAINERS}{name}": tensor.detach().half() for name, tensor in weights.items()}
    try:
        with open_tensors(path) as file:
            header = file.metadata() or {}
    except FAULTS as error:
        raise CheckpointError(f"{path.name} cannot be read: {error}.") from None
    write_tensors(path, kept, header)


def read_discriminator(path: Path) -> dict[str, Tensor]:
    """The state of a model file's discriminator in fp32, empty where it has none; `CheckpointError`."""
    return {
        name.removeprefix(TRAINERS): tensor.float()
        for name, tensor in read_tensors(path, TRAINERS).items()
    }
