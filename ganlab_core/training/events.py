"""What a run tells while it trains, and how it is heard: one class an event, for writing and for reading.

The log has one JSON line an event. Reading needs no torch, and goes on where the last look ended, so that
a run of a hundred thousand reports costs nothing to follow.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import UNSET, Meta, Struct, UnsetType

from ganlab_core.errors import TrainingError
from ganlab_core.files import ConfinedFolder, json_object
from ganlab_core.plain_text import plain_text
from ganlab_core.training.run_folder import FULL, LOG, REMEDY, Score, is_full, life_of

MOST_IMAGES = 10**12
"""Images, pictures or parameters that an event may tell of."""

Count = Annotated[int, Meta(ge=0, le=MOST_IMAGES)]
Side = Annotated[int, Meta(ge=1, le=65536)]
Alpha = Annotated[float, Meta(ge=0.0, le=1.0)]
Growth = Annotated[float, Meta(ge=0.0, le=16.0)]

_NAN = float("nan")


class RunEvent(Struct, frozen=True, tag_field="event", tag=str):
    """Something a run tells; its kind stands under `"event"`.

    A field has a default where versions before did not tell it, or where a damaged log may have lost it.
    """

    images: Count


class Started(RunEvent, frozen=True):
    """The run starts or is resumed.

    `variety` is that of the data, measured like that of the samples (see `health`).
    """

    device: str = ""
    parameters_g: Count = 0
    parameters_d: Count = 0
    pictures: Count = 0
    skipped: Count = 0
    variety: float = 0.0


class Warned(RunEvent, frozen=True):
    """Something that a person should know and that does not keep the run from going on."""

    message: str = ""


class PhaseBegan(RunEvent, frozen=True):
    """The growth enters a new phase."""

    resolution: Side | Literal[0] = 0
    fading: bool = False


class Progress(RunEvent, frozen=True):
    """Means since the last report.

    Losses are those the optimiser saw; `real_score` and `fake_score` are D's mean outputs; `penalty`
    is the raw R1 or gradient penalty; `images_per_second` is wall time including everything.
    `augment_p` and `r_t` are ADA's probability and the mean sign of D's real scores it follows.
    """

    resolution: Side | Literal[0] = 0
    alpha: Alpha = 1.0
    loss_g: float = _NAN
    loss_d: float = _NAN
    real_score: float = _NAN
    fake_score: float = _NAN
    penalty: float = _NAN
    learning_rate: float = _NAN
    images_per_second: float = _NAN
    augment_p: Alpha | UnsetType = UNSET
    r_t: float | UnsetType = UNSET


class Spectra(RunEvent, frozen=True):
    """The largest singular value of every spectrally normalised weight, before it is divided by it.

    A collapse announces itself here (Brock et al. 2019, sec. 4): values that explode instead of growing
    slowly. Names begin with `g.` or `d.`.
    """

    values: dict[str, float] = {}


class LayerGains(RunEvent, frozen=True):
    """The largest singular value of every weight of networks that are not spectrally normalised.

    Names begin with `g.` or `d.`.
    """

    values: dict[str, float] = {}


class Measured(RunEvent, frozen=True):
    """The sliced Wasserstein distance (times 1000) of the samples to the data, smaller is better.

    `growth` is log2 of the resolution both were compared at, with the fade as its fraction.
    """

    growth: Growth | UnsetType = UNSET
    distance: float | UnsetType = UNSET


class Evaluated(RunEvent, frozen=True):
    """KID of so many samples to the data (Binkowski et al. 2018), smaller is better, and what it took."""

    kid: float | UnsetType = UNSET
    samples: Count = 0
    seconds: float = 0.0


class SheetSaved(RunEvent, frozen=True):
    """A sheet of samples from the fixed latents was written; `path` is relative to the run."""

    resolution: Side | Literal[0] = 0
    alpha: Alpha = 1.0
    path: str = ""


class CheckpointSaved(RunEvent, frozen=True):
    """A checkpoint was written; `path` is relative to the run."""

    path: str = ""


class Ended(RunEvent, frozen=True):
    """The run reached its last image; `path` is its model file, relative to the run.

    `seconds` and, where the machine counts it, `watt_hours` are those since the run began or went on.
    """

    path: str = ""
    seconds: float | UnsetType = UNSET
    watt_hours: float | UnsetType = UNSET


class Failed(RunEvent, frozen=True):
    """The run stopped early; `message` says why in one sentence."""

    message: str = "Training failed."


class Steered(RunEvent, frozen=True):
    """A person steered before step number `step`.

    `changes` holds settings and their new values, or `paused`, `stop`, or `refused` with a sentence.
    """

    step: Count = 0
    changes: dict[str, Any] = {}


Event = (
    Started
    | Warned
    | PhaseBegan
    | Progress
    | Spectra
    | LayerGains
    | Measured
    | Evaluated
    | SheetSaved
    | CheckpointSaved
    | Ended
    | Failed
    | Steered
)

KINDS: dict[str, type[RunEvent]] = {kind.__name__: kind for kind in get_args(Event)}
"""What stands under `"event"` -> its class."""


to_line = msgspec.json.Encoder().encode
"""An event -> its line in the log, as bytes without the end of the line."""


# ------------------------------------------------------------------------------------------------
# One line of a log, whoever wrote it.


LONGEST_LINE = 1_000_000
MOST_GROWTH = 16.0
"""The growth at which a KID counts, which is only measured at a run's full resolution."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """What a line of a log says.

    Attributes
    ----------
    kind
        What stands under `"event"`.
    event
        By its class; None for a kind that only another version knows.
    extra
        Fields that this version does not declare.
    """

    kind: str
    images: int
    event: Any
    extra: Mapping[str, Any]


def read_line(line: bytes) -> LogLine | None:
    """What a line of a log says; None for other lines, such as one still being written.

    A value that is out of its field's range, or of another type, is taken to be missing.
    """
    found = json_object(line, LONGEST_LINE)
    if found is None or type(found.get("images")) is not int:
        return None
    kind, images = found.pop("event", None), found["images"]
    if not isinstance(kind, str) or not 0 <= images <= MOST_IMAGES:
        return None
    for name, value in found.items():
        if isinstance(value, str):
            found[name] = plain_text(value)
    known = KINDS.get(kind)
    if known is None:
        return LogLine(kind, images, None, found)
    event = _converted(known, found)
    return LogLine(kind, images, event, {k: found[k] for k in found.keys() - _TYPES[known].keys()})


def _converted(kind: type[RunEvent], found: Mapping[str, Any]) -> RunEvent:
    with contextlib.suppress(msgspec.ValidationError):
        return msgspec.convert({**found, "event": kind.__name__}, kind)
    kept: dict[str, Any] = {}
    for name, of in _TYPES[kind].items():
        with contextlib.suppress(msgspec.ValidationError):
            if name in found:
                kept[name] = msgspec.convert(found[name], of)
    return kind(**kept)


_TYPES: dict[type[RunEvent], dict[str, Any]] = {
    kind: {item.name: item.type for item in msgspec.structs.fields(kind)} for kind in KINDS.values()
}


MOST_BYTES = 2**28
"""Read of an event log for its scores; events are a few hundred bytes each."""


def known_scores(log: Path) -> list[Score]:
    """The scores an event log tells of, oldest first; lines that cannot be read are passed over."""
    found = []
    with contextlib.suppress(OSError), ConfinedFolder(log.parent).open(log.name) as file:
        while file.tell() < MOST_BYTES and (line := file.readline(LONGEST_LINE)):
            rare = b'"Measured"' in line or b'"Evaluated"' in line
            match told.event if rare and (told := read_line(line)) else None:
                case Measured(images=images, growth=float(growth), distance=float(distance)):
                    found.append(Score(images, growth, distance))
                case Evaluated(images=images, kid=float(kid)):
                    found.append(Score(images, MOST_GROWTH, kid, kid=True))
    return found


# ------------------------------------------------------------------------------------------------
# The whole of a run as its event log tells it: curves, phases, sheets and what a person changed.


Curve = npt.NDArray[np.float64]

_NO_CURVE = ("images", "growth", "samples", "seconds")
_SEEN_BYTES = 64
_SHEET = re.compile(r"sheets/[0-9]{1,15}\.png")

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
class RunHistory:
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


class LogReader:
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

    def history(self) -> RunHistory:
        """All that is known, as a value."""
        config = self._config
        return RunHistory(
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
        told = read_line(line)
        if told is None:
            return
        match told.event:
            case Progress() as event:
                self._take_report({**msgspec.structs.asdict(event), **told.extra})
            case PhaseBegan() as event:
                self._phases.append(PhaseMark(event.images, event.resolution, event.fading))
            case SheetSaved() as event:
                self._take_sheet(event)
            case Steered() as event:
                self._steered.append(SteerMark(event.images, tuple(event.changes.items())))
            case Failed() as event:
                self._failed = event.message
            case Started() as event:
                self._pictures, self._variety = event.pictures, event.variety
                self._parameters = (event.parameters_g, event.parameters_d)
                self._failed = ""
            case CheckpointSaved() | Ended() | Warned():
                pass
            case event:
                declared = msgspec.structs.asdict(event) if event else {}
                self._take_extra(told.kind, told.images, {**declared, **told.extra})

    def _take_sheet(self, event: SheetSaved) -> None:
        if _SHEET.fullmatch(event.path):
            mark = SheetMark(event.images, event.resolution, event.alpha, event.path)
            self._sheets[event.images] = mark
        else:
            self._passed_over += 1

    def _take_report(self, numbers: Mapping[str, Any]) -> None:
        count = len(self._columns["images"])
        for name, value in numbers.items():
            if _is_number(value):
                column = self._columns.get(name)
                if column is None:
                    if len(self._columns) >= _MOST_CURVES or len(name) > _LONGEST_NAME:
                        continue
                    column = self._columns[name] = array("d", [_NAN] * count)
                column.append(float(value))
        for column in self._columns.values():
            if len(column) == count:
                column.append(_NAN)

    def _take_extra(self, kind: str, images: int, values: Mapping[str, Any]) -> None:
        """Numbers, and tables of numbers, of events that come more rarely than reports."""
        for name, value in values.items():
            table = value if isinstance(value, dict) else {"": value}
            for key, number in table.items():
                full = f"{kind}.{name}.{key}".rstrip(".")
                known = full in self._extra or len(self._extra) < _MOST_EXTRA
                if name in _NO_CURVE or not _is_number(number) or not known:
                    continue
                if len(full) <= _LONGEST_NAME:
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
        lines = self._last_lines()
        images = max((line.images for line in lines), default=0)
        grown = next((e for e in _events(reversed(lines)) if getattr(e, "resolution", 0)), None)
        resolution = getattr(grown, "resolution", 4)
        alpha = getattr(grown, "alpha", 0.0 if getattr(grown, "fading", False) else 1.0)
        state = self._state(lines)
        return RunStatus(
            images,
            _whole(self.config.get("images")),
            resolution,
            alpha,
            state in ("running", "paused"),
            self._message(state, lines),
            state,
        )

    def _message(self, state: State, lines: list[LogLine]) -> str:
        """The sentence for a state; a run that broke off on a full disk could not say so itself."""
        if state == "failed":
            return str(lines[-1].event.message)
        if state in ("died", "stopped") and is_full(self.root):
            return f"{FULL} {REMEDY}"
        return MESSAGES[state]

    def _state(self, lines: list[LogLine]) -> State:
        last = lines[-1].event if lines else None
        if isinstance(last, Failed):
            return "failed"
        if isinstance(
            last, Ended
        ):  # unless it was given a later end, and broke off before it went on
            return "stopped" if last.images < _whole(self.config.get("images")) else "ended"
        life = life_of(self.root)
        if life == "died":
            return "died"
        quiet = not lines or self._age() >= QUIET_SECONDS
        if life == "ended" or (life == "unknown" and quiet):
            return "stopped"
        return "paused" if _is_paused(lines) else "running"

    def _age(self) -> float:
        try:
            return time.time() - self.files.stat(LOG).st_mtime
        except OSError:
            return math.inf

    def _last_lines(self) -> list[LogLine]:
        try:
            lines = self.files.read_end(LOG, TAIL_BYTES).splitlines()
        except OSError:
            return []
        return [told for line in lines if (told := read_line(line)) is not None]


MESSAGES: dict[State, str] = {
    "running": "Training.",
    "paused": "Training is paused.",
    "stopped": "Training has stopped; it can be resumed.",
    "ended": "Training has ended.",
    "failed": "Training failed.",
    "died": "Training broke off without a word; it can go on from its last checkpoint.",
}


def _events(lines: Iterable[LogLine]) -> Iterator[Any]:
    return (line.event for line in lines if line.event is not None)


def _is_paused(lines: list[LogLine]) -> bool:
    """What the newest word about pausing was, in this life of the run."""
    for event in _events(reversed(lines)):
        if isinstance(event, Started):
            return False
        if isinstance(event, Steered) and "paused" in event.changes:
            return event.changes["paused"] is True
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
