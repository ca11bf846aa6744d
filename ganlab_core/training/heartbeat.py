"""A run's sign of life: which process trains it, told so that no other process is taken for it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganlab_core.atomic import write_bytes_atomically

NAME = "alive.json"
BEAT_SECONDS = 2.0
SILENT_SECONDS = 30.0
"""On another machine a run whose last beat is older than this is taken to have died."""

Life = Literal["unknown", "running", "ended", "died"]


@dataclass(frozen=True, slots=True)
class Sign:
    """What stands in the file: the process, when it began in the system's own count, and where."""

    pid: int
    began: str
    host: str
    ended: bool


@contextlib.contextmanager
def beating(root: Path) -> Iterator[None]:
    """While entered, show that this process trains in `root`; afterwards, that it ended in order."""
    sign = {"pid": os.getpid(), "began": began(os.getpid()) or "", "host": platform.node()}
    path = root / NAME
    write_bytes_atomically(path, json.dumps(sign | {"ended": False}).encode())
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(path, over), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(OSError):
            write_bytes_atomically(path, json.dumps(sign | {"ended": True}).encode())


def _beat(path: Path, over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        with contextlib.suppress(OSError):
            os.utime(path)


def read_sign(root: Path) -> Sign | None:
    """The sign of life in a run folder, None where there is none that can be read."""
    try:
        data = json.loads((root / NAME).read_bytes())
        return Sign(int(data["pid"]), str(data["began"]), str(data["host"]), bool(data["ended"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def life_of(root: Path) -> Life:
    """Whether the run in `root` is trained now; reads only, and signals no process."""
    sign = read_sign(root)
    if sign is None:
        return "unknown"
    if sign.ended:
        return "ended"
    if sign.host == platform.node() and sign.began:
        return "running" if began(sign.pid) == sign.began else "died"
    return "running" if _age(root / NAME) < SILENT_SECONDS else "died"


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return SILENT_SECONDS


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


def _began_linux(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # after the name, which may hold anything
    return None if fields[0] in ("Z", "X") else fields[19]
