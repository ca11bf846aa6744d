"""What devices say: where they leave it until a frame begins, and the beat that is in it.

Nobody waits for anybody. The beat is a tempo and where in the beat one is, from taps, a MIDI clock,
sound, or a number.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from ganlab_core.performance.transform import check_finite

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


SLOWEST, FASTEST_TEMPO = 20.0, 400.0
"""Beats a minute."""

FORGETS_TAPS = 3.0
"""Seconds without a tap after which the next begins anew."""

TICKS_A_BEAT = 24
"""Of a MIDI clock."""


class BeatClock:
    """Counts beats as time passes; whoever knows better may move it.

    Parameters
    ----------
    tempo
        Beats a minute, 20 to 400.
    beats_a_bar
        1 to 16.
    """

    def __init__(self, tempo: float = 120.0, beats_a_bar: int = 4) -> None:
        check_finite("A tempo", tempo, SLOWEST, FASTEST_TEMPO)
        self.tempo = tempo
        self.beats_a_bar = beats_a_bar
        self._anchor_time = 0.0
        self._anchor_beats = 0.0
        self._taps: deque[float] = deque(maxlen=9)
        self._ticks: deque[float] = deque(maxlen=2 * TICKS_A_BEAT + 1)
        self._ticks_of_beat = 0

    def beats(self, time: float) -> float:
        """Beats since the beginning, fractions included."""
        return self._anchor_beats + (time - self._anchor_time) * self.tempo / 60.0

    def beat(self, time: float) -> float:
        """Place within the beat, 0 to 1."""
        return self.beats(time) % 1.0

    def bar(self, time: float) -> float:
        """Place within the bar, 0 to 1."""
        return (self.beats(time) / self.beats_a_bar) % 1.0

    def next_time(self, time: float, quantise: str) -> float:
        """When the next `"beat"` or `"bar"` begins, now included; `"off"` = now."""
        if quantise == "off":
            return time
        unit = self.beats_a_bar if quantise == "bar" else 1
        wanted = math.ceil(self.beats(time) / unit - 1e-6) * unit
        return time + max(0.0, wanted - self.beats(time)) * 60.0 / self.tempo

    def set_tempo(self, tempo: float, time: float) -> None:
        """Go on from here in another tempo, brought into its range."""
        self._anchor(time, self.beats(time))
        self.tempo = min(FASTEST_TEMPO, max(SLOWEST, tempo))

    def tap(self, time: float) -> None:
        """A tap on the beat; from the second on it tells the tempo, the mean of the last eight."""
        if self._taps and not 0.0 < time - self._taps[-1] <= FORGETS_TAPS:
            self._taps.clear()
        self._taps.append(time)
        if len(self._taps) > 1:
            self.set_tempo(60.0 * (len(self._taps) - 1) / (time - self._taps[0]), time)
        self.put_beat(time)

    def put_beat(self, time: float) -> None:
        """A beat is now: the nearest one is moved here."""
        self._anchor(time, float(round(self.beats(time))))

    def midi_tick(self, time: float) -> None:
        """One of the 24 ticks a beat of a MIDI clock."""
        if self._ticks and not 0.0 < time - self._ticks[-1] < 1.0:
            self._ticks.clear()
        self._ticks.append(time)
        if len(self._ticks) > TICKS_A_BEAT // 2:
            each = (time - self._ticks[0]) / (len(self._ticks) - 1)
            self.set_tempo(60.0 / (TICKS_A_BEAT * each), time)
        self._ticks_of_beat = (self._ticks_of_beat + 1) % TICKS_A_BEAT
        if self._ticks_of_beat == 1:
            self.put_beat(time)

    def midi_start(self, time: float) -> None:
        """A MIDI clock begins a bar now."""
        self._ticks.clear()
        self._ticks_of_beat = 0
        self._anchor(time, float(math.ceil(self.beats(time) / self.beats_a_bar) * self.beats_a_bar))

    def signals(self, time: float) -> dict[str, float]:
        """What mappings can hear of it; the tempo as 0 to 1 of 0 to 240."""
        return {
            "clock/beat": self.beat(time),
            "clock/bar": self.bar(time),
            "clock/tempo": min(1.0, self.tempo / 240.0),
        }

    def _anchor(self, time: float, beats: float) -> None:
        self._anchor_time, self._anchor_beats = time, beats
