"""The doctor of a data set: what a folder or zip of pictures holds, before anything is prepared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ganlab_core.data.decode import (
    PrepareOptions,
    class_keys,
    decode,
    number_classes,
    picture_facts,
    pillow_warnings_tamed,
    printable,
)
from ganlab_core.data.folder import Listing, Picture, Unusable
from ganlab_core.data.images import Skipped
from ganlab_core.data.source import no_pictures, open_source

Progress = Callable[[int, int], None]

SMALLEST = 4
THUMBNAILS = 24
THUMBNAIL_SIDE = 48
FEW = 2000
"""Below this, D knows every picture by heart before G has learned."""


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What was found.

    Attributes
    ----------
    pictures
        How many can be used.
    classes
        (name, pictures) of each class; empty without classes.
    refused
        Files that cannot be used, and why, in words that follow "it".
    copies
        Files whose bytes are those of another one, and that one.
    smallest, tenth, middle, largest
        Shorter sides in pixels: one picture in ten is below `tenth`, half are below `middle`.
    oblong
        How many are not square.
    transparent
        How many have see-through pixels.
    thumbnails
        Some of them, uint8 (48, 48, 3), as training would crop them.
    """

    pictures: int
    classes: tuple[tuple[str, int], ...]
    refused: tuple[Skipped, ...]
    copies: tuple[tuple[str, str], ...]
    smallest: int
    tenth: int
    middle: int
    largest: int
    oblong: int
    transparent: int
    thumbnails: tuple[npt.NDArray[np.uint8], ...]

    @property
    def resolution(self) -> int:
        """The largest power of two that nine in ten pictures reach, 8 to 256."""
        return min(256, max(8, 1 << (max(1, self.tenth).bit_length() - 1)))

    @property
    def few(self) -> bool:
        """Whether they are so few that D should not see them as they are."""
        return self.pictures < FEW

    @property
    def facts(self) -> str:
        """What there is, in a few sentences."""
        said = f"{self.pictures} pictures can be used"
        said += f", {len(self.refused)} cannot." if self.refused else "."
        if self.pictures:
            larger = f" to {self.largest}" if self.largest > self.smallest else ""
            said += f" Their shorter sides are {self.smallest}{larger} px"
            said += f", half of them below {self.middle}." if self.middle > self.smallest else "."
        if self.classes:
            listed = ", ".join(f"{name} ({count})" for name, count in self.classes[:12])
            more = f" and {len(self.classes) - 12} more" if len(self.classes) > 12 else ""
            said += f" {len(self.classes)} classes: {listed}{more}."
        return said

    @property
    def advice(self) -> tuple[str, ...]:
        """What a person should know, a sentence each."""
        said = []
        if self.oblong:
            said.append(
                f"{_are(self.oblong)} not square: crop keeps the middle, pad adds a border."
            )
        if self.copies:
            said.append(f"Exact copies of others: {len(self.copies)}; take them out of the set.")
        if self.few:
            said.append(
                "A small set: augment it, mirror it if that makes sense, and start from a model."
            )
        if self.transparent:
            said.append(f"{_are(self.transparent)} see-through in places: choose the background.")
        return tuple(said)


def _are(count: int) -> str:
    return f"{count} is" if count == 1 else f"{count} are"


@dataclass(slots=True)
class _Tally:
    """What is counted on the way."""

    names: list[str] = field(default_factory=list)
    sides: list[int] = field(default_factory=list)
    refused: list[tuple[str, Unusable]] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)
    hashes: dict[bytes, str] = field(default_factory=dict)
    oblong: int = 0
    transparent: int = 0
    thumbnails: list[npt.NDArray[np.uint8]] = field(default_factory=list)


def survey(source: Path, progress: Progress | None = None, every: int = 0) -> Survey:
    """Look at every picture of a folder or zip, and at every n-th frame of videos; 0 = by their length.

    `progress` hears (done, total); an error it raises ends the survey. Raises `DatasetError` when the
    source cannot be opened or holds nothing that looks like a picture.
    """
    tally = _Tally()
    with open_source(source, every) as listing, pillow_warnings_tamed():
        total = len(listing.pictures)
        if not total and not listing.refused:
            raise no_pictures(source)
        tally.refused.extend(listing.refused)
        every = max(1, total // THUMBNAILS)
        for index, picture in enumerate(listing.pictures):
            _look_at(listing, picture, tally, keep=index % every == 0)
            if progress is not None:
                progress(index + 1, total)
        names = [picture.name for picture in listing.pictures]
        keys = class_keys(names, listing.labels) or ("",) * len(names)
        folder = dict(zip(names, keys, strict=True))
    own = [folder[name] for name in tally.names]
    return _summed_up(tally, *number_classes(own, numbers=bool(listing.labels)))


def _look_at(listing: Listing, picture: Picture, tally: _Tally, *, keep: bool) -> None:
    try:
        data = listing.read(picture)
        small = decode(data, SMALLEST, PrepareOptions())
    except Unusable as unusable:
        tally.refused.append((picture.name, unusable))
        return
    width, height, transparent = picture_facts(data)
    tally.transparent += transparent
    tally.names.append(picture.name)
    tally.sides.append(min(width, height))
    tally.oblong += width != height
    first = tally.hashes.setdefault(hashlib.blake2b(data, digest_size=16).digest(), picture.name)
    if first != picture.name:
        tally.copies.append((printable(picture.name), printable(first)))
    if keep and len(tally.thumbnails) < THUMBNAILS:
        side = min(THUMBNAIL_SIDE, width, height)
        pixels = small if side < SMALLEST else decode(data, side, PrepareOptions())
        tally.thumbnails.append(np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def _summed_up(tally: _Tally, names: tuple[str, ...], labels: npt.NDArray[np.int64]) -> Survey:
    counts = np.bincount(labels, minlength=len(names)) if names else ()
    sides = np.sort(np.array(tally.sides or [0]))
    return Survey(
        pictures=len(tally.names),
        classes=tuple((name, int(count)) for name, count in zip(names, counts, strict=False)),
        refused=tuple(Skipped(printable(name), bad.words) for name, bad in _by_name(tally.refused)),
        copies=tuple(tally.copies),
        smallest=int(sides[0]),
        tenth=int(sides[len(sides) // 10]),
        middle=int(sides[len(sides) // 2]),
        largest=int(sides[-1]),
        oblong=tally.oblong,
        transparent=int(tally.transparent),
        thumbnails=tuple(tally.thumbnails),
    )


def _by_name(refused: list[tuple[str, Unusable]]) -> list[tuple[str, Unusable]]:
    return sorted(refused, key=lambda pair: pair[0])
