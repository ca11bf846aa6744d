"""`ganlab render` with classes, labels, and a model's own truncation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ganlab_core.cli import main
from ganlab_core.export import read_png
from ganlab_core.models import save_model, update_provenance
from ganlab_core.recipe import Recipe

Capture = pytest.CaptureFixture[str]
NAMES = ("cat, Felis", "dog", "newt")


@pytest.fixture
def out(tmp_path: Path, home: Path, make_model) -> Path:
    """Where pictures go; the models `tiny` and, with classes, `zoo` are there to make them."""
    folder = home / "data" / "models"
    folder.mkdir(parents=True)
    save_model(make_model(), folder / "tiny.safetensors")
    save_model(make_model(classes=NAMES), folder / "zoo.safetensors")
    return tmp_path / "out"


def render(*arguments: str | Path) -> int:
    return main(["render", *map(str, arguments)])


def recipe_of(path: Path) -> Recipe:
    return read_png(path).recipe


def test_classes_go_into_the_recipe_with_their_weights(out: Path) -> None:
    assert render("zoo", "--out", out, "--class", "newt:0.25,0:0.75") == 0
    assert recipe_of(out / "seed0000.png").classes == ((0, 0.75), (2, 0.25))


def test_another_class_is_another_picture(out: Path, capsys: Capture) -> None:
    hashes = []
    for name in ("cat, Felis", "1"):
        assert render("zoo", "--raw", out.with_suffix(".npy"), "--class", name, "--json") == 0
        (told,) = json.loads(capsys.readouterr().out)
        hashes.append((told["classes"], told["sha256"]))
    assert [names for names, _ in hashes] == [["cat, Felis"], ["dog"]]
    assert hashes[0][1] != hashes[1][1]


def test_a_class_misspelt_is_told_with_its_neighbours(out: Path, capsys: Capture) -> None:
    assert render("zoo", "--out", out, "--class", "newts") == 1
    assert capsys.readouterr().err == "ganlab: There is no class 'newts'. Did you mean newt (2)?\n"


def test_a_class_for_a_model_without_any_is_an_error(out: Path, capsys: Capture) -> None:
    assert render("tiny", "--out", out, "--class", "3") == 1
    assert "knows no classes" in capsys.readouterr().err
    assert not out.exists()


def test_labels_pair_with_seeds(out: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "l.npy", np.array([2, 1]))
    assert render("zoo", "--out", out, "--seeds", "5,6", "--labels", tmp_path / "l.npy") == 0
    assert recipe_of(out / "seed0005.png").classes == ((2, 1.0),)
    assert recipe_of(out / "seed0006.png").classes == ((1, 1.0),)


def test_weights_pair_with_latents(out: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.ones((2, 16), np.float32))
    np.save(tmp_path / "l.npy", np.array([[0.5, 0, 0.5], [0, 2, 0]]))
    both = ("--latents", tmp_path / "z.npy", "--labels", tmp_path / "l.npy")
    assert render("zoo", "--out", out, *both) == 0
    assert recipe_of(out / "latent-0000.png").classes == ((0, 0.5), (2, 0.5))
    assert recipe_of(out / "latent-0001.png").classes == ((1, 2.0),)


def test_one_seed_is_drawn_for_every_label(out: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "l.npy", np.arange(3))
    assert render("zoo", "--out", out, "--seeds", "4", "--labels", tmp_path / "l.npy") == 0
    assert sorted(path.name for path in out.iterdir()) == [
        f"seed0004-000{index}.png" for index in range(3)
    ]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([0, 1, 2]), "3 labels for 2 pictures"),
        (np.array([0, 3]), "beyond 0 to 2"),
        (np.array([0, -1]), "beyond 0 to 2"),
        (np.ones((2, 4)), "no labels for 3 classes"),
        (np.array([0.5, 1.0]), "no labels for 3 classes"),
        (np.zeros((2, 3)), "without any class"),
        (np.array(["a", "b"]), "no table of numbers"),
        (np.full((2, 3), np.nan), "weight must be"),
    ],
)
def test_wrong_labels_are_told(out: Path, tmp_path: Path, labels, said, capsys: Capture) -> None:
    np.save(tmp_path / "l.npy", labels)
    assert render("zoo", "--out", out, "--seeds", "1,2", "--labels", tmp_path / "l.npy") == 1
    assert said in capsys.readouterr().err


def test_class_and_labels_exclude_each_other(out: Path, tmp_path: Path, capsys: Capture) -> None:
    np.save(tmp_path / "l.npy", np.arange(3))
    both = ("--class", "1", "--labels", tmp_path / "l.npy")
    assert render("zoo", "--out", out, *both) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_an_option_that_does_nothing_says_so_and_renders(out: Path, capsys: Capture) -> None:
    assert render("tiny", "--out", out, "--threshold", "1", "--attention", "0.5") == 0
    told = capsys.readouterr().err
    assert "--threshold changes nothing for this model" in told
    assert "--attention changes nothing for this model" in told
    recipe = recipe_of(out / "seed0000.png")
    assert (recipe.threshold, recipe.attention) == (1.0, 0.5)


@pytest.mark.parametrize("wrong", [("--threshold", "0"), ("--attention", "11")])
def test_values_out_of_range_are_wrong_usage(out: Path, wrong, capsys: Capture) -> None:
    assert render("tiny", "--out", out, *wrong) == 2
    assert "must be from" in capsys.readouterr().err


def test_a_models_own_truncation_is_the_default(out: Path, home: Path) -> None:
    facts = {"truncation": {"psi": 0.5, "cutoff": 3}, "recipes": [{"recipe": {"psi": 0.9}}]}
    update_provenance(home / "data" / "models" / "tiny.safetensors", facts)
    assert render("tiny", "--out", out, "--seeds", "1") == 0
    recipe = recipe_of(out / "seed0001.png")
    assert (recipe.psi, recipe.cutoff) == (0.5, 3)
    assert render("tiny", "--out", out, "--seeds", "1", "--psi", "0.8") == 0
    recipe = recipe_of(out / "seed0001.png")
    assert (recipe.psi, recipe.cutoff) == (0.8, None)


def test_a_recipe_brings_its_own_truncation(out: Path, home: Path, tmp_path: Path) -> None:
    facts = {"truncation": {"psi": 0.5, "cutoff": 3}}
    update_provenance(home / "data" / "models" / "tiny.safetensors", facts)
    (tmp_path / "r.json").write_text(Recipe(psi=0.9).to_json())
    assert render("tiny", "--out", out, "--recipe", tmp_path / "r.json") == 0
    assert recipe_of(out / "seed0000.png") == Recipe(psi=0.9)


def test_models_are_listed_with_architecture_and_classes(out: Path, capsys: Capture) -> None:
    assert main(["models"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("zoo"))
    assert line.split()[1:5] == ["stylegan", "16", "px", "3"]
