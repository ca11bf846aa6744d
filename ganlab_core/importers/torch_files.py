"""PyTorch's files, old and new: read by our own unpickler, their tensors as views of the file's bytes."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from ganlab_core.importers.pickled import (
    ARRAY_MENTIONS,
    OBJECT_MAKERS,
    TENSOR_KINDS,
    PickledObject,
    PickledStorage,
    TensorMakers,
    storage_claim,
)
from ganlab_core.importers.unpickler import Allowed, Damaged, Name, read_pickle

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
