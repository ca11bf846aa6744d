"""The engine with a real, tiny network."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab.engine.torch_engine import TorchEngine
from ganlab_core.errors import CheckpointError, RenderError
from ganlab_core.models import ModelInfo, from_generator, save_model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator
from ganlab_core.recipe import Latent, Recipe


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """A StyleGAN of 8 px with random weights."""
    shape = StyleGANConfig(
        resolution=8, fmap_max=8, z_dim=8, w_dim=8, mapping_layers=2, mapping_fmaps=8
    )
    torch.manual_seed(1)
    path = tmp_path / "tiny.safetensors"
    info = ModelInfo(
        "tiny", "Tiny", "stylegan", 8, (), "", "", "", dataclasses.asdict(shape), {}, 3.0, path
    )
    save_model(from_generator(StyleGANGenerator(shape).eval(), info), path)
    return path


@pytest.fixture
def engine(model_file: Path) -> TorchEngine:
    engine = TorchEngine("cpu")
    engine.load(str(model_file))
    return engine


def test_a_model_file_is_loaded_and_drawn(engine: TorchEngine) -> None:
    frame = engine.draw(Recipe(latent=Latent(4)), previews=True)
    assert frame.pixels.shape == (8, 8, 3)
    assert set(frame.previews) == {4, 8}


def test_drawing_again_for_the_previews_runs_no_stage_again(engine: TorchEngine) -> None:
    recipe = Recipe(latent=Latent(4))
    first = engine.draw(recipe, previews=False)
    second = engine.draw(recipe, previews=True)
    assert second.stages_run == ()
    assert np.array_equal(first.pixels, second.pixels)


def test_a_source_is_small(engine: TorchEngine) -> None:
    assert engine.style_thumbnail(Recipe(Latent(4))).shape == (64, 64, 3)


def test_a_stopped_fit_goes_on_where_it_was(engine: TorchEngine) -> None:
    fractions: list[float] = []

    def once(fraction: float) -> bool:
        fractions.append(fraction)
        return False

    assert engine.wants_probes()
    engine.fit_probes(once)
    engine.fit_probes(once)
    assert fractions[1] > fractions[0]
    assert engine.wants_probes()
    engine.fit_probes(lambda _: True)
    assert not engine.wants_probes()
    frame = engine.draw(Recipe(), previews=True)
    assert frame.previews[4].readout == "fitted"


def test_a_file_that_is_no_model_leaves_the_one_before(engine: TorchEngine, tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError):
        engine.load(str(tmp_path / "bad.safetensors"))
    assert engine.draw(Recipe(), previews=False).pixels.shape == (8, 8, 3)


def test_without_a_model_there_is_a_sentence() -> None:
    with pytest.raises(RenderError):
        TorchEngine().draw(Recipe(), previews=False)


def test_a_sketch_is_the_picture_in_small(engine: TorchEngine) -> None:
    recipe = Recipe(latent=Latent(4), psi=1.0).with_psi_at(4, 0.2)
    full = engine.draw(recipe, previews=False).pixels
    small = engine.thumbnail(recipe, 8, lambda: True)
    assert small is not None
    assert np.array_equal(small, full)


def test_an_interrupted_sketch_is_none_and_leaves_the_next_one_right(engine: TorchEngine) -> None:
    recipe, answers = Recipe(latent=Latent(4)), iter([True, True, False])
    assert engine.thumbnail(recipe, 8, lambda: next(answers)) is None
    again = engine.thumbnail(recipe, 8, lambda: True)
    assert np.array_equal(again, engine.draw(recipe, previews=False).pixels)


def test_a_latent_and_its_vector_give_the_same_picture(engine: TorchEngine) -> None:
    vectors, centre = engine.vectors([Latent(4), Latent(5)], (), None)
    assert vectors.shape == (2, 8)
    assert centre.shape == (8,)
    by_vector = Latent(4, tuple(vectors[0].tolist()), "w")
    assert np.array_equal(
        engine.draw(Recipe(latent=by_vector), previews=False).pixels,
        engine.draw(Recipe(latent=Latent(4)), previews=False).pixels,
    )


def test_another_precision_is_used_at_once_and_its_cost_is_measured(engine: TorchEngine) -> None:
    recipe = Recipe(Latent(4))
    exact = engine.draw(recipe, previews=False)
    error = engine.use_precision("bf16", recipe)
    frame = engine.draw(recipe, previews=False)
    apart = np.abs(frame.pixels.astype(int) - exact.pixels)
    assert frame.precision == "bf16"
    assert error is not None
    assert (error.largest, error.mean) == (apart.max(), pytest.approx(apart.mean()))
    assert error.largest > 0
    assert engine.use_precision("fp32", recipe) is None
    np.testing.assert_array_equal(engine.draw(recipe, previews=False).pixels, exact.pixels)


def test_what_the_device_has_not_is_drawn_in_32_bits(model_file: Path) -> None:
    engine = TorchEngine("cpu", "fp16")
    engine.load(str(model_file))
    assert engine.draw(Recipe(), previews=False).precision == "fp32"
