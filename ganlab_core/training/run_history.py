"""The whole of a run as its event log tells it: curves, phases, sheets and what a person changed.

Read-only and without torch. The log is read on from where the last look ended, so that a run of a
hundred thousand reports costs nothing to follow.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ganlab_core.confined import ConfinedFolder
from ganlab_core.training.events import MOST_IMAGES, read_event

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
