from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.controls.sliders import Span, number_in, plain

SPAN = Span(-1.0, 2.0, 0.05, 2)
numbers = st.floats(-50, 50, allow_nan=False)


@given(numbers)
def test_a_person_stays_between_the_ends_and_on_the_grid(value: float) -> None:
    settled = SPAN.settle(value)
    assert SPAN.low <= settled <= SPAN.high
    assert settled == round(settled, 2)


@given(numbers, st.sampled_from([-0.5, -0.05, 0.05, 0.5]))
def test_a_step_never_goes_the_other_way(value: float, by: float) -> None:
    assert (SPAN.moved(value, by) - value) * by >= 0


@given(st.floats(-1, 2, allow_nan=False))
def test_a_share_leads_back_to_its_value(value: float) -> None:
    assert SPAN.at(SPAN.share(value)) == pytest.approx(value, abs=0.0051)


@given(st.integers(-100, 200))
def test_a_written_value_is_read_back(hundredths: int) -> None:
    readout = plain(2, " px")
    assert readout.read(readout.write(hundredths / 100)) == hundredths / 100


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.5", 0.5),
        ("0,5", 0.5),
        ("-1", -1),
        (" +2 px", 2),
        (".25", 0.25),
        ("", None),
        ("all", None),
    ],
)
def test_a_number_is_found_in_what_people_type(text: str, number: float | None) -> None:
    assert number_in(text) == number


def test_zero_is_written_without_a_sign() -> None:
    assert plain(2).write(-0.001) == "0.00"
