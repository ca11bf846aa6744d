"""The whole of a run as its event log tells it: curves, phases, sheets and what a person changed.

Read-only and without torch. The log is read on from where the last look ended, so that a run of a
hundred thousand reports costs nothing to follow.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ganlab_core.errors import TrainingError
from ganlab_core.files import ConfinedFolder, json_object
from ganlab_core.training.events import MOST_IMAGES, read_event
from ganlab_core.training.run_folder import FULL, REMEDY, is_full, life_of

Curve = npt.NDArray[np.float64]

_NO_CURVE = ("images", "event", "growth")
_TOLD_APART = ("Started", "PhaseBegan", "SheetSaved", "CheckpointSaved", "Ended", "Failed")
_SEEN_BYTES = 64
_SHEET = re.compile(r"sheets/[0-9]{1,15}\.png")

LOG = "events.jsonl"
MOST_TILES = 64
"""Rows or columns that a config may ask for."""

LOOK_BYTES = 2**25
"""Read of a log at one look; a longer one is followed in several."""
_MOST_CURVES, _MOST_EXTRA = 64, 1024
_LONGEST_NAME = 100
_LARGEST = 1e30
"""Beyond it nothing can be drawn."""


@dataclass(frozen=True, slots=True)
class PhaseMark:
    """Where the growth entered a phase."""

    images: int
    resolution: int
    fading: bool


@dataclass(frozen=True, slots=True)
class SheetMark:
    """A sheet of samples; `path` is relative to the run, and always below its `sheets`."""

    images: int
    resolution: int
    alpha: float
    path: str


@dataclass(frozen=True, slots=True)
class SteerMark:
    """Something a person changed on the way."""

    images: int
    changes: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """What has happened in a run so far.

    Attributes
    ----------
    images_total
        Real pictures the run is to see.
    loss
        The name of its loss.
    curves
        Name -> values, one per report; `"images"` is their x axis. A value a report lacks is nan.
    extra
        Name -> (images, values) of what is told more rarely: distances, singular values.
    pictures, variety, parameters
        Size of the data set and how different its pictures are; parameters of G and D. 0 while unknown.
    grid
        Rows and columns of a sheet.
    passed_over
        Sheets of the log that have a path which no trainer gives; they are never looked for.
    """

    root: Path
    images_total: int = 0
    loss: str = ""
    grid: tuple[int, int] = (1, 1)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    extra: Mapping[str, tuple[Curve, Curve]] = field(default_factory=dict)
    phases: tuple[PhaseMark, ...] = ()
    sheets: tuple[SheetMark, ...] = ()
    steered: tuple[SteerMark, ...] = ()
    pictures: int = 0
    variety: float = 0.0
    parameters: tuple[int, int] = (0, 0)
    failed: str = ""
    passed_over: int = 0

    @property
    def images(self) -> Curve:
        """Images seen at each report."""
        return self.curves.get("images", np.empty(0))

    @property
    def last_images(self) -> int:
        """The furthest image told of."""
        ends = [self.images[-1]] if len(self.images) else []
        return int(max([*ends, *(sheet.images for sheet in self.sheets[-1:])], default=0))


class RunHistory:
    """Follows one run's event log.

    Parameters
    ----------
    root
        The run folder.
    config
        Its config as plain JSON, as `run_reader.open_run` gives it.
    """

    def __init__(self, root: Path, config: Mapping[str, Any]) -> None:
        self._root = root
        self._files = ConfinedFolder(root)
        self._config = config
        self._forget()

    def _forget(self) -> None:
        self._offset = 0
        self._before = b""
        self._passed_over = 0
        self._columns: dict[str, array[float]] = {"images": array("d")}
        self._extra: dict[str, tuple[array[float], array[float]]] = {}
        self._phases: list[PhaseMark] = []
        self._sheets: dict[int, SheetMark] = {}
        self._steered: list[SteerMark] = []
        self._pictures = 0
        self._variety = 0.0
        self._parameters = (0, 0)
        self._failed = ""

    def update(self) -> bool:
        """Read what is new in the log; False when there is nothing. Raises `OSError`."""
        try:
            file = self._files.open(LOG)
        except FileNotFoundError:
            return False
        with file:
            size = file.seek(0, 2)
            file.seek(max(0, self._offset - len(self._before)))
            cut = size < self._offset or file.read(len(self._before)) != self._before
            if cut:  # a resumed run takes back what came after its checkpoint
                self._forget()
                file.seek(0)
            new = file.read(LOOK_BYTES)
        whole = self._whole_lines(new)
        for line in whole.splitlines():
            self._take(line)
        self._offset += len(whole)
        self._before = (self._before + whole)[-_SEEN_BYTES:]
        return bool(whole) or cut

    def _whole_lines(self, new: bytes) -> bytes:
        """What is new up to the last end of a line; of one too long to be an event, all there is."""
        whole = new[: new.rfind(b"\n") + 1]
        return whole if whole or len(new) < LOOK_BYTES else new

    def story(self) -> Story:
        """All that is known, as a value."""
        config = self._config
        return Story(
            self._root,
            _whole(config.get("images")),
            str(config.get("loss", "")),
            (_side(config.get("sheet_rows")), _side(config.get("sheet_columns"))),
            {name: _copied(values) for name, values in self._columns.items()},
            {name: (_copied(x), _copied(y)) for name, (x, y) in self._extra.items()},
            tuple(self._phases),
            tuple(self._sheets.values()),
            tuple(self._steered),
            self._pictures,
            self._variety,
            self._parameters,
            self._failed,
            self._passed_over,
        )

    # --- one event -------------------------------------------------------------------------------

    def _take(self, line: bytes) -> None:
        event = read_event(line)
        if event is None:
            return
        kind, images = event["event"], event["images"]
        if kind == "Progress":
            self._take_report(event)
        elif kind in _TOLD_APART:
            self._take_mark(kind, images, event)
        elif kind == "Steered":
            changes = event.get("changes")
            if isinstance(changes, dict):
                self._steered.append(SteerMark(images, tuple(changes.items())))
        else:
            self._take_extra(images, event)

    def _take_report(self, event: Mapping[str, Any]) -> None:
        count = len(self._columns["images"])
        for name, value in event.items():
            if _is_number(value):
                column = self._columns.get(name)
                if column is None:
                    if len(self._columns) >= _MOST_CURVES or len(name) > _LONGEST_NAME:
                        continue
                    column = self._columns[name] = array("d", [float("nan")] * count)
                column.append(float(value))
        for column in self._columns.values():
            if len(column) == count:
                column.append(float("nan"))

    def _take_mark(self, kind: str, images: int, event: Mapping[str, Any]) -> None:
        resolution = _whole(event.get("resolution"))
        if kind == "Started":
            self._pictures = _whole(event.get("pictures"))
            variety: Any = event.get("variety")
            self._variety = float(variety) if _is_number(variety) else 0.0
            self._parameters = (
                _whole(event.get("parameters_g")),
                _whole(event.get("parameters_d")),
            )
            self._failed = ""
        elif kind == "PhaseBegan":
            self._phases.append(PhaseMark(images, resolution, event.get("fading") is True))
        elif kind == "SheetSaved":
            alpha: Any = event.get("alpha")
            alpha = float(alpha) if _is_number(alpha) else 1.0
            path = event.get("path")
            if isinstance(path, str) and _SHEET.fullmatch(path):
                self._sheets[images] = SheetMark(images, resolution, alpha, path)
            else:
                self._passed_over += 1
        elif kind == "Failed":
            self._failed = str(event.get("message", ""))

    def _take_extra(self, images: int, event: Mapping[str, Any]) -> None:
        """Numbers, and tables of numbers, of events that come more rarely than reports."""
        for name, value in event.items():
            if name in _NO_CURVE:
                continue
            table = value if isinstance(value, dict) else {"": value}
            for key, number in table.items():
                if _is_number(number):
                    full = f"{event['event']}.{name}.{key}".rstrip(".")
                    known = full in self._extra or len(self._extra) < _MOST_EXTRA
                    if not known or len(full) > _LONGEST_NAME:
                        continue
                    x, y = self._extra.setdefault(full, (array("d"), array("d")))
                    x.append(float(images))
                    y.append(float(number))


def _copied(values: array[float]) -> Curve:
    return np.array(values, dtype=np.float64)


def _side(value: object) -> int:
    """Rows or columns of a sheet."""
    return min(max(_whole(value), 1), MOST_TILES)


def _whole(value: object) -> int:
    return value if type(value) is int and 0 <= value <= MOST_IMAGES else 0


def _is_number(value: object) -> bool:
    """Whether it is a number that can be drawn."""
    return type(value) in (int, float) and abs(value) <= _LARGEST  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------
# A run folder seen from outside: read-only, without torch and without locking, live or finished.


QUIET_SECONDS = 120.0
"""A run that has written nothing for so long is taken to have stopped."""

TAIL_BYTES = 65536

SHEET_BYTES = 2**28

State = Literal["running", "paused", "stopped", "ended", "failed", "died"]


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Where a run stands.

    Attributes
    ----------
    images, images_total
        Real pictures seen, and how many there will be.
    resolution, alpha
        The newest block in pixels and how far it has faded in, 0 to 1.
    running
        Whether something still writes to it.
    message
        One sentence for a person.
    state
        `"running"`, `"paused"`, `"stopped"`, `"ended"`, `"failed"` or `"died"`.
    """

    images: int
    images_total: int
    resolution: int
    alpha: float
    running: bool
    message: str
    state: State = "stopped"


class RunReader:
    """Reads a run folder; every call looks at the disk anew and tolerates files that come and go."""

    def __init__(self, root: Path, config: dict[str, Any]) -> None:
        self.root = root
        self.config = config
        self.files = ConfinedFolder(root)

    def newest_sheet(self) -> Path | None:
        """The newest sample sheet; `read_sheet` opens it."""
        with contextlib.suppress(OSError):
            sheets = self.files.files("sheets", ".png")
            return sheets[-1].path if sheets else None
        return None

    def model_path(self) -> Path | None:
        """The newest averaged generator."""
        path = self.root / "model.safetensors"
        return path if self.files.is_file(path.name) else None

    def status(self) -> RunStatus:
        """Where the run stands, from the end of its event log."""
        events = self._last_events()
        images = max((_integer(event.get("images")) for event in events), default=0)
        grown: dict[str, Any] = next((e for e in reversed(events) if "resolution" in e), {})
        resolution = _integer(grown.get("resolution")) or 4
        alpha = grown.get("alpha", 0.0 if grown.get("fading") else 1.0)
        state = self._state(events)
        total = _integer(self.config.get("images"))
        return RunStatus(
            images,
            total,
            resolution,
            float(alpha) if isinstance(alpha, int | float) else 1.0,
            state in ("running", "paused"),
            self._message(state, events),
            state,
        )

    def _message(self, state: State, events: list[dict[str, Any]]) -> str:
        """The sentence for a state; a run that broke off on a full disk could not say so itself."""
        if state == "failed":
            return str(events[-1].get("message", "Training failed."))
        if state in ("died", "stopped") and is_full(self.root):
            return f"{FULL} {REMEDY}"
        return MESSAGES[state]

    def _state(self, events: list[dict[str, Any]]) -> State:
        last = str(events[-1].get("event", "")) if events else ""
        if last == "Failed":
            return "failed"
        if last == "Ended":  # unless it was given a later end, and broke off before it went on
            short = _integer(events[-1].get("images")) < _integer(self.config.get("images"))
            return "stopped" if short else "ended"
        life = life_of(self.root)
        if life == "died":
            return "died"
        quiet = last == "" or self._age() >= QUIET_SECONDS
        if life == "ended" or (life == "unknown" and quiet):
            return "stopped"
        return "paused" if _is_paused(events) else "running"

    def _age(self) -> float:
        try:
            return time.time() - self.files.stat("events.jsonl").st_mtime
        except OSError:
            return math.inf

    def _last_events(self) -> list[dict[str, Any]]:
        try:
            lines = self.files.read_end("events.jsonl", TAIL_BYTES).splitlines()
        except OSError:
            return []
        return [event for line in lines if (event := read_event(line)) is not None]


MESSAGES: dict[State, str] = {
    "running": "Training.",
    "paused": "Training is paused.",
    "stopped": "Training has stopped; it can be resumed.",
    "ended": "Training has ended.",
    "failed": "Training failed.",
    "died": "Training broke off without a word; it can go on from its last checkpoint.",
}


def _is_paused(events: list[dict[str, Any]]) -> bool:
    """What the newest word about pausing was, in this life of the run."""
    for event in reversed(events):
        if event.get("event") == "Started":
            return False
        changes = event.get("changes")
        if isinstance(changes, dict) and "paused" in changes:
            return changes["paused"] is True
    return False


def open_run(folder: Path) -> RunReader:
    """A reader for the run in `folder`; raises `TrainingError` when there is none."""
    config = None
    with contextlib.suppress(OSError):
        config = json_object(ConfinedFolder(folder).read("config.json"))
    if config is None or "ganlab_train_config" not in config:
        raise TrainingError(
            f"{folder.name} is not the folder of a training run.",
            "Choose a folder made by ganlab train.",
        )
    return RunReader(folder, config)


def read_sheet(root: Path, path: str) -> bytes:
    """What the file of a run's sheet holds, by its path in the run; raises `OSError`."""
    return ConfinedFolder(root).read(path, SHEET_BYTES)


def _integer(value: object) -> int:
    return value if type(value) is int and 0 <= value <= MOST_IMAGES else 0


# ------------------------------------------------------------------------------------------------
# The event log of an earlier life of a run: what it tells of checkpoints, and where to cut it.


LONGEST = 2**20
"""Bytes of a line; a longer one is no event."""


class RunLog:
    """Reads an event log; every method may raise `OSError`, but not for a log that is missing."""

    def __init__(self, path: Path) -> None:
        self._files, self._name = ConfinedFolder(path.parent), path.name

    def moment(self, log_bytes: int, images: int) -> tuple[int, bool]:
        """Where the log ends at a checkpoint after `images`, and whether its own line follows there.

        That is at `log_bytes`, unless the log was changed since; then it is before the first line
        that tells of more images.
        """
        sound = log_bytes == 0
        for at, event in self._lines():
            if at > log_bytes:
                break
            sound = at == log_bytes
            if _images(event) > images:
                sound = False
                break
        end = log_bytes if sound else self._before(images)
        following = next((event for at, event in self._lines() if at > end), {})
        return end, following.get("event") == "CheckpointSaved" and _images(following) == images

    def _before(self, images: int) -> int:
        """Where the lines end that tell of at most `images`."""
        end = 0
        for at, event in self._lines():
            if _images(event) > images:
                break
            end = at
        return end

    def had_checkpoint(self, due: int) -> bool:
        """Whether it tells of a checkpoint, or of so many images that there must have been one."""
        return any(
            event.get("event") in ("CheckpointSaved", "Ended") or _images(event) > due
            for _, event in self._lines()
        )

    def interludes(self) -> set[int]:
        """Images at which a model file is written without a checkpoint: a new phase, a pause."""
        return {
            _images(event)
            for _, event in self._lines()
            if event.get("event") in ("PhaseBegan", "Steered")
        }

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each whole line's end, and its event; an empty one for a line that is none."""
        try:
            file = self._files.open(self._name)
        except FileNotFoundError:
            return
        with file:
            while line := file.readline(LONGEST):
                if line.endswith(b"\n"):
                    yield file.tell(), _event(line)


def _event(line: bytes) -> dict[str, Any]:
    return json_object(line) or {}


def _images(event: dict[str, Any]) -> int:
    images = event.get("images", 0)
    return images if isinstance(images, int) and not isinstance(images, bool) else 0
