"""A film's memory does not grow with its length."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from ganlab_core.export import CODECS, FilmLook, filmed, write_film
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Pace, walk
from tests.films import MakeCell, children, resident

SETTLED = 1000
"""Frames after which ffmpeg's buffers are full."""

SLACK = 24.0
"""MiB."""


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", ["h264", "gif", "png"])
def test_ten_minutes_take_no_more_memory_than_one(
    tmp_path: Path, cell: MakeCell, name: str
) -> None:
    line = walk(Recipe(), [Latent(seed) for seed in range(8)], Pace(600.0, True, Fraction(12)))
    footage = filmed([cell(line)], FilmLook(side=64, method="nearest"))
    own: list[float] = []
    ffmpeg: list[float] = []
    for step in write_film(tmp_path / f"film{CODECS[name].suffix}", footage, CODECS[name]):
        if step.frame >= SETTLED and step.frame % 200 == 0 and step.seconds_left is not None:
            own.append(resident())
            ffmpeg.append(sum(map(resident, children())))
    assert step.finished
    assert step.count == 7200
    for told in (own, ffmpeg):
        assert max(told[len(told) // 2 :]) < told[0] + SLACK
