"""Opening what a person chose as a set: a folder, a zip, or a video.

Of a video every n-th frame is a picture, read forward by ffmpeg, without those like the one before.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import itertools
import math
import os
import re
import struct
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganlab_core.data.folder import (
    FILM_SUFFIXES,
    KINDS,
    Listing,
    Picture,
    Reason,
    Unusable,
    labelled,
    list_folder,
    list_zip,
)
from ganlab_core.errors import DatasetError, explain_os_error

ALONE = FILM_SUFFIXES | {".gif"}
"""Endings of a video that is a whole set. Within a folder a GIF is a picture, its first."""

MOST_FRAMES = 4000
"""Frames taken from one video where nobody says how many."""

LARGEST_SIDE = 1024
"""Pixels of the shorter side; larger frames are made smaller as they are read."""

WAITING = 32
"""Frames that are kept until they are asked for: threads ask for their neighbours in any order."""

LIKE_SIDE, LIKE = 16, 8
"""A frame is like another if no part of 16 x 16 has changed its grey by more than 8 of 255."""

_FACTOR = f"min(1\\,{LARGEST_SIDE}/min(iw\\,ih))"
_SCALE = f"scale=w=iw*{_FACTOR}:h=ih*{_FACTOR}:flags=area"
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
"""What may be opened; none of these opens other files."""

SECONDS = 120.0
"""How long counting the frames of one video may take."""

BMP_HEAD = 14


@dataclass(frozen=True, slots=True)
class Sampled:
    """Which frames of a video are taken.

    Attributes
    ----------
    path
        Of the file.
    count
        Frames in it, by its length and its rate.
    every
        Each so-manieth is taken, from the first.
    """

    path: Path
    count: int
    every: int

    @property
    def frames(self) -> range:
        """Their numbers in the video."""
        return range(0, self.count, self.every)


def sampled(path: Path, every: int) -> Sampled:
    """Which frames are taken of a video; `every` 0 = as many as leave at most `MOST_FRAMES`.

    Raises `Unusable` for a file that ffmpeg cannot read.
    """
    status = path.stat()
    count = _counted(path, status.st_size, status.st_mtime_ns)
    return Sampled(path, count, every or max(1, math.ceil(count / MOST_FRAMES)))


def pictures_of(name: str, found: Sampled, stamp: str) -> list[Picture]:
    """The frames as pictures: `name @000120`, so that a video in a class folder is of that class."""
    stamp = f"{stamp}:{found.every}"
    return [Picture(f"{name} @{number:06d}", stamp) for number in found.frames]


class FrameReader:
    """Reads a video forward, once; several threads may ask it for frames of about the same place.

    Parameters
    ----------
    found
        Which frames are taken.
    """

    def __init__(self, found: Sampled) -> None:
        self._sampled = found
        self._lock = threading.Lock()
        self._stream: FrameStream | None = None
        self._next = 0
        self._kept: npt.NDArray[np.int16] | None = None
        self._waiting: dict[int, bytes | Unusable] = {}

    def read(self, frame: int) -> bytes:
        """Frame number `frame` as the bytes of a BMP; raises `Unusable`."""
        number = frame // self._sampled.every
        with self._lock:
            if number < self._next and number not in self._waiting:
                self._rewind()
            while number >= self._next:
                self._advance()
            found = self._waiting.pop(number)
            if self._next >= len(self._sampled.frames):
                self._end()
        if isinstance(found, Unusable):
            raise found
        return found

    def close(self) -> None:
        """End ffmpeg, if it still runs."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _rewind(self) -> None:
        self._end()
        self._next, self._kept = 0, None
        self._waiting.clear()

    def _advance(self) -> None:
        """Read one more frame, and let go of the oldest where too many wait."""
        self._waiting[self._next] = self._one_more()
        self._next += 1
        while len(self._waiting) > WAITING:
            del self._waiting[min(self._waiting)]

    def _one_more(self) -> bytes | Unusable:
        if self._stream is None:
            self._stream = FrameStream(self._sampled)
        data = self._stream.next()
        try:
            with Image.open(io.BytesIO(data), formats=["BMP"]) as image:
                small = image.convert("L").resize((LIKE_SIDE, LIKE_SIDE), Image.Resampling.BOX)
        except (OSError, ValueError, Image.DecompressionBombError):
            return Unusable(Reason.DAMAGED, "lies beyond where the video can be read")
        grey = np.asarray(small, np.int16)
        if self._kept is not None and int(np.abs(grey - self._kept).max()) <= LIKE:
            return Unusable(Reason.ALIKE, "looks like the frame before")
        self._kept = grey
        return data


class FrameStream:
    """One run of ffmpeg that gives the chosen frames, one after the other, as BMPs."""

    def __init__(self, found: Sampled) -> None:
        chosen = f"select=not(mod(n\\,{found.every})),{_SCALE}"
        output = ["-vf", chosen, "-fps_mode", "passthrough", "-pix_fmt", "bgr24",
                  "-f", "image2pipe", "-c:v", "bmp", "pipe:1"]  # fmt: skip
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                [*_reading(found.path), *output],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError:
            self._process = None

    def next(self) -> bytes:
        """The next frame; what there is of it, maybe nothing, where the video ends."""
        if self._process is None or self._process.stdout is None:
            return b""
        head = self._process.stdout.read(BMP_HEAD)
        size = int.from_bytes(head[2:6], "little")  # of the whole file, as its head says
        return head + self._process.stdout.read(max(0, size - BMP_HEAD))

    def close(self) -> None:
        """End ffmpeg, if it still runs."""
        if self._process is not None:
            self._process.kill()
            with self._process:  # closes its output, and waits
                pass


@functools.lru_cache(maxsize=4096)
def _counted(path: Path, size: int, _changed: int) -> int:
    """How many frames a video has, told without decoding them; kept, as a set is listed more than once."""
    if size == 0:
        raise Unusable(Reason.DAMAGED, "is empty")
    copied = ["-map", "0:v:0", "-c", "copy", "-progress", "pipe:1", "-f", "null", os.devnull]
    try:
        done = subprocess.run(
            [*_reading(path), *copied],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.TimeoutExpired):
        raise Unusable(Reason.DAMAGED, "is a video that cannot be read") from None
    counts = re.findall(rb"^frame=\s*(\d+)", done.stdout, re.MULTILINE)
    count = int(counts[-1]) if counts else 0
    if count < 1:
        raise Unusable(Reason.DAMAGED, "is no video that ffmpeg can read")
    return count


def _reading(path: Path) -> list[str]:
    """ffmpeg with a file as its input, which may lead to no other; raises `Unusable` without ffmpeg."""
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        program: str = get_ffmpeg_exe()
    except (RuntimeError, OSError):
        words = "is a video, and ffmpeg, which reads those, was not found"
        raise Unusable(Reason.UNREADABLE, words) from None
    return [program, "-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe",
            "-format_whitelist", CONTAINERS, "-i", f"file:{path.absolute()}"]  # fmt: skip


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
