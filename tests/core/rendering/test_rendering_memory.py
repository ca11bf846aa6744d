"""A renderer's memory stays flat, however many frames and models there were."""

from __future__ import annotations

import gc
import random
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from ganlab_core.models import with_second
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from tests.every_model import MODELS, edited, edits
from tests.films import resident
from tests.quick import ARCHITECTURES, quick

FRAMES, SWITCHES = 10_000, 25
ALLOWED = 24.0
"""MiB."""


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for its memory")
def test_memory_is_flat_over_ten_thousand_frames_and_many_models() -> None:
    source, names, sizes = random.Random(3), list(MODELS), []
    for switch in range(SWITCHES):
        renderer = Renderer(MODELS[names[switch % len(names)]](), "cpu")
        recipe = Recipe()
        for _ in range(FRAMES // SWITCHES):
            recipe = edited(recipe, renderer.model.capabilities, source)
            renderer.render(recipe)
        gc.collect()
        sizes.append(resident())
    assert max(sizes[len(names) * 2 :]) - sizes[len(names) * 2 - 1] < ALLOWED, sizes


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("name", quick(MODELS, *ARCHITECTURES))
def test_a_model_goes_with_its_renderer_without_a_collection(name: str, second: bool) -> None:
    """In the window a collection comes late: a model in a cycle would wait for it beside the next ones."""
    gc.collect()
    gc.disable()
    try:
        model = with_second(MODELS[name](), MODELS[name]()) if second else MODELS[name]()
        gone = weakref.ref(model.network.module)
        renderer = Renderer(model, "cpu")
        for recipe in edits(model.capabilities).values():
            renderer.render(recipe, previews=True)
            renderer.small(replace(recipe, second=0.5 if second else 0.0))
            renderer.draft(recipe, 0.0)
        del model, renderer
        assert gone() is None
    finally:
        gc.enable()
