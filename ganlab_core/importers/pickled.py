"""Arrays, tensors, settings and objects inside pickles, as plain data; only what is there is allocated."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.errors import CheckpointError
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
# Tensors: views of blocks of numbers, which are views of the file's bytes. Nothing is handed to torch
# before a network's claims together were found to fit into the file.


TENSOR_KINDS = {
    "Double": "<f8", "Float": "<f4", "Half": "<f2", "BFloat16": "<u2", "Long": "<i8", "Int": "<i4",
    "Short": "<i2", "Char": "i1", "Byte": "u1", "Bool": "?", "ComplexFloat": "<c8",
    "ComplexDouble": "<c16",
}  # fmt: skip
"""PyTorch's names of number types -> NumPy's; bfloat16 is the upper half of an fp32."""

MOST_NUMBERS = 16_000_000_000
MOST_GROWTH = 4
"""How much larger than its file a network may get: bytes become fp32."""


def storage_kind(name: Name) -> str | None:
    """The number type of a storage's class, None for others."""
    kind = name.text.removeprefix("torch ").removesuffix("Storage")
    return kind if kind in TENSOR_KINDS and name.text == f"torch {kind}Storage" else None


class PickledStorage:
    """A block of numbers, as a view of the file's bytes.

    `values` may come later than the tensors that are views of it; `count` is known at once.
    """

    def __init__(self, kind: str, count: int, values: NDArray[Any] | None = None) -> None:
        self.kind = kind
        self.count = count
        self.values = values

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.count * np.dtype(TENSOR_KINDS[self.kind]).itemsize

    def fill(self, data: bytes, offset: int, order: Literal["<", ">"] = "<") -> None:
        """Show `count` numbers of the data from an offset on; `order` is that of a number's bytes."""
        kind = np.dtype(TENSOR_KINDS[self.kind]).newbyteorder(order)
        self.values = np.frombuffer(data, kind, self.count, offset)


class PickledTensor(Inert):
    """A tensor that is not built yet: a view of a storage, known to lie within it."""

    def __init__(
        self, storage: PickledStorage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
    ) -> None:
        self._storage = storage
        self._offset = offset
        self.shape = shape
        self._stride = stride

    def set_state(self, state: object) -> None:
        """Attributes of a tensor mean nothing here."""

    @property
    def size(self) -> int:
        """Its bytes in memory as fp32."""
        return 4 * math.prod(self.shape)

    def tensor(self) -> Tensor:
        """A copy of it, fp32 whatever its strides and type are."""
        if self._storage.values is None:
            raise Damaged("a tensor without numbers")
        values = self._storage.values[self._offset :]
        steps = tuple(step * values.itemsize for step in self._stride)
        view = np.lib.stride_tricks.as_strided(values, self.shape, steps, writeable=False)
        if self._storage.kind == "BFloat16":
            upper = np.array(view, np.uint32, order="C")
            return torch.from_numpy(np.left_shift(upper, 16, out=upper).view(np.float32))
        view = view.real if np.iscomplexobj(view) else view
        with np.errstate(over="ignore"):  # a double beyond fp32 is found out as not finite
            return torch.from_numpy(np.array(view, np.float32, order="C"))


class TensorMakers:
    """What a file may call to make tensors of storages."""

    def makers(self) -> dict[str, Make]:
        """By qualified name."""
        return {
            "torch._utils _rebuild_tensor_v2": tensor_view,
            "torch._utils _rebuild_tensor": tensor_view,
            "torch._utils _rebuild_parameter": _parameter,
            "torch._utils _rebuild_parameter_with_state": _parameter,
            "torch._tensor _rebuild_from_type_v2": self._of_type,
        }

    def _of_type(self, arguments: tuple[Any, ...]) -> object:
        """A tensor with attributes of its own: (how to make it, its class, from what, attributes)."""
        match arguments:
            case (Name(text), _, tuple(inner), *_) if text in self.makers():
                return self.makers()[text](inner)
        raise Damaged("a tensor of unusual making")


class StorageReader(TensorMakers):
    """Reads the storages of one plain pickle, each a complete little PyTorch file of the old kind.

    Such a file has a magic number, a version and the system's sizes, then a pickle that names one
    storage, the list of its keys, and the numbers. All headers together may only be so long.
    """

    def __init__(self) -> None:
        self._left = MOST_HEADERS

    def makers(self) -> dict[str, Make]:
        """By qualified name."""
        return {"torch.storage _load_from_bytes": self._load, **super().makers()}

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
        mentions = frozenset(f"torch {kind}Storage" for kind in TENSOR_KINDS)
        keys: list[str] = []

        def claim(identity: object) -> PickledStorage:
            key, storage = storage_claim(identity)
            keys.append(key)
            return storage

        storage = self._read(file, Allowed({}, mentions, claim))
        if not isinstance(storage, PickledStorage) or self._read(file, _PLAIN) != keys[-1:]:
            raise Damaged("a storage of unusual making")
        at = file.tell()
        whole = int.from_bytes(data[at : at + 8], "little") == storage.count
        if not whole or len(data) - at - 8 != storage.size:
            raise Damaged("a storage that is not as large as claimed")
        storage.fill(data, at + 8)
        return storage

    def _read(self, file: io.BytesIO, allowed: Allowed) -> object:
        before = file.tell()
        value = read_pickle(file, allowed, MOST_STEPS)
        self._left -= file.tell() - before
        if self._left < 0:
            raise Damaged("storages with long headers")
        return value


MAGIC = 0x1950A86A20F9469CFC6C
MOST_HEADERS = 1_000_000
"""Bytes of all that stands before the numbers, in all storages; published checkpoints have a tenth."""

MOST_STEPS = 1000
_PLAIN = Allowed({})


def storage_claim(identity: object) -> tuple[str, PickledStorage]:
    """The key and the claim in a storage's persistent id; raises `Damaged` for anything else."""
    match identity:
        case ("storage", Name() as name, str(key), str(), int(count), *rest) if rest in (
            [],
            [None],
        ):
            kind = storage_kind(name)
            if kind is not None and type(count) is int and 0 <= count < 2**48:
                return key, PickledStorage(kind, count)
    raise Damaged("a storage of unusual making")


def tensor_view(arguments: tuple[Any, ...]) -> PickledTensor:
    """A view of a storage; what lies beyond it is refused."""
    if len(arguments) < 4:
        raise Damaged("a tensor of unusual making")
    storage, offset, shape, stride = arguments[:4]
    if not isinstance(storage, PickledStorage):
        raise Damaged("a tensor of unusual making")
    check_view(storage.count, offset, shape, stride)
    return PickledTensor(storage, offset, shape, stride)


def check_view(size: int, offset: object, shape: object, stride: object) -> int:
    """The numbers in a view of a storage of `size`; raises `Damaged` for one that leaves it."""
    shape, stride = _sides(shape), _sides(stride)
    if type(offset) is not int or not 0 <= offset <= size or len(shape) != len(stride):
        raise Damaged("a tensor of unusual making")
    count = math.prod(shape)
    if count > MOST_NUMBERS:
        raise Damaged("a tensor larger than any file")
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
# Objects of the program that wrote a file, as plain data: a class's name and attributes. A network's
# modules are such objects, whose attributes are among others its parameters, buffers and parts by name;
# the Python source that some carry along stays a text here.


class PickledObject(InertDict):
    """One object as the file states it; what it was asked to hold as a dict is in it."""

    def __init__(self, kind: str, state: Mapping[object, Any] | None = None) -> None:
        super().__init__()
        self.kind = kind
        self._state: dict[object, Any] = dict(state or {})

    def set_state(self, state: object) -> None:
        """Attributes, alone or in a pair with those of slots; anything else means nothing here."""
        for part in state if isinstance(state, tuple) and len(state) == 2 else (state,):
            if isinstance(part, dict):
                self._state.update(part)

    @property
    def attributes(self) -> Mapping[object, Any]:
        """By name."""
        return self._state

    def settings(self, file: str) -> PickledSettings:
        """Its plain attributes."""
        return PickledSettings(self._state, file)

    def named(self) -> Iterator[tuple[object, Any]]:
        """What it holds by name: weights and parts of a module, all there is of other objects."""
        for group in ("_parameters", "_buffers", "_modules"):
            found = self._state.get(group)
            if isinstance(found, dict):
                yield from found.items()
        if "_parameters" in self._state:
            return
        yield from self.items()
        for name, value in self._state.items():
            if not (isinstance(name, str) and name.startswith("_")):
                yield name, value

    def part(self, *names: str) -> PickledObject | None:
        """The module at a path of names."""
        found: object = self
        for name in names:
            parts = found._state.get("_modules") if isinstance(found, PickledObject) else None
            found = parts.get(name) if isinstance(parts, dict) else None
        return found if isinstance(found, PickledObject) else None

    @property
    def parts(self) -> dict[str, PickledObject]:
        """The modules within, by name."""
        found = self._state.get("_modules")
        return {
            name: part
            for name, part in (found.items() if isinstance(found, dict) else ())
            if isinstance(name, str) and isinstance(part, PickledObject)
        }


def _module(arguments: tuple[Any, ...]) -> PickledObject:
    """A module from its description; the source in it is not even looked at."""
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise Damaged("a module of unusual making")
    described = arguments[0]
    kind, state = described.get("class_name"), described.get("state")
    if described.get("type") != "class" or not isinstance(kind, str) or not isinstance(state, dict):
        raise Damaged("a module of unusual making")
    return PickledObject(kind, state)


def _empty_dict(arguments: tuple[Any, ...]) -> InertDict:
    if arguments:
        raise Damaged("a dict of unusual making")
    return InertDict()


def _set(arguments: tuple[Any, ...]) -> frozenset[str]:
    """Names of buffers; nothing else is kept in a set."""
    items = arguments[0] if len(arguments) == 1 else []
    if not isinstance(items, list):
        raise Damaged("a set of unusual making")
    return frozenset(item for item in items if isinstance(item, str))


def _size(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(arguments) != 1 or not isinstance(arguments[0], tuple):
        raise Damaged("a shape of unusual making")
    return arguments[0]


def _device(arguments: tuple[Any, ...]) -> str:
    """Where a tensor once was; it means nothing here."""
    return "device"


def _ordered_dict(arguments: tuple[Any, ...]) -> InertDict:
    """Empty, or from a list of pairs as older Pythons wrote it."""
    pairs = arguments[0] if arguments else []
    if len(arguments) > 1 or not isinstance(pairs, list):
        raise Damaged("a dict of unusual making")
    return InertDict((key, value) for key, value in pairs if isinstance(key, str | int))


PERSISTENCE = b"torch_utils.persistence"
"""The package whose name tells a pickle of NVIDIA's PyTorch code."""

OBJECT_MAKERS: dict[str, Make] = ARRAY_MAKERS | {
    "torch_utils.persistence _reconstruct_persistent_obj": _module,
    "collections OrderedDict": _ordered_dict,
    "dnnlib.util EasyDict": _empty_dict,
    "dnnlib EasyDict": _empty_dict,
    "builtins set": _set,
    "__builtin__ set": _set,
    "torch Size": _size,
    "torch device": _device,
}


def read_plain_pickle(data: bytes) -> object:
    """The value of a pickle with tensors and objects in it; raises `Damaged` or `CheckpointError`."""
    makers = OBJECT_MAKERS | StorageReader().makers()
    return read_pickle(io.BytesIO(data), Allowed(makers, ARRAY_MENTIONS, stranger=PickledObject))
