"""Which class each picture belongs to, told from labels or from folder names alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt


def class_keys(names: Sequence[str], labels: Mapping[str, int] | None) -> tuple[str, ...] | None:
    """What each picture's class is called by: its label where labels are known, else its folder.

    None when the set has no classes; labels that are empty say so.
    """
    if labels is None:
        return class_folders(names)
    return tuple(str(labels[name]) for name in names) if labels else None


def class_folders(names: Sequence[str]) -> tuple[str, ...] | None:
    """The class folder of each relative name, or None when the set has no classes.

    Folders that wrap everything are looked through. The set has classes only if then *every*
    picture lies in a folder; one picture beside the folders makes the whole set unconditional.
    Deeper folders belong to the top one.
    """
    split = _unwrapped([tuple(name.split("/")) for name in names])
    if not split or any(len(parts) == 1 for parts in split):
        return None
    return tuple(parts[0] for parts in split)


def number_classes(
    keys: Sequence[str], *, numbers: bool = False
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Class names sorted as words or numbers, and the int64 label of each entry; one class is none.

    A class whose pictures were all skipped never reaches here, so labels have no holes.
    """
    classes = sorted(set(keys), key=lambda key: (int(key) if numbers else 0, key))
    if len(classes) < 2:
        return (), np.zeros(len(keys), np.int64)
    number = {key: index for index, key in enumerate(classes)}
    labels = np.array([number[key] for key in keys], np.int64)
    return tuple(printable(key) for key in classes), labels


def printable(name: str) -> str:
    """The name with question marks for control characters and for bytes that are no text."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _unwrapped(split: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    while split and len(split[0]) > 1 and _share_first(split):
        split = [parts[1:] for parts in split]
    return split


def _share_first(split: list[tuple[str, ...]]) -> bool:
    first = split[0][0]
    return all(len(parts) > 1 and parts[0] == first for parts in split)
