"""A picture is brought into a model as a Recipe that renders what was promised."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

import ganlab_core as gl
from ganlab_core.inspection import (
    Beginnings,
    Effort,
    Projected,
    Projection,
    Sight,
    psnr,
    reconstruction_text,
    ssim,
)
from ganlab_core.inspection.handles import Adam, Leaf
from ganlab_core.inspection.own_picture import Pixels
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.every_model import MODELS
from tests.quick import ARCHITECTURES, quick


def _lively(name: str) -> Model:
    """A tiny model whose W spreads about its mean and whose pictures are not clipped, as if trained."""
    model = MODELS[name]()
    for place, weight in model.network.module.named_parameters():
        if ("to_rgb" in place or "output_conv" in place) and "style" not in place:
            weight.data *= 0.2
    if model.capabilities.has_w:
        z = torch.randn(200, model.capabilities.z_dim, generator=torch.Generator().manual_seed(1))
        labels = torch.zeros(200, len(model.capabilities.classes))
        last = list(model.network.module.mapping.dense)[-1]
        last.weight.data *= 0.5 / model.network.map(z, labels).std(0).mean()
        with torch.no_grad():
            model.network.truncation_centre.copy_(model.network.map(z, labels).mean(0))
    return model


def _seeds(model: Model, count: int = 12) -> Beginnings:
    beginnings = Beginnings(model, count)
    for _ in beginnings.draw():
        pass
    return beginnings


def _drawn(model: Model, seed: int) -> Pixels:
    """A picture of the model that none of the first seeds draws."""
    classes = ((0, 0.5), (1, 0.5))
    return Renderer(copy.deepcopy(model), "cpu").render(
        Recipe(Latent(seed), psi=1.0, classes=classes)
    ).pixels  # fmt: skip


def _last(run: Sequence[Projected]) -> Projected:
    return run[-1]


@pytest.mark.parametrize("editable", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("name", quick(MODELS, *ARCHITECTURES))
def test_its_recipe_renders_the_picture_it_shows_and_comes_nearer(
    name: str, editable: float
) -> None:
    model = _lively(name)
    target = _drawn(model, 777)
    projection = Projection(_seeds(model), target, (), editable)
    first, *_, last = projection.run(Effort(40))
    assert last.step == 40
    assert last.spent == 1.0
    assert last.psnr > first.psnr + 0.1
    assert last.came > first.came
    back = Recipe.from_json(last.recipe.to_json())
    assert back == last.recipe
    shown = Renderer(model, "cpu").render(back).pixels  # which adds up in another order
    assert np.abs(shown.astype(int) - last.pixels).max() <= 1


def test_the_more_editable_the_nearer_to_the_mean_of_w() -> None:
    model = _lively("stylegan")
    seeds, target = _seeds(model), _drawn(model, 777)
    ends = [_last(list(Projection(seeds, target, (), e).run(Effort(60)))) for e in (0.0, 0.9, 1.0)]
    away = [
        np.mean([np.square(np.array(mix.latent.vector) - _mean(model)).mean() for _, mix in mixes])
        for mixes in (end.recipe.mix_layers for end in ends[:2])
    ]
    assert away[1] < 0.95 * away[0]
    assert ends[2].recipe.mix_layers == ()
    assert ends[0].psnr > ends[2].psnr


def _mean(model: Model) -> np.ndarray:
    return model.network.truncation_centre.numpy()


def test_it_can_pause_go_on_and_be_left() -> None:
    model = _lively("progan")
    seeds, target = _seeds(model), _drawn(model, 777)
    projection = Projection(seeds, target)
    run = projection.run(Effort(30), every=1)
    told = list(itertools.islice(run, 6))
    run.close()
    assert [one.step for one in told] == [0, 1, 2, 3, 4, 5]
    assert projection.recipe == told[-1].recipe
    longer = list(projection.run(Effort(10)))
    assert longer[0].recipe == told[-1].recipe
    assert longer[-1].step == 15
    assert longer[-1].psnr > told[-1].psnr


def test_equal_beginnings_come_to_equal_recipes() -> None:
    model = _lively("biggan")
    target = _drawn(model, 777)
    ends = [_last(list(Projection(_seeds(model), target).run(Effort(12)))) for _ in range(2)]
    assert ends[0].recipe == ends[1].recipe


def test_seconds_end_an_effort_as_well_as_steps() -> None:
    assert Effort(None, 2.0).spent(1000, 1.0) == 0.5
    assert Effort(100, 2.0).spent(80, 1.0) == 0.8
    assert Effort(100, 2.0).spent(10, 2.5) >= 1.0
    assert Effort(None, None).spent(0, 0.0) >= 1.0


def test_a_sight_leads_where_pixels_say_nothing() -> None:
    """A lens that sees red alone, weighted far above pixels, brings red nearer than without it."""
    model = _lively("stylegan2")
    seeds, target = _seeds(model), _drawn(model, 778)

    def red(pictures: Tensor) -> list[Tensor]:
        other = torch.ones_like(pictures[:, :1])
        return [torch.cat([pictures[:, :1], other], 1)]

    def end(through: Sequence[Sight]) -> float:
        pixels = _last(list(Projection(seeds, target, through, 0.0).run(Effort(40)))).pixels
        return psnr(pixels[..., 0], target[..., 0])

    assert end((Sight(red, 100.0),)) > end(())


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="16 x 16"):
        Projection(_seeds(_lively("progan"), 3), np.zeros((8, 8, 3), np.uint8))


def test_the_seed_it_begins_from_is_the_nearest_of_all() -> None:
    model = _lively("biggan-deep")
    seeds = _seeds(model, 30)
    recipe = Recipe(Latent(17), psi=1.0, classes=((17 % 3, 1.0),))
    target = Renderer(copy.deepcopy(model), "cpu").render(recipe).pixels
    start = next(iter(Projection(seeds, target).run(Effort(1))))
    assert start.recipe.latent.seed == 17
    assert start.psnr > 45.0


def test_likeness_is_known_for_known_pairs() -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    assert psnr(picture, picture) == float("inf")
    assert ssim(picture, picture) == pytest.approx(1.0)
    flat = np.full((16, 16, 3), 100, np.uint8)
    assert psnr(flat, flat + np.uint8(10)) == pytest.approx(20 * np.log10(25.5))
    assert ssim(picture, 255 - picture) < -0.5
    assert ssim(flat, flat + np.uint8(10)) == pytest.approx(
        (2 * 100 * 110 + 6.5025) / (100**2 + 110**2 + 6.5025)
    )


def test_a_verdict_has_a_number_and_a_sentence() -> None:
    said = [reconstruction_text(share) for share in (0.95, 0.7, 0.1)]
    assert "95 %" in said[0]
    assert "not what this model learnt" in said[2]
    assert len(set(said)) == 3
    assert "no picture of this model's own is like it" in reconstruction_text(0.95, 2.5)


def test_a_picture_that_is_like_none_of_the_models_is_strange() -> None:
    model = _lively("biggan")
    seeds = _seeds(model, 24)
    own = Renderer(copy.deepcopy(model), "cpu").render(
        Recipe(Latent(777), psi=1.0, classes=((1, 1.0),))
    )
    checks = (np.indices((32, 32)).sum(0) // 8 % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    strange = [
        next(Projection(seeds, target).run(Effort(1))).strange for target in (own.pixels, checks)
    ]
    assert strange[0] < strange[1]


def test_a_half_grown_model_takes_a_picture_of_its_side() -> None:
    model = _lively("stylegan")
    model.info = replace(model.info, growth=3.0)
    target = np.full((8, 8, 3), 90, np.uint8)
    *_, last = Projection(_seeds(model, 12), target).run(Effort(10))
    shown = Renderer(model, "cpu").render(last.recipe).pixels
    assert np.abs(shown[::2, ::2].astype(int) - last.pixels).max() <= 1


def test_its_adam_is_torch_s_own() -> None:
    torch.manual_seed(0)
    ours, theirs = (torch.ones(5, requires_grad=True) for _ in range(2))
    goal = torch.randn(5)
    adam = Adam([Leaf(ours, 0.1)])
    reference = torch.optim.Adam([theirs], lr=0.1, betas=(0.9, 0.99))
    for _ in range(20):
        adam.descend((ours - goal).square().sum())
        reference.zero_grad()
        (theirs - goal).square().sum().backward()
        reference.step()
    torch.testing.assert_close(ours.detach(), theirs.detach())


def test_where_the_subject_stands_is_known_from_the_seeds() -> None:
    seeds = _seeds(gl.open("worlds"), 24)
    presence = seeds.presence(64)
    assert (presence.shape, presence.dtype) == ((64, 64), np.float32)
    assert 0.0 <= presence.min() <= presence.max() <= 1.0
    assert presence[28:36, 28:36].min() > 0.5  # a planet stands in the middle, space around it
    assert presence[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 0.2
