"""The difference between two pictures."""

from __future__ import annotations

import numpy as np

from ganlab.controls.picture_grid import to_image, to_pixels
from ganlab.library.library_room import difference, heat_map


def test_equal_pictures_do_not_differ() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    assert not difference(picture, picture).any()


def test_the_difference_is_that_of_the_channel_that_differs_most() -> None:
    a, b = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    a[0, 1] = (10, 200, 0)
    b[0, 1] = (30, 0, 255)
    assert difference(a, b).tolist() == [[0, 255], [0, 0]]


def test_pictures_of_two_sizes_are_compared_where_they_lie() -> None:
    small = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = small.repeat(4, axis=0).repeat(4, axis=1)
    assert not difference(small, large).any()
    assert not difference(large, small).any()


def test_a_larger_difference_is_brighter() -> None:
    image = heat_map(np.arange(256, dtype=np.uint8).reshape(1, 256))
    light = [image.pixelColor(x, 0).lightness() for x in range(0, 256, 15)]
    assert light == sorted(light)
    assert light[0] == 0
    assert light[-1] == 255


def test_a_picture_survives_qt() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (5, 7, 3), np.uint8)
    again = to_pixels(to_image(picture))
    assert again is not None
    assert np.array_equal(again, picture)
