"""From what a source says to what a control gets: range, gate, curve, expression, steps, smoothing.

Expressions are a small language of numbers over a fixed list of functions.

    expression = operand { operator operand }          or and  == != < <= > >=  + -  * / %  ^
    operand    = number | name | function "(" expression { "," expression } ")"
               | "(" expression ")" | "-" operand | "not" operand

There are numbers and nothing else: no texts, no attributes, no assignments, no loops. A text becomes a
list of instructions for a stack, at most as many as the text has letters, so evaluating one ends. Every
step has a result: dividing by 0 gives 0, what is not finite becomes 0 or the nearest bound.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from ganlab_core.errors import PerformanceError

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


LONGEST_EXPRESSION = 400
"""Letters."""

DEEPEST_EXPRESSION = 24
"""Brackets, functions and signs within each other."""

BOUND = 1e9
"""No result lies beyond."""

VARIABLES = {
    "x": "what the source says, 0 to 1",
    "t": "seconds since the performance began",
    "beat": "place within the beat, 0 to 1",
    "bar": "place within the bar, 0 to 1",
    "tempo": "beats a minute",
    "level": "loudness of the sound, 0 to 1",
    "low": "loudness below 250 Hz, 0 to 1",
    "mid": "loudness from 250 to 2000 Hz, 0 to 1",
    "high": "loudness above 2000 Hz, 0 to 1",
}
"""Name -> what it is; one that nothing supplies is 0."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Takes so many numbers from the stack and leaves one."""

    name: str
    takes: int
    result: Callable[..., float]


def _divide(a: float, b: float) -> float:
    return a / b if b else 0.0


def _modulo(a: float, b: float) -> float:
    return a - b * math.floor(a / b) if b else 0.0


def _power(a: float, b: float) -> float:
    if a < 0.0 and b != math.floor(b):
        return 0.0
    if a == 0.0:
        return 1.0 if b == 0.0 else 0.0
    try:
        return float(math.pow(a, b))
    except OverflowError:
        return math.inf if a > 0.0 or b % 2.0 == 0.0 else -math.inf


def _smooth(low: float, high: float, x: float) -> float:
    u = min(1.0, max(0.0, _divide(x - low, high - low)))
    return u * u * (3.0 - 2.0 * u)


def _triangle(x: float) -> float:
    return 1.0 - abs(2.0 * _modulo(x, 1.0) - 1.0)


def _random(x: float) -> float:
    """0 to 1, the same for the same whole number."""
    mixed = (int(math.floor(x)) * 2654435761 + 974711) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 2246822519) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 13)) * 3266489917) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 16)) / 0xFFFFFFFF


FUNCTIONS: dict[str, Operation] = {
    name: Operation(name, takes, result)
    for name, takes, result in (
        ("abs", 1, abs),
        ("sign", 1, lambda a: math.copysign(1.0, a) if a else 0.0),
        ("floor", 1, math.floor),
        ("ceil", 1, math.ceil),
        ("round", 1, lambda a: math.floor(a + 0.5)),
        ("sqrt", 1, lambda a: math.sqrt(max(0.0, a))),
        ("exp", 1, lambda a: math.exp(min(a, 30.0))),
        ("log", 1, lambda a: math.log(a) if a > 0.0 else 0.0),
        ("sin", 1, math.sin),
        ("cos", 1, math.cos),
        ("saw", 1, lambda a: _modulo(a, 1.0)),
        ("tri", 1, _triangle),
        ("random", 1, _random),
        ("min", 2, min),
        ("max", 2, max),
        ("step", 2, lambda edge, x: float(x >= edge)),
        ("clamp", 3, lambda x, low, high: max(low, min(high, x))),
        ("mix", 3, lambda a, b, u: a + (b - a) * u),
        ("smooth", 3, _smooth),
        ("if", 3, lambda asked, a, b: a if asked else b),
    )
}
"""All functions there are; angles are in radians, `saw` and `tri` go round once from 0 to 1."""

_BINARY: dict[str, tuple[int, Operation]] = {
    sign: (rank, Operation(sign, 2, result))
    for sign, rank, result in (
        ("or", 1, lambda a, b: float(bool(a) or bool(b))),
        ("and", 2, lambda a, b: float(bool(a) and bool(b))),
        ("==", 3, lambda a, b: float(a == b)),
        ("!=", 3, lambda a, b: float(a != b)),
        ("<", 3, lambda a, b: float(a < b)),
        ("<=", 3, lambda a, b: float(a <= b)),
        (">", 3, lambda a, b: float(a > b)),
        (">=", 3, lambda a, b: float(a >= b)),
        ("+", 4, lambda a, b: a + b),
        ("-", 4, lambda a, b: a - b),
        ("*", 5, lambda a, b: a * b),
        ("/", 5, _divide),
        ("%", 5, _modulo),
        ("^", 7, _power),
    )
}
_UNARY = {
    "-": (6, Operation("minus", 1, lambda a: -a)),
    "not": (2, Operation("not", 1, lambda a: float(not a))),
}

_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d*)?|\.\d+)|([A-Za-z_]+)|(==|!=|<=|>=|[-+*/%^<>(),])|(\S))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        number, name, sign, other = match.groups()
        at = match.end() - len(match[0].lstrip()) + 1
        if other is not None:
            raise PerformanceError(
                f"The expression has {other!r} at letter {at}, which means nothing.",
                "Use numbers, names, brackets and + - * / % ^ < > = alone.",
            )
        kind = "number" if number else "name" if name else "sign"
        yield _Token(kind, number or name or sign, at)
    yield _Token("end", "", len(text) + 1)


Instruction = float | str | Operation
"""A number, the name of a variable, or an operation on what lies on the stack."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read and found right.

    Attributes
    ----------
    text
        As a person wrote it.
    program
        Instructions for a stack, in order.
    """

    text: str
    program: tuple[Instruction, ...]

    def __call__(self, variables: Mapping[str, float]) -> float:
        """The value, finite and within `BOUND`; a variable that is missing counts as 0."""
        stack: list[float] = []
        for instruction in self.program:
            if isinstance(instruction, Operation):
                taken = stack[-instruction.takes :]
                del stack[-instruction.takes :]
                stack.append(_tame(instruction.result(*taken)))
            elif isinstance(instruction, str):
                stack.append(_tame(variables.get(instruction, 0.0)))
            else:
                stack.append(instruction)
        return stack[0]


def _tame(value: float) -> float:
    if value != value:  # NaN
        return 0.0
    return float(min(BOUND, max(-BOUND, value)))


class _Reader:
    """Reads one expression by the ranks of its operators, writing instructions as it goes."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0
        self.program: list[Instruction] = []

    def whole(self) -> None:
        """All of the text."""
        self._expression(0)
        if self._next.kind != "end":
            raise self._wrong("an operator or the end")

    def _take(self) -> _Token:
        taken = self._next
        if taken.kind != "end":
            self._next = next(self._tokens)
        return taken

    def _expression(self, rank: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST_EXPRESSION:
            raise PerformanceError("The expression is nested too deeply.", "Make it simpler.")
        self._operand()
        while True:
            own, operation = _BINARY.get(self._next.text, (0, None))
            if operation is None or own <= rank:
                break
            self._take()
            self._expression(own - 1 if operation.name == "^" else own)
            self.program.append(operation)
        self._depth -= 1

    def _operand(self) -> None:
        token = self._next
        if token.text in _UNARY:
            self._take()
            rank, operation = _UNARY[token.text]
            self._expression(rank)
            self.program.append(operation)
        elif token.kind == "number":
            self.program.append(_tame(float(self._take().text)))
        elif token.kind == "name":
            self._name()
        elif token.text == "(":
            self._take()
            self._expression(0)
            self._expect(")")
        else:
            raise self._wrong("a number, a name or a bracket")

    def _name(self) -> None:
        token = self._next
        if token.text in VARIABLES:
            self.program.append(self._take().text)
        elif token.text in FUNCTIONS:
            self._take()
            self._call(FUNCTIONS[token.text])
        else:
            raise PerformanceError(
                f"The expression has {token.text!r}, which is no name it knows.",
                f"Names are {', '.join(VARIABLES)}; functions are {', '.join(FUNCTIONS)}.",
            )

    def _call(self, operation: Operation) -> None:
        self._expect("(")
        for count in range(operation.takes):
            if count:
                self._expect(",", f"a comma, for {operation.name} takes {operation.takes} numbers")
            self._expression(0)
        self._expect(")", f"a closing bracket, for {operation.name} takes {operation.takes}")
        self.program.append(operation)

    def _expect(self, sign: str, wanted: str = "") -> None:
        if self._next.text != sign:
            raise self._wrong(wanted or repr(sign))
        self._take()

    def _wrong(self, wanted: str) -> PerformanceError:
        token = self._next
        found = f"has {token.text!r}" if token.text else "ends"
        return PerformanceError(
            f"The expression {found} at letter {token.at}, where {wanted} was expected.",
            "Correct it there.",
        )


@functools.lru_cache(maxsize=512)
def read_expression(text: str) -> Expression:
    """The expression that a text means; raises `PerformanceError` with a sentence for any other."""
    if len(text) > LONGEST_EXPRESSION:
        raise PerformanceError(
            f"An expression has at most {LONGEST_EXPRESSION} letters.", "Make it shorter."
        )
    reader = _Reader(text)
    reader.whole()
    return Expression(text, tuple(reader.program))
