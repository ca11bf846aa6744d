"""Grey, transparent and non-square networks: rendered, previewed, saved with their opacity, read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.models import load_model, save_model
from ganlab_core.networks import describe
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.rendering import Renderer, fit_probes
from tests.stylegan2_models import TINY, model

GREY, CLEAR = replace(TINY, img_channels=1), replace(TINY, img_channels=4)
WIDE = replace(TINY, const_size=(3, 5))
QUIET = replace(TINY, noise=False)
RECIPE = Recipe(Latent(2), psi=0.6, noise=Noise("random", 3))


def test_grey_is_three_equal_colours() -> None:
    frame = Renderer(model(GREY), "cpu").render(RECIPE)
    assert frame.pixels.shape == (16, 16, 3)
    assert frame.channels is not None
    assert frame.channels.shape == (16, 16, 1)
    assert (frame.pixels == frame.channels).all()


def test_what_is_transparent_lies_on_white() -> None:
    frame = Renderer(model(CLEAR), "cpu").render(RECIPE, previews=True)
    rgba = frame.transparent.astype(np.float64)
    share = rgba[..., 3:] / 255.0
    wanted = rgba[..., :3] * share + 255.0 * (1.0 - share)
    assert np.abs(frame.pixels - wanted).max() <= 0.51
    assert {preview.pixels.shape[2] for preview in frame.previews.values()} == {3}


def test_a_wide_picture_keeps_its_shape_at_every_scale() -> None:
    wide = model(WIDE)
    renderer = Renderer(wide, "cpu")
    frame = renderer.render(RECIPE, previews=True)
    assert wide.capabilities.size == (12, 20)
    assert frame.pixels.shape == (12, 20, 3)
    assert frame.previews[8].pixels.shape == (6, 10, 3)
    small = renderer.small(RECIPE, 64)
    assert small is not None
    assert small.shape == (64, 64, 3)
    assert (small[:12] == 0).all()


@pytest.mark.parametrize("config", [GREY, CLEAR, WIDE, QUIET])
def test_readouts_and_the_file_know_the_shape(tmp_path: Path, config: object) -> None:
    tiny = model(config)  # type: ignore[arg-type]
    fit_probes(tiny, samples=3)
    save_model(tiny, tmp_path / "a.safetensors")
    again = load_model(tmp_path / "a.safetensors")
    assert again.readouts.keys() == tiny.readouts.keys()
    first, second = (Renderer(each, "cpu").raw(RECIPE) for each in (tiny, again))
    assert np.array_equal(first, second)


def test_noise_changes_nothing_where_there_is_none() -> None:
    quiet = model(QUIET)
    assert not quiet.capabilities.has_noise
    renderer = Renderer(quiet, "cpu")
    assert np.array_equal(
        renderer.raw(RECIPE), renderer.raw(replace(RECIPE, noise=Noise("stored")))
    )


def test_a_description_leaves_out_what_is_as_before() -> None:
    assert "img_channels" not in describe(TINY)
    assert describe(CLEAR)["img_channels"] == 4


@pytest.mark.parametrize(("kind", "mode"), [("png", "RGBA"), ("webp", "RGBA"), ("jpg", "RGB")])
def test_opacity_is_saved_where_the_format_has_it(tmp_path: Path, kind: str, mode: str) -> None:
    save_model(model(CLEAR), tmp_path / "clear.safetensors")
    out = tmp_path / f"out.{kind}"
    command = ["render", str(tmp_path / "clear.safetensors"), "--seeds", "2", "--psi", "0.6"]
    assert main([*command, "--quality", "100", "--out", str(out)]) == 0
    shown = Renderer(model(CLEAR), "cpu").render(Recipe(Latent(2), psi=0.6))
    with Image.open(out) as image:
        assert image.mode == mode
        if mode == "RGBA":
            opacity = np.asarray(image)[..., 3]
            assert np.array_equal(opacity, shown.transparent[..., 3])
