"""The time machine of a run: its moments, with the weights morphed between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganlab_core.cli import main
from ganlab_core.models import load_model, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import RunMorph, TrainConfig, moments_of, open_any, train
from tests.every_model import MODELS
from tests.tiny_progan import small, tiny_model

Capture = pytest.CaptureFixture[str]


def test_the_time_machine_goes_through_the_moments_of_a_run(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    list(train(replace(tiny, checkpoint_kimg=0.016, snapshot_kimg=0.016), run))
    moments = moments_of(run)
    assert len(moments) > 2
    machine, last = RunMorph(moments, "cpu"), len(moments) - 1
    recipe = Recipe(Latent(4))
    for index in (0, last - 1, last):
        alone = Renderer(open_any(moments[index]), "cpu").render(recipe).pixels
        drawn = machine.render(replace(recipe, second=index / last)).pixels
        times = len(drawn) // len(alone)
        if index >= last - 1 and times == 1:
            np.testing.assert_array_equal(drawn, alone)
    words = ["video", str(run), "--kind", "morph", "--seconds", "0.3", "--fps", "10"]
    assert main([*words, "--codec", "png", "--out", str(tmp_path / "film")]) == 0
    assert len(list((tmp_path / "film").glob("*.png"))) == 3


def test_a_grown_moment_and_one_before_share_what_they_have(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    save_model(tiny_model(small(16)), folder / "000000016.safetensors")
    save_model(tiny_model(small(32)), folder / "000000032.safetensors")
    machine = RunMorph(moments_of(tmp_path), "cpu")
    assert machine.render(Recipe()).pixels.shape == (32, 32, 3)
    large = Renderer(load_model(folder / "000000032.safetensors"), "cpu")
    np.testing.assert_array_equal(
        machine.render(Recipe(second=1.0)).pixels, large.render(Recipe()).pixels
    )


def test_a_run_of_one_moment_is_told(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "snapshots").mkdir()
    save_model(MODELS["stylegan"](), tmp_path / "snapshots" / "000000016.safetensors")
    assert main(["video", str(tmp_path), "--kind", "morph", "--out", str(tmp_path / "m.gif")]) == 1
    assert "no two moments" in capsys.readouterr().err
