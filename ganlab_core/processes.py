"""Processes told apart: by number and by the moment they began, since numbers are used again."""

from __future__ import annotations

import os
import platform
import subprocess
import zlib
from functools import lru_cache
from pathlib import Path


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
