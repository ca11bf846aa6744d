"""Films of the tiny model."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ganlab_core.export import FilmCell
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Keyframe, Timeline
from tests.films import MakeCell


@pytest.fixture(scope="session")
def renderer(make_model: Callable[..., object]) -> Renderer:
    """The tiny 16 px model on the CPU."""
    return Renderer(make_model(), "cpu")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def cell(renderer: Renderer) -> MakeCell:
    """A film's cell of the tiny model."""
    return lambda timeline: FilmCell(
        lambda recipe: renderer.render(recipe).pixels, timeline, renderer.model.info
    )


@pytest.fixture
def walk() -> Timeline:
    """A loop of half a second through two seeds."""
    keys = (Keyframe(0.0, Recipe(Latent(1))), Keyframe(0.21, Recipe(Latent(2))))
    return Timeline(keys, 0.5, loop=True)
