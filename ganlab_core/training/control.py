"""Steering a run through its folder: what a person wishes, and what has become part of the run.

Two files. `steering.json` holds the newest wishes; whoever steers replaces it whole, the trainer looks
at it between two steps. `steering.jsonl` is the trainer's own record of the settings that changed and
from which step on; a resumed run applies them at the same steps, so it ends with the same bytes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlab_core.errors import TrainingError
from ganlab_core.files import ConfinedFolder, json_object
from ganlab_core.training.config import AUTO, MOST_SPEED, TrainConfig, chosen

WISHES = "steering.json"
RECORD = "steering.jsonl"
RECORD_BYTES = 2**26
LOOK_SECONDS = 0.05
STEERABLE = ("learning_rate", "learning_rate_d", "r1_gamma", "augment", "growth_speed")
"""What may be changed while a run trains; `growth_speed` 1 = as planned, 0 = alpha stands still."""

Value = float | str
Settings = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants of a run that trains.

    Attributes
    ----------
    paused, stop
        To stand still between two steps; to write a checkpoint and end.
    steps
        How many single steps have been asked for while paused, in all.
    settings
        Names of `STEERABLE` and the values they should have.
    """

    paused: bool = False
    stop: bool = False
    steps: int = 0
    settings: Settings = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Settings that hold from step number `step` on, when `images` had been seen."""

    step: int
    images: int
    settings: Settings


def read_wishes(root: Path) -> Wishes:
    """The newest wishes in a run folder; none where there is no readable file."""
    data = _object(root)
    steps = data.get("steps")
    return Wishes(
        paused=data.get("paused") is True,
        stop=data.get("stop") is True,
        steps=steps if isinstance(steps, int) and not isinstance(steps, bool) else 0,
        settings=_settings(data.get("settings")),
    )


def write_wishes(root: Path, wishes: Wishes) -> None:
    """Put these wishes in the place of the ones before; raises `OSError`."""
    data = dataclasses.asdict(wishes) | {"settings": dict(wishes.settings)}
    ConfinedFolder(root).write(WISHES, json.dumps(data).encode())


def applied(config: TrainConfig, change: Change) -> TrainConfig:
    """The config from a change on; raises `TrainingError` for a value out of range."""
    settings: dict[str, object] = dict(change.settings)
    if settings.get("augment") == AUTO:
        raise TrainingError("augment=auto holds when a run begins; name what is to be done.")
    if "growth_speed" in settings:
        settings[f"growth_speed_at.{change.images}"] = _speed(settings.pop("growth_speed"))
    return chosen(config, settings)


def _speed(value: object) -> float:
    if isinstance(value, int | float) and 0 <= value <= MOST_SPEED:
        return float(value)
    raise TrainingError(f"growth_speed must be from 0 to {MOST_SPEED:g}, not {value!r}.")


class Wheel:
    """The trainer's end of the steering: hears wishes, and keeps the record of changes.

    Parameters
    ----------
    root
        The run folder. Wishes of an earlier life of the run are dropped.
    step
        Steps done; changes recorded for earlier ones hold already, see `replayed`.
    """

    def __init__(self, root: Path, step: int) -> None:
        self._root = root
        self._files = ConfinedFolder(root)
        with contextlib.suppress(FileNotFoundError):
            self._files.remove(WISHES)
        self.wishes = Wishes()
        record = read_record(root)
        self.known = tuple(change for change in record if change.step < step)
        self._ahead = [change for change in record if change.step >= step]
        self._wanted: dict[str, Value] = {}
        self._looked_at = -LOOK_SECONDS
        self._stamp: tuple[int, int, int] | None = None

    def look(self) -> None:
        """Read the wishes anew if the file has changed; at most every 50 ms."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        try:
            facts = self._files.stat(WISHES)
        except OSError:
            return
        stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        if stamp != self._stamp:
            self._stamp = stamp
            self.wishes = read_wishes(self._root)

    def changes(self, step: int, images: int) -> list[Change]:
        """What changes before this step: recorded for it by an earlier life, then newly wished.

        Steering anew forgets what the record still held for later steps.
        """
        due = [change for change in self._ahead if change.step <= step]
        self._ahead = self._ahead[len(due) :]
        self.known += tuple(due)
        wanted = dict(self.wishes.settings)
        new = tuple((k, v) for k, v in sorted(wanted.items()) if self._wanted.get(k) != v)
        self._wanted |= dict(new)
        if new:
            due.append(Change(step, images, new))
        return due

    def keep(self, change: Change) -> None:
        """Make a change part of the run, on the disk, before the step it is for."""
        if change in self.known:
            return
        self._ahead.clear()
        self.known += (change,)
        lines = [_line(known) for known in self.known]
        self._files.write(RECORD, "".join(lines).encode())


def read_record(root: Path) -> tuple[Change, ...]:
    """The changes a run has seen, in the order of their steps; lines that are no change are passed."""
    try:
        text = ConfinedFolder(root).read(RECORD, RECORD_BYTES).decode(errors="replace")
    except OSError:
        return ()
    found = [change for line in text.splitlines() if (change := _change(line)) is not None]
    return tuple(sorted(found, key=lambda change: change.step))


def replayed(config: TrainConfig, root: Path, step: int) -> TrainConfig:
    """The config with every change a run had seen when it had done `step` steps."""
    for change in read_record(root):
        if change.step < step:
            config = applied(config, change)
    return config


def to_words(changes: Iterable[Change]) -> bytes:
    """Changes as they are told to the other processes of a team: one JSON line each."""
    return "".join(_line(change) for change in changes).encode()


def changes_from(words: bytes) -> list[Change]:
    """What `to_words` told."""
    lines = words.decode(errors="replace").splitlines()
    return [change for line in lines if (change := _change(line)) is not None]


def _line(change: Change) -> str:
    data = {
        "step": change.step,
        "images": change.images,
        "settings": dict(change.settings),
    }
    return json.dumps(data) + "\n"


def _change(line: str) -> Change | None:
    data = json_object(line)
    if data is None:
        return None
    step, images, settings = data.get("step"), data.get("images"), _settings(data.get("settings"))
    if type(step) is not int or type(images) is not int or not settings:
        return None
    return Change(step, images, settings)


def _settings(data: object) -> Settings:
    """Only what may be steered, in one order."""
    if not isinstance(data, Mapping):
        return ()
    return tuple(
        (name, data[name])
        for name in STEERABLE
        if isinstance(data.get(name), int | float | str) and not isinstance(data.get(name), bool)
    )


def _object(root: Path) -> dict[str, Any]:
    try:
        return json_object(ConfinedFolder(root).read(WISHES)) or {}
    except OSError:
        return {}
