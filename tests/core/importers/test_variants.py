"""Generated variants of good files; `python -m tests.variants` makes a thousand."""

from __future__ import annotations

import pytest

from tests.variants import Source, broken_ones, hostile_ones, sources, whole_ones


@pytest.fixture(scope="module")
def known() -> list[Source]:
    return sources()


def test_whole_variants_open_with_the_weights_they_had(known: list[Source]) -> None:
    assert list(whole_ones(42, known, seed=1)) == []


def test_mangled_variants_are_never_called_dangerous(known: list[Source]) -> None:
    assert list(broken_ones(28, known, seed=1)) == []


def test_variants_with_code_in_them_are_all_refused_as_such(known: list[Source]) -> None:
    assert list(hostile_ones(28, known, seed=1)) == []
