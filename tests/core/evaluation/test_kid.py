"""The kernel distance is unbiased, ordered, and the same in blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.evaluation import kernel_distance


def cloud(count: int, seed: int, mean: float = 0.0, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1, (count, width)).astype(np.float32)


def by_the_book(a: np.ndarray, b: np.ndarray) -> float:
    """The estimator pair by pair, as in the definition."""

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return (float(x.astype(float) @ y.astype(float)) / len(x) + 1) ** 3

    within_a = np.mean([kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j])
    within_b = np.mean([kernel(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j])
    return float(within_a + within_b - 2 * np.mean([kernel(x, y) for x in a for y in b]))


@given(st.integers(2, 6), st.integers(2, 6), st.integers(1, 5), st.integers(0, 99))
def test_it_follows_the_definition(n, m, width, seed):
    a, b = cloud(n, seed, width=width), cloud(m, seed + 1, mean=0.5, width=width)
    assert kernel_distance(a, b) == pytest.approx(by_the_book(a, b), abs=1e-9)


@pytest.mark.parametrize("count", [10, 60])
def test_two_sets_of_one_source_are_zero_apart_on_average_at_any_size(count):
    distances = [kernel_distance(cloud(count, s), cloud(count, s + 1000)) for s in range(200)]
    assert abs(np.mean(distances)) < 3 * np.std(distances) / np.sqrt(200)


def test_it_grows_with_the_difference():
    real = cloud(500, 0)
    distances = [kernel_distance(real, cloud(500, 1, mean)) for mean in (0.0, 0.1, 0.3, 1.0)]
    assert distances == sorted(distances)
    assert distances[3] > 100 * abs(distances[0])


def test_blocks_give_nearly_the_same_value():
    a, b = cloud(1200, 0), cloud(1000, 1, 0.5)
    whole = kernel_distance(a, b, block=5000)
    assert kernel_distance(a, b, block=100) == pytest.approx(whole, rel=0.05)


def test_blocks_do_not_depend_on_sorted_sets():
    # Two classes, sorted differently: straight blocks would compare one class with the other.
    low, high = cloud(500, 0, -1), cloud(500, 1, 1)
    a, b = np.concatenate([low, high]), np.concatenate([high, low])
    apart = kernel_distance(low, high)
    assert abs(kernel_distance(a, b, block=100)) < apart / 20


def test_equal_arguments_give_equal_values():
    a, b = cloud(300, 0), cloud(300, 1)
    assert kernel_distance(a, b, 50) == kernel_distance(a, b, 50)


def test_it_is_symmetric_in_one_block():
    a, b = cloud(100, 0), cloud(80, 1, 1.0)
    assert kernel_distance(a, b) == pytest.approx(kernel_distance(b, a))


@pytest.mark.parametrize(("n", "m", "block"), [(2, 2, 2), (3, 2, 2), (5, 5, 2), (7, 3, 2)])
def test_the_smallest_sets_and_blocks_work(n, m, block):
    assert np.isfinite(kernel_distance(cloud(n, 0), cloud(m, 1), block))


@pytest.mark.parametrize(
    ("a", "b", "block"),
    [
        ((1, 4), (9, 4), 9),
        ((9, 4), (1, 4), 9),
        ((9, 4), (9, 5), 9),
        ((9,), (9,), 9),
        ((9, 4), (9, 4), 1),
    ],
)
def test_shapes_that_do_not_fit_are_refused(a, b, block):
    with pytest.raises(ValueError, match="need"):
        kernel_distance(np.zeros(a), np.zeros(b), block)
