"""What a published file holds, whatever wraps it: every tensor by one dotted name, and objects.

A network may be the file's whole content, lie in a dict in a dict, in a wrapper for several GPUs or for
averaging, or be a pickled object. All of that becomes the beginning of its weights' names, so that a layout
is known by the names behind (`published.LAYOUTS`), and whoever wrapped it how.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.files import read_up_to, tensor_header
from ganlab_core.importers.pickled import (
    MOST_GROWTH,
    PERSISTENCE,
    PickledObject,
    PickledSettings,
    read_plain_pickle,
)
from ganlab_core.importers.recognition import LARGEST_FILE, Container, recognise
from ganlab_core.importers.tf_network import TFNetwork, read_tf_pickle
from ganlab_core.importers.torch_files import read_torch_file
from ganlab_core.importers.unpickler import Damaged
from ganlab_core.models import FAULTS, open_tensors

MOST_NAMES, MOST_VISITS, MOST_DEPTH, LONGEST_NAME = 200_000, 400_000, 24, 400
_SPARE = 1_000_000
"""Bytes that a small file's network may take beyond what its size allows."""

_TENSORS = (PERSISTENCE, b"torch._utils")
"""What a plain pickle of PyTorch's tensors mentions, unlike one of TensorFlow's networks."""

_AVERAGED = frozenset(
    {"ema", "smooth", "avg", "average", "averaged", "shadow", "running", "gs", "ge"}
)


class Numbers(Protocol):
    """A tensor that is not built yet."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sides."""
        ...

    @property
    def size(self) -> int:
        """Its bytes in memory as fp32."""
        ...

    def tensor(self) -> Tensor:
        """A copy of it, fp32."""
        ...


class Contents:
    """One file's tensors and objects by name.

    Attributes
    ----------
    path
        The file.
    value
        All of it, as it was read.
    numbers
        Its tensors by name, in the order of the file.
    objects
        Dicts and objects that hold them or settings, by name; the whole is called "".
    """

    def __init__(self, path: Path, value: object) -> None:
        self.path = path
        self.value = value
        self.numbers: dict[str, Numbers] = {}
        self.objects: dict[str, Any] = {}
        self._collect()

    def roots(self, signs: Iterable[str]) -> list[str]:
        """The beginnings of names behind which all of these follow."""
        first, *others = signs
        ends = (name.removesuffix(first) for name in self.numbers if name.endswith(first))
        return [
            root
            for root in ends
            if (not root or root.endswith("."))
            and all(root + other in self.numbers for other in others)
        ]

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's sides; none where there is no such tensor."""
        found = self.numbers.get(name)
        return () if found is None else tuple(found.shape)

    def below(self, root: str) -> dict[str, Tensor]:
        """Every tensor whose name begins so, by the rest of it, fp32.

        Raises `CheckpointError` where they claim more than the file holds.
        """
        found = {n.removeprefix(root): t for n, t in self.numbers.items() if n.startswith(root)}
        most = MOST_GROWTH * self.path.stat().st_size + _SPARE
        if sum(numbers.size for numbers in found.values()) > most:
            raise CheckpointError(
                f"{self.path.name} claims more numbers than it holds.", "Choose another file."
            )
        try:
            return {name: numbers.tensor() for name, numbers in found.items()}
        except (Damaged, *FAULTS):
            raise _damaged(self.path) from None

    def beside(self, root: str, *words: str) -> str | None:
        """The root of a network that lies where one of these words stands in place of a root's last."""
        parent = root[:-1].rpartition(".")[0] if root else ""
        places = {"", f"{parent}." if parent else ""}
        for place in sorted(places, key=len, reverse=True):
            for word in words:
                if any(name.startswith(f"{place}{word}.") for name in self.numbers):
                    return f"{place}{word}."
        return None

    def object_beside(self, root: str, word: str) -> object:
        """The dict or object of this name beside a root, or at the top; None where there is none."""
        parent = root[:-1].rpartition(".")[0] if root else ""
        for name in (f"{parent}.{word}" if parent else word, word):
            if name in self.objects:
                return self.objects[name]
        return None

    def tensor_beside(self, root: str, word: str) -> Tensor | None:
        """The tensor of this name beside a root, or at the top, fp32; None where there is none."""
        parent = root[:-1].rpartition(".")[0] if root else ""
        for name in (f"{parent}.{word}" if parent else word, word):
            if name in self.numbers and self.numbers[name].size <= MOST_GROWTH * _SPARE:
                return self.numbers[name].tensor()
        return None

    def module(self, root: str) -> PickledObject | None:
        """The object that a network was pickled as; None where it is a dict of tensors."""
        found = self.objects.get(root.removesuffix("."))
        return found if isinstance(found, PickledObject) else None

    def _collect(self) -> None:
        waiting: list[tuple[str, object, int]] = [("", self.value, 0)]
        visits = 0
        while waiting:
            name, value, depth = waiting.pop()
            visits += 1
            if visits > MOST_VISITS or len(self.numbers) > MOST_NAMES or depth > MOST_DEPTH:
                raise CheckpointError(
                    f"{self.path.name} nests more parts in each other than any network has.",
                    "Choose another file.",
                )
            if callable(getattr(value, "tensor", None)):
                self.numbers.setdefault(name, value)  # type: ignore[arg-type]
                continue
            inner = _inside(value)
            if inner is None:
                continue
            self.objects.setdefault(name, value)
            pairs = [(_joined(name, key), part, depth + 1) for key, part in inner]
            waiting += reversed([pair for pair in pairs if len(pair[0]) <= LONGEST_NAME])


def _inside(value: object) -> Iterator[tuple[object, Any]] | None:
    """What a value holds by name; None for one that holds nothing."""
    if isinstance(value, PickledObject | TFNetwork):
        return value.named()
    if isinstance(value, Mapping):
        return iter(value.items())
    if isinstance(value, tuple) and len(value) == 3 and isinstance(value[0], TFNetwork):
        return iter(zip(("G", "D", "Gs"), value, strict=True))
    if isinstance(value, list | tuple) and len(value) <= 64:
        return iter(enumerate(value))
    return None


_WRAPPED = re.compile(r"(?:^|\.)(?:_orig_mod(?=\.)|module(?=\.(?!(?:weight|bias)$)))")
"""What wrappers for several GPUs and for compiling put into names; the GAN zoo's layers end in theirs."""

_NORMED = re.compile(r"\.parametrizations\.weight\.(original|0\._u|0\._v)$")
"""Spectral normalisation of newer PyTorch."""
_NORMED_AS = {"original": ".weight_orig", "0._u": ".weight_u", "0._v": ".weight_v"}


def _joined(name: str, key: object) -> str:
    """A dotted name without what wrappers put into it."""
    if not isinstance(key, str | int):
        return "x" * (LONGEST_NAME + 1)
    whole = f"{name}.{key}" if name else str(key)
    return _NORMED.sub(lambda found: _NORMED_AS[found[1]], _WRAPPED.sub("", whole).lstrip("."))


def is_averaged(root: str) -> bool:
    """Whether a network's name says that it is an average of one in training."""
    words = re.split(r"[._]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", root).lower())
    return not _AVERAGED.isdisjoint(words)


@dataclass(frozen=True, slots=True)
class Found:
    """A generator of a known layout within a file.

    Attributes
    ----------
    contents
        All of the file.
    roots
        What the names of the generator's weights begin with; an averaged one first where there is one.
    """

    contents: Contents
    roots: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file."""
        return self.contents.path

    @property
    def file(self) -> str:
        """Its name, for errors."""
        return self.contents.path.name

    def root(self, *, averaged: bool = True) -> str:
        """Of the averaged generator, or of the one in training; the only one stands for both."""
        return self.roots[0 if averaged else -1]

    def weights(self, *, averaged: bool = True) -> dict[str, Tensor]:
        """The generator's tensors by their names behind the root, fp32."""
        return self.contents.below(self.root(averaged=averaged))

    def critic(self, *words: str) -> dict[str, Tensor]:
        """The tensors of a network of one of these names beside; empty where there is none."""
        root = self.contents.beside(self.roots[0], *words)
        return {} if root is None else self.contents.below(root)


# ------------------------------------------------------------------------------------------------
# Reading.


def read_contents(path: Path) -> Contents:
    """A published file of any container; raises `CheckpointError` with a sentence."""
    container = recognise(path)
    if container in (Container.NATIVE, Container.SAFETENSORS):
        return Contents(path, _safetensors(path))
    try:
        data = read_up_to(path, LARGEST_FILE)
        if container is Container.TORCH:
            return Contents(path, read_torch_file(data))
        plain = any(word in data for word in _TENSORS)
        return Contents(path, read_plain_pickle(data) if plain else read_tf_pickle(data))
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except (
        Damaged, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
        MemoryError, RuntimeError, zipfile.BadZipFile, NotImplementedError,
    ):  # fmt: skip
        raise _damaged(path, container) from None


def _damaged(path: Path, container: Container = Container.TORCH) -> CheckpointError:
    what = container.value.removeprefix("a ")
    return CheckpointError(
        f"{path.name} is a damaged or incomplete {what}.", "Copy or download the file again."
    )


class _StoredTensor:
    """A tensor of a safetensors file, read when it is wanted."""

    def __init__(self, path: Path, name: str, shape: tuple[int, ...]) -> None:
        self._path, self._name, self.shape = path, name, shape

    @property
    def size(self) -> int:
        """Its bytes in memory as fp32."""
        return 4 * int(torch.Size(self.shape).numel())

    def tensor(self) -> Tensor:
        """A copy of it, fp32."""
        with open_tensors(self._path) as file:
            found: Tensor = file.get_tensor(self._name)
            return found.float()


def _safetensors(path: Path) -> dict[str, _StoredTensor]:
    """The tensors of a safetensors file that is not ours."""
    try:
        header = tensor_header(path)
        with open_tensors(path) as file:
            names = set(file.keys())
        return {
            name: _StoredTensor(path, name, tuple(header[name]["shape"])) for name in sorted(names)
        }
    except FAULTS:
        raise CheckpointError(
            f"{path.name} is a damaged or incomplete safetensors file.",
            "Copy or download the file again.",
        ) from None


def settings_of(value: object, file: str) -> PickledSettings:
    """A dict's or an object's settings; raises `CheckpointError` for anything else."""
    return PickledSettings(value.attributes if isinstance(value, PickledObject) else value, file)
