"""The model library: the bundled models and the person's own, by name."""

from __future__ import annotations

import difflib
import itertools
import os
import re
from pathlib import Path

from ganlab_core.errors import CheckpointError
from ganlab_core.files import ConfinedFolder, bundled_models_dir, user_models_dir
from ganlab_core.models.info import ModelInfo, read_info
from ganlab_core.plain_text import fault_of_name, file_stem

SUFFIX = ".safetensors"
RUN_MODEL = f"model{SUFFIX}"
"""The name of a finished run's model file in its folder."""

LONGEST_NAME = 60
LONGEST_SHOWN = 300
LOOKED_AT = 1000
"""Entries of a folder that are compared with a name that is not there."""


_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,11}$")

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


def models_beside(path: Path) -> list[ModelInfo]:
    """The other models in a file's folder; broken files are passed over."""
    found = []
    for other in _model_files(path.absolute().parent)[:LOOKED_AT]:
        try:
            found += [read_info(other)] if other.name != path.name else []
        except CheckpointError:
            continue
    return found


def resolve(name_or_path: str) -> Path:
    """The model file meant by a bundled or own model's name, a file, or a run's folder.

    A name wins over a file of the same name; write ./name for the file. Raises `CheckpointError`
    that suggests names when there is no such model.
    """
    return named(name_or_path) or _resolve_path(name_or_path)


def named(name: str) -> Path | None:
    """The file of the bundled or own model of this name; no file is opened for it."""
    return next((path for path in _all_files() if name in (path.stem, path.name)), None)


def missing(text: str) -> CheckpointError:
    """What to say of a model, file or folder that is not there."""
    if looks_like_a_path(text):
        return CheckpointError(f"There is no file or folder {_place(text)}.", _near_files(text))
    return CheckpointError(f"There is no model {_shortened(text)}.", _suggestion(text))


def looks_like_a_path(text: str) -> bool:
    """Whether a word is written as a path or file name, and not as the name of a model."""
    return any(mark in text for mark in "/\\~") or _ENDING.search(text) is not None


def names_beside(text: str) -> list[str]:
    """Names in the folder where a path would lie, as far as they are looked at."""
    try:
        with os.scandir(Path(text).expanduser().parent) as entries:
            return [entry.name for entry in itertools.islice(entries, LOOKED_AT)]
    except (OSError, ValueError):
        return []


def model_names() -> list[str]:
    """The names of the bundled models and the person's own."""
    return [path.stem for path in _all_files()]


def suggested_name(file: Path) -> str:
    """What a model would be called: as its run, or as its file."""
    run = run_of(file)
    return run.name if run else file.stem


def checked_name(name: str) -> str:
    """A name that no model has yet and that every system can write; raises `CheckpointError`."""
    name = name.strip().removesuffix(SUFFIX)
    fault = fault_of_name(name, LONGEST_NAME)
    if fault:
        raise CheckpointError(f"A model's name {fault}.", "Give another name.")
    if name.lower() in {info.name.lower() for info in find_models()}:  # as some disks compare
        raise CheckpointError(f"There is already a model {name!r}.", "Give another name.")
    return name


def tuning_name(info: ModelInfo, picture: str) -> str:
    """A free name for a model tuned to a picture: after both, with a number where that is taken."""
    stem = file_stem(f"{info.name}-{picture}", f"{info.name}-tuned", LONGEST_NAME - 4)
    taken = {one.name.lower() for one in find_models()}
    numbered = (f"{stem}-{number}" for number in itertools.count(2))
    return next(name for name in (stem, *itertools.islice(numbered, len(taken) + 1))
                if name.lower() not in taken)  # fmt: skip


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
    raise missing(text)


def _all_files() -> list[Path]:
    return [*_model_files(bundled_models_dir()), *_model_files(user_models_dir())]


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
    names = model_names()
    near = difflib.get_close_matches(text, names, n=3, cutoff=0.4)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"Models are: {', '.join(names)}." if names else "Give the path of a .safetensors file."


def _place(text: str) -> str:
    """A path as it is told: with the folder it was looked for in where it does not say one."""
    shown = text if len(text) <= LONGEST_SHOWN else f"...{text[-LONGEST_SHOWN:]}"
    return shown if os.path.isabs(text) or text.startswith("~") else f"{shown} in {Path.cwd()}"


def _near_files(text: str) -> str:
    near = difflib.get_close_matches(Path(text).name, names_beside(text), n=3)
    return f"Did you mean {' or '.join(near)}?" if near else "Check the path."


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
