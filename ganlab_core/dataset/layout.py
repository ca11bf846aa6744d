"""Which class each picture belongs to, told from folder names alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


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
    folders: Sequence[str],
) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Sorted class names, and the int64 label of each entry; fewer than two classes count as none.

    A class whose pictures were all skipped never reaches here, so labels have no holes.
    """
    classes = tuple(sorted(set(folders)))
    if len(classes) < 2:
        return (), np.zeros(len(folders), np.int64)
    number = {name: index for index, name in enumerate(classes)}
    labels = np.array([number[folder] for folder in folders], np.int64)
    return tuple(printable(name) for name in classes), labels


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
