"""A fade taken apart: its parts make the picture again."""

from __future__ import annotations

import numpy as np
import pytest

from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer


@pytest.mark.parametrize("growth", [2.5, 3.25, 4.0])
def test_old_and_new_path_blend_to_the_picture(model: Model, growth: float) -> None:
    renderer = Renderer(model, "cpu")
    recipe = Recipe(latent=Latent(3), growth=growth)
    parts = renderer.fade(recipe)
    assert parts is not None
    alpha = growth - np.ceil(growth) + 1
    assert parts.alpha == pytest.approx(alpha)
    assert parts.resolution == 2 ** int(np.ceil(growth))
    picture = renderer.render(recipe).pixels
    every = picture.shape[0] // parts.resolution
    assert np.array_equal(picture[::every, ::every], parts.blend)
    inside = (parts.old > 0) & (parts.old < 255) & (parts.new > 0) & (parts.new < 255)
    mixed = (1 - alpha) * parts.old + alpha * parts.new
    assert np.abs(mixed - parts.blend)[inside].max() <= 2
    assert np.array_equal(parts.old[::2, ::2], parts.old[1::2, 1::2])
    wide = parts.new.astype(int) - parts.old
    assert np.array_equal(parts.difference, np.abs(wide))


def test_the_first_block_has_nothing_to_fade_from(model: Model) -> None:
    assert Renderer(model, "cpu").fade(Recipe(growth=2.0)) is None
