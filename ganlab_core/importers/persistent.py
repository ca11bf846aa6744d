"""Pickles of NVIDIA's PyTorch code: modules as plain data, without the source that each carries along.

Such a file is a dict of modules. A module is its class's name and its attributes, among them its
parameters, buffers and parts by name; the Python source that made it stays a text here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.pickled_arrays import ARRAY_MAKERS, ARRAY_MENTIONS
from ganlab_core.importers.pickled_tensors import PickledTensor, StorageReader
from ganlab_core.importers.recognise import LARGEST_FILE
from ganlab_core.importers.settings import Settings
from ganlab_core.importers.unpickler import Allowed, Damaged, Inert, InertDict, Make, read_pickle
from ganlab_core.reading import read_up_to

PACKAGE = b"torch_utils.persistence"
"""The package whose name tells such a file."""

MOST_DEPTH, MOST_MODULES, MOST_PARTS, MOST_NAME = 8, 4096, 512, 100


class PersistentModule(Inert):
    """One module as the file states it."""

    def __init__(self, kind: str, state: Mapping[object, Any]) -> None:
        self.kind = kind
        self._state = state

    def settings(self, file: str) -> Settings:
        """Its plain attributes."""
        return Settings(self._state, file)

    @property
    def parts(self) -> dict[str, PersistentModule]:
        """The modules within, by name."""
        found = self._state.get("_modules")
        if not isinstance(found, dict) or len(found) > MOST_PARTS:
            return {}
        return {
            name: part
            for name, part in found.items()
            if isinstance(name, str) and isinstance(part, PersistentModule)
        }

    def part(self, *names: str) -> PersistentModule | None:
        """The module at a path of names."""
        found: PersistentModule | None = self
        for name in names:
            found = None if found is None else found.parts.get(name)
        return found

    def tensors(self, path: Path) -> dict[str, Tensor]:
        """All parameters and buffers by dotted name, fp32; raises `CheckpointError`.

        Together they may be no larger than the file, twice over for halves.
        """
        claimed: dict[str, PickledTensor] = {}
        left = 2 * path.stat().st_size
        for name, tensor in self._named(path.name):
            left -= tensor.size
            if left < 0 or name in claimed:
                raise _odd(path.name)
            claimed[name] = tensor
        return {name: tensor.tensor() for name, tensor in claimed.items()}

    def _named(self, file: str) -> Iterator[tuple[str, PickledTensor]]:
        waiting: list[tuple[tuple[str, ...], PersistentModule]] = [((), self)]
        visited = 0
        while waiting:
            names, module = waiting.pop()
            visited += 1
            if visited > MOST_MODULES or len(names) > MOST_DEPTH:
                raise _odd(file)
            for name, tensor in module._own(file):
                yield ".".join((*names, name)), tensor
            waiting += [((*names, name), part) for name, part in module.parts.items()]
            if len(waiting) > MOST_MODULES or any(len(name) > MOST_NAME for name in module.parts):
                raise _odd(file)

    def _own(self, file: str) -> Iterator[tuple[str, PickledTensor]]:
        for group in ("_parameters", "_buffers"):
            found = self._state.get(group)
            if not isinstance(found, dict) or len(found) > MOST_PARTS:
                raise _odd(file)
            for name, tensor in found.items():
                if tensor is None:
                    continue
                if not isinstance(name, str) or len(name) > MOST_NAME:
                    raise _odd(file)
                if not isinstance(tensor, PickledTensor):
                    raise _odd(file)
                yield name, tensor


def _odd(file: str) -> CheckpointError:
    return CheckpointError(
        f"{file} holds a network whose weights are not tensors by name.",
        "Get the file again from where it was published.",
    )


def _module(arguments: tuple[Any, ...]) -> PersistentModule:
    """A module from its description; the source in it is not even looked at."""
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise Damaged("a module of unusual making")
    described = arguments[0]
    kind, state = described.get("class_name"), described.get("state")
    if described.get("type") != "class" or not isinstance(kind, str) or not isinstance(state, dict):
        raise Damaged("a module of unusual making")
    return PersistentModule(kind, state)


def _empty_dict(arguments: tuple[Any, ...]) -> InertDict:
    if arguments:
        raise Damaged("a dict of unusual making")
    return InertDict()


def _set(arguments: tuple[Any, ...]) -> frozenset[str]:
    """Names of buffers; nothing else is kept in a set."""
    items = arguments[0] if len(arguments) == 1 else None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Damaged("a set of unusual making")
    return frozenset(items)


def _size(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(arguments) != 1 or not isinstance(arguments[0], tuple):
        raise Damaged("a shape of unusual making")
    return arguments[0]


def _device(arguments: tuple[Any, ...]) -> str:
    """Where a tensor once was; it means nothing here."""
    return "device"


_MAKERS: dict[str, Make] = ARRAY_MAKERS | {
    "torch_utils.persistence _reconstruct_persistent_obj": _module,
    "collections OrderedDict": _empty_dict,
    "dnnlib.util EasyDict": _empty_dict,
    "dnnlib EasyDict": _empty_dict,
    "builtins set": _set,
    "__builtin__ set": _set,
    "torch Size": _size,
    "torch device": _device,
}


def read_persistent_pickle(path: Path) -> dict[str, PersistentModule]:
    """The modules in a pickle by name ("G", "D", "G_ema", ...); raises `CheckpointError`."""
    allowed = Allowed(_MAKERS | StorageReader().makers(), ARRAY_MENTIONS)
    try:
        value = read_pickle(io.BytesIO(read_up_to(path, LARGEST_FILE)), allowed)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except Damaged:
        raise CheckpointError(
            f"{path.name} is a damaged or incomplete pickle.", "Copy or download the file again."
        ) from None
    if not isinstance(value, dict):
        value = {"G_ema": value}  # a generator on its own
    return {
        name: module
        for name, module in value.items()
        if isinstance(name, str) and isinstance(module, PersistentModule)
    }
