"""A few labelled pictures give the direction that was planted, and a painted region holds it in."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from ganlab_core.inspection import Direction, LabelledDirections, LabelsError
from ganlab_core.inspection.labelled import discriminant, style_ranges
from ganlab_core.models import Model, Network
from ganlab_core.networks import Condition
from ganlab_core.recipe import Latent, Mix, Recipe
from ganlab_core.rendering import Renderer, w_from_latent
from tests.core.inspection.test_projection import _lively
from tests.every_model import MODELS


def _planted(first: int = 0, last: int = 64) -> tuple[Model, Tensor]:
    """A StyleGAN whose pictures follow one direction of W at some layers, and little else."""
    model = _lively("stylegan")
    random = torch.Generator().manual_seed(11)
    planted = torch.randn(model.capabilities.w_dim, generator=random)
    planted /= planted.norm()
    for index, layer in enumerate(model.network.module.synthesis.layers):
        weight = layer.style.weight.data
        strength = 3.0 if first <= index <= last else 0.0
        answer = torch.randn(len(weight), 1, generator=random)
        weight.copy_(0.1 * weight + strength * answer * planted)
    return model, planted


def _labelled(model: Model, planted: Tensor) -> tuple[list[Recipe], list[Recipe]]:
    """The three of a sheet of 24 that lie farthest along the planted direction, and the three least."""
    recipes = [Recipe(Latent(seed), psi=1.0) for seed in range(24)]
    vectors = Renderer(model, "cpu").vectors([one.latent for one in recipes])
    order = np.argsort(vectors @ planted.numpy())
    return [recipes[i] for i in order[-3:]], [recipes[i] for i in order[:3]]


def test_a_planted_direction_is_found_from_six_labelled_pictures() -> None:
    model, planted = _planted()
    found = LabelledDirections(model).find(*_labelled(model, planted), "mine")
    vector = torch.tensor(found.vector)
    assert float(vector @ planted / vector.norm()) >= 0.9
    assert found.name == "mine"
    spread = Renderer(model, "cpu").vectors([Latent(seed) for seed in range(256)])
    assert float(vector.norm()) == pytest.approx(float((spread @ planted.numpy()).std()), rel=0.2)


def test_it_acts_where_liked_pictures_differ_from_others() -> None:
    model, planted = _planted(4, 5)  # 16 px
    found = LabelledDirections(model).find(*_labelled(model, planted))
    assert (found.first, found.last) == (4, 5)


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"cyclegan"}))  # its z chooses a real picture
def test_every_kind_of_model_gets_one_that_pushes_towards_the_liked(name: str) -> None:
    model = _lively(name)
    liked, others = ([Recipe(Latent(s), psi=1.0) for s in seeds] for seeds in ((1, 2), (3, 4)))
    found = LabelledDirections(model).find(liked, others)
    assert len(found.vector) == model.capabilities.direction_dim
    vectors = [
        w_from_latent(model, one.latent, torch.device("cpu"), one.classes)[0]
        for one in (*liked, *others)
    ]
    apart = vectors[0] + vectors[1] - vectors[2] - vectors[3]
    assert float(torch.tensor(found.vector) @ apart) > 0.0
    shown = replace(others[0], pushes=(found.edit(1.0),))
    renderer = Renderer(model, "cpu")
    assert (renderer.raw(shown) != renderer.raw(others[0])).any()


def test_a_model_whose_z_only_chooses_gets_none_and_says_why() -> None:
    with pytest.raises(LabelsError, match="z only chooses"):
        LabelledDirections(MODELS["cyclegan"]())


def test_labels_of_one_kind_alone_are_refused() -> None:
    labelled = LabelledDirections(_lively("progan"))
    with pytest.raises(LabelsError, match="at least one of each"):
        labelled.find([Recipe()], [])
    with pytest.raises(LabelsError, match="the same"):
        labelled.find([Recipe()], [Recipe()])


class _Split:
    """A network whose last style moves the left half by W's first axis, the right by its second."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __getattr__(self, name: str) -> object:
        return getattr(self._network, name)

    def run_stage(self, stage: int, x: Tensor | None, condition: Condition) -> Tensor:
        style = condition.style
        assert style is not None
        still = replace(condition, style=torch.zeros_like(style))
        maps = self._network.run_stage(stage, x, still)
        if stage < len(self._network.stage_names) - 1:
            return maps
        halves = style[:, :2].repeat_interleave(maps.shape[-1] // 2, 1)
        return maps + 0.3 * halves[:, None, None, :]


def _split() -> Model:
    model = _lively("stylegan")
    model.network = cast("Network", _Split(model.network))
    return model


@pytest.mark.parametrize("axis", [0, 1])
def test_only_the_axis_of_the_painted_half_is_left_of_a_direction(axis: int) -> None:
    model = _split()
    mask = np.zeros((32, 32), np.float32)
    mask[:, 16 * axis : 16 + 16 * axis] = 1.0
    vector = np.zeros(model.capabilities.w_dim)
    vector[:4] = 1.0, 1.0, 0.5, -0.5  # both halves at once, and two axes that move nothing
    held = LabelledDirections(model).within(
        Direction("both", tuple(vector.tolist())), Recipe(Latent(5), psi=1.0), mask
    )
    assert held is not None
    kept = np.array(held.vector) / np.linalg.norm(held.vector)
    assert kept[axis] > 0.99


def test_a_region_of_a_picture_whose_layers_differ_is_held_as_well() -> None:
    """The Jacobian is that of the picture itself: here its last layer alone has a style of its own."""
    model = _split()
    own = Mix(Latent(9, tuple([0.1] * model.capabilities.w_dim), "w"))
    last = model.capabilities.style_count - 1
    at = Recipe(Latent(5), psi=1.0, mix_layers=((last, own),))
    labelled, mask = LabelledDirections(model), np.zeros((8, 8), np.float32)
    mask[:, :4] = 1.0
    vector = tuple([1.0, 1.0] + [0.0] * (model.capabilities.w_dim - 2))
    held = labelled.within(Direction("both", vector, 0.0, last, last), at, mask)
    assert held is not None
    assert abs(held.vector[1]) < 0.01 * held.vector[0]


def test_holding_a_direction_can_be_given_up() -> None:
    model = _lively("stylegan")
    mask = np.zeros((16, 16), np.float32)
    mask[:8] = 1.0
    heard: list[float] = []
    vector = tuple([1.0] * model.capabilities.w_dim)
    found = LabelledDirections(model).within(
        Direction("any", vector), Recipe(), mask, lambda share: bool(heard.append(share))
    )
    assert found is None
    assert len(heard) == 1


@pytest.mark.parametrize("name", ["stylegan", "progan"])
@pytest.mark.parametrize("first", [0, 2])
def test_a_region_of_a_picture_changes_more_than_its_rest(name: str, first: int) -> None:
    model = _lively(name)
    at, labelled = Recipe(Latent(5), psi=1.0), LabelledDirections(model)
    size = model.capabilities.direction_dim
    vector = torch.randn(size, generator=torch.Generator().manual_seed(3))
    first = first if model.capabilities.has_w else 0
    plain = Direction("any", tuple(vector.tolist()), 0.0, first, 64)
    side = model.capabilities.resolution
    mask = np.zeros((side, side), np.float32)
    mask[side // 4 : -side // 4, side // 4 : -side // 4] = 1.0
    held = labelled.within(plain, at, mask)
    assert held is not None
    renderer = Renderer(model, "cpu")
    inside = mask.astype(bool)

    def share(direction: Direction) -> float:
        length = float(np.linalg.norm(direction.vector))
        moved = renderer.raw(replace(at, pushes=(direction.edit(0.02 / length),)))
        change = np.square(moved - renderer.raw(at)).sum(0)
        return float(change[inside].sum() / change.sum())

    assert share(held) > share(plain)
    with pytest.raises(LabelsError, match="nothing or everything"):
        labelled.within(plain, at, np.ones((16, 16), np.float32))


def test_the_discriminant_goes_along_what_shows() -> None:
    """Two numbers differ alike between the groups; only the first can be seen."""
    random = torch.Generator().manual_seed(0)
    noise = 0.1 * torch.randn(6, 2, generator=random)
    groups = torch.tensor([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])[:, None] + noise
    metric = torch.diag(torch.tensor([1.0, 1e-4]))
    found = discriminant(groups[:3], groups[3:], metric)
    assert float(found[0]) > 0.99


def test_the_ranges_of_styles_are_those_of_resolutions() -> None:
    can = MODELS["stylegan2"]().capabilities
    ranges = style_ranges(can)
    assert ranges[0] == (0, can.style_count - 1)
    assert len(ranges) == len(set(ranges)) == 6
