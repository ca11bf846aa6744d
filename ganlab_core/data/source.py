"""Opening what a person chose as a set: a folder, a zip, or a video."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ganlab_core.data.folder import (
    KINDS,
    Listing,
    Picture,
    Unusable,
    labelled,
    list_folder,
    list_zip,
)
from ganlab_core.data.video_frames import ALONE, FrameReader, Sampled, pictures_of, sampled
from ganlab_core.errors import DatasetError, explain_os_error

_ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError, ValueError, LookupError, struct.error)


@contextlib.contextmanager
def open_source(source: Path, every: int = 0) -> Iterator[Listing]:
    """Lend the listing of a folder, a zip or a video; its pictures can be read until the block ends.

    Of videos `every` n-th frame is a picture; 0 = by their length.

    Raises
    ------
    DatasetError
        When there is nothing there, it is none of these, or its labels cannot be understood.
    """
    if not source.exists():
        raise DatasetError(f"There is no folder or zip at {source}.", "Check the path.")
    with contextlib.ExitStack() as stack:
        if source.is_dir():
            listing = _with_frames(list_folder(source), source, every, stack)
        elif source.suffix.lower() in ALONE:
            listing = _with_frames(_film_alone(source), source.parent, every, stack)
        else:
            archive = stack.enter_context(_open_zip(source))
            listing = list_zip(archive, source.stat().st_size)
        yield labelled(listing)


def _film_alone(source: Path) -> Listing:
    """The listing of one video."""
    try:
        status = source.stat()
    except OSError as error:
        raise DatasetError(explain_os_error(error, f"opening {source.name}")) from error
    film = Picture(source.name, f"{status.st_size}:{status.st_mtime_ns}")
    return Listing((), (), _unread, films=(film,))


def _unread(picture: Picture) -> bytes:
    raise KeyError(picture.name)


def _with_frames(
    listing: Listing, folder: Path, every: int, stack: contextlib.ExitStack
) -> Listing:
    """The listing with its videos' frames among the pictures, each read while `stack` is open."""
    if not listing.films:
        return listing
    pictures, refused = list(listing.pictures), list(listing.refused)
    readers: dict[str, tuple[FrameReader, int]] = {}
    for film in listing.films:
        try:
            found = sampled(folder / film.name, every)
        except Unusable as unusable:
            refused.append((film.name, unusable))
            continue
        frames = pictures_of(film.name, found, film.stamp)
        pictures += frames
        readers |= _readers(frames, found, stack)
    return dataclasses.replace(
        listing,
        pictures=tuple(sorted(pictures, key=lambda picture: picture.name)),
        refused=tuple(sorted(refused, key=lambda pair: pair[0])),
        read=_read_of(listing.read, readers),
    )


def _readers(
    frames: list[Picture], found: Sampled, stack: contextlib.ExitStack
) -> dict[str, tuple[FrameReader, int]]:
    """Name of a frame -> who reads it, and its number."""
    reader = FrameReader(found)
    stack.callback(reader.close)
    numbered = zip(frames, found.frames, strict=True)
    return {frame.name: (reader, number) for frame, number in numbered}


def _read_of(
    read: Callable[[Picture], bytes], readers: dict[str, tuple[FrameReader, int]]
) -> Callable[[Picture], bytes]:
    def either(picture: Picture) -> bytes:
        found = readers.get(picture.name)
        return read(picture) if found is None else found[0].read(found[1])

    return either


_TOOL = (
    "Take the pictures out with the program that made it; dataset_tool.py of stylegan2-ada-pytorch makes"
    " a zip of it that opens here."
)
_UNPACK = "Unpack it and choose the folder."
SETS = {
    **dict.fromkeys((".tfrecords", ".tfrecord"), ("TFRecords of TensorFlow", _TOOL)),
    **dict.fromkeys((".lmdb", ".mdb"), ("an LMDB database", _TOOL)),
    **dict.fromkeys((".h5", ".hdf5"), ("an HDF5 file", "Use the pictures that it was made of.")),
    **dict.fromkeys((".npz", ".npy"), ("arrays of numpy", "Save each picture as a PNG.")),
    ".parquet": ("a Parquet table", "Take the pictures out as files."),
    **dict.fromkeys((".tar", ".tgz", ".gz", ".xz", ".rar", ".7z"), ("a packed archive", _UNPACK)),
}
"""Ending -> what it is, and what makes pictures of it."""


def no_pictures(source: Path) -> DatasetError:
    """The sentence for a folder or zip without pictures; it names a kind of data set that lies there."""
    found = _foreign_set(source)
    if found is not None:
        kind, remedy = SETS[found.suffix.lower()]
        where = f"{source.name} holds" if found != source else f"{source.name} is"
        return DatasetError(f"{where} {kind}, which ganlab does not read.", remedy)
    return DatasetError(
        f"{source.name} holds no pictures.", f"Choose a folder or zip with {KINDS} files."
    )


def _foreign_set(source: Path) -> Path | None:
    """The source, or a file in its folder, that is another kind of data set."""
    if source.suffix.lower() in SETS:
        return source
    if not source.is_dir():
        return None
    with contextlib.suppress(OSError), os.scandir(source) as entries:
        names = sorted(entry.name for entry in itertools.islice(entries, 1000))
        return next((source / n for n in names if Path(n).suffix.lower() in SETS), None)
    return None


def _open_zip(source: Path) -> zipfile.ZipFile:
    try:
        if source.suffix.lower() in SETS:  # an .npz is a zip as well
            raise no_pictures(source)
        if not zipfile.is_zipfile(source):
            raise DatasetError(
                f"{source.name} is neither a folder nor a readable zip.",
                "Choose a folder of pictures, a zip of one, or a video.",
            )
        return zipfile.ZipFile(source)
    except OSError as error:
        raise DatasetError(explain_os_error(error, f"opening {source.name}")) from error
    except _ZIP_ERRORS as error:
        raise DatasetError(
            f"{source.name} is damaged and cannot be opened as a zip.",
            "Copy or download it again, or choose a folder of pictures.",
        ) from error
