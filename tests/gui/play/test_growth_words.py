from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.recipe_widget import alpha_of, growth_for, read_growth, write_growth


@pytest.mark.parametrize(
    ("growth", "alphas"),
    [
        (None, [1, 1, 1, 1, 1]),
        (2.0, [1, 0, 0, 0, 0]),
        (4.37, [1, 1, 1, 0.37, 0]),
        (5.0, [1, 1, 1, 1, 0]),
        (9.0, [1, 1, 1, 1, 1]),
    ],
)
def test_each_block_has_its_alpha(growth, alphas) -> None:
    shown = [alpha_of(growth, resolution) for resolution in (4, 8, 16, 32, 64)]
    assert shown == pytest.approx(alphas)


@given(st.sampled_from([8, 16, 32, 64]), st.floats(0, 1))
def test_alpha_and_growth_are_inverse(resolution: int, alpha: float) -> None:
    growth = growth_for(resolution, alpha, 64)
    assert alpha_of(growth, resolution) == pytest.approx(alpha)


def test_the_whole_network_has_no_growth_to_tell() -> None:
    assert growth_for(64, 1.0, 64) is None
    assert growth_for(32, 1.0, 64) == 5.0


@pytest.mark.parametrize(
    ("growth", "words"),
    [(2, "4 px 100 %"), (6, "64 px 100 %"), (4.37, "32 px 37 %"), (4.999, "32 px 100 %")],
)
def test_growth_is_told_in_words(growth: float, words: str) -> None:
    assert write_growth(growth) == words


@given(st.integers(200, 1000))
def test_told_growth_is_understood_again(hundredths: int) -> None:
    growth = hundredths / 100
    assert read_growth(write_growth(growth)) == pytest.approx(growth)


@pytest.mark.parametrize(
    ("text", "growth"),
    [("32", 5), ("4", 2), ("32 px", 5), ("32px 50%", 4.5), ("4.5", 4.5), ("1024", 10), ("5", 5)],
)
def test_people_may_type_pixels_or_log2(text: str, growth: float) -> None:
    assert read_growth(text) == pytest.approx(growth)


@pytest.mark.parametrize("text", ["", "px", "-3", "0", "50 %"])
def test_what_is_no_growth_is_none(text: str) -> None:
    assert read_growth(text) is None


def test_an_odd_size_is_still_a_number() -> None:
    assert read_growth("100 px") == pytest.approx(math.log2(100))
