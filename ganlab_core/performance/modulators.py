"""Sources that need no device: slow waves, wandering values and envelopes.

All are functions of time alone, or of time and what triggers them, so that a film made offline moves as
the performance did.
"""

from __future__ import annotations

import hashlib
import math

from ganlab_core.errors import PerformanceError
from ganlab_core.performance.transform import MapPart, check_finite, check_one_of
from ganlab_core.plain_text import plain_text

MODULATORS = ("lfo", "noise", "envelope")
SHAPES = ("sine", "triangle", "saw", "square")
NAME_LENGTH = 40


class Modulator(MapPart, frozen=True, kw_only=True):
    """A source that moves by itself: the signal `mod/<name>`, 0 to 1.

    Attributes
    ----------
    name
        1 to 40 letters.
    kind
        `"lfo"` (a wave), `"noise"` (wanders smoothly from one random value to the next) or
        `"envelope"` (rises when `trigger` does, and falls again).
    shape
        Of a wave, one of `SHAPES`.
    seconds
        One round of a wave, or from one random value to the next; 0.01 to 3600.
    beats
        The same in beats, which then counts; 0 = in seconds.
    phase
        Where it begins, 0 to 1 of a round.
    seed
        Of the random values.
    trigger
        The signal that an envelope hears.
    attack, hold, release
        Seconds of an envelope, 0 to 60: up, at the top, and down again (along straight lines).
    """

    name: str
    kind: str = "lfo"
    shape: str = "sine"
    seconds: float = 8.0
    beats: float = 0.0
    phase: float = 0.0
    seed: int = 0
    trigger: str = ""
    attack: float = 0.02
    hold: float = 0.0
    release: float = 0.5

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= NAME_LENGTH or plain_text(self.name) != self.name:
            raise PerformanceError(
                f"A modulator's name has 1 to {NAME_LENGTH} letters.", "Choose another."
            )
        check_one_of("A modulator", self.kind, MODULATORS)
        check_one_of("A wave", self.shape, SHAPES)
        check_finite("A round in seconds", self.seconds, 0.01, 3600.0)
        check_finite("A round in beats", self.beats, 0.0, 1024.0)
        check_finite("A phase", self.phase, 0.0, 1.0)
        check_finite("A seed", self.seed, 0, 2**32 - 1)
        for what in ("attack", "hold", "release"):
            check_finite(f"An envelope's {what}", getattr(self, what), 0.0, 60.0)

    @property
    def signal(self) -> str:
        """What it is called among the signals."""
        return f"mod/{self.name}"

    def at(self, time: float, beats: float) -> float:
        """A wave's or a wandering value's place, 0 to 1, at a time in seconds and in beats."""
        rounds = (beats / self.beats if self.beats else time / self.seconds) + self.phase
        if self.kind == "noise":
            return self._wandering(rounds)
        return wave(self.shape, rounds % 1.0)

    def after_trigger(self, passed: float) -> float:
        """An envelope's height, 0 to 1, so many seconds after it was triggered."""
        if passed < self.attack:
            return passed / self.attack
        falling = passed - self.attack - self.hold
        if falling <= 0.0:
            return 1.0
        return max(0.0, 1.0 - falling / self.release) if self.release else 0.0

    def _wandering(self, rounds: float) -> float:
        whole = math.floor(rounds)
        u = rounds - whole
        u = u * u * (3.0 - 2.0 * u)
        return (1.0 - u) * self._random(whole) + u * self._random(whole + 1)

    def _random(self, index: int) -> float:
        digest = hashlib.sha256(f"ganlab modulator {self.seed} {index}".encode()).digest()
        return int.from_bytes(digest[:4], "little") / (2**32 - 1)


def wave(shape: str, phase: float) -> float:
    """The height, 0 to 1, of a wave that begins at its lowest; `phase` 0 to 1."""
    match shape:
        case "sine":
            return 0.5 - 0.5 * math.cos(2.0 * math.pi * phase)
        case "triangle":
            return 1.0 - abs(2.0 * phase - 1.0)
        case "saw":
            return phase
        case _:
            return float(phase >= 0.5)
