"""What a person sets holds: over a preset, in an estimate, and in every part of a step."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab_core.cli import main
from ganlab_core.networks import group_within
from ganlab_core.networks.layers import minibatch_stddev
from ganlab_core.training import TrainConfig, chosen, preset, with_settings
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import run_step

NAMES = ("batch_size", "r1_gamma", "learning_rate")


@pytest.mark.parametrize("architecture", ["stylegan", "progan"])
@pytest.mark.parametrize("name", ["minutes", "evening", "gpu", "paper"])
def test_a_general_value_wins_over_a_presets_own_for_a_resolution(
    architecture: str, name: str
) -> None:
    planned = with_settings(TrainConfig(), preset(name, architecture))
    config = chosen(planned, {"batch_size": 8, "r1_gamma": 2, "learning_rate": 0.003})
    for side in (4, 8, 16, 32, 128, 1024):
        assert [config.at(name, side) for name in NAMES] == [8, 2, 0.003]
    kept = chosen(planned, {"batch_size": 8, "batch_size_at.8": 64})
    assert [kept.at("batch_size", side) for side in (4, 8, 16)] == [8, 64, 8]


def test_a_general_value_wins_on_the_command_line(pictures: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ["train", "--data", str(pictures), "--out", str(run), "--resolution", "8"]
    words += ["--images", "5", "--set=batch_size=5", "--set=r1_gamma=2", "--set=device=cpu"]
    words += ["--set=readout_samples=0", "--set=z_dim=8", "--set=w_dim=8", "--set=fmap_max=8"]
    assert main(words) == 0
    written = TrainConfig.from_json((run / "config.json").read_text())
    for side in (4, 8, 16, 32):
        assert (written.at("batch_size", side), written.at("r1_gamma", side)) == (5, 2)
    log = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    assert log[-1]["images"] == 5


@pytest.mark.parametrize(
    "wrong",
    [
        ["--data=nowhere"],
        ["--resolution=32"],
        ["--set=batch_size=12", "--set=accumulate=8"],
        ["--set=batch_size_at.4=0"],
        ["--set=initial_resolution=64"],
        ["--architecture=biggan", "--set=z_dim=3"],
        ["--set=device=abacus"],
        ["--from=nothing.safetensors"],
        ["--set=start_from=nothing.safetensors"],
    ],
    ids=lambda words: " ".join(words),
)
def test_an_estimate_refuses_what_training_refuses(
    pictures: Path, tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["train", "--data", str(pictures), "--out", str(tmp_path / "run"), "--resolution", "16"]
    assert main([*run, *wrong]) == 1
    complaint = capsys.readouterr().err
    assert main([*run, *wrong, "--estimate"]) == 1
    estimated = capsys.readouterr()
    assert estimated.err == complaint
    assert estimated.out == ""


def one_step(tiny: TrainConfig, **settings: object) -> tuple[TrainState, torch.Tensor]:
    """A state after one step of 16 pictures, and the running mean of W before."""
    config = with_settings(tiny, {"batch_size": 16, "resolution": 8, **settings})
    state = TrainState.start(config, 0, torch.device("cpu"))
    before = state.generator.w_avg.clone()
    pixels = np.random.default_rng(1).integers(0, 256, (16, 3, 8, 8), np.uint8)
    run_step(state, pixels, np.zeros(16, np.int64), 3.0)
    return state, before


@pytest.mark.parametrize("accumulate", [2, 4, 8])
def test_the_running_mean_of_w_moves_once_into_however_many_parts_a_step_is_cut(
    tiny: TrainConfig, accumulate: int
) -> None:
    whole, _ = one_step(tiny)
    parts, _ = one_step(tiny, accumulate=accumulate)
    torch.testing.assert_close(parts.generator.w_avg, whole.generator.w_avg)


@pytest.mark.parametrize(
    "settings", [{"d_steps": 1}, {"d_steps": 3}, {"d_steps": 2, "accumulate": 4}]
)
def test_several_discriminator_steps_move_the_running_mean_of_w_once(
    tiny: TrainConfig, settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a decay of 0.5 a mean that moves twice has gone three quarters of the way."""
    moved = []
    lerp = torch.Tensor.lerp_

    def counted(mean: torch.Tensor, end: torch.Tensor, weight: float) -> torch.Tensor:
        moved.append((tuple(mean.shape), weight))
        return lerp(mean, end, weight)

    monkeypatch.setattr(torch.Tensor, "lerp_", counted)
    one_step(tiny, w_avg_beta=0.5, **settings)
    assert moved == [((tiny.w_dim,), 0.5)]


@pytest.mark.parametrize("count", [2, 3, 5, 7, 13, 25, 35])
def test_no_batch_size_switches_the_minibatch_statistic_off(count: int) -> None:
    group = group_within(count, 4)
    assert group > 1
    assert count % group == 0
    features = torch.randn(count, 3, 2, 2, generator=torch.Generator().manual_seed(1))
    assert float(minibatch_stddev(features, 4)[:, 3].min()) > 0.1


def test_the_groups_of_the_paper_stay_as_they_are() -> None:
    assert [group_within(count, 4) for count in (1, 2, 4, 6, 8, 10, 16, 32)] == [
        1, 2, 4, 3, 4, 2, 4, 4,
    ]  # fmt: skip
    assert group_within(8, 1) == 1
