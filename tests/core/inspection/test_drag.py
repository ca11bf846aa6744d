"""Dragged points arrive where they were sent, and what is held stays."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.errors import RenderError
from ganlab_core.inspection import Drag, DragError, DragPoint
from ganlab_core.models import Model
from ganlab_core.networks import Condition
from ganlab_core.recipe import Capabilities, Latent, Layer, Recipe
from ganlab_core.rendering import Renderer
from tests.core.inspection.test_projection import _lively
from tests.every_model import MODELS

SIDE = 64


class ShiftedTexture:
    """A network of one style layer whose features are a smooth texture, moved by w in pixels.

    The left half moves by the first two numbers of w, the right half by the next two.
    """

    stage_names = ("64x64/shift",)

    def __init__(self) -> None:
        self.module = nn.Linear(1, 1)
        normal = torch.Generator().manual_seed(2)
        coarse = torch.randn(1, 8, 12, 12, generator=normal)
        self.texture = F.interpolate(coarse, size=(SIDE, SIDE), mode="bicubic")

    @property
    def truncation_centre(self) -> Tensor:
        return torch.zeros(4)

    def map(self, z: Tensor, labels: Tensor | None) -> Tensor:
        return 0.0 * z

    def stage_style(self, stage: int, vector: Tensor, labels: Tensor | None) -> Tensor:
        return vector

    def stored_noise(self, stage: int) -> Tensor:
        return torch.zeros(1, 1, SIDE, SIDE)

    def run_stage(self, stage: int, features: Tensor | None, condition: Condition) -> Tensor:
        assert condition.style is not None
        steps = (torch.arange(SIDE) * 2.0 + 1.0) / SIDE - 1.0
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        right = (x > 0).float()[..., None]
        first, second = condition.style[0, :2], condition.style[0, 2:]
        moved = (1.0 - right) * first + right * second
        grid = torch.stack([x, y], -1) - moved * 10.0 * 2.0 / SIDE
        return F.grid_sample(self.texture, grid[None], padding_mode="border", align_corners=False)

    def to_rgb(self, resolution: int, features: Tensor) -> Tensor:
        return features[:, :3]


def _known() -> Model:
    info: Any = replace(MODELS["stylegan"]().info, resolution=SIDE, growth=6.0, classes=())
    layer = Layer(0, "64x64/shift", SIDE, noise=False, channels=8)
    can = Capabilities("stylegan", SIDE, (layer,), (), 4, 4, True, False, False, False)
    return Model(info, can, ShiftedTexture(), {})  # type: ignore[arg-type]


def _moved(drag: Drag) -> np.ndarray:
    """By how many pixels the halves have really gone: x, y of the left, x, y of the right."""
    ((_, mix),) = drag.recipe.mix_layers
    return 10.0 * np.array(mix.latent.vector)


@pytest.mark.parametrize("way", [(8.0, 0.0), (-6.0, 5.0), (0.0, -9.0)])
def test_a_point_arrives_where_it_was_sent(way: tuple[float, float]) -> None:
    drag = Drag(_known(), Recipe(Latent(0)), [DragPoint(16, 30, 16 + way[0], 30 + way[1])])
    while not drag.arrived and drag.steps < 300:
        drag.step()
    assert math.hypot(*(_moved(drag)[:2] - way)) <= 2.0
    assert drag.points[0].distance <= 1.0


def test_two_points_go_their_own_ways() -> None:
    points = [DragPoint(15, 32, 20, 32), DragPoint(48, 30, 48, 24)]
    drag = Drag(_known(), Recipe(Latent(0)), points)
    while not drag.arrived and drag.steps < 300:
        drag.step()
    assert np.abs(_moved(drag) - (5, 0, 0, -6)).max() <= 2.0


def test_what_the_mask_holds_stays() -> None:
    """Both points are pulled; only the left half may move."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[:, : SIDE // 2] = 1.0
    points = [DragPoint(15, 32, 20, 32), DragPoint(48, 30, 48, 24)]
    ends = []
    for held in (None, mask):
        drag = Drag(_known(), Recipe(Latent(0)), points, held)
        for _ in range(60):
            drag.step()
        ends.append(np.abs(_moved(drag)[2:]).max())
    assert ends[0] > 3.0
    assert ends[1] < 1.0


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"cyclegan"}))  # its z chooses a real picture
def test_every_kind_of_model_can_be_dragged_and_the_recipe_says_how(name: str) -> None:
    model = _lively(name)
    recipe = Recipe(Latent(3), psi=0.8, classes=((1, 1.0),))
    before = Renderer(model, "cpu").raw(recipe)
    drag = Drag(model, recipe, [DragPoint(5, 5, 11, 9)])
    np.testing.assert_allclose(Renderer(model, "cpu").raw(drag.recipe), before, atol=1e-4)
    for _ in range(5):
        drag.step()
    assert drag.steps == 5
    assert (Renderer(model, "cpu").raw(drag.recipe) != before).any()
    assert Recipe.from_json(drag.recipe.to_json()) == drag.recipe


def test_a_model_whose_z_only_chooses_is_not_dragged_and_says_why() -> None:
    with pytest.raises(RenderError, match="z only chooses"):
        Drag(MODELS["cyclegan"](), Recipe(Latent(3)), [DragPoint(5, 5, 11, 9)])


@pytest.mark.parametrize("points", [[], [DragPoint(-3, 1, 2, 2)], [DragPoint(1, 1, 2, 99)]])
def test_points_that_lie_nowhere_are_refused(points: list[DragPoint]) -> None:
    with pytest.raises(DragError):
        Drag(_lively("progan"), Recipe(), points)


def test_a_point_that_is_there_already_moves_nothing() -> None:
    drag = Drag(_known(), Recipe(Latent(0)), [DragPoint(16, 30, 16.2, 30)])
    before = drag.recipe
    drag.step()
    assert (drag.steps, drag.recipe) == (0, before)
