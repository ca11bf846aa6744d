"""Latents of other programs: W, W+ and z are told by their sizes, and shown exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlab_core.cli import main
from ganlab_core.errors import RecipeError
from ganlab_core.importers import read_places
from ganlab_core.models import save_model
from ganlab_core.recipe import Noise, Recipe
from ganlab_core.rendering import Renderer
from tests.stylegan2_models import TINY, model
from tests.tiny_progan import small, tiny_model

CAN = model().capabilities
STYLES, WIDTH = TINY.num_styles, TINY.w_dim
BASE = Recipe(noise=Noise("off"))


def numbers(*shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


def wanted(ws: np.ndarray[Any, np.dtype[np.float32]]) -> torch.Tensor:
    with torch.inference_mode():
        synthesis = model().network.module.synthesis
        return synthesis(torch.from_numpy(ws)[None], [None] * (STYLES - 1))[0]


def shown(recipe: Recipe) -> torch.Tensor:
    return torch.from_numpy(Renderer(model(), "cpu").raw(recipe))


def test_a_projectors_file_is_shown_as_it_was(tmp_path: Path) -> None:
    ws = numbers(1, STYLES, WIDTH)
    np.savez(tmp_path / "projected_w.npz", w=ws)
    (recipe,) = read_places(tmp_path / "projected_w.npz", CAN, BASE)
    torch.testing.assert_close(shown(recipe), wanted(ws[0]), rtol=1e-4, atol=1e-4)


def test_equal_styles_are_one_place_in_w(tmp_path: Path) -> None:
    w = numbers(1, 1, WIDTH)
    np.savez(tmp_path / "w.npz", w=np.broadcast_to(w, (1, STYLES, WIDTH)))
    (recipe,) = read_places(tmp_path / "w.npz", CAN, BASE)
    assert recipe.mix_layers == ()
    assert recipe.latent.in_w
    assert recipe.psi == 1.0


@pytest.mark.parametrize("shape", [(WIDTH,), (3, WIDTH), (3, 1, WIDTH), (3, STYLES, WIDTH)])
@pytest.mark.parametrize("kind", ["npy", "pt"])
def test_every_shape_gives_its_places(tmp_path: Path, shape: tuple[int, ...], kind: str) -> None:
    table, path = numbers(*shape), tmp_path / f"latents.{kind}"
    if kind == "npy":
        np.save(path, table)
    else:
        torch.save({"face.png": {"latent": torch.from_numpy(table)}}, path)
    recipes = read_places(path, CAN, BASE)
    assert len(recipes) == (1 if len(shape) == 1 else 3)
    first = table.reshape(-1, WIDTH)[0]
    assert recipes[0].latent.vector == tuple(first.astype(float).tolist())


def test_z_is_told_by_its_size(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", numbers(2, TINY.z_dim))
    recipes = read_places(tmp_path / "a.npy", CAN, BASE)
    assert [recipe.latent.space for recipe in recipes] == ["z", "z"]
    assert recipes[0].psi == BASE.psi
    progan = tiny_model(small(16)).capabilities
    np.save(tmp_path / "b.npy", numbers(2, progan.z_dim))
    assert read_places(tmp_path / "b.npy", progan, BASE)[0].latent.space == "z"


@pytest.mark.parametrize("shape", [(18, 512), (WIDTH + 20,), (2, STYLES + 1, 999)])
def test_those_of_another_model_are_told(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "a.npy", numbers(*shape))
    with pytest.raises(RecipeError, match=f"{shape[0]}.*this model has W of 7 numbers"):
        read_places(tmp_path / "a.npy", CAN, BASE)


def test_what_is_no_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY nonsense")
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 nonsense")
    np.save(tmp_path / "c.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "d.npy", np.full((2, WIDTH), np.nan))
    torch.save({"seed": 3}, tmp_path / "e.pt")
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(RecipeError):
            read_places(path, CAN, BASE)


def test_the_command_line_takes_them(tmp_path: Path) -> None:
    ws = numbers(2, STYLES, WIDTH)
    np.savez(tmp_path / "projected_w.npz", w=ws)
    save_model(model(), tmp_path / "tiny2.safetensors")
    command = ["render", str(tmp_path / "tiny2.safetensors"), "--noise", "off"]
    command += ["--latents", str(tmp_path / "projected_w.npz"), "--raw", str(tmp_path / "r.npy")]
    assert main(command) == 0
    drawn = torch.from_numpy(np.load(tmp_path / "r.npy"))
    torch.testing.assert_close(drawn[1], wanted(ws[1]), rtol=1e-4, atol=1e-4)
