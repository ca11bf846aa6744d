"""One Recipe, one picture: in the program, from the command line and from the copied program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import as_python, read_png, save_png
from ganlab_core.export.reproduce import picture_name
from ganlab_core.importers import open_model
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer, fit_probes, load_saved_probes, save_probes
from tests.every_model import MODELS, edits, everything, has, saved

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
PUBLISHED = sorted(
    path for path in GOLDEN.glob("*/*") if path.name in ("network.pkl", "model.pth", "G_ema.pth")
)


def written_by_command(model: Model, recipe: Recipe, out: Path) -> bytes:
    words = ["render", str(model.info.path), "--device", "cpu", "--out", str(out)]
    assert main([*words, "--recipe-json", recipe.to_json()]) == 0
    return out.read_bytes()


def written_by_program(model: Model, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Run the copied text where it may write."""
    folder = model.info.path.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    exec(compile(as_python(model.info, recipe, "cpu"), "copied.py", "exec"), {})
    return (folder / picture_name(model.info, recipe)).read_bytes()


def check_the_same(model: Model, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model.info.path.parent
    pixels = Renderer(model, "cpu").render(recipe).pixels
    save_png(folder / "here.png", pixels, recipe, model.info)
    here = (folder / "here.png").read_bytes()
    assert written_by_command(model, recipe, folder / "command.png") == here
    assert written_by_program(model, recipe, monkeypatch) == here
    with Image.open(folder / "here.png") as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
    assert read_png(folder / "here.png").recipe == recipe


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", MODELS)
def test_a_recipe_with_every_edit_gives_the_same_file_everywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = saved(name, tmp_path / "models")
    recipe = everything(model.capabilities)
    check_the_same(model, recipe, monkeypatch)
    check_the_same(model, replace(recipe, noise=Noise("off"), growth=None), monkeypatch)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_a_published_file_gives_the_same_file_everywhere(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = tmp_path / path.name
    copied.write_bytes(path.read_bytes())
    model = open_model(copied)
    recipe = replace(
        Recipe(Latent(3), psi=0.6, noise=Noise("random", 2)).with_mix_at(8, Mix(Latent(4), 0.5)),
        growth=3.4,
    )
    check_the_same(model, recipe, monkeypatch)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["progan", "stylegan"])
def test_readouts_kept_apart_from_the_model_are_used_everywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = saved(name, tmp_path / "run")
    (tmp_path / "run" / "events.jsonl").touch()  # a trainer's folder is left alone
    plain = Renderer(model, "cpu").render(Recipe(growth=3.4)).pixels
    fit_probes(model, samples=20)
    kept = save_probes(model)
    assert kept is not None
    assert kept != model.info.path
    assert not np.array_equal(Renderer(model, "cpu").render(Recipe(growth=3.4)).pixels, plain)
    opened = open_model(model.info.path)
    assert load_saved_probes(opened)
    check_the_same(opened, Recipe(growth=3.4), monkeypatch)


@pytest.mark.parametrize("name", MODELS)
def test_an_edit_changes_the_picture_exactly_where_the_model_can_do_it(name: str) -> None:
    model = MODELS[name]()
    can, renderer = model.capabilities, Renderer(model, "cpu")
    plain = renderer.raw(Recipe())
    changing = {
        field
        for field, recipe in edits(can).items()
        if not np.array_equal(renderer.raw(recipe), plain)
    }
    assert changing == has(can)
