"""What a published file holds, whatever wraps it: every tensor by one dotted name, and objects.

PyTorch's files, old and new, are read by our own unpickler, their tensors as views of the file's bytes.

A network may be the file's whole content, lie in a dict in a dict, in a wrapper for several GPUs or for
averaging, or be a pickled object. All of that becomes the beginning of its weights' names, so that a layout
is known by the names behind (`published.LAYOUTS`), and whoever wrapped it how.
"""

from __future__ import annotations

import io
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
    ARRAY_MENTIONS,
    MOST_GROWTH,
    OBJECT_MAKERS,
    PERSISTENCE,
    TENSOR_KINDS,
    PickledObject,
    PickledSettings,
    PickledStorage,
    TensorMakers,
    read_plain_pickle,
    storage_claim,
)
from ganlab_core.importers.recognition import LARGEST_FILE, Container, recognise
from ganlab_core.importers.tf_network import TFNetwork, read_tf_pickle
from ganlab_core.importers.unpickler import Allowed, Damaged, Name, read_pickle
from ganlab_core.models import FAULTS, open_tensors

MOST_ENTRIES = 100_000
_ZIP_ENTRY = b"PK\x01\x02"
"""Begins each entry of a zip's list."""

_ZIP_FILE = b"PK\x03\x04"
_HEADER = 30
"""Bytes before a zip entry's name."""

Storages = dict[str, PickledStorage]
"""The blocks of numbers that a file speaks of, by key."""


def read_torch_file(data: bytes) -> object:
    """What `torch.save` was given; raises `Damaged`, `zipfile.BadZipFile` or `CheckpointError`.

    Nothing in the file runs, and every storage is as large as it claims.
    """
    return _read_zip(data) if data.startswith(_ZIP_FILE) else _read_legacy(data)


def _read_zip(data: bytes) -> object:
    """Nothing compressed, one object, and a storage in each entry that it speaks of."""
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
        order = archive.read(f"{root}byteorder") if f"{root}byteorder" in entries else b"little"
        storages: Storages = {}
        value = read_pickle(io.BytesIO(archive.read(root + "data.pkl")), _allowed(storages))
    for key, storage in storages.items():
        entry = entries.get(f"{root}data/{key}")
        if entry is None or entry.file_size != storage.size:
            raise Damaged("a storage that is not as large as claimed")
        storage.fill(data, _begins(data, entry), ">" if order == b"big" else "<")
    return value


def _begins(data: bytes, entry: zipfile.ZipInfo) -> int:
    """Where an entry's bytes begin: behind a header of its own, whose extra part is of any length."""
    at = entry.header_offset
    if data[at : at + 4] != _ZIP_FILE:
        raise Damaged("an entry that is not where the list says")
    name, extra = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (26, 28))
    begin = at + _HEADER + name + extra
    if begin + entry.file_size > len(data):
        raise Damaged("an entry beyond the end")
    return begin


def _read_legacy(data: bytes) -> object:
    """Magic, version, system, the object, the keys of its storages, then all their bytes."""
    file = io.BytesIO(data)
    storages: Storages = {}
    plain = Allowed({})
    for _ in range(3):
        read_pickle(file, plain)
    value = read_pickle(file, _allowed(storages))
    keys = read_pickle(file, plain)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Damaged("keys that are no texts")  # anything else might take for ever to compare
    if sorted(keys) != sorted(storages):
        raise Damaged("storages that nobody uses")
    at = file.tell()
    if sum(storage.size + 8 for storage in storages.values()) != len(data) - at:
        raise Damaged("a length that is not as claimed")
    for key in keys:
        if int.from_bytes(data[at : at + 8], "little") != storages[key].count:
            raise Damaged("a storage that is not as large as claimed")
        storages[key].fill(data, at + 8)
        at += 8 + storages[key].size
    return value


def _allowed(storages: Storages) -> Allowed:
    """What a file of weights may mention; `storages` is filled with what it says of its storages."""

    def persistent(identity: object) -> object:
        if isinstance(identity, tuple) and identity[:1] == ("module",):
            return _class(identity)
        key, claimed = storage_claim(identity)
        known = storages.setdefault(key, claimed)
        if (known.kind, known.count) != (claimed.kind, claimed.count):
            raise Damaged("a storage of two sizes")
        return known

    makers = OBJECT_MAKERS | TensorMakers().makers()
    mentions = frozenset(f"torch {kind}Storage" for kind in TENSOR_KINDS)
    return Allowed(makers, mentions | ARRAY_MENTIONS, persistent, PickledObject)


def _class(identity: tuple[Any, ...]) -> Name:
    """A class with its source, as older files name it; the source is not looked at."""
    match identity:
        case ("module", Name() as name, str() | None, str() | None):
            return name
    raise Damaged("a class of unusual making")


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
