"""What there is to hear in a sound: loudness, three bands, onsets, tempo and beats, without looking ahead.

Every 10 ms the newest 46 ms are looked at. An onset is where the spectrum grows (spectral flux with a
maximum over neighbouring bands, Boeck and Widmer 2013, "SuperFlux") more than it did lately. The tempo is
the lag at which the flux of the last 8 s is like itself; beats are counted on from where the flux fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganlab_core.performance.signals import Signal

Samples = NDArray[np.float32]

HOPS_A_SECOND = 100
WINDOW_SECONDS = 0.0464
QUIETEST = -60.0
"""dB below full scale that count as 0."""

BANDS = ((20.0, 250.0), (250.0, 2000.0), (2000.0, 20000.0))
"""Hz of low, mid and high."""

FLUX_BANDS = 36
FLUX_LAG = 2
"""Hops between the spectra that are compared."""

REMEMBERED = 8 * HOPS_A_SECOND
"""Hops of flux that tempo is found in."""

SLOWEST_BEAT, FASTEST_BEAT = 60.0, 190.0
"""Beats a minute that are looked for."""

USUAL_BEAT = 135.0
"""Of two tempi of which one is twice the other, that nearer to this is taken."""

REST_AFTER_ONSET = 0.06
"""Seconds in which there is no second onset."""

HEARD_LATE = 0.01
"""Seconds by which an onset is told after it began, measured on clicks."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard at a moment.

    Attributes
    ----------
    time
        Seconds of sound so far.
    level, low, mid, high
        Loudness of all and of three bands, 0 (-60 dB) to 1 (a full-scale sine).
    onset, beat
        Whether something begins here; whether a beat is here.
    tempo
        Beats a minute; 0 while unknown.
    """

    time: float
    level: float
    low: float
    mid: float
    high: float
    onset: bool
    beat: bool
    tempo: float

    def signals(self, time: float) -> Iterator[Signal]:
        """The same as signals at a time of the performance."""
        yield Signal("audio/level", self.level, time)
        yield Signal("audio/low", self.low, time)
        yield Signal("audio/mid", self.mid, time)
        yield Signal("audio/high", self.high, time)
        yield Signal("audio/onset", float(self.onset), time)
        yield Signal("audio/tempo", self.tempo / 240.0, time)
        yield Signal("audio/beat", float(self.beat), time)


def _unit_loudness(power: float) -> float:
    """Mean power -> 0 to 1; a full-scale sine has a power of one half."""
    decibels = 10.0 * math.log10(max(2.0 * power, 1e-12))
    return min(1.0, max(0.0, 1.0 - decibels / QUIETEST))


class AudioAnalyser:
    """Listens to a sound piece by piece; what it tells hangs on nothing that comes later.

    Parameters
    ----------
    rate
        Samples a second, 8000 to 192000.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._hop = rate // HOPS_A_SECOND
        self._size = 1 << round(math.log2(rate * WINDOW_SECONDS))
        window = np.hanning(self._size)
        self._window = window.astype(np.float32)
        self._power_of_window = float((window**2).sum()) * self._size
        hertz = np.asarray(np.fft.rfftfreq(self._size, 1.0 / rate), np.float64)
        self._bands = [np.flatnonzero((hertz >= low) & (hertz < high)) for low, high in BANDS]
        self._edges = _flux_edges(hertz)
        self._waiting = np.zeros(0, np.float32)
        self._recent = np.zeros(self._size, np.float32)
        self._spectra: list[NDArray[np.float64]] = []
        self._hops = 0
        self._onsets = OnsetPicker()
        self._beats = BeatTracker()

    def feed(self, samples: Samples) -> list[Heard]:
        """Hear more, float32 (N,), -1 to 1; what is told comes every hundredth of a second."""
        self._waiting = np.concatenate([self._waiting, samples])
        whole = len(self._waiting) // self._hop
        pieces = self._waiting[: whole * self._hop].reshape(whole, self._hop)
        self._waiting = self._waiting[whole * self._hop :]
        return [self._hear(piece) for piece in pieces]

    def _hear(self, piece: Samples) -> Heard:
        self._recent = np.concatenate([self._recent[self._hop :], piece])
        self._hops += 1
        time = self._hops * self._hop / self.rate
        spectrum = np.abs(np.fft.rfft(self._recent * self._window)) ** 2
        power = float(np.mean(np.square(piece, dtype=np.float64)))
        low, mid, high = (
            _unit_loudness(2.0 * float(spectrum[band].sum()) / self._power_of_window)
            for band in self._bands
        )
        flux = self._flux(spectrum)
        onset, beat = self._onsets.hear(flux), self._beats.hear(flux)
        level, tempo = _unit_loudness(power), self._beats.tempo
        return Heard(time, level, low, mid, high, onset, beat, tempo)

    def _flux(self, spectrum: NDArray[np.float64]) -> float:
        """How much the spectrum grew, mean over bands of log10; silence is held at -60 dB."""
        summed = np.add.reduceat(spectrum, self._edges) / self._power_of_window
        bands = np.log10(np.maximum(summed, 1e-7)) + 7.0
        self._spectra.append(bands)
        if len(self._spectra) <= FLUX_LAG:
            return 0.0
        before = self._spectra.pop(0)
        wide = np.maximum(before, np.maximum(np.roll(before, 1), np.roll(before, -1)))
        return float(np.maximum(bands - wide, 0.0).mean())


def _flux_edges(hertz: NDArray[np.float64]) -> NDArray[np.intp]:
    """Where bands of equal width on a logarithmic scale begin, each of one bin at least."""
    top = min(16000.0, float(hertz[-1]))
    wanted = np.searchsorted(hertz, np.geomspace(40.0, top, FLUX_BANDS))
    return np.unique(wanted)


class OnsetPicker:
    """Tells where the flux rises above what it was in the last second."""

    def __init__(self) -> None:
        self._past = np.zeros(HOPS_A_SECOND)
        self._rest = 0

    def hear(self, flux: float) -> bool:
        """Whether something begins with this hop."""
        middle, spread = float(np.median(self._past)), float(self._past.std())
        self._past = np.roll(self._past, -1)
        self._past[-1] = flux
        self._rest -= 1
        if self._rest > 0 or flux < 0.05 + middle + 2.4 * spread or flux < 2.0 * middle:
            return False
        self._rest = round(REST_AFTER_ONSET * HOPS_A_SECOND)
        return True


class BeatTracker:
    """Finds the tempo in the flux, and counts beats on."""

    def __init__(self) -> None:
        self.tempo = 0.0
        self._flux = np.zeros(REMEMBERED)
        self._heard = 0
        self._until_beat = math.inf

    def hear(self, flux: float) -> bool:
        """Whether a beat is at this hop."""
        self._flux = np.roll(self._flux, -1)
        self._flux[-1] = flux
        self._heard += 1
        if self._heard % (HOPS_A_SECOND // 2) == 0 and self._heard >= 3 * HOPS_A_SECOND:
            self._find()
        self._until_beat -= 1.0
        if self._until_beat > 0.0:
            return False
        self._until_beat += 60.0 * HOPS_A_SECOND / self.tempo
        return True

    def _find(self) -> None:
        flux = self._flux[-min(self._heard, REMEMBERED) :]
        period = beat_period(flux - flux.mean())
        if period is None:
            return
        self.tempo = 60.0 * HOPS_A_SECOND / period
        expected = period - beat_age(flux, period)
        if math.isinf(self._until_beat):
            self._until_beat = expected
        off = (expected - self._until_beat + 0.5 * period) % period - 0.5 * period
        self._until_beat += 0.5 * off if abs(off) < 0.2 * period else off


def beat_period(flux: NDArray[np.float64]) -> float | None:
    """Hops between beats, from a flux without its mean; None where nothing recurs."""
    count = len(flux)
    spectrum = np.fft.rfft(flux, 2 * count)
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[:count] / np.arange(count, 0, -1)
    if alike[0] <= 1e-9:
        return None
    alike = alike / alike[0]
    slow, fast = (60.0 * HOPS_A_SECOND / tempo for tempo in (SLOWEST_BEAT, FASTEST_BEAT))
    lags = np.arange(fast, slow, 0.25)
    rounds = np.arange(1, 5)
    places = np.minimum(lags[:, None] * rounds, count * 0.8)
    scores = _peak_near(alike, places).mean(axis=1)
    usual = np.exp(-0.5 * (np.log2(60.0 * HOPS_A_SECOND / lags / USUAL_BEAT) / 1.2) ** 2)
    best = int(np.argmax(scores * usual))
    if scores[best] < 0.1:
        return None
    return _refined(alike, float(lags[best]), count)


def _peak_near(alike: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    near = np.rint(places).astype(int)
    last = len(alike) - 1
    found = [alike[np.clip(near + step, 0, last)] for step in (-1, 0, 1)]
    best: NDArray[np.float64] = np.maximum.reduce(found)
    return best


def _refined(alike: NDArray[np.float64], lag: float, count: int) -> float:
    """The lag, read off the farthest of its rounds that is well known: so much finer than a hop."""
    period = lag
    for rounds in (1, 2, 4, 8):
        place = round(rounds * period)
        reach = max(1, round(0.04 * period * min(rounds, 2)))
        if place + reach + 1 > 0.7 * count:
            break
        around = alike[place - reach : place + reach + 1]
        top = place - reach + int(np.argmax(around))
        before, at, after = alike[top - 1 : top + 2]
        bend = before - 2.0 * at + after
        shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
        period = (top + min(0.5, max(-0.5, shift))) / rounds
    return period


def beat_age(flux: NDArray[np.float64], period: float) -> float:
    """How many hops ago the last beat was, where the flux fits beats of this period best."""
    rounds = np.arange(min(8, int(len(flux) / period) - 1))
    ages = np.arange(0.0, period, 0.5)
    places = len(flux) - 1 - np.rint(ages[:, None] + rounds * period).astype(int)
    weights = 0.9**rounds
    scores = (flux[np.clip(places, 0, None)] * weights).sum(axis=1)
    return float(ages[int(np.argmax(scores))])
