"""The workspace on the disk: what a person is doing, written as it happens, so that no kill loses it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import zlib
from collections.abc import Sequence
from io import FileIO
from pathlib import Path

from PySide6.QtCore import QLockFile

FILE = re.compile(r"(\d{8})\.journal")
BASE = b"base"
"""Key of the line that says: all before this file is void, all before this line is whole."""

GONE = b"-"
LARGEST = 128 * 2**20
"""Bytes of a file that is read; a larger one is none of ours."""

MOST_LIVE = 32 * 2**20
"""Bytes of what is kept; beyond them the oldest steps have to go."""

WASTE = 2 * 2**20
MOST_SLOTS = 16
MOST_ASIDE = 3
JOB_KEY = "job/"


class Journal:
    """Texts under keys in one folder; every change is a line at the end of a file.

    A line carries its checksum. What a kill tears off is the end of the last line, and what a disk
    damages is passed over line by line. When too much of a file is out of date, what is valid goes into a
    new one that ends the old ones' time with its `base` line; until that line stands, they are read.
    Nothing is flushed to the platter here: a kill of the program does not touch what the system holds.

    Parameters
    ----------
    folder
        Of the files; made on the first write.

    Attributes
    ----------
    damaged
        Names of files that `read` could not read all of.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: tuple[str, ...] = ()
        self._lines: dict[bytes, bytes] = {}
        self._file: FileIO | None = None
        self._size = 0
        self._number = 0
        self._based = 0

    # --- reading ---------------------------------------------------------------------------------

    def read(self) -> dict[str, str]:
        """All texts by their keys; raises nothing for files that are damaged."""
        self._lines, damaged = {}, []
        for path in self._files():
            self._number = int(path.stem)
            data = _bytes_of(path)
            if data is None or not self._take(data):
                damaged.append(path.name)
        self.damaged = tuple(damaged)
        return self.texts()

    def texts(self) -> dict[str, str]:
        """All texts by their keys, as they are now."""
        return {key.decode("ascii"): _text_of(line) for key, line in self._lines.items()}

    def take_over(self, texts: dict[str, str]) -> None:
        """Begin with texts from elsewhere; they are written with the first change."""
        self._lines = {
            key: _line(key, text.encode("ascii"))
            for key, text in ((name.encode("ascii"), text) for name, text in texts.items())
        }

    def written_last(self) -> float:
        """When a file was last written to; 0 when there is none."""
        times = [0.0]
        for path in self._files():
            with contextlib.suppress(OSError):
                times.append(path.stat().st_mtime)
        return max(times)

    def _files(self) -> list[Path]:
        try:
            found = [path for path in self.folder.iterdir() if FILE.fullmatch(path.name)]
        except OSError:
            return []
        return sorted(found, key=lambda path: path.name)

    def _take(self, data: bytes) -> bool:
        """Take the lines of one file; False when one besides a torn last one was damaged."""
        own: dict[bytes, bytes | None] = {}
        sound = True
        *lines, _torn = data.split(b"\n")
        for line in lines:
            known = _checked(line)
            if known is None:
                sound = sound and not line
                continue
            key, value = known
            if key == BASE:
                self._lines.clear()
                self._based = self._number
            else:
                own[key] = None if value == GONE else line
        for key, kept in own.items():
            self._lines.pop(key, None)
            if kept is not None:
                self._lines[key] = kept
        return sound

    # --- writing ---------------------------------------------------------------------------------

    @property
    def live(self) -> int:
        """Bytes of what is valid."""
        return sum(map(len, self._lines.values()))

    def write(self, changes: Sequence[tuple[str, str | None]]) -> None:
        """Put texts under their keys, None = no more; in the system's hands on return, or `OSError`."""
        lines = []
        for name, text in changes:
            key = name.encode("ascii")
            line = _line(key, GONE if text is None else text.encode("ascii"))
            self._lines.pop(key, None)
            if text is not None:
                self._lines[key] = line
            lines.append(line)
        if self._file is None or self._size > WASTE + 2 * self.live:
            self._begin_file()
        else:
            self._append(lines)

    def sync(self) -> None:
        """Have the platter hold it as well, for the day of a power cut."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin_file(self) -> None:
        """Write all that is valid into a new file, and go on there; then put the old ones away."""
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        self._size = 0
        path = self.folder / f"{self._number:08d}.journal"
        self._file = FileIO(path, "ab")
        try:
            self._append([*self._lines.values(), _line(BASE, GONE)])
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        before, self._based = self._based, self._number
        self._put_away(before)

    def _append(self, lines: Sequence[bytes]) -> None:
        assert self._file is not None
        data = b"".join(line + b"\n" for line in lines)
        view = memoryview(data)
        try:
            while view:
                count = self._file.write(view)
                if not count:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                view = view[count:]
        except OSError:
            self.close()  # whatever is torn here ends with this file
            raise
        self._size += len(data)

    def _put_away(self, before: int) -> None:
        """Keep damaged files aside, and drop those that even the file before this one made void."""
        for path in self._files():
            number = int(path.stem)
            with contextlib.suppress(OSError):
                if path.name in self.damaged:
                    path.replace(path.with_name(f"{path.name}.damaged"))
                elif number < before:
                    path.unlink()
        for old in sorted(self.folder.glob("*.damaged"))[:-MOST_ASIDE]:
            with contextlib.suppress(OSError):
                old.unlink()
        self.damaged = ()


class Workspace:
    """One window's own journal. Windows that are open at a time never write to the same one.

    A window takes the journal that was written last among those that no window has. Where all are
    taken, it begins with what the newest holds, but for that window's exports.

    Attributes
    ----------
    texts
        What was read.
    damaged
        Names of the files that could not be read whole.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock: QLockFile | None = None
        self.journal: Journal | None = None
        self.texts: dict[str, str] = {}
        self.damaged: tuple[str, ...] = ()
        slots = sorted(self._slots(), key=lambda own: own.written_last(), reverse=True)
        for own in slots:
            if self._takes(own):
                self.texts = own.read()
                self.damaged = own.damaged
                return
        for number in range(1, MOST_SLOTS + 1):
            own = Journal(root / str(number))
            if not own.folder.exists() and self._takes(own):
                known = slots[0].read() if slots else {}
                own.take_over({key: text for key, text in known.items()
                           if not key.startswith(JOB_KEY)})  # fmt: skip
                self.texts = own.texts()
                return

    def release(self) -> None:
        """Let another window have the journal."""
        if self.journal is not None:
            self.journal.close()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _slots(self) -> list[Journal]:
        numbers = range(1, MOST_SLOTS + 1)
        folders = (self._root / str(number) for number in numbers)
        return [Journal(folder) for folder in folders if folder.is_dir()]

    def _takes(self, journal: Journal) -> bool:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError:
            return False
        lock = QLockFile(str(journal.folder.with_suffix(".lock")))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            return False
        self._lock, self.journal = lock, journal
        return True


def _line(key: bytes, value: bytes) -> bytes:
    said = key + b" " + value
    return b"%08x %s" % (zlib.crc32(said), said)


def _checked(line: bytes) -> tuple[bytes, bytes] | None:
    """Key and value of a line; None when it is not as it was written."""
    said = line[9:]
    if line[:9] != b"%08x " % zlib.crc32(said):
        return None
    key, _, value = said.partition(b" ")
    return (key, value) if key.isascii() and value.isascii() else None


def _text_of(line: bytes) -> str:
    return line[9:].partition(b" ")[2].decode("ascii")


def _bytes_of(path: Path) -> bytes | None:
    """What a plain file of a sane size holds; None for anything else."""
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            about = os.fstat(file.fileno())
            plain = stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST
            return file.read(LARGEST) if plain else None
    except OSError:
        return None
