"""Where fitted read-outs are kept: in the model file, else in the cache under its fingerprint."""

from __future__ import annotations

import os
from pathlib import Path

from torch import Tensor

from ganlab_core.checkpoint import readout_tensors, readouts_from
from ganlab_core.errors import CheckpointError
from ganlab_core.model import Model
from ganlab_core.model_info import read_info
from ganlab_core.places import bundled_models_dir, cache_dir
from ganlab_core.tensor_file import FAULTS, open_tensors, write_tensors


def keep_readouts(model: Model) -> Path | None:
    """Write the model's read-outs where the next start finds them.

    They are added to the model's own file when that is the person's to change: not a bundled one,
    not in a run's folder (where a trainer may be about to write it), and still the same model. The
    fingerprint covers the weights only and stays. Otherwise they go into the cache folder.

    Returns
    -------
    Path or None
        The file written; None when there are no read-outs or neither place can be written.
    """
    if not model.readouts:
        return None
    for path in (_own_file(model), _cache_file(model)):
        try:
            if path is not None:
                _add(model, path)
                return path
        except (*FAULTS, CheckpointError):
            continue
    return None


def load_kept_readouts(model: Model) -> bool:
    """Take read-outs from the cache folder into a model that has none; tells whether it has now."""
    path = _cache_file(model)
    if not model.has_readouts and path is not None and path.is_file():
        try:
            with open_tensors(path) as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            model.readouts.update(readouts_from(tensors, model))
        except (*FAULTS, CheckpointError):
            return False  # it can be fitted again
    return model.has_readouts


def _own_file(model: Model) -> Path | None:
    """The model's file if read-outs may be added to it."""
    path = model.info.path
    try:
        bundled = path.resolve().is_relative_to(bundled_models_dir().resolve())
        in_run = (path.parent / "events.jsonl").exists()
        same = read_info(path).fingerprint == model.info.fingerprint
    except (OSError, CheckpointError):
        return None
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return path if same and writable and not bundled and not in_run else None


def _cache_file(model: Model) -> Path | None:
    """The file in the cache; None for a fingerprint that would not make a file name."""
    fingerprint = model.info.fingerprint
    if not (fingerprint.isascii() and fingerprint.isalnum() and len(fingerprint) <= 64):
        return None
    return cache_dir() / "readouts" / f"{fingerprint}.safetensors"


def _add(model: Model, path: Path) -> None:
    """Write `path` anew with what it holds and the read-outs."""
    tensors: dict[str, Tensor] = {}
    metadata: dict[str, str] = {}
    if path.exists():
        with open_tensors(path) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    write_tensors(path, tensors | readout_tensors(model.readouts), metadata)
