"""Where a moment of a film lies on the screen, and how the ruler counts: seconds, frames or beats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

Unit = Literal["seconds", "frames", "beats"]
UNITS: tuple[Unit, ...] = ("seconds", "frames", "beats")

LABEL_ROOM = 56.0
"""Device-independent pixels that a label of the ruler needs."""

SNAP = 6.0
"""Pixels within which a tick draws a dragged keyframe to itself."""

_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_POWERS = tuple(step * 10**power for power in range(7) for step in (1, 2, 5))
_BEATS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536)


@dataclass(frozen=True, slots=True)
class Counting:
    """How times are told.

    Attributes
    ----------
    unit
        Seconds, frames or beats.
    fps
        Frames a second.
    bpm
        Beats a minute.
    """

    unit: Unit = "seconds"
    fps: Fraction = Fraction(30)
    bpm: float = 120.0

    @property
    def seconds(self) -> float:
        """How long one unit takes."""
        return {"seconds": 1.0, "frames": float(1 / self.fps), "beats": 60.0 / self.bpm}[self.unit]

    def length(self, seconds: float) -> str:
        """A length in the unit, without its name: `"8"`, `"240"`, `"16"`."""
        return f"{seconds / self.seconds:.2f}".rstrip("0").rstrip(".")

    def read(self, text: str) -> float | None:
        """Seconds from a length as a person types it; None when it is none."""
        number = text.strip().lower().rstrip("abdefmnorst ").strip().replace(",", ".")
        try:
            units = float(number)
        except ValueError:
            return None
        return units * self.seconds if 0 < units < 1e9 else None

    def moment(self, seconds: float) -> str:
        """A moment in the unit: `"1.20"` s, frame `"36"`, beat `"3.5"` counted from 1."""
        if self.unit == "frames":
            return str(round(seconds * self.fps))
        if self.unit == "beats":
            return f"{1 + seconds / self.seconds:.2f}"
        return clock(seconds, 2)

    def steps(self) -> tuple[float, ...]:
        """Distances of labels worth having, in seconds."""
        ladder = {"seconds": _SECONDS, "frames": _POWERS, "beats": _BEATS}[self.unit]
        return tuple(step * self.seconds for step in ladder)

    def label(self, seconds: float) -> str:
        """What stands at a tick."""
        if self.unit == "seconds":
            return clock(seconds, 1 if round(seconds * 10) % 10 else 0)
        return str(round(seconds / self.seconds) + (1 if self.unit == "beats" else 0))


def clock(seconds: float, decimals: int) -> str:
    """Seconds, from a minute on as minutes: `"7.5"`, `"1:30"`."""
    if seconds < 60:
        return f"{seconds:.{decimals}f}"
    minutes, rest = divmod(round(seconds, decimals), 60)
    width = 2 if decimals == 0 else 3 + decimals
    return f"{int(minutes)}:{rest:0{width}.{decimals}f}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the ruler; without words it is a minor one."""

    time: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class TimeScale:
    """The part of the film that is in view, and where.

    Attributes
    ----------
    left, width
        Of the film's band, in device-independent pixels.
    start, length
        The seconds in view.
    whole
        The film's length in seconds.
    """

    left: float = 0.0
    width: float = 100.0
    start: float = 0.0
    length: float = 4.0
    whole: float = 4.0

    def x(self, time: float) -> float:
        """Where a moment lies."""
        return self.left + (time - self.start) / self.length * self.width

    def time(self, x: float) -> float:
        """The moment at a place, within the film."""
        time = self.start + (x - self.left) / self.width * self.length
        return min(max(time, 0.0), self.whole)

    def zoomed(self, factor: float, x: float) -> TimeScale:
        """See `factor` times as much detail about a place; never more than the whole film."""
        about = self.time(x)
        length = min(self.whole, max(self.length / factor, 0.25, self.whole / 4096))
        share = (about - self.start) / self.length
        return replace(self, length=length)._at(about - share * length)

    def panned(self, seconds: float) -> TimeScale:
        """See an earlier or later part."""
        return self._at(self.start + seconds)

    def fitted(self, left: float, width: float, whole: float) -> TimeScale:
        """The same view in another place and of a film of another length; all of it, if it was all."""
        everything = self.length >= self.whole
        length = whole if everything else min(self.length, whole)
        moved = replace(self, left=left, width=max(1.0, width), whole=whole, length=length)
        return moved._at(self.start)

    def _at(self, start: float) -> TimeScale:
        return replace(self, start=min(max(0.0, start), max(0.0, self.whole - self.length)))

    def ticks(self, counting: Counting) -> list[Tick]:
        """The marks in view: labels far enough apart to be read, and marks between them."""
        per_pixel = self.length / self.width
        steps = counting.steps()
        major = next((step for step in steps if step >= LABEL_ROOM * per_pixel), steps[-1])
        parts = next((n for n in (5, 4, 2) if major / n >= 6 * per_pixel), 1)
        minor = major / parts
        first = int(self.start / minor)
        last = int((self.start + self.length) / minor + 1e-6)
        return [
            Tick(number * minor, counting.label(number * minor) if number % parts == 0 else "")
            for number in range(first, min(last, first + 2000) + 1)
        ]

    def snapped(self, time: float, counting: Counting) -> float:
        """The moment of a tick within a few pixels, else that of the nearest frame."""
        near = min(self.ticks(counting), key=lambda tick: abs(tick.time - time))
        if abs(self.x(near.time) - self.x(time)) <= SNAP:
            time = near.time
        return on_frame(time, counting.fps)


def on_frame(time: float, fps: Fraction) -> float:
    """The moment of the frame nearest to a time."""
    return float(round(time * fps) / fps)
