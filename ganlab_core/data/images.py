"""The prepared set as training sees it: batches of uint8 at any resolution, and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ganlab_core.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out: its name inside the source, and why, in words that follow "it"."""

    name: str
    reason: str


class Images:
    """A read-only view of prepared pictures at every power of two from 4 to `resolution`.

    Parameters
    ----------
    levels
        For each resolution r, uint8 (n, C, h, w), r by r where pictures are squares; usually
        memory-mapped.
    labels
        The class of each picture, int64 (n,); all zero when there are no classes.
    classes
        Class names in label order; empty for an unconditional set.
    skipped
        What was left out, and why.
    fingerprint
        Changes whenever the source or the way of preparing it changes.
    source
        The folder or zip the pictures came from.

    Attributes
    ----------
    channels
        Of every picture: 1 grey, 3 colours, 4 colours and their opacity.
    """

    def __init__(
        self,
        levels: Mapping[int, npt.NDArray[np.uint8] | OneAfterOther],
        labels: npt.NDArray[np.int64],
        *,
        classes: tuple[str, ...] = (),
        skipped: tuple[Skipped, ...] = (),
        fingerprint: str = "",
        source: str = "",
    ) -> None:
        self.resolutions = tuple(sorted(levels))
        self.resolution = self.resolutions[-1]
        self.classes = classes
        self.skipped = skipped
        self.fingerprint = fingerprint
        self.source = source
        self.channels = int(levels[self.resolution].shape[1])
        self.labels = np.array(labels, np.int64)
        self.labels.flags.writeable = False
        self._levels = dict(levels)

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.labels)

    def in_order(self, classes: tuple[str, ...]) -> Images:
        """The same pictures with the classes numbered in this order, which names each of them once."""
        numbers = np.array([classes.index(name) for name in self.classes], np.int64)
        return Images(
            self._levels,
            numbers[self.labels] if len(numbers) else self.labels,
            classes=classes,
            skipped=self.skipped,
            fingerprint=self.fingerprint,
            source=self.source,
        )

    def without_classes(self) -> Images:
        """The same pictures as a set that has no classes."""
        return Images(
            self._levels,
            np.zeros(len(self), np.int64),
            skipped=self.skipped,
            fingerprint=self.fingerprint,
            source=self.source,
        )

    def batch(self, indices: npt.NDArray[np.integer], resolution: int) -> npt.NDArray[np.uint8]:
        """A C-contiguous copy, uint8 (k, C, h, w), of the pictures at integer `indices` (k,).

        Raises
        ------
        DatasetError
            When the set was not prepared at `resolution`.
        IndexError
            When an index lies outside the set.
        """
        level = self._levels.get(resolution)
        if level is None:
            raise DatasetError(
                f"These pictures were not prepared at {resolution} px.",
                f"Choose one of {', '.join(map(str, self.resolutions))}.",
            )
        return np.ascontiguousarray(level[np.asarray(indices, np.int64)])

    def level(self, resolution: int) -> npt.NDArray[np.uint8] | OneAfterOther:
        """What lies behind `batch` at one of `resolutions`; it is read by integer indices."""
        return self._levels[resolution]


class OneAfterOther:
    """Two memory-mapped arrays (n, 3, r, r) and (m, 3, r, r), read as (n + m, 3, r, r)."""

    def __init__(
        self,
        first: npt.NDArray[np.uint8] | OneAfterOther,
        second: npt.NDArray[np.uint8] | OneAfterOther,
        length: int,
    ) -> None:
        self._first, self._second, self._length = first, second, length
        self.shape: tuple[int, ...] = (length + second.shape[0], *first.shape[1:])

    def __getitem__(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """A copy of the pictures at `indices` (k,), none of them negative."""
        own = indices < self._length
        parts = self._first[indices[own]], self._second[indices[~own] - self._length]
        found = np.empty((len(indices), *parts[0].shape[1:]), np.uint8)
        found[own], found[~own] = parts
        return found


def domain_names(first: str, second: str) -> tuple[str, str]:
    """What two domains are called: by their folders or files, told apart where they are named alike."""
    a, b = Path(first).stem or "a", Path(second).stem or "b"
    return (a, b) if a != b else (f"{a} a", f"{b} b")


def joined(first: Images, second: Images) -> Images:
    """Two sets as one whose classes are the sets; their own classes are passed over."""
    levels = {
        side: OneAfterOther(first.level(side), second.level(side), len(first))
        for side in first.resolutions
    }
    both = hashlib.sha256(f"{first.fingerprint}/{second.fingerprint}".encode())
    return Images(
        levels,
        np.repeat(np.array([0, 1], np.int64), [len(first), len(second)]),
        classes=domain_names(first.source, second.source),
        skipped=first.skipped + second.skipped,
        fingerprint=both.hexdigest()[: len(first.fingerprint) or None],
        source=first.source,
    )
