"""The estimate: real steps at every resolution, counted and timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganlab_core.cli import main
from ganlab_core.training import TrainConfig, estimate, with_settings


def test_every_resolution_of_the_run_is_timed(tiny: TrainConfig) -> None:
    found = estimate(with_settings(tiny, {"resolution": 8}), seconds=0.01)
    assert [resolution for resolution, _ in found.seconds_per_kimg] == [4, 8]
    assert found.parameters_g > found.parameters_d / 100 > 0
    slowest = max(seconds for _, seconds in found.seconds_per_kimg)
    assert 0 < found.seconds <= slowest * tiny.images / 1000 + 1e-9
    assert found.memory_bytes > 2**20


def test_the_command_line_measures_a_config_file_and_trains_nothing(
    tiny: TrainConfig,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ganlab_core.training.cost_estimate.SECONDS", 0.01)
    path = tmp_path / "config.json"
    path.write_text(with_settings(tiny, {"resolution": 8}).to_json())
    assert main(["train", "--config", str(path), "--estimate"]) == 0
    assert json.loads(capsys.readouterr().out)["device"] == "cpu"


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"loss": "logistic-r1", "r1_interval": 1}, 1.0),
        ({"loss": "logistic-r1", "r1_interval": 16}, 1.0 + 4.0 / 16),
        ({"loss": "relativistic", "r1_interval": 16}, 1.0 + 4.0 / 16),
        ({"loss": "logistic-r1", "r1_interval": 16, "r1_gamma": 0.0}, 1.0),
        ({"loss": "wgan-gp", "r1_interval": 16}, 1.0),
    ],
)
def test_what_a_rare_penalty_costs_is_spread_over_the_steps(
    tiny: TrainConfig,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, object],
    seconds: float,
) -> None:
    config = with_settings(tiny, {"resolution": 8, "batch_size": 8, **settings})
    monkeypatch.setattr(
        "ganlab_core.training.cost_estimate._timed",
        lambda _steps, step: 5.0 if step % 16 == 0 else 1.0,
    )
    kimg = dict(estimate(config, seconds=0.01).seconds_per_kimg)[8]
    assert kimg == pytest.approx(seconds / 8 * 1000)


def test_two_rare_penalties_are_sensitivity_specificity(
    tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R1 costs 4 every 16 steps and the path length penalty 2 every 4, both at step 0."""
    settings = {"architecture": "stylegan2", "r1_interval": 16, "path_interval": 4, "batch_size": 8}
    config = with_settings(tiny, {"resolution": 8, **settings})
    monkeypatch.setattr(
        "ganlab_core.training.cost_estimate._timed",
        lambda _steps, step: 1.0 + 4.0 * (step % 16 == 0) + 2.0 * (step % 4 == 0),
    )
    found = dict(estimate(config, seconds=0.01).seconds_per_kimg)
    assert found[8] == pytest.approx((1.0 + 4.0 / 16 + 2.0 / 4) / 8 * 1000)
