"""`ganlab project`: own pictures become PNGs whose Recipe renders the same bytes again, anywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import read_png, timeline_from_film
from ganlab_core.models import load_model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def picture(tmp_path: Path, model_file: Path) -> Path:
    """A photograph of a gradient, not square; the model `tiny` is there to take it in."""
    ramp = np.zeros((40, 60, 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, 60)[None]
    ramp[..., 1] = np.linspace(255, 0, 40)[:, None]
    path = tmp_path / "ramp.png"
    Image.fromarray(ramp).save(path)
    return path


def project(*arguments: str | Path) -> int:
    quick = ("--steps", "6", "--seeds", "8", "--device", "cpu")
    return main(["project", "tiny", *map(str, arguments), *quick])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_the_recipe_renders_the_same_bytes_from_json_from_render_and_from_the_png(
    picture: Path, tmp_path: Path, model_file: Path, capsys: Capture
) -> None:
    out = tmp_path / "became.png"
    assert project(picture, "--out", out, "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    recipe = Recipe.from_json(json.dumps(told["recipe"]))
    assert read_png(out).recipe == recipe
    shown = Renderer(load_model(model_file), "cpu").render(recipe).pixels
    np.testing.assert_array_equal(pixels(out), shown)
    again = tmp_path / "again.png"
    assert main(["render", "tiny", "--recipe", str(out), "--out", str(again)]) == 0
    np.testing.assert_array_equal(pixels(again), shown)
    written = tmp_path / "recipe.json"
    written.write_text(json.dumps(told["recipe"]))
    assert main(["render", "tiny", "--recipe", str(written), "--out", str(again)]) == 0
    np.testing.assert_array_equal(pixels(again), shown)


def test_a_tuned_picture_renders_the_same_bytes_from_the_model_that_was_kept(
    picture: Path, tmp_path: Path, model_file: Path, capsys: Capture
) -> None:
    out, again = tmp_path / "became.png", tmp_path / "again.png"
    quick = ("--steps", "6", "--seeds", "8", "--device", "cpu")
    line = ["project", "tiny", str(picture), "--out", str(out), "--tune", "1.5", "--json", *quick]
    assert main(line) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["tuned"] == "tiny-ramp"
    assert told["tuned_psnr"] > told["psnr"]
    assert told["tuned_bytes"] < model_file.stat().st_size
    carried = read_png(out)
    assert (carried.fingerprint, carried.model_name) == (told["model"], "tiny-ramp")
    assert carried.base_fingerprint == load_model(model_file).info.fingerprint
    assert main(["render", "tiny-ramp", "--recipe", str(out), "--out", str(again)]) == 0
    np.testing.assert_array_equal(pixels(again), pixels(out))
    capsys.readouterr()
    assert main(["render", "tiny", "--recipe", str(out), "--out", str(again)]) == 0
    assert "made with another model" in capsys.readouterr().err
    model_file.unlink()
    assert main(["render", "tiny-ramp", "--recipe", str(out), "--out", str(again)]) == 1
    assert "is a tuning of" in capsys.readouterr().err


def test_what_cannot_be_kept_is_told_before_anything_is_computed(
    picture: Path, tmp_path: Path, model_file: Path, capsys: Capture
) -> None:
    loose = shutil.move(model_file, tmp_path / "loose.safetensors")
    out = tmp_path / "became.png"
    line = ["project", str(loose), str(picture), "--out", str(out), "--tune", "1e5"]
    assert main(line) == 1
    assert "not among your models" in capsys.readouterr().err
    assert not out.exists()


def test_several_pictures_go_into_a_folder_under_their_names(
    picture: Path, tmp_path: Path, capsys: Capture
) -> None:
    other = tmp_path / "other.jpg"
    Image.new("RGB", (9, 5), (10, 200, 30)).save(other)
    folder = tmp_path / "became"
    assert project(picture, other, "--out", folder) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["other.png", "ramp.png"]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(" dB after 6 steps. It came " in line for line in lines)


def test_what_it_tells_is_how_far_it_came(picture: Path, tmp_path: Path, capsys: Capture) -> None:
    assert project(picture, "--out", tmp_path / "a.png", "--json", "--editable", "0") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["steps"] == 6
    assert 3.0 < told["psnr"] < 60.0
    assert -1.0 <= told["ssim"] <= 1.0
    assert 0.0 <= told["came"] <= 1.0
    assert f"{100 * told['came']:.0f} %" in told["how_far"]


def test_the_crop_says_which_part_becomes_one(picture: Path, tmp_path: Path) -> None:
    made = []
    for crop in ("0,0,1", "0.2,0,0.5"):
        out = tmp_path / f"{crop}.png"
        assert project(picture, f"--crop={crop}", "--out", out) == 0
        made.append(pixels(out).tobytes())
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--editable", "2"), "--editable is from 0 to 1"),
        (("--crop", "1,2"), "is no square"),
        (("--seconds", "0"), "--seconds is more than 0"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    picture: Path, tmp_path: Path, capsys: Capture, arguments: tuple[str, str], words: str
) -> None:
    assert project(picture, "--out", tmp_path / "a.png", *arguments) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_one_file_for_two_pictures_is_wrong_usage(picture: Path, tmp_path: Path) -> None:
    assert project(picture, picture, "--out", tmp_path / "a.png") == 2


def test_what_is_no_picture_is_refused_in_a_sentence(
    tmp_path: Path, model_file: Path, capsys: Capture
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert project(broken, "--out", tmp_path / "a.png") == 1
    said = capsys.readouterr().err
    assert "broken.png is damaged or not a picture." in said
    assert "Choose a PNG" in said


def test_two_pictures_become_a_film_that_goes_from_one_to_the_other(
    picture: Path, tmp_path: Path, capsys: Capture
) -> None:
    """A picture of one's own, and one that the model itself drew, which keeps its Recipe."""
    drawn, film = tmp_path / "drawn.png", tmp_path / "film.mp4"
    assert main(["render", "tiny", "--seeds", "3", "--out", str(drawn), "--device", "cpu"]) == 0
    quick = ("--steps", "6", "--seeds", "8", "--device", "cpu", "--seconds", "0.5", "--fps", "10")
    capsys.readouterr()
    assert (
        main(["morph", "tiny", str(picture), str(drawn), "--out", str(film), "--json", *quick]) == 0
    )
    printed = capsys.readouterr()
    assert json.loads(printed.out)["frames"] == 5
    assert "ramp.png: " in printed.err
    assert "drawn.png" not in printed.err  # nothing had to be brought in
    timeline = timeline_from_film(film)
    first, last = (key.recipe for key in timeline.keyframes)
    assert last == read_png(drawn).recipe
    assert first.latent.vector
    assert (timeline.duration, timeline.loop) == (0.5, False)


@pytest.mark.parametrize("arguments", [(), ("--seconds", "0")])
def test_a_film_needs_two_pictures_and_a_length(
    arguments: tuple[str, ...], picture: Path, tmp_path: Path
) -> None:
    pictures = [str(picture)] * (2 if arguments else 1)
    out = str(tmp_path / "a.mp4")
    assert main(["morph", "tiny", *pictures, "--out", out, *arguments]) == 2
    assert not Path(out).exists()
