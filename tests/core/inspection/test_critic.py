"""What the model's own discriminator says, and that it says so because of where it looks."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganlab_core.errors import RenderError
from ganlab_core.inspection import (
    AskCritic,
    Critic,
    CriticReport,
    FindNearestReals,
    Inspector,
    LineUp,
    MakeLineUp,
    NearestReals,
    Pleasing,
    RealPictures,
    read_critic,
    report_of_critic,
    threshold_between,
)
from ganlab_core.inspection.critic import seen_distance
from ganlab_core.models import load_model, resolve, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.core.inspection.test_projection import _lively


class CornerCritic(nn.Module):
    """Finds real what is bright in the upper left corner, and looks nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Identity()])

    def forward(self, pictures: Tensor, _labels: Tensor | None = None) -> Tensor:
        return self.blocks[0](pictures)[:, :, :4, :4].mean((1, 2, 3))


def _pictures(count: int, seed: int) -> Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_its_overlay_lies_where_it_looks() -> None:
    found = report_of_critic(Critic(CornerCritic(), 4.0), _pictures(1, 0), _pictures(8, 1))
    corner = np.zeros((16, 16), bool)
    corner[:4, :4] = True
    assert found.heat[corner].min() == 1.0
    assert found.heat[~corner].max() == 0.0
    assert (found.towards_real[corner] > 0).all()


def test_a_score_stands_among_those_of_real_and_fake_pictures() -> None:
    critic, fakes, reals = Critic(CornerCritic(), 4.0), _pictures(13, 1), _pictures(6, 2)
    bright = report_of_critic(critic, torch.ones(1, 3, 16, 16), fakes, reals)
    dark = report_of_critic(critic, -torch.ones(1, 3, 16, 16), fakes, reals)
    assert (bright.score, bright.rank) == (pytest.approx(1.0), 1.0)
    assert (dark.score, dark.rank) == (pytest.approx(-1.0), 0.0)
    assert (bright.fakes.shape, bright.reals.shape) == ((10,), (6,))
    expected = reals[:, :, :4, :4].mean((1, 2, 3)).numpy()
    np.testing.assert_allclose(bright.reals, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["stylegan", "progan", "biggan"])
def test_pleasing_it_leads_the_recipe_up_its_score(name: str) -> None:
    model = _lively(name)
    recipe = Recipe(Latent(3), psi=0.8, classes=((1, 1.0),))
    side = model.info.resolution
    pleasing = Pleasing(model, recipe, Critic(CornerCritic(), math.log2(side)))
    scores = [pleasing.step() for _ in range(6)]
    assert scores[-1] > scores[0]

    def corner(one: Recipe) -> float:
        return float(Renderer(model, "cpu").raw(one)[:, :4, :4].mean())

    assert corner(recipe) == pytest.approx(scores[0], abs=1e-4)
    assert corner(pleasing.recipe) > scores[0]


def test_the_best_threshold_lies_between_what_it_tells_apart() -> None:
    reals, fakes = np.array([1, 2, 3], np.float32), np.array([-3, -1, 0], np.float32)
    assert threshold_between(reals, fakes) == pytest.approx(0.5)
    assert threshold_between(reals, reals[:0]) == pytest.approx(2.0)
    mixed = threshold_between(np.array([0, 5, 6, 7], np.float32), np.array([1, 2, 3], np.float32))
    assert 3.0 < mixed < 5.0


def _inspector(monkeypatch: pytest.MonkeyPatch, name: str = "stylegan") -> Inspector:
    """Of a tiny model whose critic looks at one corner alone."""
    model = _lively(name)
    critic = Critic(CornerCritic(), math.log2(model.info.resolution))
    monkeypatch.setattr("ganlab_core.inspection.inspector.read_critic", lambda _info: critic)
    return Inspector(model, "cpu")


def _bright(count: int, side: int) -> RealPictures:
    """Real pictures, brighter in the corner from one to the next."""
    pixels = np.full((count, 3, side, side), 60, np.uint8)
    pixels[:, :, :4, :4] = np.linspace(200, 255, count).astype(np.uint8)[:, None, None, None]
    return RealPictures(pixels, np.zeros(count, np.int64), "bright corners")


def test_the_inspector_holds_a_picture_against_fakes_and_reals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inspector = _inspector(monkeypatch)
    side = _lively("stylegan").info.resolution
    told: list[float] = []
    asked = AskCritic(Recipe(Latent(2), psi=0.7), _bright(9, side))
    found = inspector.answer(asked, lambda share: told.append(share) or True)
    assert isinstance(found, CriticReport)
    assert (len(found.fakes), len(found.reals)) == (32, 9)
    assert (np.diff(found.reals) > 0).all()
    assert found.heat[4:, 4:].max() == 0.0
    assert told[-1] == 1.0
    told.clear()
    inspector.answer(asked, lambda share: told.append(share) or True)
    assert told == []  # the fakes are known
    assert _inspector(monkeypatch).answer(asked, lambda _share: False) is None


def test_a_line_up_is_sensitivity_specificity_by_who_sees_the_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inspector = _inspector(monkeypatch)
    reals = _bright(9, _lively("stylegan").info.resolution)
    asked = MakeLineUp(Recipe(Latent(2), psi=0.7), reals, seed=5, count=8)
    row = inspector.answer(asked, lambda _share: True)
    assert isinstance(row, LineUp)
    assert (len(row.pictures), row.real.sum(), row.pictures.dtype) == (8, 4, np.uint8)
    corners = row.pictures[:, :4, :4].mean((1, 2, 3)) > 190
    assert (corners[row.real]).all()
    assert row.sensitivity_specificity(row.by_critic) == (1.0, 1.0)
    assert row.sensitivity_specificity(np.ones(8, bool)) == (1.0, 0.0)
    assert row.sensitivity_specificity(row.real) == (0.0, 0.0)
    again = inspector.answer(asked, lambda _share: True)
    assert isinstance(again, LineUp)
    assert (again.pictures == row.pictures).all()
    other = inspector.answer(replace(asked, seed=6), lambda _share: True)
    assert isinstance(other, LineUp)
    assert not (other.pictures == row.pictures).all()


def test_a_line_up_of_one_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = MakeLineUp(Recipe(), _bright(1, _lively("stylegan").info.resolution), seed=0)
    with pytest.raises(RenderError, match="two real pictures"):
        _inspector(monkeypatch).answer(asked, lambda _share: True)


def test_the_nearest_real_picture_is_the_one_that_was_planted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of the real pictures is the picture itself."""
    inspector = _inspector(monkeypatch)
    recipe = Recipe(Latent(4), psi=0.9)
    own = Renderer(_lively("stylegan"), "cpu").render(recipe).pixels
    side = own.shape[0]
    noise = np.random.default_rng(0).integers(0, 255, (20, 3, side, side), np.uint8)
    noise[13] = own.transpose(2, 0, 1)
    reals = RealPictures(noise, np.zeros(20, np.int64), "planted")
    found = inspector.answer(FindNearestReals(recipe, reals, 3), lambda _share: True)
    assert isinstance(found, NearestReals)
    assert len(found.pictures) == 3
    assert (found.pictures[0] == own).all()
    assert found.distances[0] < 1e-4 < found.distances[1]
    assert found.usual > found.distances[0]


@pytest.mark.parametrize("name", ["garments", "toon-heads", "adventurer"])
def test_the_critic_of_a_bundled_model_tells_its_pictures_from_noise(name: str) -> None:
    path = resolve(name)
    model, critic = load_model(path), read_critic(load_model(path).info)
    assert critic is not None
    renderer = Renderer(model, "cpu")
    drawn = torch.stack(
        [torch.from_numpy(renderer.raw(Recipe(Latent(s), psi=1.0))) for s in range(8)]
    )
    noise = torch.rand(4, *drawn.shape[1:], generator=torch.Generator().manual_seed(3)) * 2 - 1
    found = report_of_critic(critic, drawn[:1], drawn[1:], noise)
    assert found.score > found.reals.max()
    assert found.towards_real.shape == (drawn.shape[-1], drawn.shape[-1], 3)


def test_its_features_know_a_picture_from_another_one() -> None:
    path = resolve("garments")
    critic = read_critic(load_model(path).info)
    assert critic is not None
    pictures = _pictures(2, 5).repeat(1, 1, 2, 2)
    seen = critic.features(pictures)
    assert [len(layer) for layer in seen] == [2, 2, 2, 2]
    same = seen_distance(seen, critic.features(pictures))
    assert float(same.max()) == 0.0
    turned = [layer.flip(0) for layer in seen]
    assert float(seen_distance(seen, turned).min()) > 0.0


def test_a_model_without_one_has_none(tmp_path: Path) -> None:
    model = load_model(resolve("garments"))
    info = save_model(model, tmp_path / "bare.safetensors")
    assert read_critic(info) is None
    assert read_critic(replace(info, path=tmp_path / "nowhere.safetensors")) is None
