"""The `dataset.json` of NVIDIA's dataset tools: which class each picture has, whatever its folder.

Their zips put pictures into numbered folders of a thousand, which mean nothing. Beside them lies
`{"labels": [["00000/img00000000.png", 6], ...]}`, or `{"labels": null}` for a set without classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ganlab_core.dataset.listing import Listing, Picture
from ganlab_core.dataset.reasons import Reason, Unusable
from ganlab_core.errors import DatasetError
from ganlab_core.reading import JSONError, load_json

LABELS_FILE = "dataset.json"

LARGEST = 48 * 2**20
"""Bytes; the labels of ImageNet's 1.28 million pictures take 42 MB."""

MOST_LISTS = 3_000_000
"""Brackets in the file: what bounds the memory that reading it takes."""

MOST_CLASSES = 1_000_000
REMEDY = f"Mend {LABELS_FILE}, or take it out of the set: then folders are classes."


def labelled(listing: Listing) -> Listing:
    """The listing with the labels of its `dataset.json`; as it is when no file covers all pictures.

    Pictures that the file gives no label are refused. Raises `DatasetError` for a file that cannot
    be understood, because the folders beside one seldom are classes.
    """
    note = _note_of_all(listing)
    if note is None:
        return listing
    folder = note.name.removesuffix(LABELS_FILE)
    labels = read_labels(_bytes(listing, note))
    if labels is None:
        return dataclasses.replace(listing, labels={})
    found = {folder + name: label for name, label in labels.items()}
    kept = tuple(picture for picture in listing.pictures if picture.name in found)
    missing = [
        (picture.name, Unusable(Reason.LABEL, f"has no label in {LABELS_FILE}"))
        for picture in listing.pictures
        if picture.name not in found
    ]
    refused = tuple(sorted([*listing.refused, *missing], key=lambda pair: pair[0]))
    own = {picture.name: found[picture.name] for picture in kept}
    return dataclasses.replace(listing, pictures=kept, refused=refused, labels=own)


def read_labels(data: bytes) -> Mapping[str, int] | None:
    """Name -> class, or None for a set without classes; raises `DatasetError`."""
    if len(data) > LARGEST or data.count(b"[") + data.count(b"{") > MOST_LISTS:
        raise _wrong("is too large")
    try:
        content = load_json(data, longest=LARGEST)
    except JSONError as fault:
        raise _wrong(str(fault)) from None
    if not isinstance(content, dict) or "labels" not in content:
        raise _wrong("has no 'labels'")
    entries = content["labels"]
    if entries is None:
        return None
    if not isinstance(entries, list):
        raise _wrong("has labels that are no list")
    return dict(_entry(entry) for entry in entries)


def _entry(entry: Any) -> tuple[str, int]:
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
        raise _wrong("has a label that is no pair of a name and a number")
    name, label = entry
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(parts), _class(label)


def _class(label: Any) -> int:
    """A class by its number, or by a vector with a single 1."""
    if isinstance(label, list):
        ones = [index for index, part in enumerate(label) if part == 1]
        if len(ones) != 1 or any(part not in (0, 1) for part in label):
            raise _wrong("has vectors for labels, which only count as classes with a single 1")
        return ones[0]
    if isinstance(label, bool) or not isinstance(label, int) or not 0 <= label < MOST_CLASSES:
        raise _wrong("has a label that is no whole number from 0 up")
    return label


def _note_of_all(listing: Listing) -> Picture | None:
    """The file nearest to the top, if all pictures lie in its folder or below."""
    notes: Sequence[Picture] = sorted(
        listing.notes, key=lambda note: len(PurePosixPath(note.name).parts)
    )
    if not notes:
        return None
    folder = notes[0].name.removesuffix(LABELS_FILE)
    inside = all(picture.name.startswith(folder) for picture in listing.pictures)
    return notes[0] if inside else None


def _bytes(listing: Listing, note: Picture) -> bytes:
    try:
        return listing.read(note)
    except Unusable as unusable:
        raise DatasetError(f"{note.name} {unusable.words}.", REMEDY) from None


def _wrong(why: str) -> DatasetError:
    return DatasetError(f"The set's {LABELS_FILE} {why}.", REMEDY)
