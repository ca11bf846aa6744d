"""NumPy arrays inside pickles, rebuilt from their bytes; what the data does not hold is not allocated."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.files import read_up_to
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

_KINDS = frozenset({"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"})


class PickledType(Inert):
    """An element type: a plain number, little or big endian."""

    def __init__(self, code: str) -> None:
        if code not in _KINDS:
            raise CheckpointError(
                f"The file holds an array of type {code[:20]!a}, which no model needs.",
                "Get the model from where it was published.",
            )
        self.dtype = np.dtype("<" + code)

    def set_state(self, state: object) -> None:
        """The state as NumPy writes it; only its byte order matters for numbers."""
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise Damaged("the state of an element type")
        if state[1] == ">":
            self.dtype = self.dtype.newbyteorder(">")


class PickledArray(Inert):
    """An array; `value` is None until the file has set its state."""

    def __init__(self, value: NDArray[Any] | None = None) -> None:
        self.value = value

    def set_state(self, state: object) -> None:
        """The state as NumPy writes it: (version, shape, type, is Fortran order, bytes)."""
        if not isinstance(state, tuple) or len(state) != 5:
            raise Damaged("the state of an array")
        _, shape, kind, fortran, data = state
        self.value = array_from(data, kind, shape, "F" if fortran else "C")


def array_from(data: object, kind: object, shape: object, order: str) -> NDArray[Any]:
    """A read-only view of the bytes; raises `Damaged` where shape and length disagree."""
    if isinstance(data, str):  # how Python 2 wrote bytes
        data = data.encode("latin1")
    if not isinstance(data, bytes | bytearray) or not isinstance(kind, PickledType):
        raise Damaged("an array without data")
    if not isinstance(shape, tuple) or len(shape) > 8:
        raise Damaged("the shape of an array")
    if not all(type(side) is int and 0 <= side < 2**31 for side in shape):
        raise Damaged("the shape of an array")
    if math.prod(shape) * kind.dtype.itemsize != len(data):
        raise Damaged("an array whose shape and data disagree")
    flat = np.frombuffer(data, kind.dtype)
    return flat.reshape(shape[::-1]).T if order == "F" else flat.reshape(shape)


def _reconstruct(arguments: tuple[Any, ...]) -> PickledArray:
    """An array still without data; NumPy always asks for an empty one here."""
    if len(arguments) != 3 or not isinstance(arguments[0], Name) or arguments[1] != (0,):
        raise Damaged("an array of unusual making")
    return PickledArray()


def _dtype(arguments: tuple[Any, ...]) -> PickledType:
    if not arguments or not isinstance(arguments[0], str):
        raise Damaged("an element type without a name")
    return PickledType(arguments[0])


def _scalar(arguments: tuple[Any, ...]) -> PickledArray:
    kind, data = arguments
    return PickledArray(array_from(data, kind, (), "C"))


def _from_buffer(arguments: tuple[Any, ...]) -> PickledArray:
    data, kind, shape, order = arguments
    return PickledArray(array_from(data, kind, shape, "F" if order == "F" else "C"))


def _encode(arguments: tuple[Any, ...]) -> bytes:
    """Bytes as protocol 2 writes them: a text and the word latin1."""
    text, encoding = arguments
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise Damaged("bytes of unusual making")
    return text.encode("latin1")


def _no_bytes(arguments: tuple[Any, ...]) -> bytes:
    """How protocol 2 writes empty bytes."""
    if arguments:
        raise Damaged("bytes of unusual making")
    return b""


ARRAY_MENTIONS = frozenset({"numpy ndarray"})
ARRAY_MAKERS: dict[str, Make] = {
    "numpy dtype": _dtype,
    "_codecs encode": _encode,
    "__builtin__ bytes": _no_bytes,
}
for _package in ("numpy.core", "numpy._core"):
    ARRAY_MAKERS[f"{_package}.multiarray _reconstruct"] = _reconstruct
    ARRAY_MAKERS[f"{_package}.multiarray scalar"] = _scalar
    ARRAY_MAKERS[f"{_package}.numeric _frombuffer"] = _from_buffer


# ------------------------------------------------------------------------------------------------
# Tensors inside plain pickles: each storage is a complete little PyTorch file of the old kind.
# Such a file has a magic number, a version and the system's sizes, then a pickle that names one
# storage, the list of its keys, and the numbers. All of it is read here; nothing is handed to
# torch.


MAGIC = 0x1950A86A20F9469CFC6C
MOST_HEADERS = 1_000_000
"""Bytes of all that stands before the numbers, in all storages; published checkpoints have a tenth."""

MOST_STEPS = 1000

_STORAGE_KINDS = {
    "Double": "<f8", "Float": "<f4", "Half": "<f2", "Long": "<i8", "Int": "<i4", "Short": "<i2",
    "Char": "i1", "Byte": "u1", "Bool": "?",
}  # fmt: skip
_PLAIN = Allowed({})


class PickledStorage:
    """A block of numbers, as a view of the file's bytes."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values


class PickledTensor(Inert):
    """A tensor that is not built yet: a view of a storage, known to lie within it."""

    def __init__(
        self, storage: PickledStorage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
    ) -> None:
        self._storage = storage
        self._offset = offset
        self._shape = shape
        self._stride = stride

    @property
    def size(self) -> int:
        """Its bytes in memory as fp32, or in the file if that is more."""
        return math.prod(self._shape) * max(4, self._storage.values.itemsize)

    def tensor(self) -> Tensor:
        """A copy of it, fp32."""
        values = self._storage.values[self._offset :]
        steps = tuple(step * values.itemsize for step in self._stride)
        view = np.lib.stride_tricks.as_strided(values, self._shape, steps, writeable=False)
        return torch.from_numpy(np.array(view, np.float32, order="C"))


class StorageReader:
    """Reads the storages of one file, whose headers together may only be so long."""

    def __init__(self) -> None:
        self._left = MOST_HEADERS

    def makers(self) -> dict[str, Make]:
        """What a file may call to make tensors."""
        return {
            "torch.storage _load_from_bytes": self._load,
            "torch._utils _rebuild_tensor_v2": _tensor,
            "torch._utils _rebuild_tensor": _tensor,
            "torch._utils _rebuild_parameter": _parameter,
        }

    def _load(self, arguments: tuple[Any, ...]) -> PickledStorage:
        """The one storage of a little file that is not a byte too long or too short."""
        if len(arguments) != 1 or not isinstance(arguments[0], bytes):
            raise Damaged("a storage of unusual making")
        data = arguments[0]
        file = io.BytesIO(data)
        if self._read(file, _PLAIN) != MAGIC:
            raise Damaged("a storage of another kind")
        for _ in ("version", "system"):
            self._read(file, _PLAIN)
        mentions = frozenset(f"torch {kind}Storage" for kind in _STORAGE_KINDS)
        claim = self._read(file, Allowed({}, mentions, _claim))
        if not isinstance(claim, _Claim) or self._read(file, _PLAIN) != [claim.key]:
            raise Damaged("a storage of unusual making")
        at = file.tell()
        whole = int.from_bytes(data[at : at + 8], "little") == claim.count
        size = claim.count * claim.kind.itemsize
        if not whole or len(data) - at - 8 != size:
            raise Damaged("a storage that is not as large as claimed")
        return PickledStorage(np.frombuffer(data, claim.kind, claim.count, at + 8))

    def _read(self, file: io.BytesIO, allowed: Allowed) -> object:
        before = file.tell()
        value = read_pickle(file, allowed, MOST_STEPS)
        self._left -= file.tell() - before
        if self._left < 0:
            raise Damaged("storages with long headers")
        return value


class _Claim:
    """What a little file says about its storage."""

    def __init__(self, key: str, kind: np.dtype[Any], count: int) -> None:
        self.key = key
        self.kind = kind
        self.count = count


def _claim(identity: object) -> _Claim:
    match identity:
        case ("storage", Name(text), str(key), str(), int(count), *rest) if rest in ([], [None]):
            kind = text.removeprefix("torch ").removesuffix("Storage")
            if kind in _STORAGE_KINDS and type(count) is int and count >= 0:
                return _Claim(key, np.dtype(_STORAGE_KINDS[kind]), count)
    raise Damaged("a storage of unusual making")


def _tensor(arguments: tuple[Any, ...]) -> PickledTensor:
    """A view of a storage; what lies beyond it, or repeats its numbers, is refused."""
    if len(arguments) < 4:
        raise Damaged("a tensor of unusual making")
    storage, offset, shape, stride = arguments[:4]
    if not isinstance(storage, PickledStorage):
        raise Damaged("a tensor of unusual making")
    if check_view(storage.values.size, offset, shape, stride) > storage.values.size:
        raise Damaged("a tensor larger than its storage")
    return PickledTensor(storage, offset, shape, stride)


def check_view(size: int, offset: object, shape: object, stride: object) -> int:
    """The numbers in a view of a storage of `size`; raises `Damaged` for one that leaves it."""
    shape, stride = _sides(shape), _sides(stride)
    if type(offset) is not int or not 0 <= offset <= size or len(shape) != len(stride):
        raise Damaged("a tensor of unusual making")
    count = math.prod(shape)
    last = offset + sum((side - 1) * step for side, step in zip(shape, stride, strict=True))
    if count and last >= size:
        raise Damaged("a tensor larger than its storage")
    return count


def _sides(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple) or len(value) > 8:
        raise Damaged("the shape of a tensor")
    if not all(type(side) is int and 0 <= side < 2**40 for side in value):
        raise Damaged("the shape of a tensor")
    return value


def _parameter(arguments: tuple[Any, ...]) -> PickledTensor:
    if not arguments or not isinstance(arguments[0], PickledTensor):
        raise Damaged("a parameter of unusual making")
    return arguments[0]


# ------------------------------------------------------------------------------------------------
# The settings a published file states about its network, read one by one.


MOST = 65536
_LARGEST = 1e300

CLAMPS = (1e-6, 1e9)
"""Where StyleGAN2's convolutions may be cut off."""


class PickledSettings:
    """Named settings of unknown types; asking for one checks it.

    Parameters
    ----------
    values
        As the file states them.
    file
        Its name, for errors.
    """

    def __init__(self, values: object, file: str) -> None:
        if not isinstance(values, Mapping):
            raise CheckpointError(f"{file} does not say how its network is built.")
        self._values = values
        self._file = file

    def get(self, name: str, default: object) -> object:
        """The value as it is; NumPy's numbers become Python's."""
        value = self._values.get(name, default)
        if isinstance(value, PickledArray) and value.value is not None and value.value.ndim == 0:
            return value.value.item()
        return value

    def integer(self, name: str, default: int, low: int = 1, high: int = MOST) -> int:
        """A whole number within [low, high]."""
        value = self.number(name, default, low, high)
        if value != int(value):
            raise self._wrong(name)
        return int(value)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number within [low, high]."""
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name)
        if not low <= value <= high or abs(value) > _LARGEST:  # some whole numbers are no floats
            raise self._wrong(name)
        return float(value)

    def optional_number(
        self, name: str, default: float | None, low: float = -math.inf, high: float = math.inf
    ) -> float | None:
        """A finite number within [low, high], or None where the file says so."""
        if self.get(name, default) is None:
            return None
        return self.number(name, math.nan if default is None else default, low, high)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false, also written as a number."""
        value = self.get(name, default)
        if value not in (True, False):
            raise self._wrong(name)
        return bool(value)

    def require(self, name: str, allowed: tuple[object, ...]) -> None:
        """Refuse a setting that changes the network into one that ganlab does not have.

        `allowed` holds the values that do not, the default first.
        """
        value = self.get(name, allowed[0])
        plain = isinstance(value, str | int | float | type(None))
        if not plain or value not in allowed:
            raise self.beyond(name)

    def beyond(self, name: str) -> CheckpointError:
        """The refusal of a setting that asks for a network that ganlab does not have."""
        return CheckpointError(
            f"{self._file} was made with {name} set to something that ganlab cannot do.",
            "Only networks close to the published ones can be imported.",
        )

    def _wrong(self, name: str) -> CheckpointError:
        return CheckpointError(f"{self._file} has a setting {name!r} that makes no sense.")


# ------------------------------------------------------------------------------------------------
# Pickles of NVIDIA's PyTorch code: modules as plain data, without the source that each carries
# along.
# Such a file is a dict of modules. A module is its class's name and its attributes, among them
# its parameters, buffers and parts by name; the Python source that made it stays a text here.


PACKAGE = b"torch_utils.persistence"
"""The package whose name tells such a file."""

MOST_DEPTH, MOST_MODULES, MOST_PARTS, MOST_NAME = 8, 4096, 512, 100


class PersistentModule(Inert):
    """One module as the file states it."""

    def __init__(self, kind: str, state: Mapping[object, Any]) -> None:
        self.kind = kind
        self._state = state

    def settings(self, file: str) -> PickledSettings:
        """Its plain attributes."""
        return PickledSettings(self._state, file)

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
