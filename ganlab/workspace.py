"""Saves what is under way as it happens: history, film, exports, model, layout; and brings it back."""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import re
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QLockFile, QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QTabWidget

from ganlab.engine import OVER, BackgroundTasks, Job, Jobs, unfinished_files
from ganlab.film import Film, FilmEditor, FilmHistory, FilmRow, Stamps
from ganlab.session import History, Row, Session, Step
from ganlab.window import MainWindow, Messages
from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.export import ExportJob, job_from_json, job_to_json
from ganlab_core.files import Fields, clear_away, json_object
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe

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
            data = _file_bytes(path)
            if data is None or not self._take(data):
                damaged.append(path.name)
        self.damaged = tuple(damaged)
        return self.texts()

    def texts(self) -> dict[str, str]:
        """All texts by their keys, as they are now."""
        return {key.decode("ascii"): _journal_text(line) for key, line in self._lines.items()}

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


def _journal_text(line: bytes) -> str:
    return line[9:].partition(b" ")[2].decode("ascii")


def _file_bytes(path: Path) -> bytes | None:
    """What a plain file of a sane size holds; None for anything else."""
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            about = os.fstat(file.fileno())
            plain = stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST
            return file.read(LARGEST) if plain else None
    except OSError:
        return None


PAUSE_MS = 100
"""At most so often; the first change after a pause is written at once."""

LAYOUT_MS = 300
RETRY_MS = 5000
LITTER_MS = 2000
MOST_JOBS = 50
STEP_KEY, FILM_KEY = "step/", "film/"

DAMAGED = (
    "Part of what was under way could not be read; the rest is back, and {names} stays in {folder}."
)
NOT_SAVED = "What is under way cannot be saved: {why} It is tried again every few seconds."
NO_PLACE = (
    "There is no place to save what is under way in; it will be gone when this window closes."
)

Text = Callable[[], str]
"""Makes a text to write, away from the window's thread."""


class WorkspaceSaver(QObject):
    """Writes each change within a tenth of a second, on a thread of its own.

    Parameters
    ----------
    workspace
        Where it goes.
    session, filming, jobs, window, tabs
        What is saved: the desk's history; the film; the exports; the layout, and the Inside panel's tab.
    messages
        Where it is told that something cannot be saved or read.
    """

    def __init__(
        self,
        workspace: Workspace,
        session: Session,
        filming: FilmEditor,
        jobs: Jobs,
        window: MainWindow,
        tabs: QTabWidget,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._session, self._filming, self._jobs = session, filming, jobs
        self._window, self._tabs, self._messages = window, tabs, messages
        self._tasks = BackgroundTasks(self)
        self._tasks.failed.connect(self._on_failed)
        self._known: dict[str, object] = dict.fromkeys(workspace.texts)
        self._model_text = workspace.texts.get("model", "")
        self._layout_text = workspace.texts.get("layout", "")
        self._failing = self._changed = False
        self._saves = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._on_pause_over)
        self._layout_settles = QTimer(self, singleShot=True, interval=LAYOUT_MS)
        self._layout_settles.timeout.connect(self._on_layout_settled)

    # --- bringing back ---------------------------------------------------------------------------

    @property
    def model(self) -> str:
        """The path of the model that was on the desk; empty when there was none."""
        return self._path_of("path")

    @property
    def second_model(self) -> str:
        """The path of the second model beside it; empty when there was none."""
        return self._path_of("second")

    def _path_of(self, key: str) -> str:
        path = _object_of(self._model_text).get(key)
        return path if isinstance(path, str) and "\0" not in path else ""

    def restore_layout(self) -> bool:
        """Put the window and its panels where they were; False when nothing is known of them."""
        kept = self._parsed("layout")
        geometry = _bytes_of(kept.get("geometry"))
        if geometry.isEmpty():
            return False
        self._window.restoreGeometry(geometry)
        if not self._window.workspaces.restore(kept.get("workspaces")):
            self._window.workspaces.reset()
        tab = kept.get("inside", 0)
        self._tabs.setCurrentIndex(tab if isinstance(tab, int) else 0)
        return True

    def restore(self, last: Callable[[], Recipe | None]) -> None:
        """Bring back what was under way, and save from now on.

        Where no step is known, the desk begins with what `last` gives.
        """
        history, stamps = self._restored_history()
        if history is not None:
            for step in history.steps():
                self._known[f"{STEP_KEY}{step.number}"] = step.version
            with self._filming.showing.quietly():
                self._session.restore(history)
        elif (recipe := last()) is not None:
            self._session.begin_with(recipe)
        self._filming.showing.begin_again()
        film = self._restored_film()
        self._filming.restore(film or FilmHistory(), stamps)
        self._jobs.restore(self._restored_jobs())
        self._workspace.texts = {}
        self._tell_damage()
        self._connect()

    def _restored_history(self) -> tuple[History | None, Stamps]:
        rows, of_desk, newest = [], {}, 0
        for number, text in self._numbered(STEP_KEY):
            head, recipe = _split(text)
            parent, stamp = head.get("parent"), head.get("stamp")
            parent = parent if isinstance(parent, int) else None
            rows.append(Row(number, parent, str(head.get("label", "")), recipe))
            if isinstance(stamp, int):
                of_desk[number] = stamp
        for _, text in self._numbered(FILM_KEY):
            stamp = _split(text)[0].get("stamp")
            newest = max(newest, stamp if isinstance(stamp, int) else 0)
        desk = self._parsed("desk")
        now, towards = desk.get("now"), desk.get("towards")
        pairs = towards if isinstance(towards, list) else []
        found = {
            pair[0]: pair[1]
            for pair in pairs
            if isinstance(pair, list) and [type(part) for part in pair] == [int, int]
        }
        history = History.rebuilt(rows, now if isinstance(now, int) else -1, found)
        return history, Stamps(of_desk, newest)

    def _restored_film(self) -> FilmHistory | None:
        rows = []
        for number, text in self._numbered(FILM_KEY):
            head, line = _split(text)
            stamp = head.get("stamp")
            stamp = stamp if isinstance(stamp, int) else 0
            rows.append(
                FilmRow(number, stamp, str(head.get("label", "")), head.get("empty") is True, line)
            )
        playhead = self._parsed("playhead")
        now, selected, place = (playhead.get(name) for name in ("now", "selected", "place"))
        history = FilmHistory.rebuilt(rows, now if isinstance(now, int) else -1)
        if history is None:
            return None
        for step in history.steps():
            self._known[f"{FILM_KEY}{step.number}"] = step.version
        film = history.film
        index = selected if isinstance(selected, int) else -1
        moment = float(place) if isinstance(place, float) else 0.0
        history.put(
            replace(film, selected=index, place=min(max(0.0, moment), film.timeline.duration))
        )
        return history

    def _restored_jobs(self) -> list[Job]:
        jobs = []
        for number, text in self._numbered(JOB_KEY):
            job = _job_of(number, text)
            if job is not None:
                jobs.append(job)
        for job in jobs:
            if job.state == "interrupted":
                self._sweep(job.export.target)
        return jobs[-MOST_JOBS:]

    def _sweep(self, target: Path) -> None:
        """Clear away what a killed export left, unless another process still writes it."""
        self._tasks.start(
            partial(_litter_of, target),
            lambda seen: QTimer.singleShot(LITTER_MS, self, lambda: self._on_litter(target, seen)),
        )

    def _on_litter(self, target: Path, seen: dict[Path, int]) -> None:
        self._tasks.start(partial(_clear_unchanged, target, seen), _nothing)

    def _tell_damage(self) -> None:
        names = ", ".join(f"{name}.damaged" for name in self._workspace.damaged)
        if self._workspace.journal is None:
            self._messages.tell(NO_PLACE)
        elif names:
            folder = self._workspace.journal.folder
            self._messages.tell(DAMAGED.format(names=names, folder=folder))

    def _numbered(self, prefix: str) -> Iterator[tuple[int, str]]:
        """The texts whose key is a number under a heading, in their order."""
        found = []
        for key, text in self._workspace.texts.items():
            number = key.removeprefix(prefix)
            if number != key and number.isdigit() and len(number) <= 9:
                found.append((int(number), text))
        return iter(sorted(found))

    def _parsed(self, key: str) -> dict[str, Any]:
        return _object_of(self._workspace.texts.get(key, "{}"))

    # --- saving ----------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._saves = self._workspace.journal is not None
        session, filming, jobs = self._session, self._filming, self._jobs
        for signal in (session.history_changed, session.model_changed, filming.changed,
                       filming.history_changed, jobs.changed, jobs.finished):  # fmt: skip
            signal.connect(self.save)
        self._window.installEventFilter(self)
        for dock in self._window.findChildren(QDockWidget):
            dock.installEventFilter(self)
            dock.visibilityChanged.connect(self._on_layout_changed)
            dock.dockLocationChanged.connect(self._on_layout_changed)
            dock.topLevelChanged.connect(self._on_layout_changed)
        self._tabs.currentChanged.connect(self._on_layout_changed)
        self.save()

    def save(self) -> None:
        """Save what has changed: now, or in a moment when something was saved just now."""
        if self._pause.isActive():
            self._changed = True
        else:
            self.save_now()

    def save_now(self) -> None:
        """Save what has changed since the last time."""
        if not self._saves:
            return
        self._changed = False
        self._pause.start(RETRY_MS if self._failing else PAUSE_MS)
        changes = list(self._changes())
        if changes or self._failing:
            self._tasks.start(partial(self._write, changes), self._on_written)

    def stop(self) -> None:
        """Save the last changes, and leave the journal to the next window."""
        if self._saves:
            self._on_layout_settled()
            self.save_now()
            self._tasks.start(self._sync, _nothing)
        self._saves = False
        self._pause.stop()
        self._layout_settles.stop()
        self._tasks.finish()
        self._workspace.release()

    def _write(self, changes: list[tuple[str, Text | None]]) -> int:
        """Runs on the other thread, as all that touches the journal from here on."""
        journal = self._workspace.journal
        assert journal is not None
        journal.write([(key, None if text is None else text()) for key, text in changes])
        return journal.live

    def _sync(self) -> None:
        if self._workspace.journal is not None:
            self._workspace.journal.sync()

    def _on_written(self, live: int) -> None:
        self._failing = False
        if live > MOST_LIVE:
            self._session.history.shorten(self._session.history.count() // 4)
            self._filming.history.shorten(len(list(self._filming.history.steps())) // 4)
            self.save()

    def _on_failed(self, error: Exception) -> None:
        """A full disk is told once; the journal holds what it could not write, and is tried again."""
        if not isinstance(error, OSError):
            self._messages.show_error(error)
            return
        if not self._failing and self._saves:
            why = explain_os_error(error, "saving what is under way")
            self._messages.tell(NOT_SAVED.format(why=why))
        self._failing = self._changed = True
        self._pause.start(RETRY_MS)

    def _on_pause_over(self) -> None:
        if self._changed:
            self.save_now()

    # --- what has changed ------------------------------------------------------------------------

    def _changes(self) -> Iterator[tuple[str, Text | None]]:
        """Keys with what makes their texts, None for what is no more."""
        kept: set[str] = set()
        for parts in (self._steps(kept), self._film_steps(kept), self._exports(kept)):
            yield from parts
        for key, text in self._singles():
            if self._differs(kept, key, text):
                yield key, partial(str, text)
        for key in self._known.keys() - kept:
            del self._known[key]
            yield key, None

    def _differs(self, kept: set[str], key: str, state: object) -> bool:
        """Whether something is not as it was written; from now on it is taken for written."""
        kept.add(key)
        if key in self._known and self._known[key] == state:
            return False
        self._known[key] = state
        return True

    def _steps(self, kept: set[str]) -> Iterator[tuple[str, Text]]:
        for step in self._session.history.steps():
            key = f"{STEP_KEY}{step.number}"
            if self._differs(kept, key, step.version):
                stamp = self._filming.stamps.of_desk(step.number)
                yield key, partial(_step_text, step.label, step.parent, stamp, step.kept)

    def _film_steps(self, kept: set[str]) -> Iterator[tuple[str, Text]]:
        for step in self._filming.history.steps():
            key = f"{FILM_KEY}{step.number}"
            if self._differs(kept, key, step.version):
                yield key, partial(_film_text, step.label, step.stamp, step.kept)

    def _exports(self, kept: set[str]) -> Iterator[tuple[str, Text]]:
        over = [job for job in self._jobs.jobs if job.state in OVER]
        forgotten = set(map(id, over[:-MOST_JOBS]))
        for job in self._jobs.jobs:
            key = f"{JOB_KEY}{job.number}"
            if id(job) not in forgotten and self._differs(kept, key, (job.state, job.error)):
                yield key, partial(_job_text, job.export, job.state, job.error)

    def _singles(self) -> Iterator[tuple[str, str]]:
        """What there is only one of."""
        history, film = self._session.history, self._filming.history
        towards = [
            [step.number, step.towards.number]
            for step in history.steps()
            if step.towards is not None and step.towards is not step.children[-1]
        ]
        yield "desk", _dumped({"now": history.now.number, "towards": towards})
        now, shown = film.now.number, film.film
        place = float(shown.place)
        yield "playhead", _dumped({"now": now, "selected": shown.selected, "place": place})
        info = self._session.info
        yield "model", self._model_text if info is None else _dumped(_paths_of(info))
        yield "layout", self._layout_text

    # --- the layout ------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See that the window or a panel has another place or size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._on_layout_changed()
        return super().eventFilter(watched, event)

    def _on_layout_changed(self) -> None:
        if self._saves and not self._layout_settles.isActive():
            self._layout_settles.start()

    def _on_layout_settled(self) -> None:
        """Note the layout, but not that of the picture alone, from which one comes back."""
        if self._window.actions_["picture_alone"].isChecked() or not self._window.isVisible():
            return
        kept = {
            "workspaces": self._window.workspaces.kept(),
            "geometry": _text_of(self._window.saveGeometry()),
        }
        self._layout_text = _dumped({**kept, "inside": self._tabs.currentIndex()})
        self.save()


def _nothing(_result: object) -> None:
    """Nothing has to follow."""


# --- texts: a head in JSON, and where there is more, a tab and that in JSON -------------------------


def _step_text(label: str, parent: Step | None, stamp: int, recipe: Recipe | str) -> str:
    number = None if parent is None else parent.number
    body = recipe if isinstance(recipe, str) else recipe.to_json()
    return _dumped({"label": label, "parent": number, "stamp": stamp}) + "\t" + body


def _film_text(label: str, stamp: int, film: Film | FilmRow) -> str:
    line = film.timeline if isinstance(film, FilmRow) else film.timeline.to_json()
    return _dumped({"label": label, "stamp": stamp, "empty": film.empty}) + "\t" + line


def _job_text(export: ExportJob, state: str, error: str) -> str:
    head = _dumped({"state": state, "error": error})
    return f"{head}\t{job_to_json(export)}"


def _job_of(number: int, text: str) -> Job | None:
    """An export of another day; what was not over then was interrupted."""
    head, body = _split(text)
    fields = Fields("export", head, GanlabError)
    try:
        export = job_from_json(body) if body else _job_of_arguments(fields)
        state, error = fields.text("state", ""), fields.text("error", "")
    except GanlabError:
        return None
    over = state if state in ("done", "failed", "cancelled") else "interrupted"
    return Job(number, export, over, error=error)  # type: ignore[arg-type]


def _job_of_arguments(fields: Fields) -> ExportJob:
    """The job of a journal from before there were job files, which has a command and what it reads."""
    # the whole command line, which nothing else here needs
    from ganlab_core.cli import job_of_arguments

    words, files = fields.items("arguments", _word, 10_000), fields.items("files", _file, 16)
    with tempfile.TemporaryDirectory(prefix="ganlab-") as folder:
        for name, text in files:
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return job_of_arguments([word.replace("{files}", folder) for word in words])


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise GanlabError("A word of an export is no text.")
    return value


def _file(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2 or Path(_word(value[0])).name != value[0]:
        raise GanlabError("A file of an export is no name with a text.")
    return value[0], _word(value[1])


def _dumped(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))


def _split(text: str) -> tuple[dict[str, Any], str]:
    head, _, body = text.partition("\t")
    return _object_of(head), body


def _paths_of(info: ModelInfo) -> dict[str, str]:
    """Where the models on the desk lie."""
    second = {} if info.second is None else {"second": str(info.second.path)}
    return {"path": str(info.path), **second}


def _object_of(text: str) -> dict[str, Any]:
    return json_object(text) or {}


def _text_of(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes_of(text: object) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text if isinstance(text, str) else "", validate=True))
    except ValueError:
        return QByteArray()


# --- what killed exports leave ----------------------------------------------------------------------------


def _litter_of(target: Path) -> dict[Path, int]:
    """Unfinished files of an export, and when each was last written to."""
    found = {}
    with contextlib.suppress(OSError):
        for path in unfinished_files(target):
            found[path] = path.stat().st_mtime_ns
    return found


def _clear_unchanged(target: Path, seen: dict[Path, int]) -> None:
    now = _litter_of(target)
    clear_away({path for path, written in seen.items() if now.get(path) == written})
