"""A run whose disk is full: told in a sentence, nothing kept is lost, and it goes on to the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab_core.errors import TrainingError
from ganlab_core.training import (
    FULL,
    CheckpointSaved,
    Progress,
    RunFolder,
    TrainConfig,
    is_full,
    life_of,
    open_run,
    train,
)
from ganlab_core.training.events import to_line
from ganlab_core.training.run_folder import LOG, RESERVE, explained
from tests.small_disk import fill, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as place:
        yield place


def files_of(folder: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.checkpoints()}


def test_a_run_on_a_full_disk_loses_nothing_says_so_and_goes_on_to_the_same_bytes(
    tiny: TrainConfig, tmp_path: Path, disk: Path
) -> None:
    list(train(tiny, tmp_path / "whole"))
    folder = RunFolder(disk / "run")
    run = train(tiny, folder.root)
    next(event for event in run if isinstance(event, CheckpointSaved))
    kept, filler = files_of(folder), fill(disk)
    with pytest.raises(TrainingError, match="disk is full"):
        list(run)
    assert files_of(folder) == kept
    assert not list(folder.root.rglob("*.part"))

    status = open_run(folder.root).status()
    assert status.state == "failed"
    assert status.message.startswith(FULL)
    assert life_of(folder.root) == "ended"
    for line in folder.log.read_text().splitlines():
        json.loads(line)

    fill(disk)
    with pytest.raises(TrainingError, match="disk is full"):
        list(train(tiny, folder.root, resume=True))
    assert files_of(folder) == kept

    filler.unlink()
    list(train(tiny, folder.root, resume=True))
    assert folder.model.read_bytes() == (tmp_path / "whole/model.safetensors").read_bytes()
    assert not (folder.root / RESERVE).exists()


def test_a_stop_on_a_full_disk_says_that_it_could_not_be_kept(
    tiny: TrainConfig, disk: Path
) -> None:
    folder = RunFolder(disk / "run")
    run = train(tiny, folder.root)
    next(event for event in run if isinstance(event, CheckpointSaved))
    kept = files_of(folder)
    next(run)
    fill(disk)
    with pytest.raises(TrainingError, match="disk is full"):
        run.close()
    assert files_of(folder) == kept


def test_a_line_that_does_not_fit_leaves_no_half_line(disk: Path) -> None:
    folder = RunFolder(disk)
    event = Progress(1, 4, 1.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.001, 10.0)
    folder.files.append_line(LOG, to_line(event))
    fill(disk)
    with pytest.raises(OSError, match="No space"):
        [folder.files.append_line(LOG, to_line(event)) for _ in range(100)]
    lines = folder.log.read_text().splitlines()
    assert all(json.loads(line)["event"] == "Progress" for line in lines)


def test_a_run_killed_on_a_full_disk_is_known_by_its_disk(tiny: TrainConfig, disk: Path) -> None:
    run = train(tiny, disk / "run")
    next(run)
    run.close()
    log = RunFolder(disk / "run").log
    log.write_text(log.read_text().splitlines()[0] + "\n")
    fill(disk)
    assert is_full(disk)
    assert open_run(disk / "run").status().message.startswith(FULL)


def test_other_failures_to_write_keep_their_reason() -> None:
    error = PermissionError(13, "Permission denied", "sheets/1.png")
    assert "Permission denied" in str(explained(error))
    assert "--resume" in str(explained(error))
    own = TrainingError("The losses are no longer finite numbers.")
    assert explained(own) is own
