"""Starting a training run as a process of its own, which outlives the window."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QProcessEnvironment

import ganlab_core
from ganlab_core.atomic import write_bytes_atomically
from ganlab_core.errors import TrainingError
from ganlab_core.training.heartbeat import began

LOG = "training.log"
START = "start.json"
LOG_TAIL = 4096


def start_run(config: str, folder: Path) -> None:
    """Train in a new `folder` by a config as JSON; raises `TrainingError` and `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes_atomically(folder / START, config.encode())
    _launch(["--config", str(folder / START), "--out", str(folder)], folder)


def resume_run(folder: Path) -> None:
    """Go on with the run in `folder`; raises `TrainingError`."""
    _launch(["--resume", str(folder)], folder)


def _launch(arguments: list[str], folder: Path) -> None:
    process = prepared(["train", *arguments])
    process.setStandardInputFile(QProcess.nullDevice())
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(str(folder / LOG))
    started, pid = process.startDetached()  # type: ignore[call-overload]
    if not started:
        raise TrainingError("The training process could not be started.", process.errorString())
    (folder / ".pid").write_text(f"{pid} {began(pid) or ''}", encoding="utf-8")


def prepared(arguments: list[str]) -> QProcess:
    """A process that runs a command of ganlab with this very Python; not started yet."""
    process = QProcess()
    process.setProgram(sys.executable)
    process.setArguments(["-m", "ganlab_core", *arguments])
    environment = QProcessEnvironment.systemEnvironment()
    root = str(Path(ganlab_core.__file__).parents[1])
    known = environment.value("PYTHONPATH")
    environment.insert("PYTHONPATH", f"{root}:{known}" if known else root)
    process.setProcessEnvironment(environment)
    return process


def is_starting(folder: Path) -> bool:
    """Whether the process last started for `folder` from here is alive."""
    try:
        pid, _, when = (folder / ".pid").read_text(encoding="utf-8").partition(" ")
        return bool(when) and began(int(pid)) == when
    except (OSError, ValueError):
        return False


def last_complaint(folder: Path) -> str:
    """The last line the training process wrote to its log; empty when it wrote none."""
    try:
        with (folder / LOG).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOG_TAIL))
            lines = file.read().decode("utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].removeprefix("ganlab: ") if lines else ""
