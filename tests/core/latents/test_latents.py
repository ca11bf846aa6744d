"""Sampling, truncation and mixing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.latents.sampling import class_latent, w_from_latent, z_from_seed
from ganlab_core.latents.truncation import mix, truncate
from ganlab_core.model import Model
from ganlab_core.recipe import Latent
from ganlab_core.rendering.conditions import random_noise

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
def test_a_class_latent_is_the_mapping_of_that_class(
    make_model: Callable[..., Model], label: int
) -> None:
    model = make_model(classes=("cat", "dog"))
    expected = model.network.map(z_from_seed(4, 16), torch.eye(2)[label : label + 1])
    assert torch.equal(w_from_latent(model, class_latent(model, 4, label), CPU), expected)


def test_without_classes_a_class_latent_is_the_seed(model: Model) -> None:
    assert class_latent(model, 4, 0) == Latent(4)


def test_noise_differs_between_layers_and_between_seeds() -> None:
    maps = {
        tuple(random_noise(seed, stage, 4).flatten().tolist())
        for seed in (0, 1, 2, 2**32 - 1)
        for stage in range(6)
    }
    assert len(maps) == 24
