"""What the Renderer keeps between frames never shows, whatever was edited in whatever order."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Latent, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering.readouts import fit_readouts
from ganlab_core.rendering.renderer import Renderer
from tests.every_model import MODELS, blend, edits

EDITS = 20


def edited(recipe: Recipe, can: Capabilities, source: random.Random) -> Recipe:
    """One field put on, taken off, or set to something else."""
    on = edits(can)
    name = source.choice(list(on))
    if source.random() < 0.6:
        kept = source.choice([on[name], Recipe()])
        return replace(recipe, **{name: getattr(kept, name)})
    side = source.choice(can.resolutions)
    layer = source.randrange(len(can.layers))
    latent = source.choice([Latent(source.randrange(3)), blend(can)])
    changes = (
        lambda: replace(recipe, latent=latent),
        lambda: replace(recipe, psi=source.choice([-0.5, 0.0, 0.3, 1.0])),
        lambda: recipe.with_psi_at(side, source.choice([None, 0.0, 1.5])),
        lambda: replace(recipe, cutoff=source.choice([None, 0, 2])),
        lambda: recipe.with_mix_at(side, Mix(latent, source.choice([0.0, 0.4, 1.0]))),
        lambda: recipe.with_mix_layer(layer, source.choice([None, Mix(latent, 0.7)])),
        lambda: replace(recipe, noise=Noise(source.choice(["stored", "random", "off"]), 1, 0.5)),
        lambda: recipe.with_noise_layer(layer, LayerNoise(strength=source.choice([0.0, 1.0, 2.0]))),
        lambda: replace(recipe, growth=source.choice([None, 2.0, 3.0, 3.7])),
        lambda: replace(recipe, threshold=source.choice([None, 0.5, 2.0])),
        lambda: recipe.with_classes_at(side, source.choice([None, ((1, 1.0), (2, 0.5))])),
        lambda: recipe.with_gain(layer, source.randrange(4), source.choice([0.0, 1.0, 2.0])),
        lambda: replace(recipe, attention=source.choice([0.0, 1.0, 2.0])),
    )
    return source.choice(changes)()


@pytest.mark.parametrize("fitted", [False, True], ids=["own", "fitted"])
@pytest.mark.parametrize("name", MODELS)
def test_cached_equals_uncached_after_any_edits(name: str, fitted: bool) -> None:
    model, source, recipe = MODELS[name](), random.Random(f"{name} {fitted}"), Recipe()
    if fitted:
        fit_readouts(model, samples=20)
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
