"""Files that are either whole or not there: written beside their final name, flushed, then renamed.

What is half-written carries the process that writes it in its name,
`.NAME.PID-BEGAN-WHERE-RANDOM.part`, so that the litter of a process that was killed is told from what
another one is writing at this moment, and is swept by whoever writes into the folder next.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import platform
import re
import secrets
import shutil
import stat
import subprocess
import time
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ganlab_core.files.places import (
    cache_dir,
    config_dir,
    favourites_dir,
    presets_dir,
    runs_dir,
    user_models_dir,
)

# ------------------------------------------------------------------------------------------------
# Processes told apart: by number and by the moment they began, since numbers are used again.


def began(pid: int) -> str | None:
    """When process `pid` began, in the system's own words; None when there is none or it is over.

    Numbers of processes are used again, so the pair of both is what tells one. An empty string where
    the system does not say.
    """
    if pid <= 0:
        return None
    if platform.system() == "Linux":
        return _began_linux(pid)
    if os.name == "posix":
        told = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        return None if not told or told.startswith("Z") else told.partition(" ")[2].strip()
    return ""


def own_mark() -> str:
    """What tells this process in a file name: its number, when it began, and where that counts."""
    return _mark_of(os.getpid())


def is_over(mark: str) -> bool | None:
    """Whether the process of a mark has ended; None where that cannot be told from here."""
    pid, when, where = mark.split("-")
    if where != _where():
        return None  # another machine or container, where the number is another process's
    told = began(int(pid))
    if told == "":
        return None
    return told is None or _short(told) != when


@lru_cache(1)
def _mark_of(pid: int) -> str:
    return f"{pid}-{_short(began(pid) or '')}-{_where()}"


def _where() -> str:
    """The machine, and on Linux the container: process numbers mean something only within one."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except (OSError, AttributeError):
        space = ""
    return _short(f"{platform.node()} {space}")


def _short(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'replace')):08x}"


def _began_linux(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # after the name, which may hold anything
    return None if fields[0] in ("Z", "X") else fields[19]


PART = ".part"
LONGEST_NAME = 150
"""Bytes of the final name in a temporary one: with what is added it stays below any system's limit."""

ABANDONED_SECONDS = 24 * 3600
"""Litter whose process cannot be looked for, of another machine say, is swept when it is so old."""

MOST_ENTRIES = 50_000
"""Entries of a folder that are looked at for litter."""

_MARKED = re.compile(
    r"\..*\.(?P<mark>[0-9]{1,10}-[0-9a-f]{8}-[0-9a-f]{8})-[0-9a-f]{8}\.part", re.DOTALL
)
_OLDER = re.compile(
    r"\..+\.[a-z0-9_]{8}\.part|\.tmp[A-Za-z0-9]{6}|ganlab\.ini\.[A-Za-z]{6}", re.DOTALL
)
"""Names that older versions, the library that writes safetensors, and Qt's settings give."""

Whose = Literal["anyone", "ganlab", "me"]

_swept: set[Path] = set()

_unfinished: set[Path] = set()
"""What this process writes at this moment. An interrupt may fall between any two statements, also
between making a file and the block that removes it, so the end of the process looks once more."""


@contextlib.contextmanager
def atomic_path(
    final: Path, *, make_folder: bool = True, in_scratch: bool = False
) -> Iterator[Path]:
    """Lend a temporary path in `final`'s folder; it takes the final name only if the block succeeds.

    The temporary file is flushed to the disk before the rename, so a power cut leaves either the old
    file or the new one. On any failure it is removed and the old file stays. Without `make_folder` a
    folder that is missing, or was removed a moment ago, is an `OSError` and not made anew. `in_scratch`
    is for libraries that put temporary files of their own beside what they write.
    """
    if make_folder:
        final.parent.mkdir(parents=True, exist_ok=True)
    sweep_once(final.parent)
    begun = temporary = temporary_beside(final)
    _unfinished.add(begun)
    try:
        mode = _make(begun)
        if in_scratch:
            begun.unlink()
            begun.mkdir()
            temporary = begun / "new"
        yield temporary
        _flush(temporary)
        temporary.chmod(mode)
        temporary.replace(final)
        _flush_folder(final.parent)
    finally:
        clear_away([begun])
        if not os.path.lexists(begun):
            _unfinished.discard(begun)


@atexit.register
def _clear_unfinished() -> None:
    clear_away(_unfinished)


@contextlib.contextmanager
def scratch_folder(final: Path) -> Iterator[Path]:
    """Lend a folder beside `final` for what is needed on the way there; it is removed afterwards."""
    folder = new_scratch(final)
    try:
        yield folder
    finally:
        clear_away([folder])


def new_scratch(final: Path) -> Path:
    """A new folder beside `final`, for `clear_away` to remove; raises `OSError`."""
    sweep_once(final.parent)
    folder = temporary_beside(final)
    folder.mkdir(mode=0o700)
    return folder


def write_bytes_atomically(final: Path, data: bytes, *, make_folder: bool = True) -> None:
    """Write `data` to `final` whole or not at all; see `atomic_path`."""
    with atomic_path(final, make_folder=make_folder) as temporary:
        temporary.write_bytes(data)


# --- litter --------------------------------------------------------------------------------------


def temporary_beside(final: Path) -> Path:
    """A path in `final`'s folder that nobody else has, and that says which process writes it."""
    name = os.fsdecode(os.fsencode(final.name)[:LONGEST_NAME].decode("utf-8", "ignore").encode())
    return final.parent / f".{name}.{own_mark()}-{secrets.token_hex(4)}{PART}"


def litter_in(folder: Path, whose: Whose = "anyone") -> list[Path]:
    """What lies in a folder half-written and has nobody who writes it; never what is a link.

    In `"anyone"`'s folder that is what bears the mark of a ganlab process that is over. In one of
    `"ganlab"`'s it is also what older versions left, when it is old; in one where nobody but `"me"`
    writes, also what is new and bears no mark of a process that lives. Folders are not looked into.
    """
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in itertools.islice(entries, MOST_ENTRIES):
            if _is_litter(entry, whose):
                found.append(folder / entry.name)
    return found


def sweep(folder: Path, whose: Whose = "anyone") -> None:
    """Remove what killed processes left in a folder; see `litter_in`."""
    clear_away(litter_in(folder, whose))


def sweep_once(folder: Path) -> None:
    """Sweep a folder unless this process did before, so that a kill's litter ends with the next start."""
    if folder not in _swept:
        _swept.add(folder)
        sweep(folder)


def has_writer(path: Path) -> bool:
    """Whether a half-written file or folder is one that a living process goes on with."""
    marked = _MARKED.fullmatch(path.name)
    return marked is not None and is_over(marked["mark"]) is False


def clear_away(paths: Iterable[Path]) -> None:
    """Remove files and folders; those that cannot be stay."""
    for path in paths:
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(path.lstat().st_mode):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def _is_litter(entry: os.DirEntry[str], whose: Whose) -> bool:
    marked = _MARKED.fullmatch(entry.name)
    if marked is None and (whose == "anyone" or not _OLDER.fullmatch(entry.name)):
        return False
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    if not (stat.S_ISREG(facts.st_mode) or (marked and stat.S_ISDIR(facts.st_mode))):
        return False
    over = is_over(marked["mark"]) if marked else None
    if over is None:
        return whose == "me" or time.time() - facts.st_mtime > ABANDONED_SECONDS
    return over and (whose == "me" or _is_own(facts))


def _is_own(facts: os.stat_result) -> bool:
    """Whether this user made it: of other users' processes not every system tells."""
    return os.name != "posix" or facts.st_uid == os.geteuid()


# --- files ---------------------------------------------------------------------------------------


def _make(path: Path) -> int:
    """An empty file that was not there; tells the permissions that any new file gets there."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system allows opening a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ------------------------------------------------------------------------------------------------
# Sweeping a person's ganlab folders of what killed processes left half-written.


MOST_FOLDERS = 1000
"""Folders that are looked into at one level; runs beyond that are swept when they go on."""


def sweep_own_folders() -> None:
    """Remove what killed processes left among models, favourites, presets, settings, caches and runs.

    What a living process writes stays, and so does everything that is not ganlab's by its name.
    """
    for place in (user_models_dir(), favourites_dir(), presets_dir(), config_dir(), cache_dir()):
        for folder in (place, *_folders_in(place)):
            sweep(folder, "ganlab")
    sweep(runs_dir(), "ganlab")
    for run in _folders_in(runs_dir()):
        for folder in (run, *_folders_in(run)):
            sweep(folder, "ganlab")


def _folders_in(place: Path) -> Iterator[Path]:
    """The real folders directly in a place that are not hidden."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in itertools.islice(entries, MOST_FOLDERS):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield place / entry.name
