"""From what a source says to what a control gets: range, gate, curve, expression, steps, smoothing."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from ganlab_core.errors import PerformanceError
from ganlab_core.performance.expression import read_expression

CURVES = ("linear", "slow", "fast", "smooth")
"""As it is; squared (fine below); its root (fine above); slow at both ends."""

LONGEST_SMOOTHING = 60.0
"""Seconds."""

_NOTHING: Mapping[str, float] = {}


class MapPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a map: a value that is checked where it is made, whoever makes it."""


def check_finite(name: str, value: float, low: float, high: float) -> None:
    """Raise `PerformanceError` unless `value` lies within [low, high]; NaN does not."""
    if not low <= value <= high:
        raise PerformanceError(f"{name} must be from {low:g} to {high:g}.", "Choose another.")


def check_one_of(what: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `PerformanceError` unless `value` is one of `choices`."""
    if value not in choices:
        raise PerformanceError(
            f"{what} is one of {', '.join(choices)}, not {value[:40]!r}.", "Choose one."
        )


class Transform(MapPart, frozen=True, kw_only=True):
    """What happens to a value on its way to a control, in the order of these fields.

    Attributes
    ----------
    in_low, in_high
        What of the source's range counts as 0 and as 1; beyond, it stays there. The first may be the
        larger one, which turns the direction round.
    gate
        Below this part of the range the value is 0; 0 = no gate.
    curve
        One of `CURVES`.
    expression
        An `Expression` of the value, `x`; its result is brought into 0 to 1. Empty = the value itself.
    hysteresis
        A change smaller than this is no change, 0 to 0.5 of the range.
    steps
        How many values there are, 2 to 1024; 0 = all.
    attack, release
        Time constants in seconds of smoothing upwards and downwards, 0 to 60: after so long 63 % of
        the way is done, however many frames there were.
    low, high
        What 0 and 1 become, in the control's unit; None = the control's own range.
    """

    in_low: float = 0.0
    in_high: float = 1.0
    gate: float = 0.0
    curve: str = "linear"
    expression: str = ""
    hysteresis: float = 0.0
    steps: int = 0
    attack: float = 0.0
    release: float = 0.0
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("in_low", self.in_low), ("in_high", self.in_high)):
            check_finite(f"A mapping's {name}", value, -1e6, 1e6)
        for name, own in (("low", self.low), ("high", self.high)):
            if own is not None:
                check_finite(f"A mapping's {name}", own, -1e6, 1e6)
        check_finite("A gate", self.gate, 0.0, 1.0)
        check_finite("A hysteresis", self.hysteresis, 0.0, 0.5)
        check_finite("An attack in seconds", self.attack, 0.0, LONGEST_SMOOTHING)
        check_finite("A release in seconds", self.release, 0.0, LONGEST_SMOOTHING)
        if self.steps != 0:
            check_finite("The number of steps", self.steps, 2, 1024)
        check_one_of("A curve", self.curve, CURVES)
        if self.expression:
            read_expression(self.expression)

    def shaped(self, value: float, variables: Mapping[str, float] = _NOTHING) -> float:
        """What does not depend on what came before: range, gate, curve and expression; 0 to 1."""
        span = self.in_high - self.in_low
        x = _unit((value - self.in_low) / span) if span else float(value >= self.in_high)
        if x < self.gate:
            x = 0.0
        x = _curved(self.curve, x)
        if self.expression:
            x = _unit(read_expression(self.expression)({**variables, "x": x}))
        return x

    def stepped(self, x: float) -> float:
        """The nearest of the steps."""
        return round(x * (self.steps - 1)) / (self.steps - 1) if self.steps else x


def _unit(x: float) -> float:
    return min(1.0, max(0.0, x)) if x == x else 0.0


def _curved(curve: str, x: float) -> float:
    if curve == "slow":
        return x * x
    if curve == "fast":
        return math.sqrt(x)
    return x * x * (3.0 - 2.0 * x) if curve == "smooth" else x


class TransformRun:
    """A transform as time passes: what it remembers is the last value, and where smoothing is.

    Parameters
    ----------
    transform
        What is done.
    low, high
        The control's own range, for where the transform has none.
    """

    def __init__(self, transform: Transform, low: float, high: float) -> None:
        self.transform = transform
        self._low = low if transform.low is None else transform.low
        self._high = high if transform.high is None else transform.high
        self._held: float | None = None
        self._target = 0.0
        self._smoothed: float | None = None
        self._time = 0.0
        self._was_on = False
        self._rises = 0

    @property
    def heard(self) -> bool:
        """Whether the source has said anything yet."""
        return self._held is not None

    def hear(self, time: float, value: float, variables: Mapping[str, float] = _NOTHING) -> None:
        """Take what the source says at a time in seconds; times do not go back."""
        self._pass(time)
        x = self.transform.shaped(value, variables)
        if self._held is None or abs(x - self._held) >= self.transform.hysteresis:
            self._held = x
        self._count_rise(self._held)
        self._target = self.transform.stepped(self._held)
        if self._smoothed is None or not (self.transform.attack or self.transform.release):
            self._smoothed = self._target

    def value(self, time: float) -> float:
        """What the control gets at a time, in its own unit."""
        self._pass(time)
        return self._low + (self._high - self._low) * (self._smoothed or 0.0)

    def unit_value(self) -> float:
        """What the control got last, as 0 to 1 of the range."""
        return self._smoothed or 0.0

    def take_rises(self) -> int:
        """How often the value rose above one half since this was asked last; nothing is lost between."""
        rises, self._rises = self._rises, 0
        return rises

    def _count_rise(self, x: float) -> None:
        """On from 0.5 upwards, off again from 0.4 downwards, so that trembling is one rise."""
        if not self._was_on and x >= 0.5:
            self._was_on = True
            self._rises += 1
        elif self._was_on and x < 0.4:
            self._was_on = False

    def _pass(self, time: float) -> None:
        """Let time pass; the smoothed value goes on towards where it is going."""
        passed, self._time = max(0.0, time - self._time), max(self._time, time)
        if self._smoothed is None or self._smoothed == self._target:
            return
        rising = self._target > self._smoothed
        constant = self.transform.attack if rising else self.transform.release
        left = math.exp(-passed / constant) if constant else 0.0
        self._smoothed = self._target + (self._smoothed - self._target) * left
        if abs(self._smoothed - self._target) < 1e-4:
            self._smoothed = self._target
