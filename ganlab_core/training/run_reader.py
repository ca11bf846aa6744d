"""A run folder seen from outside: read-only, without torch and without locking, live or finished."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganlab_core.confined import ConfinedFolder
from ganlab_core.errors import TrainingError
from ganlab_core.reading import json_object
from ganlab_core.training.events import MOST_IMAGES, read_event
from ganlab_core.training.heartbeat import life_of
from ganlab_core.training.room import FULL, REMEDY, is_full

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
