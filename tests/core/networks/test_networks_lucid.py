"""lucidrains' StyleGAN2: its file survives ours, one style serves a block, noise is uniform."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab_core.importers import open_model
from ganlab_core.models import Model, load_model, save_model
from ganlab_core.networks.lucid import as_normal, uniform
from ganlab_core.recipe import Latent, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer, fit_probes
from tests.hostile import GOLDEN

RECIPE = Recipe(Latent(1), psi=0.75, noise=Noise("random", 4))


@pytest.fixture
def published() -> Model:
    return open_model(GOLDEN / "luc-rgba" / "model_12.pt")


def test_it_survives_our_own_file(published: Model, tmp_path: Path) -> None:
    fit_probes(published, samples=2)
    save_model(published, tmp_path / "a.safetensors")
    again = load_model(tmp_path / "a.safetensors")
    assert np.array_equal(
        Renderer(again, "cpu").raw(RECIPE), Renderer(published, "cpu").raw(RECIPE)
    )
    assert again.info.provenance["noise_maps"] == "drawn"


def test_a_style_is_a_blocks(published: Model) -> None:
    can = published.capabilities
    assert can.style_count == len(can.resolutions) == 4
    renderer = Renderer(published, "cpu")
    renderer.render(RECIPE)
    mixed = replace(RECIPE, mix_layers=((2, Mix(Latent(9))),))
    names = renderer.render(mixed).stages_run
    assert names[0] == "16x16/conv1"
    assert len(names) == 6


def test_noise_goes_both_ways() -> None:
    even = torch.rand(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(uniform(as_normal(even)), even, atol=1e-5, rtol=0.0)


def test_noise_strength_zero_is_the_mean_of_noise(published: Model) -> None:
    renderer = Renderer(published, "cpu")
    off = renderer.raw(replace(RECIPE, noise=Noise("off")))
    faint = renderer.raw(replace(RECIPE, noise=Noise("random", 4, 1e-6)))
    np.testing.assert_allclose(off, faint, atol=1e-4)
    assert np.abs(off - renderer.raw(RECIPE)).max() > 0.01
