"""Tensors inside plain pickles: each storage is a complete little PyTorch file of the old kind.

Such a file has a magic number, a version and the system's sizes, then a pickle that names one storage,
the list of its keys, and the numbers. All of it is read here; nothing is handed to torch.
"""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.importers.unpickler import (
    Allowed,
    Damaged,
    Inert,
    Make,
    Name,
    read_pickle,
)

MAGIC = 0x1950A86A20F9469CFC6C
MOST_HEADERS = 1_000_000
"""Bytes of all that stands before the numbers, in all storages; published checkpoints have a tenth."""

MOST_STEPS = 1000

_KINDS = {
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
        mentions = frozenset(f"torch {kind}Storage" for kind in _KINDS)
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
            if kind in _KINDS and type(count) is int and count >= 0:
                return _Claim(key, np.dtype(_KINDS[kind]), count)
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
