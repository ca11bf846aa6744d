"""Augmentation: every transform by its meaning and its gradient; p = 0 leaves every bit alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ganlab_core.training import Progress, TrainConfig, preset, train, with_settings
from ganlab_core.training.adapters import ADAPTERS
from ganlab_core.training.augmentation import (
    Overfitting,
    augment,
    blit,
    brightness,
    contrast,
    hue,
    luma_flip,
    recolour,
    rotation,
    saturation,
    scaling,
    transformed,
    translation,
    warp,
)
from ganlab_core.training.distributed import BatchShard, StepRandom
from tests.quick import quick

NO_FLIP = torch.zeros(2, dtype=torch.bool)
NO_TURN = torch.zeros(2, dtype=torch.long)
NO_SHIFT = torch.zeros(2, 2, dtype=torch.long)


def pictures(side: int = 8, count: int = 2) -> Tensor:
    draws = torch.Generator().manual_seed(4)
    return torch.rand(count, 3, side, side, generator=draws, dtype=torch.float64) * 2 - 1


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


TRANSFORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "flip": lambda x: blit(x, torch.tensor([True, False]), NO_TURN, NO_SHIFT),
    "quarter turns": lambda x: blit(x, NO_FLIP, torch.tensor([1, 3]), NO_SHIFT),
    "whole shifts": lambda x: blit(x, NO_FLIP, NO_TURN, torch.tensor([[1, -2], [3, 0]])),
    "scale": lambda x: warp(x, scaling(numbers(0.8, 1.3), numbers(0.8, 1.3))),
    "rotation": lambda x: warp(x, rotation(numbers(0.3, -2.0))),
    "aspect": lambda x: warp(x, scaling(numbers(0.8, 1.3), numbers(1.25, 0.77))),
    "fractional shift": lambda x: warp(x, translation(numbers(0.13, -0.4), numbers(-0.2, 0.05))),
    "brightness": lambda x: recolour(x, brightness(numbers(0.2, -0.3))),
    "contrast": lambda x: recolour(x, contrast(numbers(0.7, 1.5))),
    "luma flip": lambda x: recolour(x, luma_flip(numbers(1.0, 0.0))),
    "hue": lambda x: recolour(x, hue(numbers(0.5, -2.0))),
    "saturation": lambda x: recolour(x, saturation(numbers(0.3, 2.0))),
    "all of them": lambda x: transformed(x, StepRandom(0, 3, torch.device("cpu")), 0.9),
    "color": lambda x: augment(x, "color", StepRandom(0, 1, torch.device("cpu"))),
    "translation": lambda x: augment(x, "translation", StepRandom(0, 1, torch.device("cpu"))),
    "cutout": lambda x: augment(x, "cutout", StepRandom(0, 1, torch.device("cpu"))),
}


@pytest.mark.parametrize("name", quick(TRANSFORMS, "flip", "whole shifts", "hue", "color"))
def test_gradients_are_those_of_the_transform(name: str) -> None:
    images = pictures(side=6).requires_grad_()
    assert not torch.equal(TRANSFORMS[name](images), images)
    assert torch.autograd.gradcheck(TRANSFORMS[name], (images,))


def test_blitting_moves_pixels_and_makes_none() -> None:
    images = pictures()
    flipped = blit(images, torch.tensor([True, False]), NO_TURN, NO_SHIFT)
    assert torch.equal(flipped, torch.stack([images[0].flip(2), images[1]]))
    for turns in range(4):
        turned = blit(images, NO_FLIP, torch.full((2,), turns), NO_SHIFT)
        assert torch.equal(turned, torch.rot90(images, turns, (2, 3))), turns
    moved = blit(images, NO_FLIP, NO_TURN, torch.tensor([[2, -1], [0, 0]]))
    assert torch.equal(moved[0, :, 2:, :-1], images[0, :, :-2, 1:])
    assert torch.equal(moved[0, :, 1, :-1], images[0, :, 0, 1:])  # mirrored at the edge
    assert torch.equal(moved[1], images[1])


def smooth(side: int = 16) -> Tensor:
    """A picture that a low-pass filter leaves alone."""
    at = (torch.arange(side, dtype=torch.float64) + 0.5) / side * math.pi
    line = at.cos()
    return torch.stack([line[:, None] * line, line[:, None] + 0 * line, line + 0 * line[:, None]])[
        None
    ]


def test_warping_by_nothing_and_by_whole_pixels_is_exact_but_for_the_filter() -> None:
    image = smooth()
    assert (warp(image, torch.eye(3, dtype=torch.float64)[None]) - image).abs().max() < 0.01
    step = numbers(2.0 / 16)  # one pixel: a picture is 2 wide
    moved = warp(image, translation(step, numbers(0.0)))
    torch.testing.assert_close(moved[..., 1:-2], image[..., 2:-1], atol=0.01, rtol=0.0)


def test_warping_turns_about_the_centre() -> None:
    image = smooth()
    turned = warp(image, rotation(numbers(math.pi / 2)))
    torch.testing.assert_close(turned, torch.rot90(image, 1, (2, 3)), atol=0.01, rtol=0.0)


def test_colours_are_mapped_about_the_axis_of_greys() -> None:
    images = pictures()
    grey = images.mean(dim=1, keepdim=True)
    flipped = recolour(images, luma_flip(numbers(1.0, 1.0)))
    torch.testing.assert_close(flipped, images - 2.0 * grey)
    torch.testing.assert_close(
        recolour(images, saturation(numbers(0.0, 0.0))), grey.expand_as(images)
    )
    third = recolour(images, hue(numbers(*[2.0 * math.pi / 3.0] * 2)))
    torch.testing.assert_close(third, images.roll(1, dims=1))
    torch.testing.assert_close(recolour(images, contrast(numbers(2.0, 2.0))), 2.0 * images)
    torch.testing.assert_close(recolour(images, brightness(numbers(0.5, 0.5))), images + 0.5)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_each_transform_comes_as_often_as_p_says(p: float) -> None:
    """A picture is left alone where none of ten draws applies one that changes it."""
    count = 2000
    images = pictures(side=4, count=1).float().expand(count, -1, -1, -1)
    changed = (transformed(images, StepRandom(0, 0, torch.device("cpu")), p) != images).flatten(1)
    # of those applied a flip changes nothing in 1/2, a turn in 1/4, a shift of 4 px pictures in its
    # own share; the others always do, and the two rotations together count as one
    rows = (torch.rand(100_000, 2) * 2 - 1).mul(0.5).round().ne(0).any(dim=1).float().mean().item()
    left = (
        (1 - p / 2) * (1 - 3 * p / 4) * (1 - p * rows) * (1 - p) ** 4 * (1 - p) ** 4 * (1 - p / 2)
    )
    found = 1.0 - changed.any(dim=1).float().mean().item()
    assert found == pytest.approx(left, abs=4 * math.sqrt(left * (1 - left) / count) + 0.005)


def test_what_is_left_alone_is_so_bit_for_bit_and_p_0_draws_nothing() -> None:
    images = pictures().float()
    random = StepRandom(0, 0, torch.device("cpu"))
    assert augment(images, "ada", random, 0.0) is images
    assert random.chance() == StepRandom(0, 0, torch.device("cpu")).chance()


def test_parts_of_a_batch_are_transformed_like_the_whole() -> None:
    images = pictures(count=8).float()
    whole = transformed(images, StepRandom(0, 5, torch.device("cpu")), 0.8)
    for index in range(2):
        shard = BatchShard(4).cut(2, index)
        random = StepRandom(0, 5, torch.device("cpu"), shard)
        part = transformed(shard.of(images), random, 0.8)
        torch.testing.assert_close(part, shard.of(whole))


def test_p_rises_while_d_knows_the_pictures_and_falls_otherwise() -> None:
    sure = Overfitting(0.1, signs=30.0, count=32).moved(0.6, 32, 3200)
    assert (sure.p, sure.r_t, sure.count) == (pytest.approx(0.11), 30 / 32, 0)
    unsure = Overfitting(0.1, signs=0.0, count=32).moved(0.6, 32, 3200)
    assert (unsure.p, unsure.r_t) == (pytest.approx(0.09), 0.0)
    assert Overfitting(0.0, signs=0.0, count=32).moved(0.6, 32, 3200).p == 0.0
    assert Overfitting(1.0, signs=32.0, count=32).moved(0.6, 32, 3200).p == 1.0
    assert Overfitting(0.3).moved(0.6, 32, 3200).p == 0.3
    kept = Overfitting(0.25, 0.5, 7.0, 9)
    assert Overfitting.from_tensor(kept.to_tensor()) == kept
    with pytest.raises(ValueError, match="no state"):
        Overfitting.from_tensor(torch.tensor([2.0, 0.0, 0.0, 1.0]))


def small(tiny: TrainConfig, **settings: object) -> TrainConfig:
    own = {"images": 128, "keep_phases": False, "readout_samples": 0, "initial_resolution": 16}
    return with_settings(tiny, {**own, **settings})


def weights(run: Path) -> bytes:
    return (run / "model.safetensors").read_bytes()


def test_a_run_with_p_0_is_the_run_without_augmentation(tiny: TrainConfig, tmp_path: Path) -> None:
    for name, settings in (
        ("none", {"augment": "none"}),
        ("zero", {"augment": "ada", "ada_target": 1.0}),
        ("some", {"augment": "ada", "augment_p": 0.5, "ada_kimg": 1e6}),
    ):
        list(train(small(tiny, **settings), tmp_path / name))
    assert weights(tmp_path / "zero") == weights(tmp_path / "none")
    assert weights(tmp_path / "some") != weights(tmp_path / "none")


@pytest.mark.parametrize("architecture", ["stylegan", "stylegan2", "progan"])
def test_p_is_told_kept_and_resumed_exactly(
    architecture: str, tiny: TrainConfig, tmp_path: Path
) -> None:
    base = with_settings(tiny, {"architecture": architecture})
    config = small(base, augment="ada", augment_p=0.5, ada_kimg=0.5, images=96)
    told = [e for e in train(config, tmp_path / "whole") if isinstance(e, Progress)]
    assert told[-1].augment_p != 0.5
    assert -1.0 <= float(told[-1].r_t) <= 1.0  # type: ignore[arg-type]
    run = train(config, tmp_path / "broken")
    for event in run:
        if event.images >= 40:
            break
    run.close()
    list(train(config, tmp_path / "broken", resume=True))
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")


@pytest.mark.parametrize("loss", ["relativistic", "wgan"])
def test_scores_without_a_zero_are_compared_in_pairs(
    loss: str, tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """These losses do not feel a constant that is added to all scores; nor may p."""
    config = small(tiny, loss=loss, augment="ada", augment_p=0.5, ada_kimg=0.5, images=64)

    def signs(name: str) -> list[object]:
        events = train(config, tmp_path / name)
        return [event.r_t for event in events if isinstance(event, Progress)]

    plain = signs("plain")
    adapter = type(ADAPTERS["stylegan"])
    discriminate = adapter.discriminate

    def lifted(*args: Any, **kwargs: Any) -> Any:
        output = discriminate(*args, **kwargs)
        return dataclasses.replace(output, scores=output.scores + 64.0)

    monkeypatch.setattr(adapter, "discriminate", lifted)
    assert signs("lifted") == plain
    assert any(isinstance(r_t, float) and r_t < 1.0 for r_t in plain)


@pytest.mark.parametrize(("loss", "r_t"), [("least-squares", -1.0), ("logistic-r1", 1.0)])
def test_a_score_is_real_above_what_its_loss_takes_for_undecided(
    loss: str, r_t: float, tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Least squares want 1 for real and 0 for fake, so a quarter speaks against it."""
    adapter = type(ADAPTERS["stylegan"])
    discriminate = adapter.discriminate

    def quarter(*args: Any, **kwargs: Any) -> Any:
        output = discriminate(*args, **kwargs)
        return dataclasses.replace(output, scores=0.0 * output.scores + 0.25)

    monkeypatch.setattr(adapter, "discriminate", quarter)
    config = small(tiny, loss=loss, augment="ada", augment_p=0.5, images=32)
    told = [e.r_t for e in train(config, tmp_path / "run") if isinstance(e, Progress)]
    assert told[-1] == r_t


def test_presets_and_settings_name_ada() -> None:
    settings = {**preset("minutes", "stylegan2"), "augment": "ada,cutout"}
    assert with_settings(TrainConfig(), settings).augment == "ada,cutout"
