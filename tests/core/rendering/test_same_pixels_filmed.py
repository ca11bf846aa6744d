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
from ganlab_core.recipe import Bend, Centres, Latent, Noise, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Keyframe, Timeline
from tests.every_model import MODELS, everything, saved
from tests.quick import ARCHITECTURES, quick


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


@pytest.mark.parametrize("name", quick(MODELS, *ARCHITECTURES))
def test_a_frame_of_a_film_is_the_picture_of_its_recipe(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    renderer = Renderer(model, "cpu")
    for noise in ("frozen", "loop"):
        timeline = film(model, noise)
        cell = FilmCell(lambda recipe: renderer.render(recipe).pixels, timeline, model.info)
        list(write_film(tmp_path / noise, filmed([cell]), codec_for("png", ""), 80))
        check_frames(tmp_path / noise, model, timeline)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", quick(MODELS, *ARCHITECTURES))
def test_the_command_line_films_the_same_frames(name: str, tmp_path: Path) -> None:
    model = saved(name, tmp_path / "models")
    timeline = film(model, "fresh")
    (tmp_path / "walk.json").write_text(timeline.to_json())
    words = ["video", str(model.info.path), "--timeline", str(tmp_path / "walk.json")]
    assert main([*words, "--device", "cpu", "--out", str(tmp_path / "frames")]) == 0
    check_frames(tmp_path / "frames", model, timeline)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["stylegan2", "stylegan3"])
def test_a_film_of_feature_maps_shows_them_as_tiles_of_one_scale(name: str, tmp_path: Path) -> None:
    model = saved(name, tmp_path / "models")
    stage = model.capabilities.layers[2]
    words = ["--show", f"{stage.name}:0,2-4", "--seeds", "1,2", "--seconds", "0.2", "--fps", "20"]
    out = tmp_path / "maps"
    assert main(["video", str(model.info.path), *words, "--device", "cpu", "--out", str(out)]) == 0
    renderer = Renderer(model, "cpu")
    recipes = [read_png(frame_path(out, frame)).recipe for frame in range(4)]
    found = [renderer.features(recipe, 2)[[0, 2, 3, 4]] for recipe in recipes]
    low = np.stack(found).min(axis=(0, 2, 3))[:, None, None]
    span = np.stack(found).max(axis=(0, 2, 3))[:, None, None] - low
    side = found[0].shape[-1]
    larger = 512 // (2 * side)
    for frame, maps in enumerate(found):
        with Image.open(frame_path(out, frame)) as image:
            pixels = np.asarray(image)
        assert pixels.shape == (2 * larger * side + 1, 2 * larger * side + 1, 3)
        fourth = pixels[larger * side + 1 :: larger, larger * side + 1 :: larger, 0]
        np.testing.assert_array_equal(fourth, np.rint(255 * (maps[3] - low[3]) / span[3]))


@pytest.mark.usefixtures("home")
def test_maps_that_are_not_there_are_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(saved("stylegan", tmp_path / "models").info.path)
    for shown, said in (("9:0", "no stage"), ("8:0-99", "no map 99"), ("8:x", "no feature map")):
        assert main(["video", path, "--show", shown, "--out", str(tmp_path / "x")]) != 0
        assert said in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_bends_and_centres_on_the_command_line_are_those_of_the_recipe(tmp_path: Path) -> None:
    model = saved("stylegan", tmp_path / "models")
    words = [
        "--bend",
        "8 rotate 30 maps=share:0.5 seed=2",
        "--bend",
        "#1 blur 1",
        "--centres",
        "3/2",
    ]
    out = tmp_path / "bent.png"
    assert main(["render", str(model.info.path), *words, "--device", "cpu", "--out", str(out)]) == 0
    recipe = read_png(out).recipe
    assert recipe.bends == (
        Bend(3, "rotate", 30.0, maps="share", share=0.5, seed=2),
        Bend(0, "blur", 1.0),
    )
    assert recipe.centres == Centres(clusters=3, pick=1.0)
    with Image.open(out) as image:
        np.testing.assert_array_equal(
            np.asarray(image), Renderer(model, "cpu").render(recipe).pixels
        )
