"""What the Renderer keeps between frames never shows, whatever was edited in whatever order."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer, fit_probes
from tests.every_model import MODELS, edited
from tests.quick import ARCHITECTURES, quick

EDITS = 20


@pytest.mark.parametrize("fitted", [False, True], ids=["own", "fitted"])
@pytest.mark.parametrize("name", quick(MODELS, *ARCHITECTURES))
def test_cached_equals_uncached_after_any_edits(name: str, fitted: bool) -> None:
    model, source, recipe = MODELS[name](), random.Random(f"{name} {fitted}"), Recipe()
    if fitted:
        fit_probes(model, samples=20)
    kept, ran = Renderer(model, "cpu"), 0
    for _ in range(EDITS):
        recipe = edited(recipe, model.capabilities, source)
        before = kept.render(recipe, previews=source.random() < 0.5)
        ran += len(before.stages_run)
        fresh = Renderer(model, "cpu")
        np.testing.assert_array_equal(kept.raw(recipe), fresh.raw(recipe))
        frame, other = (one.render(recipe, previews=True) for one in (kept, fresh))
        np.testing.assert_array_equal(before.pixels, other.pixels)
        assert frame.previews.keys() == other.previews.keys()
        for side, preview in frame.previews.items():
            np.testing.assert_array_equal(preview.pixels, other.previews[side].pixels)
    assert ran < EDITS * len(model.network.stage_names)  # or there was nothing to compare
