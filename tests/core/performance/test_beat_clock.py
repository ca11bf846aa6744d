"""The beat: by number, by taps, by a MIDI clock that trembles."""

from __future__ import annotations

import random

import pytest

from ganlab_core.performance import BeatClock


def test_it_counts_beats_and_bars() -> None:
    clock = BeatClock(120.0, 4)
    assert clock.beats(3.25) == 6.5
    assert clock.beat(3.25) == 0.5
    assert clock.bar(3.0) == 0.5


def test_a_change_of_tempo_leaves_the_beat_where_it_is() -> None:
    clock = BeatClock(120.0)
    clock.set_tempo(60.0, 1.25)
    assert clock.beats(1.25) == 2.5
    assert clock.beats(2.25) == 3.5


def test_taps_tell_the_tempo_and_where_the_beat_is() -> None:
    clock, source = BeatClock(120.0), random.Random(2)
    for beat in range(9):
        clock.tap(10.0 + 0.4 * beat + source.uniform(-0.01, 0.01))
    assert clock.tempo == pytest.approx(150.0, rel=0.01)
    phase = clock.beat(10.0 + 0.4 * 12)
    assert min(phase, 1.0 - phase) < 0.05


def test_after_a_pause_taps_begin_anew() -> None:
    clock = BeatClock()
    for time in (0.0, 0.5, 10.0, 11.0):
        clock.tap(time)
    assert clock.tempo == 60.0


def test_a_midi_clock_is_followed() -> None:
    clock, source = BeatClock(), random.Random(1)
    clock.midi_start(2.0)
    for tick in range(24 * 16):
        clock.midi_tick(2.0 + tick * 60.0 / (133.0 * 24) + source.uniform(-0.001, 0.001))
    assert clock.tempo == pytest.approx(133.0, rel=0.005)
    phase = clock.beat(2.0 + 16 * 60.0 / 133.0)
    assert min(phase, 1.0 - phase) < 0.03


@pytest.mark.parametrize(
    ("quantise", "time", "begins"),
    [
        ("off", 1.3, 1.3),
        ("beat", 1.3, 1.5),
        ("beat", 1.5, 1.5),
        ("bar", 1.3, 2.0),
        ("bar", 2.0, 2.0),
    ],
)
def test_the_next_beat_is_found(quantise: str, time: float, begins: float) -> None:
    assert BeatClock(120.0, 4).next_time(time, quantise) == pytest.approx(begins)


def test_a_tempo_stays_in_its_range() -> None:
    clock = BeatClock()
    clock.set_tempo(1e9, 0.0)
    assert clock.tempo == 400.0
    for time in (5.0, 5.0, 4.0):
        clock.tap(time)
    assert 20.0 <= clock.tempo <= 400.0
