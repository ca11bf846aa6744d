"""Synthesised sounds whose onsets and tempo are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RATE = 44100
Sound = NDArray[np.float32]


def noise(seconds: float, level: float, seed: int = 0) -> Sound:
    """White noise of so much deviation."""
    drawn = np.random.default_rng(seed).normal(0.0, level, int(seconds * RATE))
    return drawn.astype(np.float32)


def sine(hertz: float, seconds: float, level: float = 1.0) -> Sound:
    """A pure tone."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (level * np.sin(2.0 * np.pi * hertz * time)).astype(np.float32)


def clicks(times: Sequence[float], seconds: float, background: float, seed: int = 0) -> Sound:
    """Short decaying tones at these times, in noise."""
    sound = noise(seconds, background, seed)
    place = np.arange(int(0.03 * RATE))
    click = 0.7 * np.exp(-place / (0.006 * RATE)) * np.sin(2.0 * np.pi * 1200.0 * place / RATE)
    for time in times:
        first = int(time * RATE)
        sound[first : first + len(click)] += click.astype(np.float32)[: len(sound) - first]
    return sound


def steady(tempo: float, seconds: float) -> list[float]:
    """The times of beats of a tempo, from 0.5 s on."""
    return np.arange(0.5, seconds - 0.2, 60.0 / tempo).tolist()


def write_wav(path: object, sound: Sound, rate: int = RATE) -> None:
    """A 16-bit file of one channel, by Python's own writer."""
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def matched(found: Sequence[float], true: Sequence[float], within: float = 0.05) -> float:
    """F1 of moments: the harmonic mean of how many are right and how many of the right are found."""
    left = list(true)
    hits = 0
    for moment in found:
        near = [other for other in left if abs(other - moment) <= within]
        if near:
            left.remove(min(near, key=lambda other: abs(other - moment)))
            hits += 1
    return 2.0 * hits / max(1, len(found) + len(true))
