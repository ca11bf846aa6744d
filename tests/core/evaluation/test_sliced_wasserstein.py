"""The sliced Wasserstein distance sees what differs, at the scale where it differs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ganlab_core.evaluation import distances, sliced_wasserstein
from ganlab_core.evaluation.distances import laplacian_level


def drawn(count: int, size: int, seed: int) -> np.ndarray:
    """Discs of random place, size and colour on grey, with a little grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    pictures = np.full((count, 3, size, size), 128.0)
    for picture in pictures:
        (cx, cy), radius = rng.uniform(0.3, 0.7, 2), rng.uniform(0.1, 0.3)
        disc = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
        picture[:, disc] = rng.uniform(0, 255, (3, 1))
    return (pictures + rng.normal(0, 4, pictures.shape)).clip(0, 255).astype(np.uint8)


def blurred(pictures: np.ndarray) -> np.ndarray:
    mean = F.avg_pool2d(torch.from_numpy(pictures).float(), 3, 1, 1, count_include_pad=False)
    return mean.numpy().astype(np.uint8)


def test_a_set_has_no_distance_to_itself_but_for_the_places_of_the_patches():
    pictures = drawn(32, 32, seed=0)
    noise = np.random.default_rng(1).integers(0, 256, pictures.shape, np.uint8)
    near, far = sliced_wasserstein(pictures, pictures), sliced_wasserstein(pictures, noise)
    assert list(near) == [32, 16]
    assert all(near[size] < far[size] / 3 for size in near)


def test_the_distance_is_the_known_one_for_shifted_clouds():
    generator = torch.Generator().manual_seed(0)
    cloud = torch.randn(500, 147, generator=generator)
    shift = torch.zeros(147)
    shift[5] = 2.0
    measured = distances._distance(cloud, cloud + shift, generator)
    # Along a random direction u the clouds are |2 u_5| apart; E|u_5| = sqrt(2 / pi / 147) nearly.
    assert measured == pytest.approx(2 * np.sqrt(2 / np.pi / 147), rel=0.1)


def test_equal_arguments_give_equal_values_and_leave_the_global_state_alone():
    real, fake = drawn(8, 32, seed=0), drawn(8, 32, seed=1)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = sliced_wasserstein(real, fake, seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    assert sliced_wasserstein(real, fake, seed=3) == first
    assert sliced_wasserstein(real, fake, seed=4) != first


def test_lost_detail_shows_most_at_the_finest_level():
    real, fake = drawn(32, 64, seed=0), drawn(32, 64, seed=1)
    good, bad = sliced_wasserstein(real, fake), sliced_wasserstein(real, blurred(fake))
    rise = {size: bad[size] / good[size] for size in good}
    assert list(good) == [64, 32, 16]
    assert rise[64] > 3
    assert rise[64] > rise[32] > rise[16]


def test_collapse_to_one_picture_shows_at_the_coarsest_level():
    real, fake = drawn(48, 32, seed=0), drawn(48, 32, seed=1)
    collapsed = np.repeat(fake[:1], 48, axis=0)
    assert sliced_wasserstein(real, collapsed)[16] > 2 * sliced_wasserstein(real, fake)[16]


def test_flat_pictures_give_a_finite_distance():
    flat = np.full((4, 3, 32, 32), 77, np.uint8)
    assert sliced_wasserstein(flat, flat) == {32: 0.0, 16: 0.0}
    assert all(np.isfinite(list(sliced_wasserstein(flat, drawn(4, 32, seed=0)).values())))


@pytest.mark.parametrize(
    ("size", "levels"), [(4, [4]), (8, [8]), (16, [16]), (32, [32, 16]), (128, [128, 64, 32, 16])]
)
def test_levels_go_down_to_sixteen(size, levels):
    pictures = drawn(2, size, seed=0)
    assert list(sliced_wasserstein(pictures, pictures)) == levels


def test_the_levels_of_the_pyramid_add_up_to_the_picture():
    pictures = torch.from_numpy(drawn(2, 64, seed=0)).float()
    whole = laplacian_level(pictures, 2)
    for level in (1, 0):
        whole = laplacian_level(pictures, level) + distances._double(whole)
    torch.testing.assert_close(whole, pictures)


def test_flat_colour_passes_the_filters_unchanged():
    flat = torch.full((1, 3, 32, 32), 9.0)
    torch.testing.assert_close(distances._half(flat), flat[:, :, ::2, ::2])
    torch.testing.assert_close(distances._double(flat[:, :, ::2, ::2]), flat)


@pytest.mark.parametrize(
    ("real", "fake"),
    [
        ((2, 3, 16, 16), (3, 3, 16, 16)),
        ((2, 3, 16, 16), (2, 3, 32, 32)),
        ((2, 2, 16, 16), (2, 2, 16, 16)),
        ((2, 3, 25, 25), (2, 3, 25, 25)),
        ((0, 3, 16, 16), (0, 3, 16, 16)),
    ],
)
def test_other_shapes_are_refused(real, fake):
    with pytest.raises(ValueError, match="need two equal shapes"):
        sliced_wasserstein(np.zeros(real, np.uint8), np.zeros(fake, np.uint8))
