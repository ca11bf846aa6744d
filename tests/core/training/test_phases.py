"""Growth that is kept: the network of each resolution as it was at the end of its own phase."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ganlab_core.errors import CheckpointError
from ganlab_core.models import load_model, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import PhaseBegan, TrainConfig, train, with_settings
from tests.core.training.conftest import Trained


@pytest.fixture
def growing(tiny: TrainConfig) -> TrainConfig:
    return with_settings(
        tiny, {"architecture": "progan", "keep_phases": True, "ema_kimg": 0.01, "sheet_kimg": 100}
    )


def test_the_growth_scrub_shows_each_resolution_as_it_was(
    growing: TrainConfig, trained: Trained
) -> None:
    folder = trained(growing)
    model = load_model(folder / "model.safetensors")
    assert sorted(model.phases) == [4, 8]
    renderer = Renderer(model, "cpu")
    for growth, side in ((2.0, 4), (3.0, 8)):
        recipe = Recipe(latent=Latent(5), growth=growth)
        then = Renderer(load_model(folder / f"phases/{side}.safetensors"), "cpu")
        error = renderer.raw(recipe) - np.kron(then.raw(recipe), np.ones((16 // side,) * 2))
        assert np.abs(error).max() < 0.01  # half precision
    assert np.abs(renderer.raw(Recipe(latent=Latent(5), growth=3.2))).max() > 0.0
    frame = renderer.render(Recipe(latent=Latent(5)), previews=True)
    assert [frame.previews[side].readout for side in (4, 8, 16)] == ["phase", "phase", "own"]


@pytest.mark.parametrize(("low", "alpha"), [(2, 0.6), (3, 0.25)])
def test_between_two_phases_their_pictures_blend(
    growing: TrainConfig, trained: Trained, low: int, alpha: float
) -> None:
    renderer = Renderer(load_model(trained(growing) / "model.safetensors"), "cpu")
    old, new, between = (
        renderer.raw(Recipe(latent=Latent(5), growth=growth))
        for growth in (float(low), low + 1.0, low + alpha)
    )
    np.testing.assert_allclose(between, old + (new - old) * alpha, atol=1e-5)
    parts = renderer.fade(Recipe(latent=Latent(5), growth=low + alpha))
    assert parts is not None
    assert parts.alpha == pytest.approx(alpha)
    kept = renderer.render(Recipe(latent=Latent(5), growth=float(low))).pixels
    np.testing.assert_array_equal(
        parts.old.repeat(16 // 2 ** (low + 1), 0).repeat(16 // 2 ** (low + 1), 1), kept
    )


def test_kept_phases_differ_from_what_the_finished_network_shows(
    growing: TrainConfig, trained: Trained
) -> None:
    path = trained(growing) / "model.safetensors"
    kept, plain = load_model(path), load_model(path)
    plain.phases.clear()
    recipe = Recipe(latent=Latent(5), growth=3.0)
    difference = Renderer(kept, "cpu").raw(recipe) - Renderer(plain, "cpu").raw(recipe)
    assert np.abs(difference).max() > 0.01
    full = Recipe(latent=Latent(5))
    assert np.array_equal(Renderer(kept, "cpu").raw(full), Renderer(plain, "cpu").raw(full))


def test_a_model_saved_while_growing_holds_only_ended_phases(
    growing: TrainConfig, tmp_path: Path
) -> None:
    run = train(growing, tmp_path / "run")
    for event in run:
        if isinstance(event, PhaseBegan) and event.resolution == 16:
            break
    run.close()
    (tmp_path / "run/phases/16.safetensors").write_bytes(b"of a later moment")
    assert sorted(load_model(tmp_path / "run/model.safetensors").phases) in ([4], [4, 8])


def test_phases_survive_another_saving_and_count_in_the_fingerprint(
    growing: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    model = load_model(trained(growing) / "model.safetensors")
    again = save_model(model, tmp_path / "again.safetensors")
    assert again.fingerprint == model.info.fingerprint
    assert sorted(load_model(tmp_path / "again.safetensors").phases) == [4, 8]
    model.phases.clear()
    assert save_model(model, tmp_path / "bare.safetensors").fingerprint != again.fingerprint


@pytest.mark.parametrize(
    "name", ["phase.8.nonsense", "phase.64.to_rgb.0.weight", "phase.x", "phase."]
)
def test_phases_of_another_network_are_damage(
    growing: TrainConfig, trained: Trained, tmp_path: Path, name: str
) -> None:
    run = trained(with_settings(growing, {"images": 16}))
    with safe_open(run / "model.safetensors", framework="pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    save_file(tensors | {name: torch.zeros(2)}, tmp_path / "bad.safetensors", metadata)
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(tmp_path / "bad.safetensors")
