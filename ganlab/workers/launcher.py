"""Starting a training run as a process of its own, which outlives the window."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QProcess, QProcessEnvironment

import ganlab_core
from ganlab_core.confined import ConfinedFolder
from ganlab_core.processes import began

LOG = "training.log"
START = "start.json"
PROCESS = ".process"
LOG_TAIL = 4096

_NEW_GROUP, _NO_CONSOLE, _BELOW_NORMAL = 0x00000200, 0x00000008, 0x00004000  # of the Windows API

NICER = 5
"""How much nicer a run is than the window: it takes all that is left, and the window stays quick."""

_CHILDREN: list[subprocess.Popen[bytes]] = []
"""Started from here and not known to have ended; they are never waited for."""


def start_run(config: str, folder: Path) -> None:
    """Train in a new `folder` by a config as JSON; raises `OSError`."""
    ConfinedFolder(folder).write(START, config.encode())
    _launch(["--config", str(folder / START), "--out", str(folder)], folder)


def free_folder(folder: Path) -> Path:
    """A folder beside this one that is not there yet: its name with a number."""
    stem, _, number = folder.name.rpartition("-")
    name = stem if stem and number.isdigit() else folder.name
    count = 2
    while (folder.parent / f"{name}-{count}").exists():
        count += 1
    return folder.parent / f"{name}-{count}"


def resume_run(folder: Path, images: int = 0) -> None:
    """Go on with the run in `folder`, until `images` where that is given; raises `OSError`."""
    longer = ["--images", str(images)] if images else []
    _launch(["--resume", str(folder), *longer], folder)


def _launch(arguments: list[str], folder: Path) -> None:
    """Start the process in a session of its own, so that closing a terminal does not end it."""
    _reap()
    own: dict[str, Any] = (
        {"start_new_session": True}
        if os.name == "posix"
        else {"creationflags": _NEW_GROUP | _NO_CONSOLE | _BELOW_NORMAL}
    )
    files = ConfinedFolder(folder)
    with files.create(LOG) as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ganlab_core", "train", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=os.environ | {"PYTHONPATH": _python_path()},
            **own,
        )
    _be_nice(process.pid)
    _CHILDREN.append(process)
    files.write(PROCESS, f"{process.pid} {began(process.pid) or ''}".encode())


def _be_nice(pid: int) -> None:
    """Let the window come first; done at once, so that every thread the process makes inherits it."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, 0) <= 0:  # else the window itself gives way already
                os.setpriority(os.PRIO_PROCESS, pid, NICER)


def _reap() -> None:
    """Let the system forget the children that have ended."""
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]


def _python_path() -> str:
    """Where the process finds this very program, besides where it would look anyway."""
    root, known = str(Path(ganlab_core.__file__).parents[1]), os.environ.get("PYTHONPATH")
    return f"{root}{os.pathsep}{known}" if known else root


def prepared(arguments: list[str]) -> QProcess:
    """A process that runs a command of ganlab with this very Python; not started yet."""
    process = QProcess()
    process.setProgram(sys.executable)
    process.setArguments(["-m", "ganlab_core", *arguments])
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONPATH", _python_path())
    process.setProcessEnvironment(environment)
    return process


def is_starting(folder: Path) -> bool:
    """Whether the process last started for `folder` from here is alive."""
    try:
        pid, _, when = ConfinedFolder(folder).read(PROCESS).decode().partition(" ")
        return bool(when) and began(int(pid)) == when
    except (OSError, ValueError):
        return False


def last_complaint(folder: Path) -> str:
    """The last line the training process wrote to its log; empty when it wrote none."""
    try:
        said = ConfinedFolder(folder).read_end(LOG, LOG_TAIL)
    except OSError:
        return ""
    lines = said.decode("utf-8", errors="replace").strip().splitlines()
    return lines[-1].removeprefix("ganlab: ") if lines else ""
