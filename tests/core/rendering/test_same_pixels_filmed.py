"""Frame k of a film is the picture of the Recipe at k / fps, for every architecture."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import FilmCell, codec_for, filmed, read_png, write_film
from ganlab_core.export.film import frame_path
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Keyframe, Timeline
from tests.every_model import MODELS, everything, saved


def film(model: Model, noise: str) -> Timeline:
    """A loop from every edit to hardly any and back, at a rate that is no whole number."""
    plain = Recipe(Latent(9), psi=1.0, noise=Noise("stored", strength=0.5))
    keys = (
        Keyframe(0.0, everything(model.capabilities), "spline"),
        Keyframe(0.1, plain, "linear"),
        Keyframe(0.15, replace(plain, latent=Latent(2)), "smooth"),
    )
    full = float(model.capabilities.full_growth)
    return Timeline(keys, 0.2, loop=True, fps=Fraction(30000, 1001), noise=noise, full_growth=full)


def check_frames(folder: Path, model: Model, timeline: Timeline) -> None:
    assert len(list(folder.glob("*.png"))) == timeline.frame_count == 6
    for frame in range(timeline.frame_count):
        recipe = timeline.recipe_at(frame / timeline.fps)
        assert read_png(frame_path(folder, frame)).recipe == recipe
        with Image.open(frame_path(folder, frame)) as image:
            fresh = Renderer(model, "cpu").render(recipe).pixels
            np.testing.assert_array_equal(np.asarray(image), fresh)


@pytest.mark.parametrize("name", MODELS)
def test_a_frame_of_a_film_is_the_picture_of_its_recipe(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    renderer = Renderer(model, "cpu")
    for noise in ("frozen", "loop"):
        timeline = film(model, noise)
        cell = FilmCell(lambda recipe: renderer.render(recipe).pixels, timeline, model.info)
        list(write_film(tmp_path / noise, filmed([cell]), codec_for("png", ""), 80))
        check_frames(tmp_path / noise, model, timeline)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", MODELS)
def test_the_command_line_films_the_same_frames(name: str, tmp_path: Path) -> None:
    model = saved(name, tmp_path / "models")
    timeline = film(model, "fresh")
    (tmp_path / "walk.json").write_text(timeline.to_json())
    words = ["video", str(model.info.path), "--timeline", str(tmp_path / "walk.json")]
    assert main([*words, "--device", "cpu", "--out", str(tmp_path / "frames")]) == 0
    check_frames(tmp_path / "frames", model, timeline)
