"""Paths: what a file or folder is to ganlab."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganlab.library.open_controller import RUN_FILES, Opened, look_at
from ganlab_core.errors import GanlabError, RecipeError
from ganlab_core.recipe import Recipe, read_recipe


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.safetensors", "model"),
        ("a.SAFETENSORS", "model"),
        ("a.pkl", "model"),
        ("a.pth", "model"),
        ("a.pt", "model"),
        ("a.bin", "model"),
        ("a.json", "recipe"),
        ("a.png", "picture"),
        ("a.jpg", "picture"),
        ("a.webp", "picture"),
        ("a.mp4", "film"),
        ("a.gif", "film"),
    ],
)
def test_a_file_is_known_by_its_name(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    path.touch()
    assert look_at(path) == Opened(kind, path)


def test_a_webp_with_a_films_json_beside_it_is_a_film(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    path.touch()
    (tmp_path / "a.webp.json").touch()
    assert look_at(path) == Opened("film", path)


def test_a_folder_of_a_films_pictures_is_a_film(tmp_path: Path) -> None:
    (tmp_path / "film.json").touch()
    assert look_at(tmp_path) == Opened("film", tmp_path)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in RUN_FILES:
        (folder / name).touch()
    return folder


def test_a_run_is_known_by_its_files(run: Path) -> None:
    assert look_at(run) == Opened("run", run)


@pytest.mark.parametrize("name", RUN_FILES)
def test_a_runs_own_files_stand_for_it(run: Path, name: str) -> None:
    assert look_at(run / name) == Opened("run", run)


def test_a_config_outside_a_run_may_be_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.touch()
    assert look_at(path) == Opened("recipe", path)


def test_a_model_in_a_run_is_a_model(run: Path) -> None:
    path = run / "model.safetensors"
    path.touch()
    assert look_at(path) == Opened("model", path)


@pytest.mark.parametrize("name", ["missing.png", "folder", "text.txt"])
def test_anything_else_is_refused_with_a_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").touch()
    with pytest.raises(GanlabError) as raised:
        look_at(tmp_path / name)
    assert name in raised.value.what
    assert raised.value.remedy


def test_a_recipe_is_read_from_its_file(tmp_path: Path) -> None:
    recipe = Recipe(psi=0.25)
    (tmp_path / "a.json").write_text(recipe.to_json())
    assert read_recipe(tmp_path / "a.json") == recipe


def test_a_file_of_rubbish_is_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\x00{")
    with pytest.raises(RecipeError):
        read_recipe(tmp_path / "a.json")
