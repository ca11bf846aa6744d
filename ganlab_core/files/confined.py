"""A folder that may come from somebody else, used so that nothing in it leads out of it.

Every name is relative to the folder. It is never absolute, has no `..` in it, and leads through no
link, neither at its end nor on the way; what is opened is a plain file, never a pipe, device, socket
or folder, so that no opening waits. The folder itself may be reached through a link, which is the
choice of who names it. Where the system has descriptors of folders every step is taken from the
folder that was looked at, so that nothing can be put in its place meanwhile; elsewhere each step is
looked at just before it is taken.

What is changed in place is first written anew if the file has other names (hard links), as copies
made by backup programs have: the other names keep what they held.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ganlab_core.files.atomic import atomic_path, temporary_beside

TEXT_BYTES = 2**20
"""More than any settings, wishes or signs of life that ganlab writes."""

MOST_ENTRIES = 100_000
"""Entries of a folder that are looked at."""

BY_DESCRIPTOR = os.name == "posix" and {os.open, os.stat, os.unlink, os.mkdir, os.rename} <= (
    os.supports_dir_fd
)
"""Whether paths are walked from descriptor to descriptor."""

_CAREFUL = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_JUNCTION = 0xA0000003
"""Windows's tag of a folder that is another one; links have one that Python knows as such."""

LINK_REMEDY = "Put the real one there; only the whole folder may be reached through a link."


class UnsafePathError(OSError):
    """A name that leads out of a folder, or to what is no plain file in it."""

    def __init__(self, why: str, path: Path | str) -> None:
        super().__init__(errno.ELOOP, why, str(path))


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain file in a folder: its name there, where it is, bytes, and when it was changed."""

    name: str
    path: Path
    size: int
    mtime_ns: int


class ConfinedFolder:
    """The files below `root`, by names with `/` in them; methods raise `OSError`.

    `UnsafePathError`, which is one, is raised for what leads elsewhere or is no plain file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    # --- reading ---------------------------------------------------------------------------------

    def open(self, name: str) -> BinaryIO:
        """A plain file for reading; what it holds may be replaced meanwhile, never redirected."""
        with self._folder_of(name) as (folder, last):
            return os.fdopen(folder.open(last, os.O_RDONLY), "rb")

    def read(self, name: str, most: int = TEXT_BYTES) -> bytes:
        """What a file holds; `OSError` for one of more than `most` bytes."""
        with self.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(self.root / name))
        return data

    def read_end(self, name: str, count: int) -> bytes:
        """The last `count` bytes of a file."""
        with self.open(name) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - count))
            return file.read(count)

    def stat(self, name: str) -> os.stat_result:
        """The facts of a plain file."""
        with self._folder_of(name) as (folder, last):
            return folder.plain(last)

    def is_file(self, name: str) -> bool:
        """Whether a plain file of this name is there."""
        try:
            self.stat(name)
        except OSError:
            return False
        return True

    def path(self, name: str) -> Path:
        """Where a plain file is, for a library that opens it by its path."""
        self.stat(name)
        return self.root / name

    def files(self, folder: str, suffix: str = "") -> list[Entry]:
        """The plain files of a folder, by name; hidden ones and links are passed over."""
        found = []
        with contextlib.suppress(FileNotFoundError), self._folder(_parts(folder)) as place:
            for name, facts in place.entries():
                if name.endswith(suffix) and not name.startswith("."):
                    path = self.root / folder / name
                    found.append(Entry(name, path, facts.st_size, facts.st_mtime_ns))
        return sorted(found, key=lambda one: one.name)

    # --- writing ---------------------------------------------------------------------------------

    def place(self, name: str) -> Path:
        """Where a file may be written whole (`atomic_path`): every folder on the way is a real one.

        A file, link or pipe of that name is then replaced, never written through.
        """
        with contextlib.suppress(FileNotFoundError), self._folder_of(name) as (folder, last):
            if folder.is_folder(last):
                raise UnsafePathError("there is a folder in place of the file", self.root / name)
        return self.root / name

    def write(self, name: str, data: bytes) -> None:
        """Put a file in place, whole or not at all; links and pipes of that name are replaced."""
        with self._folder_of(name, make=True) as (folder, last):
            temporary = temporary_beside(self.root / last).name
            descriptor = folder.create(temporary)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(descriptor)
                folder.replace(temporary, last)
            except BaseException:
                with contextlib.suppress(OSError):
                    folder.remove(temporary)
                raise

    def create(self, name: str) -> BinaryIO:
        """A new empty file in place of what was there."""
        with self._folder_of(name, make=True) as (folder, last):
            with contextlib.suppress(FileNotFoundError):
                folder.remove(last)
            return os.fdopen(folder.create(last), "wb", buffering=0)

    def append(self, name: str) -> BinaryIO:
        """A file to add to, unbuffered; made where there is none."""
        self._disown(name)
        with self._folder_of(name, make=True) as (folder, last):
            flags = os.O_WRONLY | os.O_APPEND
            with contextlib.suppress(FileExistsError):
                os.close(folder.create(last))
            return os.fdopen(folder.open(last, flags), "ab", buffering=0)

    def append_line(self, name: str, line: bytes) -> None:
        """Add a line to a file; one that does not fit on the disk leaves nothing behind.

        Raises `OSError`.
        """
        with self.append(name) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                if file.write(line + b"\n") != len(line) + 1:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
            except OSError:
                file.truncate(before)
                raise

    def hold(self, name: str) -> BinaryIO:
        """A file to lock, made where there is none; nothing is written to it."""
        with self._folder_of(name, make=True) as (folder, last):
            with contextlib.suppress(FileExistsError):
                os.close(folder.create(last))
            return os.fdopen(folder.open(last, os.O_WRONLY), "wb", buffering=0)

    def cut(self, name: str, length: int) -> None:
        """Shorten a file to `length` bytes, where it is longer."""
        if self.stat(name).st_size <= length:
            return
        self._disown(name)
        with self._folder_of(name) as (folder, last):
            descriptor = folder.open(last, os.O_WRONLY)
            try:
                os.ftruncate(descriptor, length)
            finally:
                os.close(descriptor)

    def touch(self, name: str) -> None:
        """Let a file seem changed just now."""
        with self._folder_of(name) as (folder, last):
            folder.touch(last)

    def make_folder(self, name: str) -> None:
        """A real folder of this name, made where there is none."""
        with self._folder(_parts(name), make=True):
            pass

    def remove(self, name: str) -> None:
        """Delete a plain file."""
        with self._folder_of(name) as (folder, last):
            folder.plain(last)
            folder.remove(last)

    def _disown(self, name: str) -> None:
        """Write a file anew that has other names, so that they keep what they hold."""
        if not self.is_file(name) or self.stat(name).st_nlink <= 1:
            return
        with (
            atomic_path(self.place(name)) as temporary,
            self.open(name) as source,
            temporary.open("wb") as target,
        ):
            shutil.copyfileobj(source, target)

    # --- the way ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _folder_of(self, name: str, *, make: bool = False) -> Iterator[tuple[_Folder, str]]:
        *folders, last = _parts(name)
        with self._folder(folders, make=make) as folder:
            yield folder, last

    @contextlib.contextmanager
    def _folder(self, parts: list[str], *, make: bool = False) -> Iterator[_Folder]:
        """The folder at the end of these names below the root."""
        if make:
            self.root.mkdir(parents=True, exist_ok=True)
        folder = _Folder.at(self.root)
        try:
            for part in parts:
                if make:
                    folder.make(part)
                deeper = folder.enter(part)
                folder.close()
                folder = deeper
            yield folder
        finally:
            folder.close()


class _Folder:
    """One real folder: by a descriptor where the system has those, else by its path."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self.descriptor = descriptor

    @staticmethod
    def at(path: Path) -> _Folder:
        return _Folder(path, os.open(path, _FOLDER) if BY_DESCRIPTOR else None)

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def enter(self, name: str) -> _Folder:
        """A folder in this one; never through a link."""
        facts = self._facts(name)
        if _is_link(facts) or not stat.S_ISDIR(facts.st_mode):
            raise UnsafePathError(_what_is(facts, "the folder"), self.path / name)
        if self.descriptor is None:
            return _Folder(self.path / name, None)
        flags = _FOLDER | getattr(os, "O_NOFOLLOW", 0)
        try:
            return _Folder(self.path / name, os.open(name, flags, dir_fd=self.descriptor))
        except OSError as error:
            raise self._changed(error, name) from None

    def make(self, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._where(name), dir_fd=self.descriptor)

    def open(self, name: str, flags: int) -> int:
        """A descriptor of a plain file that is there."""
        before = self.plain(name)
        try:
            descriptor = os.open(self._where(name), flags | _CAREFUL, dir_fd=self.descriptor)
        except OSError as error:
            raise self._changed(error, name) from None
        facts = os.fstat(descriptor)
        moved = self.descriptor is None and not os.path.samestat(before, facts)
        if moved or not stat.S_ISREG(facts.st_mode):
            os.close(descriptor)
            raise UnsafePathError(_what_is(facts, "the file"), self.path / name)
        return descriptor

    def create(self, name: str) -> int:
        """A descriptor of a file that was not there."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _CAREFUL
        return os.open(self._where(name), flags, 0o666, dir_fd=self.descriptor)

    def plain(self, name: str) -> os.stat_result:
        """The facts of a plain file."""
        facts = self._facts(name)
        if _is_link(facts) or not stat.S_ISREG(facts.st_mode):
            raise UnsafePathError(_what_is(facts, "the file"), self.path / name)
        return facts

    def is_folder(self, name: str) -> bool:
        facts = self._facts(name)
        return stat.S_ISDIR(facts.st_mode) and not _is_link(facts)

    def replace(self, source: str, target: str) -> None:
        """Rename, and make the rename durable."""
        os.replace(
            self._where(source),
            self._where(target),
            src_dir_fd=self.descriptor,
            dst_dir_fd=self.descriptor,
        )
        if self.descriptor is not None:
            os.fsync(self.descriptor)

    def touch(self, name: str) -> None:
        self.plain(name)
        follow = os.utime not in os.supports_follow_symlinks
        os.utime(self._where(name), dir_fd=self.descriptor, follow_symlinks=follow)

    def remove(self, name: str) -> None:
        os.unlink(self._where(name), dir_fd=self.descriptor)

    def entries(self) -> Iterator[tuple[str, os.stat_result]]:
        """Names and facts of the plain files."""
        with os.scandir(self.path if self.descriptor is None else self.descriptor) as entries:
            for _, entry in zip(range(MOST_ENTRIES), entries, strict=False):
                with contextlib.suppress(OSError):
                    facts = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(facts.st_mode) and not _is_link(facts):
                        yield entry.name, facts

    def _facts(self, name: str) -> os.stat_result:
        return os.stat(self._where(name), dir_fd=self.descriptor, follow_symlinks=False)

    def _where(self, name: str) -> str | Path:
        return self.path / name if self.descriptor is None else name

    def _changed(self, error: OSError, name: str) -> OSError:
        """The error for a name that became a link, a pipe nobody reads or a socket meanwhile."""
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EMLINK, errno.EISDIR):
            return UnsafePathError("it was replaced meanwhile", self.path / name)
        return error


def _parts(name: str) -> list[str]:
    """The names of a path on the way; `UnsafePathError` for one that leads elsewhere on any system."""
    parts = name.split("/")
    for part in parts:
        if part in ("", ".", "..") or any(letter in part for letter in "\\:\0"):
            raise UnsafePathError("it leads out of its folder", ascii(name[:80]))
    if len(name) > 1000 or name.encode("utf-8", "replace").decode() != name:
        raise UnsafePathError("it is no name of a file", ascii(name[:80]))
    return parts


def _is_link(facts: os.stat_result) -> bool:
    return stat.S_ISLNK(facts.st_mode) or getattr(facts, "st_reparse_tag", 0) == _JUNCTION


def _what_is(facts: os.stat_result, wanted: str) -> str:
    """What stands in a place where something else should, in words."""
    kinds = (
        (_is_link(facts), "a link"),
        (stat.S_ISDIR(facts.st_mode), "a folder"),
        (stat.S_ISFIFO(facts.st_mode), "a pipe"),
        (stat.S_ISSOCK(facts.st_mode), "a socket"),
        (stat.S_ISREG(facts.st_mode), "another file"),
    )
    found = next((words for is_so, words in kinds if is_so), "a device")
    return f"there is {found} in place of {wanted}"
