"""Pictures and films of other sizes on the command line, and as jobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import read_png
from ganlab_core.models import save_model
from ganlab_core.recipe import Extent, Latent
from tests.films import decoded
from tests.stylegan_models import tiny_stylegan
from tests.tiny_progan import small, tiny_model

WIDE = ["--aspect", "2:1", "--seamless", "across", "--styles-across", "5,9", "--device", "cpu"]


@pytest.fixture
def model(tmp_path: Path) -> str:
    save_model(tiny_stylegan(16), tmp_path / "tiny.safetensors")
    return str(tmp_path / "tiny.safetensors")


def test_a_wide_picture_its_recipe_and_its_numbers(model: str, tmp_path: Path) -> None:
    out, raw = tmp_path / "wide.png", tmp_path / "wide.npy"
    assert main(["render", model, "--seeds", "3", *WIDE, "--out", str(out), "--raw", str(raw)]) == 0
    recipe = read_png(out).recipe
    assert recipe.extent == Extent(2.0, 1.0, seamless="across")
    assert recipe.across == (Latent(5), Latent(9))
    with Image.open(out) as file:
        assert file.size == (32, 16)
    assert np.load(raw).shape == (1, 3, 16, 32)
    again = tmp_path / "again.png"
    assert (
        main(["render", model, "--recipe", str(out), "--device", "cpu", "--out", str(again)]) == 0
    )
    assert again.read_bytes() == out.read_bytes()


def test_a_wide_film_and_its_job_are_the_same(model: str, tmp_path: Path) -> None:
    job, out = tmp_path / "job.json", tmp_path / "wide.mkv"
    film = ["video", model, "--seeds", "1,2", "--seconds", "0.2", "--fps", "10", *WIDE]
    assert main([*film, "--out", str(out)]) == 0
    first = out.read_bytes()
    assert len(decoded(out, 32, 16)) == 2
    assert main([*film, "--out", str(out), "--write-job", str(job)]) == 0
    out.unlink()
    assert main(["video", "--job", str(job)]) == 0
    assert out.read_bytes() == first


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--aspect", "wide"], "width:height"),
        (["--wide", "20"], "wide"),
        (["--aspect", "2:1", "--wide", "2"], "one of them"),
    ],
)
def test_wrong_sizes_are_wrong_usage(options, words, model, capsys, tmp_path) -> None:
    assert main(["render", model, *options, "--out", str(tmp_path / "a.png")]) == 2
    assert words in capsys.readouterr().err


def test_a_model_without_a_constant_says_so(capsys, tmp_path) -> None:
    save_model(tiny_model(small(16)), tmp_path / "progan.safetensors")
    out = tmp_path / "a.png"
    assert main(["render", str(tmp_path / "progan.safetensors"), *WIDE, "--out", str(out)]) == 0
    assert "--aspect changes nothing for this model" in capsys.readouterr().err
    with Image.open(out) as file:
        assert file.size == (16, 16)
