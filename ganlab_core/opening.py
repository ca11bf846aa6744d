"""Opening any model file: our own, or a published checkpoint, told apart by content."""

from __future__ import annotations

from pathlib import Path

from ganlab_core.checkpoint import load_model
from ganlab_core.importers.published import import_model
from ganlab_core.importers.recognise import Container, recognise
from ganlab_core.model import Model


def open_model(path: Path) -> Model:
    """The model in a file of any kind that ganlab knows.

    Nothing in the file runs. Raises `CheckpointError` with a sentence for everything else.
    """
    if recognise(path) is Container.NATIVE:
        return load_model(path)
    return import_model(path)
