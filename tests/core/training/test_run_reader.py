"""A run seen from outside: read-only, live or finished, damaged or not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ganlab_core.errors import TrainingError
from ganlab_core.training import TrainConfig, open_run, train
from tests.core.training.conftest import Trained


def test_a_finished_run_tells_where_it_stands(tiny: TrainConfig, trained: Trained) -> None:
    folder = trained(tiny)
    run = open_run(folder)
    status = run.status()
    assert (status.images, status.images_total, status.resolution) == (160, 160, 16)
    assert not status.running
    assert run.newest_sheet() == folder / "sheets/000000160.png"
    assert run.model_path() == folder / "model.safetensors"


def test_a_live_run_is_seen_running_and_is_not_locked(tiny: TrainConfig, tmp_path: Path) -> None:
    run = train(tiny, tmp_path / "run")
    next(run)
    reader = open_run(tmp_path / "run")
    assert reader.status().running
    assert reader.newest_sheet() is None
    next(run)
    run.close()


def test_a_run_that_was_given_a_later_end_and_has_not_gone_on_can_be_resumed(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(trained(tiny), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"images": 320}))
    assert open_run(folder).status().state == "stopped"


def test_a_half_written_line_is_ignored(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained(tiny), tmp_path / "run")
    with (tmp_path / "run/events.jsonl").open("a") as log:
        log.write('{"event": "Progress", "images": 99')
    assert open_run(tmp_path / "run").status().images == 160


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "\x00"])
def test_what_is_no_run_is_refused_in_a_sentence(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(TrainingError, match="not the folder of a training run"):
        open_run(tmp_path)
