"""The official TensorFlow pickles: networks as plain data, without TensorFlow and without their source.

Such a pickle holds one network or the tuple (G, D, Gs). A network is a dict of settings, its variables
by name, parts that are networks again, and the Python source that built it, which stays a text here.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.pickled import (
    ARRAY_MAKERS,
    ARRAY_MENTIONS,
    PickledArray,
    PickledObject,
    PickledSettings,
)
from ganlab_core.importers.unpickler import Allowed, Damaged, Inert, InertDict, Make, read_pickle

MOST_VARIABLES = 4096
VERSIONS = range(2, 6)

SMALL = 4096
"""Bytes of an array whose data may be shared with another's."""


class Variable:
    """A variable that is not copied yet."""

    def __init__(self, array: PickledArray) -> None:
        self._array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sides."""
        return () if self._array.value is None else self._array.value.shape

    @property
    def size(self) -> int:
        """Its bytes in memory as fp32."""
        return 4 * math.prod(self.shape)

    def tensor(self) -> Tensor:
        """A copy of it, fp32."""
        return torch.from_numpy(np.array(self._array.value, np.float32))


class TFNetwork(Inert):
    """The state of one pickled network."""

    def __init__(self) -> None:
        self._state: Mapping[object, Any] = {}

    def set_state(self, state: object) -> None:
        """A dict, as the published code saves it."""
        if not isinstance(state, dict):
            raise Damaged("the state of a network")
        self._state = state

    @property
    def version(self) -> object:
        """Of the state's layout: 2 ProGAN, 3 StyleGAN, 4 and 5 StyleGAN2."""
        return self._state.get("version")

    @property
    def builder(self) -> str:
        """Name of the function that built it; only a label."""
        name = self._state.get("build_func_name")
        return name if isinstance(name, str) else ""

    @property
    def parts(self) -> dict[str, TFNetwork]:
        """The networks within, by name."""
        found = self._state.get("components", {})
        if not isinstance(found, dict):
            return {}
        return {str(name): part for name, part in found.items() if isinstance(part, TFNetwork)}

    def named(self) -> Iterator[tuple[object, Any]]:
        """Its variables and parts by name, to be recognised by."""
        pairs = self._state.get("variables")
        for pair in pairs if isinstance(pairs, list) else ():
            if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], PickledArray):
                yield pair[0], Variable(pair[1])
        yield from self.parts.items()

    def settings(self, file: str) -> PickledSettings:
        """The static settings it was built with."""
        return PickledSettings(self._state.get("static_kwargs"), file)

    def variables(self, file: str) -> dict[str, Tensor]:
        """Its own variables, fp32, without those of its parts."""
        pairs = self._state.get("variables")
        if not isinstance(pairs, list) or len(pairs) > MOST_VARIABLES:
            raise _odd(file)
        found: dict[str, Tensor] = {}
        used: set[int] = set()  # one block of data for many variables would cost more than the file
        for pair in pairs:
            match pair:
                case (str(name), PickledArray(value=np.ndarray() as array)) if name not in found:
                    where = array.ctypes.data
                    if array.nbytes > SMALL and where in used:
                        raise _odd(file)
                    used.add(where)
                    found[name] = torch.from_numpy(np.array(array, np.float32))
                case _:
                    raise _odd(file)
        return found


def _odd(file: str) -> CheckpointError:
    return CheckpointError(
        f"{file} holds a network whose variables are not arrays by name.",
        "Get the file again from where it was published.",
    )


def _network(arguments: tuple[Any, ...]) -> TFNetwork:
    if arguments:
        raise Damaged("a network of unusual making")
    return TFNetwork()


def _easy_dict(arguments: tuple[Any, ...]) -> InertDict:
    if arguments:
        raise Damaged("a dict of unusual making")
    return InertDict()


_MAKERS: dict[str, Make] = ARRAY_MAKERS | {
    "dnnlib.tflib.network Network": _network,
    "tfutil Network": _network,
    "network Network": _network,
    "dnnlib.util EasyDict": _easy_dict,
    "dnnlib EasyDict": _easy_dict,
    "collections OrderedDict": _easy_dict,
}


def read_tf_pickle(data: bytes) -> object:
    """The value of a pickle with TensorFlow's networks; raises `Damaged` or `CheckpointError`."""
    return read_pickle(io.BytesIO(data), Allowed(_MAKERS, ARRAY_MENTIONS, stranger=PickledObject))


def tf_networks(value: object, path: Path) -> tuple[TFNetwork, ...]:
    """The networks in a pickle: one, or three as (G, D, Gs); raises `CheckpointError`."""
    networks = (value,) if isinstance(value, TFNetwork) else value
    if not isinstance(networks, tuple | list) or len(networks) not in (1, 3):
        raise _nothing(path)
    found = tuple(network for network in networks if isinstance(network, TFNetwork))
    if len(found) != len(networks):
        raise _nothing(path)
    if any(network.version not in VERSIONS for network in found):
        raise CheckpointError(f"{path.name} holds networks of a version that ganlab does not know.")
    return found


def _nothing(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is a pickle, but holds no network of NVIDIA's published code.",
        "Choose a ProGAN or StyleGAN .pkl with one network or the three (G, D, Gs).",
    )


class TFFile:
    """The networks of one official TensorFlow pickle.

    Parameters
    ----------
    path
        The file.
    value
        What it holds: one network, or (G, D, Gs).
    """

    def __init__(self, path: Path, value: object) -> None:
        self._path = path
        self._networks = tf_networks(value, path)

    def _generator_network(self, *, averaged: bool) -> TFNetwork:
        """Gs, or G."""
        return self._networks[-1 if averaged else 0]

    def _discriminator_network(self) -> TFNetwork:
        """D, where the file holds all three."""
        if len(self._networks) != 3:
            raise CheckpointError(f"{self._path.name} holds no discriminator.")
        return self._networks[1]
