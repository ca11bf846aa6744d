"""A run's sign of life: which process trains it, told so that no other process is taken for it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganlab_core.confined import ConfinedFolder
from ganlab_core.processes import began
from ganlab_core.reading import json_object

NAME = "alive.json"
BEAT_SECONDS = 2.0
MOST_PID = 2**32
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
    files = ConfinedFolder(root)
    files.write(NAME, json.dumps(sign | {"ended": False}).encode())
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(files, over), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(OSError):
            files.write(NAME, json.dumps(sign | {"ended": True}).encode())


def _beat(files: ConfinedFolder, over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        with contextlib.suppress(OSError):
            files.touch(NAME)


def read_sign(root: Path) -> Sign | None:
    """The sign of life in a run folder, None where there is none that can be read."""
    try:
        data = json_object(ConfinedFolder(root).read(NAME)) or {}
    except OSError:
        return None
    pid, began_, host = data.get("pid"), data.get("began"), data.get("host")
    known = isinstance(began_, str) and isinstance(host, str) and type(data.get("ended")) is bool
    if type(pid) is not int or not 0 <= pid <= MOST_PID or not known:
        return None
    return Sign(pid, str(began_), str(host), bool(data["ended"]))


def life_of(root: Path) -> Life:
    """Whether the run in `root` is trained now; reads only, and signals no process."""
    sign = read_sign(root)
    if sign is None:
        return "unknown"
    if sign.ended:
        return "ended"
    if sign.host == platform.node() and sign.began:
        return "running" if began(sign.pid) == sign.began else "died"
    return "running" if _age(root) < SILENT_SECONDS else "died"


def trained_by(root: Path) -> str:
    """Who trains the run in `root`, as the subject of a sentence."""
    sign = read_sign(root)
    if sign is None or sign.ended:
        return "Another process"
    return f"Process {sign.pid} on {sign.host}"


def _age(root: Path) -> float:
    try:
        return time.time() - ConfinedFolder(root).stat(NAME).st_mtime
    except OSError:
        return SILENT_SECONDS
