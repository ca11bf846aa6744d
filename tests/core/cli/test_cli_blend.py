"""Two models on the command line: pictures, films and files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import read_picture
from ganlab_core.models import load_model, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Keyframe, Timeline
from tests.core.rendering.test_second_model import other
from tests.every_model import MODELS

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """The files of two models of equal shape."""
    save_model(MODELS["stylegan"](), tmp_path / "a.safetensors")
    save_model(other("stylegan"), tmp_path / "b.safetensors")
    return str(tmp_path / "a.safetensors"), str(tmp_path / "b.safetensors")


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def filmed(pair: tuple[str, str], line: Timeline, out: Path) -> None:
    """A film of both models as a folder of pictures."""
    path = out.with_suffix(".json")
    path.write_text(line.to_json())
    words = ["video", pair[0], "--with", pair[1], "--timeline", str(path)]
    assert main([*words, "--codec", "png", "--out", str(out)]) == 0


def test_live_saved_and_filmed_blends_are_one(pair: tuple[str, str], tmp_path: Path) -> None:
    first, second = pair
    amounts = ["--with", second, "--blend", "4=1,16=0.5,mapping=0.25"]
    live, film = tmp_path / "live.png", tmp_path / "film"
    assert main(["render", first, *amounts, "--seeds", "7", "--out", str(live)]) == 0
    model = tmp_path / "c.safetensors"
    assert main(["blend", first, second, "--amounts", amounts[3], "--out", str(model)]) == 0
    again = tmp_path / "again.png"
    assert main(["render", str(model), "--seeds", "7", "--out", str(again)]) == 0
    np.testing.assert_array_equal(pixels(live), pixels(again))
    recipe = read_picture(live).recipe
    assert recipe.second_at == ((4, 1.0), (16, 0.5))
    assert recipe.second_mapping == 0.25
    assert read_picture(live).second_name == "b"
    filmed(pair, Timeline((Keyframe(0.0, recipe),), 0.2, fps=10), film)
    for frame in film.glob("*.png"):
        np.testing.assert_array_equal(pixels(frame), pixels(live))


def test_a_keyed_blend_is_filmed_frame_by_frame(pair: tuple[str, str], tmp_path: Path) -> None:
    first, second = pair
    keys = Keyframe(0.0, Recipe(Latent(2))), Keyframe(0.4, Recipe(Latent(2), second=1.0))
    filmed(pair, Timeline(keys, 0.4, fps=10), tmp_path / "f")
    frames = sorted((tmp_path / "f").glob("*.png"))
    amounts = [read_picture(path).recipe.second for path in frames]
    assert amounts == sorted(amounts)
    assert len(set(amounts)) == len(frames)
    for path in frames:
        one = tmp_path / "one.png"
        words = ["render", first, "--with", second, "--recipe", str(path), "--out", str(one)]
        assert main(words) == 0
        np.testing.assert_array_equal(pixels(one), pixels(path))


def test_without_the_second_model_a_sentence_says_that_the_first_is_drawn(
    pair: tuple[str, str], tmp_path: Path, capsys: Capture
) -> None:
    recipe = Recipe(Latent(3), second=0.8).to_json()
    out = tmp_path / "x.png"
    assert main(["render", pair[0], "--recipe-json", recipe, "--out", str(out)]) == 0
    assert "the first is drawn alone" in capsys.readouterr().err
    np.testing.assert_array_equal(
        pixels(out), Renderer(load_model(Path(pair[0])), "cpu").render(Recipe(Latent(3))).pixels
    )


@pytest.mark.parametrize("amounts", ["2", "x", "5=1", "4=1,4=0", "w=1"])
def test_wrong_amounts_are_wrong_usage(
    pair: tuple[str, str], amounts: str, capsys: Capture
) -> None:
    assert main(["blend", *pair, "--amounts", amounts, "--name", "c"]) == 2
    assert main(["render", pair[0], "--with", pair[1], "--blend", amounts, "--out", "x.png"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_blend_among_ones_own_tells_of_its_parents(
    pair: tuple[str, str], home: Path, capsys: Capture
) -> None:
    assert main(["blend", *pair, "--amounts", "0.5", "--name", "both", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["provenance"]["parents"]] == ["a", "b"]
    assert told["provenance"]["amounts"] == dict.fromkeys(("mapping", "4", "8", "16"), 0.5)
    assert main(["render", "both", "--raw", str(home / "x.npy")]) == 0
