"""A picture made again by a copied command and by a copied program."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import as_command, as_python, free_path, read_png
from ganlab_core.export.reproduce import LONGEST_ARGUMENT, model_name, picture_name
from ganlab_core.models import ModelInfo, load_model
from ganlab_core.recipe import EditDirection, Latent, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer

ROOT = Path(__file__).parents[3]

RICH = Recipe(
    latent=Latent(3, tuple(np.float32(i / 7).item() for i in range(16)), "w"),
    psi=0.61,
    psi_at=((8, 1.3),),
    noise=Noise("random", 4, 0.5),
    growth=3.4,
    pushes=(EditDirection((0.1,) * 16, 2.0, 0, 3, "it's a 'name' with $HOME and `quotes`"),),
).with_mix_at(16, Mix(Latent(9), 0.3))

LONG = Recipe(pushes=tuple(EditDirection((i / 3,) * 16, i / 100) for i in range(1, 101)))


ASKED = "import json, sys; print(json.dumps([sys.argv[1:], sys.stdin.read()]))"
"""A program that only says what it was started with."""


def given_to_ganlab(command: str, folder: Path) -> tuple[list[str], str]:
    """The words and the input that a shell gives to `ganlab` when a person pastes the command."""
    shim = folder / "bin" / "ganlab"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E -c "{ASKED}" "$@"\n')
    shim.chmod(0o755)
    path = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder, env={**os.environ, "PATH": path}, check=True, timeout=100,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    words, input_ = json.loads(done.stdout)
    return words, input_


def expected(model_file: Path, recipe: Recipe) -> tuple[ModelInfo, np.ndarray]:
    model = load_model(model_file)
    return model.info, Renderer(model, "cpu").render(recipe).pixels


def made(folder: Path, info: ModelInfo, recipe: Recipe) -> np.ndarray:
    path = folder / picture_name(info, recipe)
    assert read_png(path).recipe == recipe
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.skipif(shutil.which("sh") is None, reason="the command is written for a POSIX shell")
@pytest.mark.parametrize("recipe", [RICH, LONG], ids=["rich", "long"])
def test_the_copied_command_makes_the_same_pixels(
    model_file: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info, pixels = expected(model_file, recipe)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = as_command(info, recipe, "cpu")
    assert ("<<'RECIPE'" in command) == (len(recipe.to_json()) >= LONGEST_ARGUMENT)
    words, input_ = given_to_ganlab(command, elsewhere)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(sys, "stdin", io.StringIO(input_))
    assert main(words) == 0
    assert np.array_equal(made(elsewhere, info, recipe), pixels)


def test_the_copied_program_makes_the_same_pixels(model_file: Path, tmp_path: Path) -> None:
    info, pixels = expected(model_file, RICH)
    (tmp_path / "elsewhere").mkdir()
    subprocess.run(
        [sys.executable, "-c", as_python(info, RICH, "cpu")],
        cwd=tmp_path / "elsewhere",
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=100,
    )
    assert np.array_equal(made(tmp_path / "elsewhere", info, RICH), pixels)


def test_a_model_of_the_library_is_called_by_its_name(model_file: Path) -> None:
    info = load_model(model_file).info
    assert model_name(info) == "tiny"


@pytest.mark.parametrize(
    ("recipe", "name"),
    [
        (Recipe(latent=Latent(42)), "garments-seed0042.png"),
        (Recipe(latent=Latent(1234567)), "garments-seed1234567.png"),
        (Recipe(latent=Latent(9, (), "w", ((Latent(1), 0.5), (Latent(2), 0.5)))),
         "garments-blend.png"),
        (Recipe(latent=Latent(9, (0.5,))), "garments-vector.png"),
        (Recipe(latent=Latent(3), classes=((0, 0.7), (1, 0.3))),
         "garments-shirt-Ankle-boot-seed0003.png"),
        (Recipe(classes=tuple((index, 0.2) for index in range(5))), "garments-mix-seed0000.png"),
        (Recipe(classes=((7, 1.0),)), "garments-class7-seed0000.png"),
    ],
)  # fmt: skip
def test_a_files_name_says_model_classes_and_seed(
    tmp_path: Path, recipe: Recipe, name: str
) -> None:
    info = ModelInfo("garments", "", "biggan", 32, ("shirt", "../Ankle boot"), "", "", "", {}, {},
                     5.0, tmp_path / "m")  # fmt: skip
    assert picture_name(info, recipe) == name


def test_a_name_that_is_taken_is_numbered(tmp_path: Path) -> None:
    (tmp_path / "a-seed0001.png").touch()
    (tmp_path / "a-seed0001-2.jpg").touch()
    assert free_path(tmp_path, "a-seed0001", {"a-seed0001-3"}).name == "a-seed0001-4"
    assert free_path(tmp_path / "none", "[x]").name == "[x]"
