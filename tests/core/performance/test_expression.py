"""The language of mappings: right, total, bounded, and nothing but numbers."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ganlab_core.errors import PerformanceError
from ganlab_core.performance.transform import (
    BOUND,
    FUNCTIONS,
    LONGEST_EXPRESSION,
    VARIABLES,
    read_expression,
)

WORDS = [*FUNCTIONS, *VARIABLES, *"+-*/%^<>(),.", "==", "<=", "and", "or", "not", "1", "0.5", "1e9"]
"""What the fuzz makes texts of: mostly parts of the language, so that many are right."""


def value(text: str, **variables: float) -> float:
    return read_expression(text)(variables)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 - 3 - 2", 3.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("7 % 3", 1.0),
        ("-1 % 3", 2.0),
        ("1 < 2 and 2 < 3", 1.0),
        ("not 1 < 2", 0.0),
        ("1 or 0 and 0", 1.0),
        ("if(x > 0.5, 10, 20)", 10.0),
        ("clamp(3, 0, 1) + mix(2, 4, 0.5)", 4.0),
        ("smooth(0, 1, 0.5)", 0.5),
        ("step(0.6, x)", 1.0),
        ("tri(0.25) + saw(1.25)", 0.75),
        ("round(2.5)", 3.0),
        (".5 + 1.", 1.5),
        ("tempo / 120", 0.0),
    ],
)
def test_it_means_what_it_says(text: str, result: float) -> None:
    assert value(text, x=0.7) == pytest.approx(result)


@pytest.mark.parametrize(
    "text",
    ["1 / 0", "5 % 0", "log(0)", "sqrt(-1)", "0 ^ -1", "(-8) ^ 0.5", "exp(9999)", "9 ^ 9 ^ 9",
     "x / (x - x)", "smooth(1, 1, 1)", "random(1 / 0)", "-(9 ^ 9 ^ 9)", "1 - t * t"],
)  # fmt: skip
@pytest.mark.parametrize("x", [0.0, 1.0, math.nan, math.inf, -math.inf])
def test_everything_has_a_finite_result(text: str, x: float) -> None:
    assert abs(value(text, x=x, t=x)) <= BOUND


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "ends at letter 1"),
        ("1 +", "ends at letter 4"),
        ("(1", "')' was expected"),
        ("1 2", "has '2' at letter 3"),
        ("sin", "'(' was expected"),
        ("min(1)", "takes 2 numbers"),
        ("min(1, 2, 3)", "takes 2"),
        ("__import__('os')", "no name"),
        ("x.y", "has '.' at letter 2"),
        ("x[0]", "'['"),
        ("lambda: 1", "no name"),
        ("x = 1", "'='"),
        ("\u0663", "means nothing"),
        ("(" * 30 + "1" + ")" * 30, "nested too deeply"),
        ("-" * 100 + "1", "nested too deeply"),
        ("1+" * 300 + "1", "at most 400 letters"),
    ],
)
def test_anything_else_is_refused_with_the_place(text: str, told: str) -> None:
    with pytest.raises(PerformanceError) as caught:
        read_expression(text)
    assert told in str(caught.value)


def test_it_knows_no_more_than_its_functions() -> None:
    program = read_expression("sin(x) + random(3) * mix(0, 1, t)").program
    names = {part.name for part in program if not isinstance(part, float | str)}
    assert names == {"sin", "random", "mix", "+", "*"}


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=LONGEST_EXPRESSION + 5),
                 st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)),
       st.floats(), st.floats())  # fmt: skip
@example("random(x)", float("nan"), 1e308)
@example("x^t", -1e9, 0.1)
def test_no_text_does_harm(text: str, x: float, t: float) -> None:
    """It is refused in a sentence, or it ends at once in a number."""
    began = time.perf_counter()
    result, told = 0.0, "."
    try:
        result = read_expression(text)({"x": x, "t": t})
    except PerformanceError as error:
        told = error.what
    assert told.endswith(".")
    assert abs(result) <= BOUND
    assert time.perf_counter() - began < 1.0


def expressions() -> st.SearchStrategy[str]:
    """Texts that are right."""
    leaves = st.one_of(st.sampled_from(list(VARIABLES)), st.integers(0, 99).map(str))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(
                inner, st.sampled_from(["+", "-", "*", "/", "%", "^", "<", "and"]), inner
            ).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
            st.tuples(
                st.sampled_from(list(FUNCTIONS)), st.lists(inner, min_size=3, max_size=3)
            ).map(lambda made: f"{made[0]}({','.join(made[1][: FUNCTIONS[made[0]].takes])})"),
        ),
        max_leaves=12,
    ).filter(lambda text: len(text) <= LONGEST_EXPRESSION)


@given(expressions(), st.floats())
def test_every_right_text_is_read_and_has_a_value(text: str, x: float) -> None:
    assert abs(read_expression(text)(dict.fromkeys(VARIABLES, x))) <= BOUND
