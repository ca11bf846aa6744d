"""Where devices leave what they say, and where it is taken when a frame begins; nobody waits."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MOST_WAITING = 1 << 17
"""Signals that may wait: two minutes of a thousand a second. Beyond, the oldest go, and are counted."""


class Signal(NamedTuple):
    """Something a device said.

    Attributes
    ----------
    name
        Which of its controls: `"midi/1/cc/7"`.
    value
        0 to 1 for most; OSC may send any number.
    time
        When, in seconds of the performance's clock.
    """

    name: str
    value: float
    time: float


class SignalBoard:
    """Signals from the threads of devices to the one that makes frames.

    Both ends are single operations on a deque, which no thread can interrupt: a device never waits for
    the picture, nor the picture for a device.
    """

    def __init__(self) -> None:
        self._waiting: deque[Signal] = deque()
        self.taken = 0
        """Signals handed on so far."""
        self.lost = 0
        """Signals that went because nobody took them."""

    def put(self, name: str, value: float, time: float) -> None:
        """Leave a signal; for any thread."""
        self._waiting.append(Signal(name, value, time))

    def take(self) -> list[Signal]:
        """All that has come since the last time, in order; for one thread."""
        waiting = len(self._waiting)
        while waiting > MOST_WAITING:
            self._waiting.popleft()
            waiting -= 1
            self.lost += 1
        found = [self._waiting.popleft() for _ in range(waiting)]
        self.taken += len(found)
        return found
