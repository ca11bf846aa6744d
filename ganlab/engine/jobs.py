"""Exports as processes of their own, one after the other, so that the canvas stays free."""

from __future__ import annotations

import glob
import itertools
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

import ganlab_core
from ganlab.engine.background_tasks import Background
from ganlab_core.errors import ExportError
from ganlab_core.export import ExportJob, write_job
from ganlab_core.files import clear_away, has_writer, json_object, new_scratch, scratch_dir, sweep

# An export on the list: how far it is, and what its process says and leaves.

State = Literal[
    "waiting", "running", "paused", "stopping", "done", "failed", "cancelled", "interrupted"
]
OVER: tuple[State, ...] = ("done", "failed", "cancelled", "interrupted")


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far an export is.

    Attributes
    ----------
    done, count
        Frames or pictures made, and all of them; 0 of 0 before the first word.
    seconds_left
        Of work; None while unknown.
    bytes_expected
        Of the finished file; None while unknown.
    """

    done: int = 0
    count: int = 0
    seconds_left: float | None = None
    bytes_expected: int | None = None


@dataclass(slots=True, eq=False)
class Job:
    """An export on the list.

    Attributes
    ----------
    number
        Counts the jobs.
    export, state, progress
        What it makes, and how that goes.
    error
        Why it failed, as a sentence.
    """

    number: int
    export: ExportJob
    state: State = "waiting"
    progress: JobProgress = field(default_factory=JobProgress)
    error: str = ""


def progress_of(line: bytes) -> JobProgress | None:
    """What a line of the process says; None for lines that say something else."""
    told = json_object(line) or {}
    if type(told.get("done")) is not int or type(told.get("count")) is not int:
        return None
    seconds, expected = told.get("seconds_left"), told.get("bytes_expected")
    return JobProgress(
        told["done"],
        told["count"],
        seconds if isinstance(seconds, int | float) else None,
        expected if isinstance(expected, int) else None,
    )


def sentence_of(said: str) -> str:
    """The last thing a process said, without its name; what it says last is why it ended."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "The export ended without a word."
    if "Traceback (most recent call last):" in lines:
        last = f"The export met an error of the program: {last}"
    for name in ("ganlab: ", "ganlab video: error: ", "ganlab sheet: error: ",
                 "ganlab render: error: "):  # fmt: skip
        last = last.removeprefix(name)
    return f"{last[:1].upper()}{last[1:]}"


def unfinished_files(target: Path) -> set[Path]:
    """What lies beside and in a target without its final name, and that no living process writes."""
    beside = target.parent.glob(f".{glob.escape(target.name)}.*.part")
    return {path for path in (*beside, *target.glob(".*.part")) if not has_writer(path)}


def sweep_for(target: Path) -> None:
    """Remove what killed processes left beside and in a target."""
    sweep(target.parent)
    sweep(target)


PATIENCE_MS = 8000
"""How long a process may take to clean up before it is ended by force."""

LONGEST_LINE = 4000
CANNOT_START = "The export could not be started."
KILLED = "The export was ended from outside; nothing half-written was left. Try it again."


class Jobs(QObject):
    """The list of exports; the first that waits runs as soon as no other does.

    Signals
    -------
    changed()
        A job was added, went on, or ended.
    finished(Job)
        A job is over: done, failed or cancelled.
    """

    changed = Signal()
    finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self.jobs: list[Job] = []
        self._job: Job | None = None
        self._process: QProcess | None = None
        self._folder: Path | None = None
        self._sweeper = Background(self)
        self._sweeper.done.connect(self._on_swept)
        self._rest = b""
        self._complaints = b""

    # --- what can be done ------------------------------------------------------------------------

    def add(self, export: ExportJob) -> Job:
        """Put an export at the end of the list."""
        job = Job(next(self._numbers), export)
        self.jobs.append(job)
        self._start_next()
        self.changed.emit()
        return job

    def restore(self, jobs: Sequence[Job]) -> None:
        """Put jobs of another day first on the list; none of them runs before it is asked for again."""
        self.jobs[:0] = jobs
        self._numbers = itertools.count(max((job.number for job in self.jobs), default=0) + 1)
        self.changed.emit()

    def pause(self, job: Job) -> None:
        """Let the running job rest."""
        if job.state == "running":
            job.state = "paused"
            self._tell("pause")

    def go_on(self, job: Job) -> None:
        """Let a paused job go on."""
        if job.state == "paused":
            job.state = "running"
            self._tell("go")

    def cancel(self, job: Job) -> None:
        """Give a job up; a running one clears away what it began."""
        if job.state == "waiting":
            self._end(job, "cancelled")
        elif job.state in ("running", "paused"):
            job.state = "stopping"
            self._tell("stop")

    def again(self, job: Job) -> None:
        """Put a job that is over at the end of the list once more, in place of its old line."""
        self.forget(job)
        self.add(job.export)

    def forget(self, job: Job) -> None:
        """Take a job that is over from the list."""
        if job.state in OVER:
            self.jobs.remove(job)
            self.changed.emit()

    def unfinished(self) -> list[Job]:
        """The jobs that are not over."""
        return [job for job in self.jobs if job.state not in OVER]

    def stop(self) -> None:
        """Cancel everything and wait until nothing runs; what was begun is cleared away."""
        for job in self.unfinished():
            if job is not self._job:
                job.state = "cancelled"
        process = self._process
        if process is None or self._job is None:
            return
        self.cancel(self._job)
        if not process.waitForFinished(PATIENCE_MS):
            process.kill()
            process.waitForFinished(PATIENCE_MS)
        self._sweeper.wait(PATIENCE_MS / 1000.0)
        if self._job is not None:  # nobody comes any more to tell that it is swept
            self._sweeper.leave()
            self._finish("cancelled")

    # --- the process -----------------------------------------------------------------------------

    def _start_next(self) -> None:
        waiting = next((job for job in self.jobs if job.state == "waiting"), None)
        if self._process is not None or waiting is None:
            return
        self._job, self._rest, self._complaints = waiting, b"", b""
        waiting.state = "running"
        try:
            file = self._written(waiting.export)
        except OSError as error:
            self._fail_to_start(f"{CANNOT_START} {error.strerror or ''}".strip())
            return
        except ExportError as error:
            self._fail_to_start(f"{CANNOT_START} {error.what}")
            return
        self._process = process = _prepared(
            [waiting.export.command, "--job", str(file), "--steered"]
        )
        process.readyReadStandardOutput.connect(self._on_output)
        process.readyReadStandardError.connect(self._on_complaint)
        process.errorOccurred.connect(self._on_error)
        process.finished.connect(self._on_finished)
        process.start()

    def _tell(self, order: str) -> None:
        if self._process is not None:
            self._process.write(f"{order}\n".encode())
            if order == "stop":
                self._process.closeWriteChannel()
        self.changed.emit()

    def _on_output(self) -> None:
        assert self._process is not None
        data = self._rest + bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = data.split(b"\n")
        self._rest = self._rest[-LONGEST_LINE:]
        told = next((found for line in reversed(lines) if (found := progress_of(line))), None)
        if told is not None and self._job is not None:
            self._job.progress = told
            self.changed.emit()

    def _on_complaint(self) -> None:
        assert self._process is not None
        said = self._complaints + bytes(self._process.readAllStandardError().data())
        self._complaints = said[-LONGEST_LINE:]

    def _on_error(self, error: QProcess.ProcessError) -> None:
        """A process that never began does not finish either."""
        if error == QProcess.ProcessError.FailedToStart:
            self._fail_to_start(CANNOT_START)

    def _fail_to_start(self, sentence: str) -> None:
        assert self._job is not None
        self._job.error = sentence
        self._finish("failed")

    def _on_finished(self, status: int, how: QProcess.ExitStatus) -> None:
        self._on_complaint()
        job = self._job
        assert job is not None
        if job.state == "stopping" and (status != 0 or how == QProcess.ExitStatus.CrashExit):
            self._sweep(job, "cancelled")
        elif how == QProcess.ExitStatus.CrashExit:
            job.error = KILLED
            self._sweep(job, "failed")
        elif status == 0:
            count = job.progress.count
            job.progress = JobProgress(count, count, 0.0, job.progress.bytes_expected)
            self._finish("done")
        else:
            job.error = sentence_of(self._complaints.decode("utf-8", "replace"))
            self._finish("failed")

    def _written(self, export: ExportJob) -> Path:
        """A file with the job, kept while it runs; raises `OSError` or `ExportError`."""
        place = scratch_dir()
        place.mkdir(parents=True, exist_ok=True)
        self._folder = folder = new_scratch(place / "job")
        write_job(folder / "job.json", export)
        return folder / "job.json"

    def _sweep(self, job: Job, state: State) -> None:
        """Let a job end once what its process left is cleared away, which takes looking at folders."""
        self._sweeper.start(state, partial(sweep_for, job.export.target))

    def _on_swept(self, state: State, _: object) -> None:
        self._finish(state)

    def _finish(self, state: State) -> None:
        job, process, folder = self._job, self._process, self._folder
        self._job = self._process = self._folder = None
        if folder is not None:
            clear_away([folder])
        if process is not None:
            process.deleteLater()
        if job is not None:
            self._end(job, state)
        self._start_next()

    def _end(self, job: Job, state: State) -> None:
        job.state = state
        self.changed.emit()
        self.finished.emit(job)


def _prepared(arguments: list[str]) -> QProcess:
    """A process that runs a command of this very ganlab; not started yet."""
    process = QProcess()
    frozen = bool(getattr(sys, "frozen", False))
    process.setProgram(sys.executable)
    process.setArguments(arguments if frozen else ["-m", "ganlab_core", *arguments])
    environment = QProcessEnvironment.systemEnvironment()
    root, known = str(Path(ganlab_core.__file__).parents[1]), os.environ.get("PYTHONPATH")
    environment.insert("PYTHONPATH", f"{root}{os.pathsep}{known}" if known else root)
    process.setProcessEnvironment(environment)
    return process
