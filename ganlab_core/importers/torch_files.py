"""PyTorch's files: looked through by our own unpickler first, then read with `weights_only=True`."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.files import read_up_to
from ganlab_core.importers.pickled import ARRAY_MAKERS, ARRAY_MENTIONS, check_view
from ganlab_core.importers.recognition import LARGEST_FILE
from ganlab_core.importers.unpickler import (
    Allowed,
    Damaged,
    Inert,
    InertDict,
    Make,
    Name,
    read_pickle,
)

MOST_VIEWS = 4
"""How often tensors may show a file's bytes; most files show each byte once."""

MOST_ENTRIES = 100_000
_ZIP_ENTRY = b"PK\x01\x02"
"""Begins each entry of a zip's list."""

SAFE_TORCH = (2, 10)
"""Older ones have a published fault in how they read weights."""

ZOO_CONFIG = "models.utils.config.BaseConfig"
_ITEM_SIZES = {
    "Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1,
    "Byte": 1, "Bool": 1,
}  # fmt: skip


_MODULES = ("torch.nn.modules.activation ReLU",)
"""Objects that settings saved beside weights hold; they are kept as data without meaning."""


class ZooConfig:
    """Stands for the GAN zoo's config object; its attributes are whatever the file says."""


class _Config(Inert):
    """The same while a file is looked through."""

    def set_state(self, state: object) -> None:
        """A dict of attributes."""
        if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
            raise Damaged("the state of a config")


class _Meaningless(Inert):
    """A network's part or a set among settings."""

    def set_state(self, state: object) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """What a file says about one block of numbers."""

    key: str
    count: int
    item: int

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.count * self.item


class _Tensor(Inert):
    """A tensor that is only looked at; nothing may be set in it."""

    def __init__(self, size: int) -> None:
        self.size = size


def load_torch_file(path: Path) -> dict[str, Any]:
    """The dict saved in a PyTorch file, old or new; tensors on the CPU.

    A file without any tensor is what our own unpickler makes of it. Nothing in the file runs. Raises
    `CheckpointError` for anything that is no dict, is damaged, or claims more than it holds.
    """
    try:
        data = read_up_to(path, LARGEST_FILE)
        is_zip = data.startswith(b"PK\x03\x04")
        value, storages = _look_through_zip(data) if is_zip else _look_through_legacy(data)
        if storages:
            value = _load(data)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except (
        Damaged, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
        AssertionError, OverflowError, MemoryError, pickle.UnpicklingError, zipfile.BadZipFile,
        NotImplementedError,
    ):  # fmt: skip
        raise CheckpointError(
            f"{path.name} is a damaged or incomplete PyTorch file.",
            "Copy or download the file again.",
        ) from None
    if not isinstance(value, dict):
        raise CheckpointError(f"{path.name} is a PyTorch file, but holds no weights by name.")
    return value


def _load(data: bytes) -> object:
    if torch.__version__ < SAFE_TORCH:  # type: ignore[operator]  # it compares with tuples
        raise CheckpointError(
            f"PyTorch {torch.__version__} has a fault that a prepared file could use.",
            "Update torch to 2.10 or newer to open PyTorch files.",
        )
    with torch.serialization.safe_globals([(ZooConfig, ZOO_CONFIG)]):
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


Looked = tuple[object, dict[str, _Storage]]
"""What a file holds, tensors left blank, and the blocks of numbers it claims."""


def _look_through_zip(data: bytes) -> Looked:
    """Every name allowed, nothing compressed, every storage as large as it claims."""
    if data.count(_ZIP_ENTRY) > MOST_ENTRIES:
        raise Damaged("too many entries")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values()):
            raise Damaged("compressed entries")
        if sum(entry.file_size for entry in entries.values()) > len(data):
            raise Damaged("entries larger than the file")
        roots = [name.removesuffix("data.pkl") for name in entries if name.endswith("/data.pkl")]
        if len(roots) != 1 or len(entries) != len(archive.infolist()):
            raise Damaged("not one object")
        root = roots[0]
        storages: dict[str, _Storage] = {}
        pickled = io.BytesIO(archive.read(root + "data.pkl"))
        value = read_pickle(pickled, _allowed(storages, len(data)))
    for storage in storages.values():
        entry = entries.get(f"{root}data/{storage.key}")
        if entry is None or entry.file_size != storage.size:
            raise Damaged("a storage that is not as large as claimed")
    return value, storages


def _look_through_legacy(data: bytes) -> Looked:
    """Magic, version, system, the object, the keys of its storages, then all their bytes."""
    file = io.BytesIO(data)
    storages: dict[str, _Storage] = {}
    plain = Allowed({})
    for _ in range(3):
        read_pickle(file, plain)
    value = read_pickle(file, _allowed(storages, len(data)))
    keys = read_pickle(file, plain)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Damaged("keys that are no texts")  # anything else might take for ever to compare
    if sorted(keys) != sorted(storages):
        raise Damaged("storages that nobody uses")
    claimed = sum(storage.size + 8 for storage in storages.values())
    if claimed != len(data) - file.tell():
        raise Damaged("a length that is not as claimed")
    return value, storages


def _allowed(storages: dict[str, _Storage], file_size: int) -> Allowed:
    """What a file of weights may mention; `storages` is filled with what it says of its storages."""

    def persistent(identity: object) -> object:
        if isinstance(identity, tuple) and identity[:1] == ("module",):
            return _module(identity)
        storage = _storage(identity)
        if storages.setdefault(storage.key, storage) != storage:
            raise Damaged("a storage of two sizes")
        return storage

    makers: dict[str, Make] = {
        "collections OrderedDict": _ordered_dict,
        "torch._utils _rebuild_tensor_v2": _Tensors(file_size).view,
        "torch._utils _rebuild_parameter": _parameter,
        ZOO_CONFIG.replace(".BaseConfig", " BaseConfig"): _config,
        "__builtin__ set": _meaningless,
        "torch.nn.backends.thnn _get_thnn_function_backend": _meaningless,
        **dict.fromkeys(_MODULES, _meaningless),
        **ARRAY_MAKERS,
    }
    mentions = frozenset(f"torch {kind}Storage" for kind in _ITEM_SIZES)
    return Allowed(makers, mentions | ARRAY_MENTIONS, persistent)


def _module(identity: tuple[object, ...]) -> Name:
    """A class with its source, as older files name it; the source is not looked at."""
    match identity:
        case ("module", Name(text), str() | None, str() | None) if text in _MODULES:
            return Name(text)
    raise Damaged("a class of unusual making")


def _meaningless(arguments: tuple[Any, ...]) -> _Meaningless:
    return _Meaningless()


def _storage(identity: object) -> _Storage:
    match identity:
        case ("storage", Name(text), str(key), str(), int(count), *rest) if rest in ([], [None]):
            kind = text.removeprefix("torch ").removesuffix("Storage")
            if kind in _ITEM_SIZES and type(count) is int and 0 <= count < 2**48:
                return _Storage(key, count, _ITEM_SIZES[kind])
    raise Damaged("a storage of unusual making")


class _Tensors:
    """What a file makes its tensors from; together they may claim a few times its size at most."""

    def __init__(self, file_size: int) -> None:
        self._left = MOST_VIEWS * file_size

    def view(self, arguments: tuple[Any, ...]) -> _Tensor:
        """A tensor, which has to lie within its storage; one that repeats numbers takes no room."""
        if len(arguments) < 4 or not isinstance(arguments[0], _Storage):
            raise Damaged("a tensor of unusual making")
        storage, offset, shape, stride = arguments[:4]
        count = min(storage.count, check_view(storage.count, offset, shape, stride))
        self._left -= count * storage.item
        if self._left < 0:
            raise Damaged("tensors larger than the file")
        return _Tensor(count * storage.item)


def _parameter(arguments: tuple[Any, ...]) -> _Tensor:
    if not arguments or not isinstance(arguments[0], _Tensor):
        raise Damaged("a parameter of unusual making")
    return arguments[0]


def _config(arguments: tuple[Any, ...]) -> _Config:
    return _Config()


def _ordered_dict(arguments: tuple[Any, ...]) -> InertDict:
    if not arguments:
        return InertDict()
    pairs = arguments[0]
    if len(arguments) != 1 or not isinstance(pairs, list):
        raise Damaged("a dict of unusual making")
    result = InertDict()
    for pair in pairs:
        key, value = pair
        if not isinstance(key, str):
            raise Damaged("a key that is no text")
        result[key] = value
    return result


def tensors_of(state: object) -> dict[str, torch.Tensor]:
    """A state dict's tensors by name; empty when it is none.

    Only contiguous ones count, so that each is as large as the bytes it was read from: a repeated
    view could claim any size.
    """
    if not isinstance(state, Mapping):
        return {}
    return {
        name: value
        for name, value in state.items()
        if isinstance(name, str) and isinstance(value, torch.Tensor) and value.is_contiguous()
    }
