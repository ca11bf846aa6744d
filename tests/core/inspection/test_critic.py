"""What the model's own discriminator says, and that it says so because of where it looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganlab_core.inspection import Critic, please, read_critic, report_of_critic
from ganlab_core.inspection.critic import seen_distance
from ganlab_core.models import load_model, resolve, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer


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


def test_pleasing_it_moves_what_a_picture_is_made_of_until_it_is_pleased() -> None:
    critic, leaf = Critic(CornerCritic(), 4.0), torch.zeros(1, 3, 16, 16, requires_grad=True)
    scores = [please(critic, lambda: leaf, [leaf], 1.0) for _ in range(3)]
    assert scores[0] < scores[1] < scores[2]
    assert float(leaf.detach()[:, :, 4:].abs().max()) == 0.0


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
