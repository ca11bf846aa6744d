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
