"""The numbers behind a slider: its range, its grid, and how a value is written and read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)")


@dataclass(frozen=True, slots=True)
class Span:
    """What values a slider offers.

    Attributes
    ----------
    low, high
        Both ends; a person cannot leave them, though a value from elsewhere may lie outside.
    step
        One press of an arrow key.
    decimals
        The grid that dragging and typing keep to: 10 ** -decimals.
    """

    low: float
    high: float
    step: float
    decimals: int

    @property
    def grain(self) -> float:
        """The smallest difference a person can make."""
        return float(10.0**-self.decimals)

    def settle(self, value: float) -> float:
        """The nearest value that a person may choose."""
        return float(round(min(self.high, max(self.low, value)), self.decimals))

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1; one outside lies at its end."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def at(self, share: float) -> float:
        """The value a person means by a place between the ends."""
        return self.settle(self.low + share * (self.high - self.low))

    def moved(self, value: float, by: float) -> float:
        """`value` moved by `by`; a value already beyond that end stays where it is."""
        target = self.settle(value + by)
        return target if (target - value) * by > 0 else value


@dataclass(frozen=True, slots=True)
class Readout:
    """How a value is written beside its slider, and read back from what a person types there."""

    write: Callable[[float], str]
    read: Callable[[str], float | None]


def plain(decimals: int, suffix: str = "") -> Readout:
    """A decimal number with a unit behind it; a comma is read as a point."""

    def write(value: float) -> str:
        shown = round(value, decimals) + 0.0
        return f"{shown:.{decimals}f}{suffix}"

    return Readout(write, number_in)


def number_in(text: str) -> float | None:
    """The first number in a text, None when there is none."""
    found = _NUMBER.search(text)
    return float(found.group().replace(",", ".")) if found else None
