"""Sampling, truncation and mixing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import RenderError
from ganlab_core.models import Model
from ganlab_core.recipe import Latent
from ganlab_core.rendering import class_weights, w_from_latent, z_from_seed
from ganlab_core.rendering.conditions import (
    blend_normal,
    cut_normal,
    deviation_of_cut,
    mix,
    truncate,
)

CPU = torch.device("cpu")


def test_a_seeds_z_does_not_depend_on_what_was_drawn_before() -> None:
    first = z_from_seed(5, 8)
    torch.randn(3)
    assert torch.equal(z_from_seed(5, 8), first)
    assert not torch.equal(z_from_seed(6, 8), first)


def test_the_largest_seed_is_another_than_0() -> None:
    assert not torch.equal(z_from_seed(2**32 - 1, 8), z_from_seed(0, 8))


@given(st.floats(-10, 10))
def test_truncation_is_the_line_through_mean_and_w(psi: float) -> None:
    w, mean = z_from_seed(1, 8), z_from_seed(2, 8)[0]
    expected = mean + psi * (w - mean)
    torch.testing.assert_close(truncate(w, mean, psi), expected, rtol=1e-4, atol=1e-4)


def test_truncation_is_exact_at_0_and_at_1_even_for_huge_styles() -> None:
    w, mean = torch.full((1, 4), 3e38), torch.full((4,), -3e38)
    assert torch.equal(truncate(w, mean, 0.0), mean[None])
    assert torch.equal(truncate(w, mean, 1.0), w)


def test_mixing_is_exact_at_both_ends() -> None:
    a, b = z_from_seed(1, 8), z_from_seed(2, 8)
    assert torch.equal(mix(a, b, 0.0), a)
    assert torch.equal(mix(a, b, 1.0), b)


def test_mixing_before_truncating_is_mixing_after() -> None:
    a, b, mean = z_from_seed(1, 8), z_from_seed(2, 8), z_from_seed(3, 8)[0]
    before = truncate(mix(a, b, 0.3), mean, 0.6)
    after = mix(truncate(a, mean, 0.6), truncate(b, mean, 0.6), 0.3)
    torch.testing.assert_close(before, after)


def test_a_w_vector_is_taken_as_it_is(model: Model) -> None:
    vector = tuple(float(index) for index in range(16))
    w = w_from_latent(model, Latent(vector=vector, space="w"), CPU)
    assert w.tolist() == [list(vector)]


@pytest.mark.parametrize("label", [0, 1])
def test_a_class_acts_through_the_mapping(make_model: Callable[..., Model], label: int) -> None:
    model = make_model(classes=("cat", "dog"))
    expected = model.network.map(z_from_seed(4, 16), torch.eye(2)[label : label + 1])
    assert torch.equal(w_from_latent(model, Latent(4), CPU, ((label, 1.0),)), expected)


def test_no_class_named_is_the_first(make_model: Callable[..., Model]) -> None:
    model = make_model(classes=("cat", "dog"))
    assert class_weights(model, ()).tolist() == [[1.0, 0.0]]
    assert class_weights(model, ((0, 0.5), (1, 2.0))).tolist() == [[0.5, 2.0]]


def test_without_classes_there_are_no_weights(model: Model) -> None:
    assert class_weights(model, ()) is None


def test_a_class_that_is_not_there_is_refused(make_model: Callable[..., Model]) -> None:
    with pytest.raises(RenderError, match="no class 2"):
        class_weights(make_model(classes=("cat", "dog")), ((2, 1.0),))


@pytest.mark.parametrize("threshold", [0.2, 1.0, 2.0])
def test_a_cut_normal_has_the_moments_of_the_truncated_normal(threshold: float) -> None:
    z = cut_normal(torch.randn(200_000, generator=torch.Generator().manual_seed(0)), threshold)
    assert z.abs().max() <= threshold
    assert abs(float(z.mean())) < 0.01
    expected = float(scipy_free_deviation(threshold))
    assert float(z.std()) == pytest.approx(expected, rel=0.01)
    assert deviation_of_cut(threshold) == pytest.approx(expected, rel=1e-4)


def scipy_free_deviation(threshold: float) -> float:
    """By numerical integration of x^2 exp(-x^2 / 2) over [-threshold, threshold]."""
    x = torch.linspace(-threshold, threshold, 20_001, dtype=torch.float64)
    density = torch.exp(-0.5 * x**2)
    return float((x**2 * density).sum().div(density.sum()).sqrt())


def test_a_wide_cut_leaves_z_as_it_was() -> None:
    torch.testing.assert_close(z_from_seed(3, 64, 10.0), z_from_seed(3, 64), rtol=1e-5, atol=1e-5)


def test_a_blend_in_w_is_the_weighted_sum(model: Model) -> None:
    parts = ((Latent(1), 1.5), (Latent(2), -0.5))
    found = w_from_latent(model, Latent(1, (), "w", parts), CPU)
    first, second = (w_from_latent(model, Latent(seed), CPU) for seed in (1, 2))
    torch.testing.assert_close(found, 1.5 * first - 0.5 * second)


@given(st.floats(-1.5, 1.5), st.floats(0.1, 1.5))
def test_a_blend_in_z_stays_normal(a: float, b: float) -> None:
    root = (a**2 + b**2) ** 0.5
    x, y = z_from_seed(1, 8), z_from_seed(2, 8)
    torch.testing.assert_close(blend_normal([(x, a), (y, b)]), (a * x + b * y) / root)


def test_a_blend_of_one_is_that_one(model: Model) -> None:
    for space in ("z", "w"):
        alone = Latent(3, (), space, ((Latent(3), 1.0),))
        assert torch.equal(w_from_latent(model, alone, CPU), w_from_latent(model, Latent(3), CPU))
