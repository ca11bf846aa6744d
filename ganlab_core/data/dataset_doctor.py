"""The doctor of a data set: what a folder or zip of pictures holds, before anything is prepared."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganlab_core.data.decode import (
    GREY,
    TRANSPARENT,
    PrepareOptions,
    channels_of,
    class_keys,
    decode,
    number_classes,
    picture_facts,
    pillow_warnings_tamed,
    printable,
    whole_picture,
)
from ganlab_core.data.folder import Listing, Picture, Reason, Unusable
from ganlab_core.data.images import Skipped
from ganlab_core.data.source import no_pictures, open_source

Progress = Callable[[int, int], None]

SMALLEST = 4
THUMBNAILS = 48
THUMBNAIL_SIDE = 64
LONGEST_THUMBNAIL = 512
FEW = 2000
"""Below this, D knows every picture by heart before G has learned."""

SIGNATURE = 8
"""Side of the small picture that is compared with others."""

ALIKE = 0.9995
"""Correlation of two such small pictures above which they look alike: one scaled, cut or packed anew."""

BRIGHTNESS = 12.0
"""Levels of 255 that the means of pictures which look alike may differ by."""

MOST_COMPARED = 20_000
EVEN = 1.5
"""Classes whose sizes differ by less than this factor count as even."""


@dataclass(frozen=True, slots=True, eq=False)
class SurveyedPicture:
    """A picture of the set, small but whole, so that every way of fitting it can be shown.

    Attributes
    ----------
    name
        Of its file within the set, as it can be left out by.
    data
        A PNG file, its shorter side at most 64 pixels.
    """

    name: str
    data: bytes

    def fitted(self, options: PrepareOptions = PrepareOptions()) -> npt.NDArray[np.uint8]:
        """As training would see it: uint8 (side, side, 3) with a side of at most 64."""
        width, height, _ = picture_facts(self.data)
        pixels = decode(self.data, min(THUMBNAIL_SIDE, width, height), options)
        return np.ascontiguousarray(pixels.transpose(1, 2, 0))


def thumbnail(name: str, data: bytes) -> SurveyedPicture:
    """The thumbnail of a picture file; raises `Unusable`."""
    whole = Image.fromarray(whole_picture(data, THUMBNAIL_SIDE))
    shorter, longer = min(whole.size), max(whole.size)
    scale = min(1.0, THUMBNAIL_SIDE / shorter, LONGEST_THUMBNAIL / longer)
    width, height = (max(SMALLEST, round(scale * side)) for side in whole.size)
    file = io.BytesIO()
    (whole if scale == 1.0 else whole.resize((width, height))).save(file, "PNG", compress_level=1)
    return SurveyedPicture(printable(name), file.getvalue())


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
    alike
        Pictures that look like another one, and that one.
    smallest, tenth, middle, largest
        Shorter sides in pixels: one picture in ten is below `tenth`, half are below `middle`.
    oblong
        How many are not square.
    transparent
        How many have see-through pixels.
    thumbnails
        Some of them, and the first of those that are copies or look alike.
    grey
        How many have no colour.
    """

    pictures: int
    classes: tuple[tuple[str, int], ...]
    refused: tuple[Skipped, ...]
    copies: tuple[tuple[str, str], ...]
    alike: tuple[tuple[str, str], ...]
    smallest: int
    tenth: int
    middle: int
    largest: int
    oblong: int
    transparent: int
    thumbnails: tuple[SurveyedPicture, ...]
    grey: int = 0

    @property
    def balance(self) -> str:
        """How even the classes are, in a sentence; empty where there are none."""
        if not self.classes:
            return ""
        most, least = (f(self.classes, key=lambda pair: pair[1]) for f in (max, min))
        if most[1] < EVEN * least[1]:
            return f"The {len(self.classes)} classes are about even: {least[1]} to {most[1]} pictures each."
        times = most[1] / least[1]
        return (
            f"{most[0]} has {times:.2g} times the pictures of {least[0]} ({most[1]} against {least[1]}):"
            f" it will be drawn better."
        )

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
                f"{_are(self.oblong)} not square: crop keeps the middle, pad adds a border; "
                "StyleGAN and StyleGAN2 also train at another aspect."
            )
        if self.balance:
            said.append(self.balance)
        if self.copies:
            said.append(f"Exact copies of others: {len(self.copies)}; leave them out.")
        if self.alike:
            said.append(
                f"{_look(len(self.alike))} like another one: leave those out that are the same."
            )
        if self.few:
            said.append(
                "A small set: augment it, mirror it if that makes sense, and start from a model."
            )
        if self.grey == self.pictures > 0:
            said.append("All are grey: the network will have one channel, unless told otherwise.")
        if self.transparent == self.pictures > 0:
            said.append(
                "All are see-through in places: the network will learn their opacity as well."
            )
        elif self.transparent:
            said.append(f"{_are(self.transparent)} see-through in places: choose the background.")
        return tuple(said)


def _look(count: int) -> str:
    return f"{count} looks" if count == 1 else f"{count} look"


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
    grey: int = 0
    thumbnails: dict[str, SurveyedPicture] = field(default_factory=dict)
    signatures: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    alike: list[tuple[str, str]] = field(default_factory=list)


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
        tally.alike = _look_alikes(tally)
        _show_doubles(listing, tally)
    own = [folder[name] for name in tally.names]
    return _summed_up(tally, *number_classes(own, numbers=bool(listing.labels)))


def _look_at(listing: Listing, picture: Picture, tally: _Tally, *, keep: bool) -> None:
    try:
        data = listing.read(picture)
        small = _smallest(data)
        channels = channels_of(data)
        if keep and len(tally.thumbnails) < THUMBNAILS:
            tally.thumbnails[printable(picture.name)] = thumbnail(picture.name, data)
    except Unusable as unusable:
        tally.refused.append((picture.name, unusable))
        return
    width, height, _ = picture_facts(data)
    tally.transparent += TRANSPARENT in channels
    tally.grey += GREY in channels
    tally.names.append(picture.name)
    tally.sides.append(min(width, height))
    tally.oblong += width != height
    first = tally.hashes.setdefault(hashlib.blake2b(data, digest_size=16).digest(), picture.name)
    if first != picture.name:
        tally.copies.append((printable(picture.name), printable(first)))
    elif len(small[0]) == SIGNATURE and len(tally.compared) < MOST_COMPARED:
        tally.signatures.append(small.reshape(-1))
        tally.compared.append(picture.name)


def _smallest(data: bytes) -> npt.NDArray[np.uint8]:
    """The picture at 8 px, a tiny one at 4: uint8 (3, side, side); raises `Unusable`."""
    try:
        return decode(data, SIGNATURE, PrepareOptions())
    except Unusable as unusable:
        if unusable.reason is not Reason.TOO_SMALL:
            raise
        return decode(data, SMALLEST, PrepareOptions())


def _look_alikes(tally: _Tally) -> list[tuple[str, str]]:
    """Pictures that look like an earlier one, and that one."""
    if len(tally.compared) < 2:
        return []
    pixels = np.stack(tally.signatures).astype(np.float32)
    means = pixels.mean(1)
    centred = pixels - means[:, None]
    lengths = np.linalg.norm(centred, axis=1)
    unit = centred / np.maximum(lengths, 1e-6)[:, None]
    found: list[tuple[int, int]] = []
    for first in range(0, len(unit), _BLOCK):
        block = unit[first : first + _BLOCK]
        near = block @ unit[: first + len(block)].T >= ALIKE
        near &= (
            np.abs(means[first : first + len(block), None] - means[: first + len(block)])
            <= BRIGHTNESS
        )
        for row, column in zip(*np.nonzero(near), strict=True):
            later = first + int(row)
            if column < later and (not found or found[-1][0] != later):
                found.append((later, int(column)))
    names = [printable(name) for name in tally.compared]
    return [(names[later], names[early]) for later, early in found]


_BLOCK = 512


def _show_doubles(listing: Listing, tally: _Tally) -> None:
    """Have thumbnails of the first that are there twice, and of those they are like."""
    pictures = {printable(picture.name): picture for picture in listing.pictures}
    doubles = [name for pair in (*tally.copies, *tally.alike) for name in pair]
    for name in dict.fromkeys(doubles[: 2 * THUMBNAILS]):
        if name not in tally.thumbnails:
            with contextlib.suppress(Unusable, OSError):
                tally.thumbnails[name] = thumbnail(name, listing.read(pictures[name]))


def _summed_up(tally: _Tally, names: tuple[str, ...], labels: npt.NDArray[np.int64]) -> Survey:
    counts = np.bincount(labels, minlength=len(names)) if names else ()
    sides = np.sort(np.array(tally.sides or [0]))
    return Survey(
        pictures=len(tally.names),
        classes=tuple((name, int(count)) for name, count in zip(names, counts, strict=False)),
        refused=tuple(Skipped(printable(name), bad.words) for name, bad in _by_name(tally.refused)),
        copies=tuple(tally.copies),
        alike=tuple(tally.alike),
        smallest=int(sides[0]),
        tenth=int(sides[len(sides) // 10]),
        middle=int(sides[len(sides) // 2]),
        largest=int(sides[-1]),
        oblong=tally.oblong,
        transparent=tally.transparent,
        thumbnails=tuple(tally.thumbnails.values()),
        grey=tally.grey,
    )


def _by_name(refused: list[tuple[str, Unusable]]) -> list[tuple[str, Unusable]]:
    return sorted(refused, key=lambda pair: pair[0])
