"""Where moments lie, and how they are counted."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.film.timeline_view import UNITS, Counting, TimeScale, clock, on_frame

FPS = Fraction(30)


@given(st.floats(0, 8), st.floats(1, 64), st.floats(0, 800))
def test_a_moment_is_found_again_at_its_place(time: float, zoom: float, about: float) -> None:
    scale = TimeScale(50, 700, 0, 8, 8).zoomed(zoom, about)
    assert scale.time(scale.x(time)) == pytest.approx(time, abs=1e-6)


@given(st.floats(60, 700), st.floats(1, 30))
def test_zooming_keeps_what_is_under_the_pointer(x: float, factor: float) -> None:
    scale = TimeScale(50, 700, 0, 60, 60)
    assert scale.zoomed(factor, x).time(x) == pytest.approx(scale.time(x), abs=1e-6)


def test_no_more_than_the_whole_film_is_in_view() -> None:
    scale = TimeScale(50, 700, 2, 4, 8).zoomed(0.01, 400)
    assert (scale.start, scale.length) == (0, 8)
    assert scale.panned(99).start == 0


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("length", [0.5, 4, 37, 600, 7200])
def test_labels_of_the_ruler_have_room(unit: str, length: float) -> None:
    scale = TimeScale(0, 700, 0, length, length)
    counting = Counting(unit, FPS, 100)
    labels = [scale.x(tick.time) for tick in scale.ticks(counting) if tick.words]
    assert 1 <= len(labels) <= 15
    assert all(b - a >= 50 for a, b in zip(labels, labels[1:], strict=False))


def test_frames_count_from_0_and_beats_from_1() -> None:
    assert Counting("frames", FPS).label(2.0) == "60"
    assert Counting("beats", FPS, 120).label(2.0) == "5"
    assert Counting("beats", FPS, 120).label(0.0) == "1"
    assert Counting("seconds").label(90.0) == "1:30"


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [("seconds", "2.5 s", 2.5), ("frames", "45", 1.5), ("beats", "8 beats", 4.0)],
)
def test_a_length_is_typed_in_the_unit(unit: str, text: str, seconds: float) -> None:
    assert Counting(unit, FPS, 120).read(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "long", "-3", "0", "nan", "inf", "1e99"])
def test_nonsense_is_no_length(text: str) -> None:
    assert Counting().read(text) is None


def test_a_dragged_moment_comes_to_a_tick_nearby_else_to_a_frame() -> None:
    scale = TimeScale(0, 700, 0, 7, 7)
    assert scale.snapped(1.04, Counting("seconds", FPS)) == 1.0
    assert scale.snapped(1.111, Counting("frames", Fraction(10))) == pytest.approx(1.1)
    assert on_frame(0.51, FPS) == 0.5


@pytest.mark.parametrize(
    ("seconds", "words"), [(7.5, "7.5"), (59.96, "60.0"), (90.25, "1:30.2"), (605, "10:05.0")]
)
def test_a_minute_is_written_as_one(seconds: float, words: str) -> None:
    assert clock(seconds, 1) == words
