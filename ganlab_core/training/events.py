"""What a run tells while it trains: frozen events, one JSON line each in the event log."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from ganlab_core.files import json_object
from ganlab_core.plain_text import plain_text


@dataclass(frozen=True, slots=True)
class Started:
    """The run starts or is resumed.

    `variety` is that of the data, measured like that of the samples (see `variety`).
    """

    images: int
    device: str
    parameters_g: int
    parameters_d: int
    pictures: int
    skipped: int
    variety: float = 0.0


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a person should know and that does not keep the run from going on."""

    images: int
    message: str


@dataclass(frozen=True, slots=True)
class PhaseBegan:
    """The growth enters a new phase."""

    images: int
    resolution: int
    fading: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Means since the last report.

    Losses are those the optimiser saw; `real_score` and `fake_score` are D's mean outputs; `penalty`
    is the raw R1 or gradient penalty; `images_per_second` is wall time including everything.
    """

    images: int
    resolution: int
    alpha: float
    loss_g: float
    loss_d: float
    real_score: float
    fake_score: float
    penalty: float
    learning_rate: float
    images_per_second: float


@dataclass(frozen=True, slots=True)
class Spectra:
    """The largest singular value of every spectrally normalised weight, before it is divided by it.

    A collapse announces itself here (Brock et al. 2019, sec. 4): values that explode instead of growing
    slowly. Names begin with `g.` or `d.`.
    """

    images: int
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class LayerGains:
    """The largest singular value of every weight of networks that are not spectrally normalised.

    Names begin with `g.` or `d.`.
    """

    images: int
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """The sliced Wasserstein distance (times 1000) of the samples to the data, smaller is better.

    `growth` is log2 of the resolution both were compared at, with the fade as its fraction.
    """

    images: int
    growth: float
    distance: float


@dataclass(frozen=True, slots=True)
class SheetSaved:
    """A sheet of samples from the fixed latents was written; `path` is relative to the run."""

    images: int
    resolution: int
    alpha: float
    path: str


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint was written; `path` is relative to the run."""

    images: int
    path: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The run reached its last image; `path` is its model file, relative to the run."""

    images: int
    path: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The run stopped early; `message` says why in one sentence."""

    images: int
    message: str


@dataclass(frozen=True, slots=True)
class Steered:
    """A person steered before step number `step`.

    `changes` holds settings and their new values, or `paused`, `stop`, or `refused` with a sentence.
    """

    images: int
    step: int
    changes: dict[str, object]


Event = (
    Started
    | Warned
    | PhaseBegan
    | Progress
    | Spectra
    | LayerGains
    | Measured
    | SheetSaved
    | CheckpointSaved
    | Ended
    | Failed
    | Steered
)


MOST_IMAGES = 10**12
"""Images, pictures or parameters that an event may tell of."""

_RANGES: dict[str, tuple[float, float]] = {
    "images": (0, MOST_IMAGES),
    "resolution": (1, 65536),
    "alpha": (0.0, 1.0),
    "growth": (0.0, 16.0),
}
LONGEST_LINE = 1_000_000


def read_event(line: bytes) -> dict[str, Any] | None:
    """The event that a line of a log tells; None for other lines, such as one still being written.

    `event` is a text and `images` a whole number; what else is out of its range is left out.
    """
    event = json_object(line, LONGEST_LINE)
    if event is None or not isinstance(event.get("event"), str):
        return None
    for name, (low, high) in _RANGES.items():
        value: Any = event.get(name)
        if type(value) not in (int, float) or not low <= value <= high:
            event.pop(name, None)
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = plain_text(value)
    return event if type(event.get("images")) is int else None


def to_line(event: Event) -> str:
    """The event as one JSON line, its kind under `"event"`."""
    return json.dumps({"event": type(event).__name__, **dataclasses.asdict(event)}) + "\n"
