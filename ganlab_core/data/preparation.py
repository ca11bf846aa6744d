"""From a folder or zip to `Images`: decode once, keep the result, and use it again."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import math
import os
import shutil
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from ganlab_core.data.decode import (
    GREY,
    SQUARE,
    TRANSPARENT,
    PrepareOptions,
    channels_of,
    chunked,
    class_keys,
    decode,
    number_classes,
    pillow_warnings_tamed,
    printable,
    pyramid,
)
from ganlab_core.data.folder import Listing, Picture, Reason, Unusable
from ganlab_core.data.images import Images, Skipped
from ganlab_core.data.source import no_pictures, open_source
from ganlab_core.errors import DatasetError, explain_os_error
from ganlab_core.files import has_writer, load_json, new_scratch, places, sweep

# ------------------------------------------------------------------------------------------------
# The prepared set on disk: one .npy per resolution, labels, and a note about them.
# A cache is built in a folder beside its place and takes its name only when whole, so what bears
# the name is complete. It is checked again whenever it is opened, and anything odd means: prepare
# again.


ABOUT = "about.json"
_LABELS = "labels.npy"
_PART = ".part"
_WINDOWS, _WINDOW_BYTES = 32, 2**16
_ABANDONED_SECONDS = 24 * 3600
_READ_TODAY = "is a TIFF of a kind ganlab does not read, as 16 bits of each colour"
"""Why a version before skipped what this one reads."""

_UNSOUND = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RecursionError,
)


def level_sizes(resolution: int) -> tuple[int, ...]:
    """The powers of two from 4 to `resolution`."""
    return tuple(4 << step for step in range(resolution.bit_length() - 2))


class LevelWriter:
    """Appends pictures to one .npy per resolution; the count is written into them at the end.

    Plain writes instead of a writable memory map: the count is not known before the last picture is
    decoded, and a full disk must raise an error here, where a map would kill the process.
    """

    def __init__(self, folder: Path, resolution: int, options: PrepareOptions) -> None:
        self.count = 0
        self._options = options
        self._files: dict[int, BinaryIO] = {}
        with contextlib.ExitStack() as opened:
            for size in level_sizes(resolution):
                file = (folder / f"{size}.npy").open("wb", buffering=2**20)
                self._files[size] = opened.enter_context(file)
                self._write_header(size)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def append(self, levels: Mapping[int, npt.NDArray[np.uint8]]) -> None:
        """Add one picture, uint8 (C, h, w) for every level; raises OSError when the disk is full."""
        for size, file in self._files.items():
            file.write(levels[size].data)
        self.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the count into the files, flush them to disk and close them."""
        if error is not None:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                self._opened.close()
            return
        with self._opened:
            for size, file in self._files.items():
                file.seek(0)
                self._write_header(size)
                file.flush()
                os.fsync(file.fileno())

    def _write_header(self, size: int) -> None:
        # numpy pads the header for a growing first axis: the last header fits over the first one.
        shape = (self.count, self._options.channels, *self._options.size(size))
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._files[size], header)


@contextlib.contextmanager
def building(place: Path) -> Iterator[Path]:
    """Lend a new folder beside `place`, and remove it afterwards unless it has been moved away."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place.parent)
    part = new_scratch(place)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def seal(
    part: Path,
    labels: npt.NDArray[np.int64],
    classes: Sequence[str],
    skipped: Sequence[Skipped],
    fingerprint: str,
) -> None:
    """Write the labels and the note that makes the folder a cache."""
    with (part / _LABELS).open("wb") as file:
        np.save(file, labels)
        file.flush()
        os.fsync(file.fileno())
    note = {
        "fingerprint": fingerprint,
        "count": len(labels),
        "classes": list(classes),
        "skipped": [[skip.name, skip.reason] for skip in skipped],
        "files": {path.name: _checksum(path) for path in sorted(part.glob("*.npy"))},
    }
    with (part / ABOUT).open("w", encoding="utf-8") as text:
        json.dump(note, text)
        text.flush()
        os.fsync(text.fileno())


def publish(part: Path, place: Path) -> None:
    """Give a sealed folder its name, unless another process was first; then that one stands."""
    try:
        part.rename(place)
    except OSError:
        if not place.exists():
            raise


def open_cache(
    place: Path, fingerprint: str, resolution: int, source: str, options: PrepareOptions
) -> Images | None:
    """Map the cache at `place`, or None when there is none or it is damaged in any way."""
    try:
        note = load_json((place / ABOUT).read_bytes())
        count = int(note["count"])
        if note["fingerprint"] != fingerprint or count < 1:
            return None
        if any(_checksum(place / name) != sum_ for name, sum_ in note["files"].items()):
            return None
        shapes = {
            size: (count, options.channels, *options.size(size)) for size in level_sizes(resolution)
        }
        levels = {size: _map(place / f"{size}.npy", shape) for size, shape in shapes.items()}
        labels = np.load(place / _LABELS, allow_pickle=False)
        classes = tuple(str(name) for name in note["classes"])
        skipped = tuple(Skipped(str(name), str(reason)) for name, reason in note["skipped"])
        if any(skip.reason == _READ_TODAY for skip in skipped):
            return None
        if labels.shape != (count,) or not 0 <= labels.min() <= labels.max() < max(1, len(classes)):
            return None
    except _UNSOUND:
        return None
    return Images(
        levels, labels, classes=classes, skipped=skipped, fingerprint=fingerprint, source=source
    )


def discard(place: Path) -> None:
    """Take a damaged cache away, if there is one; OSError when the system holds on to it."""
    if not place.exists():
        return
    with building(place) as grave, contextlib.suppress(FileNotFoundError):
        place.rename(grave / "damaged")


def _map(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    level: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    if level.shape != shape or level.dtype != np.uint8:
        raise ValueError(f"{path.name} has shape {level.shape}")
    return level


def _checksum(path: Path) -> list[int]:
    """Size and CRC of evenly spaced windows: all of a file below 2 MiB, quick on a huge one."""
    size = path.stat().st_size
    step = max(_WINDOW_BYTES, size // _WINDOWS)
    checksum = 0
    with path.open("rb") as file:
        for start in range(0, size, step):
            file.seek(start)
            checksum = zlib.crc32(file.read(_WINDOW_BYTES), checksum)
    return [size, checksum]


def _sweep(folder: Path) -> None:
    """Remove what killed processes left behind; those of older versions when that is long ago."""
    sweep(folder)
    limit = time.time() - _ABANDONED_SECONDS
    for part in folder.glob(f".*{_PART}"):
        with contextlib.suppress(OSError):
            if has_writer(part):
                continue
            newest = max(path.stat().st_mtime for path in (part, *part.iterdir()))
            if newest < limit:
                shutil.rmtree(part, ignore_errors=True)


Progress = Callable[[int, int], None]
Levels = dict[int, npt.NDArray[np.uint8]]

_CACHE_VERSION = 2
_DEFAULTS = PrepareOptions()
_CHUNK = 16
_ATTEMPTS = 3
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def prepare(
    source: Path,
    resolution: int,
    options: PrepareOptions = _DEFAULTS,
    cache_root: Path | None = None,
    progress: Progress | None = None,
) -> Images:
    """Turn a folder or zip of pictures, or a video, into memory-mapped training data, once.

    Parameters
    ----------
    source
        Pictures, or class folders of pictures (see `class_folders`); of videos, frames.
    resolution
        Side of the training pictures: a power of two, 4..1024.
    options
        How pictures become square and opaque.
    cache_root
        Where prepared sets are kept; by default the person's cache folder.
    progress
        Called with (done, total) files while preparing, and not at all when a kept set is used; an
        error it raises ends the preparation and leaves nothing behind.

    Raises
    ------
    DatasetError
        When the source cannot be opened, holds no usable picture, or the disk is full.
    """
    _check_resolution(resolution)
    root = (cache_root or places.cache_dir()) / "datasets"
    with open_source(source, options.every) as listing:
        listing = _without(listing, options.leave_out)
        _check_holds(listing, source)
        fingerprint = _fingerprint(listing, resolution, options)
        job = _Job(listing, resolution, options, fingerprint, str(source), progress)
        return job.open_or_build(root / fingerprint)


def fitting_channels(source: Path, every: int = 0) -> int:
    """What all pictures of a source can be trained as: 1 where all are grey, 4 where all are see-through.

    3 for every other set, which the first pictures tell. Files that cannot be used are passed over.
    """
    with open_source(source, every) as listing, pillow_warnings_tamed():
        common, known = frozenset({GREY, TRANSPARENT}), False
        for picture in listing.pictures:
            with contextlib.suppress(Unusable):
                common, known = common & channels_of(listing.read(picture)), True
            if not common:
                break
    return min(common) if common and known else PrepareOptions().channels


def check_source(
    source: Path, resolution: int, options: PrepareOptions = _DEFAULTS
) -> tuple[str, ...]:
    """Raise the `DatasetError` that `prepare` would, having looked no further than a picture that will do.

    Returns the names of the classes, of which a class without one such picture will not be.
    """
    _check_resolution(resolution)
    with open_source(source, options.every) as listing, pillow_warnings_tamed():
        listing = _without(listing, options.leave_out)
        _check_holds(listing, source)
        refused = list(listing.refused)
        for picture in listing.pictures:
            found = _load(listing, resolution, options, picture)
            if not isinstance(found, Unusable):
                break
            refused.append((picture.name, found))
        else:
            raise _nothing_usable(str(source), refused)
        keys = class_keys([picture.name for picture in listing.pictures], listing.labels)
        return number_classes(keys, numbers=bool(listing.labels))[0] if keys else ()


def _without(listing: Listing, names: frozenset[str]) -> Listing:
    """The listing without the pictures of these names; nothing of it is there for anybody any more."""
    if not names:
        return listing
    left = tuple(one for one in listing.pictures if printable(one.name) not in names)
    if listing.pictures and not left:
        raise DatasetError("Every picture is left out.", "Take some in again.")
    return dataclasses.replace(listing, pictures=left)


def _check_resolution(resolution: int) -> None:
    if resolution not in level_sizes(1024):
        raise DatasetError(
            f"Training pictures cannot be {resolution} px wide.",
            "Choose a power of two from 4 to 1024.",
        )


def _check_holds(listing: Listing, source: Path) -> None:
    if not listing.pictures and not listing.refused:
        raise no_pictures(source)


def _fingerprint(listing: Listing, resolution: int, options: PrepareOptions) -> str:
    digest = hashlib.sha256()
    digest.update(f"{_CACHE_VERSION} {resolution} {options.fit} {options.colour}".encode())
    if (options.channels, options.const_size) != (_DEFAULTS.channels, SQUARE):
        digest.update(f" {options.channels} {options.const_size}".encode())
    for picture in listing.pictures:
        digest.update(f"\n{picture.name}\0{picture.stamp}".encode("utf-8", "surrogatepass"))
    for name, unusable in listing.refused:
        digest.update(f"\n{name}\0{unusable.words}".encode("utf-8", "surrogatepass"))
    if listing.labels is not None:
        said = [f"\n{name}\0{label}" for name, label in sorted(listing.labels.items())]
        digest.update(f"\nlabels{''.join(said)}".encode("utf-8", "surrogatepass"))
    elif chunked([picture.name for picture in listing.pictures]):
        digest.update(b"\nno classes")  # which such folders were taken for once
    return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Job:
    """One call of `prepare` after its source was opened and listed."""

    listing: Listing
    resolution: int
    options: PrepareOptions
    fingerprint: str
    source: str
    progress: Progress | None

    def open_or_build(self, place: Path) -> Images:
        for _ in range(_ATTEMPTS):
            images = self._open(place)
            if images is not None:
                return images
            try:
                discard(place)
                self._build(place)
            except OSError as error:
                raise _explain(error, place) from error
        images = self._open(place)
        if images is None:
            raise DatasetError(
                f"The prepared pictures in {place.parent} keep getting damaged.",
                "Close other programs that use this folder, or check the disk.",
            )
        return images

    def _open(self, place: Path) -> Images | None:
        return open_cache(place, self.fingerprint, self.resolution, self.source, self.options)

    def _build(self, place: Path) -> None:
        pictures, labels = self.listing.pictures, self.listing.labels
        keys = class_keys([picture.name for picture in pictures], labels)
        refused = list(self.listing.refused)
        kept: list[int] = []
        with building(place) as part:
            _check_space(part, len(self.listing.pictures), self.resolution, self.options)
            with LevelWriter(part, self.resolution, self.options) as writer, _decoders() as pool:
                for index, (picture, levels) in enumerate(self._decoded(pool)):
                    if isinstance(levels, Unusable):
                        refused.append((picture.name, levels))
                    else:
                        writer.append(levels)
                        kept.append(index)
                    self._report(index + 1)
            if not kept:
                raise _nothing_usable(self.source, refused)
            own = [keys[index] if keys else "" for index in kept]
            classes, numbered = number_classes(own, numbers=bool(labels))
            seal(part, numbered, classes, _skipped(refused), self.fingerprint)
            publish(part, place)

    def _decoded(self, pool: ThreadPoolExecutor) -> Iterator[tuple[Picture, Levels | Unusable]]:
        """Every picture in order with its pyramid or refusal; only a few are in memory at once."""
        pictures = self.listing.pictures
        load = partial(_load, self.listing, self.resolution, self.options)
        for start in range(0, len(pictures), _CHUNK):
            chunk = pictures[start : start + _CHUNK]
            yield from zip(chunk, pool.map(load, chunk), strict=True)

    def _report(self, done: int) -> None:
        if self.progress is not None:
            self.progress(done, len(self.listing.pictures))


@contextlib.contextmanager
def _decoders() -> Iterator[ThreadPoolExecutor]:
    workers = min(8, os.cpu_count() or 1)
    with pillow_warnings_tamed(), ThreadPoolExecutor(workers, "prepare") as pool:
        yield pool


def _load(
    listing: Listing, resolution: int, options: PrepareOptions, picture: Picture
) -> Levels | Unusable:
    try:
        return pyramid(decode(listing.read(picture), resolution, options), resolution)
    except Unusable as unusable:
        return unusable


def _skipped(refused: list[tuple[str, Unusable]]) -> list[Skipped]:
    ordered = sorted(refused, key=lambda pair: pair[0])
    return [Skipped(printable(name), unusable.words) for name, unusable in ordered]


def _check_space(folder: Path, count: int, resolution: int, options: PrepareOptions) -> None:
    pixels = sum(math.prod(options.size(size)) for size in level_sizes(resolution))
    needed = count * options.channels * pixels
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DatasetError(
            f"Preparing {count} pictures at {resolution} px needs {_gib(needed)} "
            f"in {folder.parent}, where {_gib(free)} is free.",
            "Free some space, or choose a smaller --resolution.",
        )


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


def _explain(error: OSError, place: Path) -> DatasetError:
    if error.errno in _NO_SPACE:
        return DatasetError(
            f"The disk is full: the prepared pictures do not fit into {place.parent}.",
            "Free some space, or choose a smaller --resolution.",
        )
    return DatasetError(
        explain_os_error(error, "preparing the pictures"),
        "Check that you may write there and that no other program uses the folder.",
    )


def _nothing_usable(source: str, refused: list[tuple[str, Unusable]]) -> DatasetError:
    counts = Counter(unusable.reason for _, unusable in refused)
    reason, count = counts.most_common(1)[0]
    name, example = next(pair for pair in refused if pair[1].reason is reason)
    what = (
        f"None of the {len(refused)} pictures in {Path(source).name} can be used; "
        f"most often ({count} times) for this reason: {printable(name)} {example.words}."
    )
    if reason is not Reason.TOO_SMALL:
        return DatasetError(what, reason.value)
    sides = sorted(unusable.side for _, unusable in refused if unusable.reason is reason)
    middle = sides[len(sides) // 2]
    if middle < 4:
        return DatasetError(what, "Use bigger pictures.")
    smaller = 1 << (middle.bit_length() - 1)
    return DatasetError(what, f"Choose a smaller resolution, such as --resolution {smaller}.")
