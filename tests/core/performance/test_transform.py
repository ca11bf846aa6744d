"""From a source to a control: range, gate, curve, steps, hysteresis, and smoothing by time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import PerformanceError
from ganlab_core.performance import Transform, TransformRun


def heard(transform: Transform, value: float, low: float = 0.0, high: float = 1.0) -> float:
    run = TransformRun(transform, low, high)
    run.hear(0.0, value)
    return run.value(0.0)


@pytest.mark.parametrize(
    ("transform", "value", "result"),
    [
        (Transform(), 0.3, 0.3),
        (Transform(in_low=0.2, in_high=0.6), 0.4, 0.5),
        (Transform(in_low=0.2, in_high=0.6), 0.9, 1.0),
        (Transform(in_low=1.0, in_high=0.0), 0.3, 0.7),
        (Transform(in_low=0.5, in_high=0.5), 0.5, 1.0),
        (Transform(gate=0.5), 0.4, 0.0),
        (Transform(gate=0.5), 0.6, 0.6),
        (Transform(curve="slow"), 0.5, 0.25),
        (Transform(curve="fast"), 0.25, 0.5),
        (Transform(curve="smooth"), 0.25, 0.15625),
        (Transform(steps=5), 0.4, 0.5),
        (Transform(expression="1 - x"), 0.3, 0.7),
        (Transform(expression="x * 9"), 0.3, 1.0),
        (Transform(low=10.0, high=20.0), 0.5, 15.0),
        (Transform(low=20.0, high=10.0), 0.25, 17.5),
        (Transform(), math.nan, 0.0),
        (Transform(), -math.inf, 0.0),
    ],
)
def test_what_a_value_becomes(transform: Transform, value: float, result: float) -> None:
    assert heard(transform, value) == pytest.approx(result)


def test_without_a_range_of_its_own_it_is_the_controls() -> None:
    assert heard(Transform(), 0.5, -3.0, 3.0) == 0.0
    assert heard(Transform(high=1.0), 1.0, -3.0, 3.0) == 1.0


def test_smoothing_hangs_on_time_and_not_on_frames() -> None:
    ends = []
    for frames in (1, 7, 100):
        run = TransformRun(Transform(attack=0.5), 0.0, 1.0)
        run.hear(0.0, 0.0)
        run.hear(1.0, 1.0)
        for frame in range(1, frames + 1):
            end = run.value(1.0 + 0.5 * frame / frames)
        ends.append(end)
    assert ends == pytest.approx([1.0 - math.exp(-1.0)] * 3)


def test_up_and_down_have_times_of_their_own() -> None:
    run = TransformRun(Transform(attack=0.0, release=1.0), 0.0, 1.0)
    run.hear(0.0, 0.0)
    run.hear(1.0, 1.0)
    assert run.value(1.0) == 1.0
    run.hear(1.01, 0.0)
    assert run.value(2.01) == pytest.approx(math.exp(-1.0))
    assert run.value(60.0) == 0.0


def test_a_short_rise_between_two_frames_is_not_lost() -> None:
    run = TransformRun(Transform(release=0.5), 0.0, 1.0)
    for time, value in ((0.0, 0.0), (0.010, 1.0), (0.012, 0.0)):
        run.hear(time, value)
    assert run.value(0.033) > 0.9
    assert run.take_rises() == 1
    assert run.take_rises() == 0


def test_trembling_about_the_edge_is_one_rise() -> None:
    run = TransformRun(Transform(), 0.0, 1.0)
    for step, value in enumerate([0.0, 0.51, 0.49, 0.52, 0.48, 0.9, 0.1, 0.6]):
        run.hear(0.01 * step, value)
    assert run.take_rises() == 2


def test_hysteresis_passes_over_small_changes() -> None:
    run = TransformRun(Transform(hysteresis=0.1), 0.0, 1.0)
    seen = []
    for step, value in enumerate([0.5, 0.55, 0.45, 0.61, 0.55]):
        run.hear(0.01 * step, value)
        seen.append(run.value(0.01 * step))
    assert seen == pytest.approx([0.5, 0.5, 0.5, 0.61, 0.61])


@pytest.mark.parametrize(
    "wrong",
    [
        {"attack": -1.0}, {"release": 61.0}, {"gate": 1.5}, {"steps": 1}, {"steps": 5000},
        {"hysteresis": 0.9}, {"curve": "wild"}, {"in_low": math.nan}, {"low": math.inf},
        {"expression": "import os"},
    ],
)  # fmt: skip
def test_a_wrong_one_is_refused_in_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(PerformanceError, match=r"\."):
        Transform(**wrong)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats()), max_size=20),
    st.floats(0, 2), st.floats(0, 2), st.floats(0, 0.5), st.sampled_from([0, 2, 5]),
)  # fmt: skip
def test_what_comes_out_lies_in_the_range(
    heard_at: list[tuple[float, float]], attack: float, release: float, still: float, steps: int
) -> None:
    transform = Transform(attack=attack, release=release, hysteresis=still, steps=steps)
    run = TransformRun(transform, -2.0, 3.0)
    for time, value in heard_at:
        run.hear(time, value)
        assert -2.0 <= run.value(time) <= 3.0
