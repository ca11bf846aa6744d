"""What is heard in synthesised sound: level, bands, onsets, tempo, beats; and never what is to come."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ganlab_core.performance import AudioAnalyser, Heard
from tests.sounds import RATE, clicks, matched, noise, sine, steady


def heard(sound: np.ndarray) -> list[Heard]:
    return AudioAnalyser(RATE).feed(sound)


@pytest.mark.parametrize(
    ("amplitude", "level"), [(1.0, 1.0), (0.1, 2 / 3), (0.01, 1 / 3), (0.001, 0.0), (0.0, 0.0)]
)
def test_the_level_is_decibels_below_full_scale(amplitude: float, level: float) -> None:
    assert heard(sine(440.0, 0.5, amplitude))[-1].level == pytest.approx(level, abs=0.01)


@pytest.mark.parametrize(("hertz", "band"), [(100.0, "low"), (700.0, "mid"), (6000.0, "high")])
def test_each_band_hears_its_own(hertz: float, band: str) -> None:
    last = heard(sine(hertz, 0.5))[-1]
    bands = {name: getattr(last, name) for name in ("low", "mid", "high")}
    assert bands.pop(band) == pytest.approx(1.0, abs=0.02)
    assert max(bands.values()) < 0.5


@pytest.mark.parametrize("background", [0.0, 0.003, 0.03, 0.1])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_onsets_are_found_in_noise(background: float, seed: int) -> None:
    """At times that follow no beat; the noise's own beginning is an onset as well."""
    source = random.Random(seed)
    times = [0.5]
    while times[-1] < 18.5:
        times.append(times[-1] + source.uniform(0.15, 0.9))
    found = [moment.time for moment in heard(clicks(times, 20.0, background, seed)) if moment.onset]
    assert matched([time for time in found if time > 0.2], times) >= 0.9


@pytest.mark.parametrize("tempo", [63.0, 70.0, 90.0, 100.0, 120.0, 128.0, 140.5, 174.0, 185.0])
@pytest.mark.parametrize("background", [0.0, 0.05])
def test_the_tempo_is_found_within_a_percent(tempo: float, background: float) -> None:
    beats = steady(tempo, 16.0)
    found = heard(clicks(beats, 16.0, background, seed=int(tempo)))
    assert found[-1].tempo == pytest.approx(tempo, rel=0.01)
    told = [moment.time for moment in found if moment.beat and moment.time > 8.0]
    wanted = [beat for beat in beats if beat > 8.0]
    assert matched(told, wanted, within=0.06) > 0.9


def test_a_change_of_tempo_is_followed() -> None:
    second = [14.0 + beat for beat in steady(150.0, 16.0)]
    sound = clicks([*steady(100.0, 14.0), *second], 30.0, 0.003)
    assert heard(sound)[-1].tempo == pytest.approx(150.0, rel=0.01)


@pytest.mark.parametrize("sound", [np.zeros(RATE * 5, np.float32), noise(5.0, 0.1)])
def test_silence_and_noise_have_no_onsets_after_they_began(sound: np.ndarray) -> None:
    late = [moment for moment in heard(sound) if moment.time > 0.5]
    assert sum(moment.onset for moment in late) <= 2
    assert all(0.0 <= moment.level <= 1.0 for moment in late)


def test_nothing_is_known_of_what_comes_later() -> None:
    """The features of a beginning are the same whatever follows it."""
    sound = clicks(steady(120.0, 12.0), 12.0, 0.01)
    whole = heard(sound)
    other = np.concatenate([sound[: RATE * 6], noise(6.0, 0.5, 9)])
    assert heard(other)[: 6 * 100] == whole[: 6 * 100]
    assert heard(other)[6 * 100 :] != whole[6 * 100 :]


def test_the_size_of_pieces_means_nothing() -> None:
    sound = clicks(steady(120.0, 5.0), 5.0, 0.01)
    analyser, source, pieces = AudioAnalyser(RATE), random.Random(1), []
    at = 0
    while at < len(sound):
        size = source.randrange(1, 3000)
        pieces += analyser.feed(sound[at : at + size])
        at += size
    assert pieces == heard(sound)


@pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000])
def test_other_rates_are_heard_as_well(rate: int) -> None:
    time = np.arange(rate) / rate
    last = AudioAnalyser(rate).feed(np.sin(2 * np.pi * 440 * time).astype(np.float32))[-1]
    assert last.time == pytest.approx(1.0, abs=0.02)
    assert last.mid == pytest.approx(1.0, abs=0.05)
