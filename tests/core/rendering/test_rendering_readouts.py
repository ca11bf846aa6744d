"""Fitted read-outs: worth having, repeatable, stoppable, and kept without touching the weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ganlab_core.models import Model, load_model, read_info, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import (
    ProbeFit,
    Renderer,
    fit_probes,
    load_saved_probes,
    save_probes,
)
from ganlab_core.rendering.chain import read
from ganlab_core.rendering.probes import LinearFit

MakeModel = Callable[..., Model]
SAMPLES = 24


def last_stage(model: Model, side: int) -> int:
    return model.capabilities.layers_at(side)[-1].index


def test_least_squares_find_a_linear_map() -> None:
    generator = torch.Generator().manual_seed(0)
    weight, bias = torch.randn(3, 5, generator=generator), torch.randn(3, generator=generator)
    fit = LinearFit(5)
    for _ in range(20):
        features = 3.0 + torch.randn(1, 5, 8, 8, generator=generator)
        fit.add(features, read(features, (weight, bias)))
    found_weight, found_bias = fit.solve()
    torch.testing.assert_close(found_weight, weight, rtol=0, atol=0.01)
    torch.testing.assert_close(found_bias, bias, rtol=0, atol=0.05)


def test_least_squares_survive_dead_and_repeated_features() -> None:
    fit = LinearFit(3)
    x = torch.linspace(-1, 1, 64).reshape(1, 1, 8, 8)
    fit.add(torch.cat([x, x, torch.zeros_like(x)], dim=1), x.expand(1, 3, 8, 8))
    readout = fit.solve()
    assert all(torch.isfinite(part).all() for part in readout)
    features = torch.cat([x, x, torch.zeros_like(x)], dim=1)
    torch.testing.assert_close(read(features, readout), x.expand(1, 3, 8, 8), rtol=0, atol=0.01)


def knows_its_picture_early(model: Model) -> Model:
    """Like a trained network: the stages from 8 px on carry on what the 4 px features say."""
    for layer in model.network.module.synthesis.layers[1:]:
        with torch.no_grad():
            layer.noise_weight.zero_()
            layer.style.weight.mul_(0.1)
            if layer.resolution > 4:
                layer.conv.weight.mul_(0.1)
                layer.conv.weight[:, :, 1, 1] += 10.0 * torch.eye(16)
                layer.bias.add_(1.0)
    return model


@pytest.mark.parametrize("side", [4, 8])
def test_a_readout_is_better_than_the_mean_picture_and_than_the_stale_one(
    model: Model, side: int
) -> None:
    assert fit_probes(knows_its_picture_early(model), samples=SAMPLES)
    renderer = Renderer(model, "cpu")
    recipes = [Recipe(latent=Latent(1000 + seed)) for seed in range(8)]
    final = torch.stack([torch.from_numpy(renderer.raw(recipe)) for recipe in recipes])
    wanted = F.interpolate(final, size=(side, side), mode="area")
    stage = last_stage(model, side)
    features = torch.stack([torch.from_numpy(renderer.features(r, stage)) for r in recipes])
    candidates = {
        "fitted": read(features, model.readouts[side]),
        "mean": wanted.mean(dim=0),
        "own": model.network.to_rgb(side, features),
    }
    errors = {kind: float((x - wanted).square().mean()) for kind, x in candidates.items()}
    assert errors["fitted"] < 0.5 * errors["mean"], errors
    assert errors["fitted"] < 0.5 * errors["own"], errors


def test_previews_say_how_they_were_read(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    before = renderer.render(Recipe(), previews=True).previews
    assert [preview.readout for preview in before.values()] == ["own", "own", "own"]
    fit_probes(model, samples=2)
    after = renderer.render(Recipe(), previews=True)
    assert [preview.readout for preview in after.previews.values()] == ["fitted", "fitted", "own"]
    assert after.stages_run == ()
    assert not np.array_equal(after.previews[4].pixels, before[4].pixels)


def test_readouts_do_not_change_the_finished_picture(model: Model) -> None:
    before = Renderer(model, "cpu").raw(Recipe())
    fit_probes(model, samples=2)
    np.testing.assert_array_equal(Renderer(model, "cpu").raw(Recipe()), before)


def test_a_lower_growth_is_read_by_the_fitted_readout(model: Model) -> None:
    fit_probes(model, samples=4)
    renderer = Renderer(model, "cpu")
    features = torch.from_numpy(renderer.features(Recipe(), last_stage(model, 8)))[None]
    expected = F.interpolate(read(features, model.readouts[8]), size=(16, 16))[0]
    np.testing.assert_allclose(renderer.raw(Recipe(growth=3.0)), expected.numpy(), atol=1e-5)


def test_fitting_twice_gives_the_same_readouts(make_model: MakeModel) -> None:
    first, second = make_model(), make_model()
    fit_probes(first, samples=3)
    fit_probes(second, samples=3)
    for side in (4, 8):
        for one, other in zip(first.readouts[side], second.readouts[side], strict=True):
            assert torch.equal(one, other)


def test_fitting_can_be_stopped_and_then_has_changed_nothing(model: Model) -> None:
    told: list[float] = []

    def stop_at_the_third(fraction: float) -> bool:
        told.append(fraction)
        return len(told) < 3

    assert not fit_probes(model, stop_at_the_third, samples=10)
    assert told == [0.1, 0.2, 0.3]
    assert model.readouts == {}


def test_a_stopped_fit_can_be_gone_on_with(make_model: MakeModel) -> None:
    stopped, whole = make_model(), make_model()
    fit = ProbeFit(stopped, 4)
    while not fit.run(lambda fraction: fraction == 1.0):
        pass
    fit_probes(whole, samples=4)
    assert torch.equal(stopped.readouts[8][0], whole.readouts[8][0])


def test_fitting_leaves_a_renderer_of_the_same_model_alone(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer.render(Recipe())
    fit_probes(model, samples=2)
    assert renderer.render(Recipe()).stages_run == ()


@pytest.mark.parametrize("growth", [2.0, 2.5, 3.0, 3.5, 4.0])
def test_after_a_fit_a_model_has_its_readouts_whatever_its_growth(
    make_model: MakeModel, growth: float
) -> None:
    model = make_model(growth=growth)
    fit_probes(model, samples=1)
    assert model.has_probes


def test_readouts_are_kept_in_the_persons_model_file(model_file: Path, loaded: Model) -> None:
    before = read_info(model_file)
    fit_probes(loaded, samples=2)
    assert save_probes(loaded) == model_file
    again = load_model(model_file)
    assert again.has_probes
    assert read_info(model_file) == before
    for side, parts in loaded.readouts.items():
        assert all(torch.equal(a, b) for a, b in zip(parts, again.readouts[side], strict=True))
    assert save_model(again, model_file).fingerprint == before.fingerprint


def test_a_model_file_in_a_runs_folder_is_left_alone(model_file: Path, loaded: Model) -> None:
    (model_file.parent / "events.jsonl").touch()
    bytes_before = model_file.read_bytes()
    fit_probes(loaded, samples=2)
    kept = save_probes(loaded)
    assert kept is not None
    assert kept.name == f"{loaded.info.fingerprint}.safetensors"
    assert model_file.read_bytes() == bytes_before
    again = load_model(model_file)
    assert not again.has_probes
    assert load_saved_probes(again)
    assert torch.equal(again.readouts[4][0], loaded.readouts[4][0])


def test_a_file_that_now_holds_another_model_is_left_alone(
    model_file: Path, loaded: Model, make_model: MakeModel
) -> None:
    save_model(make_model(resolution=8), model_file)
    bytes_before = model_file.read_bytes()
    fit_probes(loaded, samples=1)
    assert save_probes(loaded) != model_file
    assert model_file.read_bytes() == bytes_before


def test_a_damaged_kept_readout_is_ignored(home: Path, loaded: Model, model_file: Path) -> None:
    (model_file.parent / "events.jsonl").touch()
    fit_probes(loaded, samples=1)
    kept = save_probes(loaded)
    assert kept is not None
    kept.write_bytes(kept.read_bytes()[:40])
    assert not load_saved_probes(load_model(model_file))


def test_without_readouts_there_is_nothing_to_keep(loaded: Model) -> None:
    assert save_probes(loaded) is None
