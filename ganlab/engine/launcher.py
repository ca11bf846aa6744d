"""Starting a training run as a process of its own, which outlives the window."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QThreadPool, Signal

import ganlab_core
from ganlab.engine.threads import end
from ganlab_core.data import Survey, survey
from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.files import (
    ConfinedFolder,
    began,
    clear_away,
    json_object,
    new_scratch,
    scratch_dir,
)
from ganlab_core.models import ModelInfo, resolve
from ganlab_core.training import TrainConfig, whole_work

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


SLOWEST = 5e9
"""Multiplications a second that every machine does; what is little work for it need not be measured."""

A_DAY = 86_400.0


def least_seconds(config: TrainConfig) -> float | None:
    """What a run takes at the very least on this machine's processor; None where it is short, or on a GPU.

    The work of its networks at the speed of a large convolution, which no training reaches.
    """
    work = whole_work(config)
    if work < SLOWEST * A_DAY:
        return None
    rate = _processors_rate(config.device)
    return None if rate is None else work / rate


@functools.cache
def _processors_rate(device: str) -> float | None:
    """Multiplications a second of a large convolution; None where a graphics card would train."""
    from ganlab_core.device import choose_device  # torch
    from ganlab_core.speed import expect

    chosen = choose_device(device)
    return None if chosen.type != "cpu" else 1e9 * expect(chosen).giga_operations


def start_facts(name: str) -> ModelInfo | str:
    """What a model that a run is to start from says of itself, whatever its file; or why it cannot be.

    `name` is a model's name, a file or a run's folder, which its path then is: it holds D as well.
    """
    from ganlab_core.importers import open_model  # torch

    try:
        info = open_model(resolve(name)).info
    except (GanlabError, OSError) as error:
        return str(error)
    return replace(info, path=Path(name)) if Path(name).is_dir() else info


class Estimator(QObject):
    """Measures one config at a time; the newest takes the place of the one before.

    Signals
    -------
    estimated(dict)
        What `ganlab_core.training.cost_estimate` found, as JSON.
    failed(str)
        One sentence.
    """

    estimated = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._folder: Path | None = None

    def start(self, config: str, classes: int) -> None:
        """Measure a config given as JSON."""
        self.cancel()
        place = scratch_dir()
        try:
            place.mkdir(parents=True, exist_ok=True)
            self._folder = new_scratch(place / "estimate")
            path = self._folder / "config.json"
            path.write_text(config, encoding="utf-8")
        except OSError as error:
            self._tidy()
            self.failed.emit(explain_os_error(error, "measuring"))
            return
        process = prepared(
            ["train", "--config", str(path), "--estimate", "--classes", str(classes)]
        )
        process.setParent(self)
        process.finished.connect(self._on_finished)
        self._process = process
        process.start()

    @property
    def is_measuring(self) -> bool:
        """Whether steps are being measured now."""
        return self._process is not None

    def cancel(self) -> None:
        """Give up what is under way; nothing is told of it any more."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.kill()
            process.waitForFinished(2000)
            process.deleteLater()
        self._tidy()

    def _tidy(self) -> None:
        if self._folder is not None:
            clear_away([self._folder])
            self._folder = None

    def _on_finished(self) -> None:
        process, self._process = self._process, None
        self._tidy()
        if process is None:
            return
        told = bytes(process.readAllStandardOutput().data())
        complaint = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        found = json_object(told)
        if found is None:
            words = complaint.splitlines()[-1] if complaint else "The measurement failed."
            self.failed.emit(words.removeprefix("ganlab: "))
        else:
            self.estimated.emit(found)


class Surveyor(QObject):
    """Surveys one folder or zip at a time; the newest takes the place of the one before.

    Signals
    -------
    progressed(int, int)
        (done, total) pictures.
    surveyed(Path, Survey), failed(Path, Exception)
        What came of it.
    """

    progressed = Signal(int, int)
    surveyed = Signal(object, object)
    failed = Signal(object, object)
    _done = Signal(object, object)
    _counted = Signal(object, int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._job: _Survey | None = None
        self._done.connect(self._on_done)
        self._counted.connect(self._on_counted)

    def start(self, source: Path) -> None:
        """Survey `source`, and no other."""
        self.cancel()
        self._job = _Survey(source, self._done.emit, self._counted.emit)
        self._pool.start(self._job.run)

    def cancel(self) -> None:
        """Give up what is under way; nothing is told of it any more."""
        if self._job is not None:
            self._job.cancelled = True
            self._job = None

    def finish(self) -> None:
        """Give up, and wait until the thread has, but not for ever."""
        self.cancel()
        end(self._pool)

    def _on_counted(self, job: _Survey, done: int, total: int) -> None:
        if job is self._job:
            self.progressed.emit(done, total)

    def _on_done(self, job: _Survey, result: Survey | Exception) -> None:
        if job is not self._job:
            return
        self._job = None
        if isinstance(result, Exception):
            self.failed.emit(job.source, result)
        else:
            self.surveyed.emit(job.source, result)


class _Cancelled(Exception):
    """The person thought better of it."""


class _Survey:
    def __init__(
        self,
        source: Path,
        done: Callable[[object, object], None],
        counted: Callable[[object, int, int], None],
    ) -> None:
        self.source = source
        self.cancelled = False
        self._done, self._counted = done, counted

    def run(self) -> None:
        try:
            result: Survey | Exception = survey(self.source, self._on_progress)
        except _Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - the thread's edge
            result = error
        self._done(self, result)

    def _on_progress(self, done: int, total: int) -> None:
        if self.cancelled:
            raise _Cancelled
        if done == total or done % 16 == 0:
            self._counted(self, done, total)


class SampleFilming(QObject):
    """Films one run at a time.

    Signals
    -------
    filmed(Path), failed(str)
        The film is written; or why not, in one sentence.
    """

    filmed = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._out = Path()

    @property
    def is_filming(self) -> bool:
        """Whether a film is being made."""
        return self._process is not None

    def start(self, run: Path, out: Path) -> None:
        """Film the sample sheets of `run`, one frame each, into `out`; drops a film under way."""
        self.cancel()
        self._out = out
        process = prepared(
            ["video", str(run), "--kind", "timelapse", "--out", str(out), "--caption", "{time}"]
        )
        process.setParent(self)
        process.finished.connect(self._on_finished)
        self._process = process
        process.start()

    def cancel(self) -> None:
        """Give up what is under way."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.terminate()
            if not process.waitForFinished(2000):
                process.kill()
                process.waitForFinished(2000)
            process.deleteLater()

    def _on_finished(self, status: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        told = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        if status == 0:
            self.filmed.emit(self._out)
        else:
            words = told.splitlines()[-1] if told else "The film could not be made."
            self.failed.emit(words.removeprefix("ganlab: "))
