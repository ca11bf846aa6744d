"""The model library: the bundled models and the person's own, by name."""

from __future__ import annotations

import difflib
from pathlib import Path

from ganlab_core.confined import ConfinedFolder
from ganlab_core.errors import CheckpointError
from ganlab_core.model_info import ModelInfo, read_info
from ganlab_core.places import bundled_models_dir, user_models_dir

SUFFIX = ".safetensors"
RUN_MODEL = f"model{SUFFIX}"
"""The name of a finished run's model file in its folder."""

LONGEST_NAME = 60
NOT_IN_NAMES = '/\\:*?"<>|'

ORDER = "order.txt"
"""Beside model files: their names, a line each, in the order they are listed in."""


def find_models() -> list[ModelInfo]:
    """The bundled models, then the person's own; broken files are passed over.

    Each folder's come in the order of its `order.txt`, and by name where that says nothing: the
    program opens on the first, which should be the one that shows most.
    """
    found = []
    for folder in (bundled_models_dir(), user_models_dir()):
        for path in _model_files(folder):
            try:
                found.append(read_info(path))
            except CheckpointError:
                continue
    return found


def resolve(name_or_path: str) -> Path:
    """The model file meant by a bundled or own model's name, a file, or a run's folder.

    A name wins over a file of the same name; write ./name for the file. Raises `CheckpointError`
    that suggests names when there is no such model.
    """
    for folder in (bundled_models_dir(), user_models_dir()):
        for path in _model_files(folder):
            if name_or_path in (path.stem, path.name):
                return path
    return _resolve_path(name_or_path)


def suggested_name(file: Path) -> str:
    """What a model would be called: as its run, or as its file."""
    run = run_of(file)
    return run.name if run else file.stem


def checked_name(name: str) -> str:
    """A name that no model has yet and that every system can write; raises `CheckpointError`."""
    name = name.strip().removesuffix(SUFFIX)
    if not name or name.startswith(".") or len(name) > LONGEST_NAME:
        raise CheckpointError(f"A model's name has 1 to {LONGEST_NAME} letters.")
    if any(letter in NOT_IN_NAMES or ord(letter) < ord(" ") for letter in name):
        raise CheckpointError(f"A model's name cannot have any of {NOT_IN_NAMES} in it.")
    if name in {info.name for info in find_models()}:
        raise CheckpointError(f"There is already a model {name!r}.", "Give another name.")
    return name


def run_of(file: Path) -> Path | None:
    """The folder of the run whose newest model a file is."""
    folder = file.absolute().parent
    return (
        folder if file.name == RUN_MODEL and ConfinedFolder(folder).is_file("config.json") else None
    )


def _resolve_path(text: str) -> Path:
    path = Path(text).expanduser()
    try:
        if path.is_file():
            return path
        if ConfinedFolder(path).is_file(RUN_MODEL):
            return path / RUN_MODEL
        is_folder = path.is_dir()
    except (OSError, ValueError):  # a name too long for the system, or one with a NUL in it
        is_folder = False
    if is_folder:
        raise CheckpointError(
            f"The folder {text} holds no {RUN_MODEL}.", "Choose a model file, or a run's folder."
        )
    raise CheckpointError(f"There is no model {_shortened(text)}.", _suggestion(text))


def _model_files(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file())
    except OSError:
        return []
    try:
        order = (folder / ORDER).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return files
    return sorted(
        files, key=lambda path: order.index(path.stem) if path.stem in order else len(order)
    )


def _suggestion(text: str) -> str:
    names = [info.name for info in find_models()]
    near = difflib.get_close_matches(text, names, n=3, cutoff=0.4)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"Models are: {', '.join(names)}." if names else "Give the path of a .safetensors file."


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
