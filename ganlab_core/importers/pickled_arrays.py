"""NumPy arrays inside pickles, rebuilt from their bytes; what the data does not hold is not allocated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.unpickler import Damaged, Inert, Make, Name

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
