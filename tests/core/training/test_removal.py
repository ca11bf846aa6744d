"""Removing a run: only a run, only one at rest, never through a link, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path

import pytest

from ganlab_core.errors import TrainingError
from ganlab_core.training import (
    RunFolder,
    TrainConfig,
    delete_run,
    held_for_removal,
    sweep_removed,
    train,
)
from ganlab_core.training.run_folder import pid_file
from ganlab_core.training.run_list import looks_like_a_run
from tests.core.training.conftest import Trained, hashes

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and locks of POSIX")


@pytest.fixture
def run(tiny: TrainConfig, trained: Trained, tmp_path: Path) -> Path:
    """A run of its own, in a folder with nothing else."""
    return Path(shutil.copytree(trained(tiny), tmp_path / "runs/run"))


def test_a_run_goes_with_all_that_is_in_it(run: Path) -> None:
    (run / ".model.safetensors.abc.part").write_bytes(b"left by a kill")
    (run / "skipped.txt").write_text("a.png is damaged")
    delete_run(run)
    assert list(run.parent.iterdir()) == []


@pytest.mark.parametrize("missing", ["config.json", "all but config.json"])
def test_what_is_no_run_stays(run: Path, missing: str) -> None:
    if missing == "config.json":
        (run / "config.json").unlink()
    else:
        for name in ("events.jsonl", "sheets", "checkpoints"):
            (run / name).rename(run.parent / name)
    before = hashes(run)
    with pytest.raises(TrainingError, match="not the folder of a training run"):
        delete_run(run)
    assert hashes(run) == before


def test_a_folder_that_a_person_lives_in_is_no_run(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(run))
    monkeypatch.setattr(Path, "home", lambda: run)
    with pytest.raises(TrainingError, match="not the folder of a training run"):
        delete_run(run)
    assert (run / "model.safetensors").exists()


def test_files_that_are_not_the_runs_keep_it(run: Path) -> None:
    (run / "notes.txt").write_text("what I thought of it")
    before = hashes(run)
    with pytest.raises(TrainingError, match=r"notes\.txt"):
        delete_run(run)
    assert hashes(run) == before


@posix
def test_a_run_that_trains_stays_and_trains_on(tiny: TrainConfig, tmp_path: Path) -> None:
    events = train(tiny, tmp_path / "run")
    with contextlib.closing(events):  # type: ignore[type-var]
        next(events)
        with pytest.raises(TrainingError, match="is training"):
            delete_run(tmp_path / "run")
        (tmp_path / "run/alive.json").unlink()  # its lock alone says so as well
        with pytest.raises(TrainingError):
            delete_run(tmp_path / "run")
        next(events)


def test_a_run_with_a_sign_of_life_stays(run: Path) -> None:
    with pid_file(run), pytest.raises(TrainingError, match="is training"):
        delete_run(run)
    assert (run / "model.safetensors").exists()


@posix
def test_nobody_begins_to_train_what_is_being_removed(run: Path) -> None:
    with held_for_removal(run), pytest.raises(TrainingError), RunFolder(run).writing():
        pass


@posix
def test_of_links_only_the_links_go(run: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "000000001.safetensors").write_text("weights")
    shutil.rmtree(run / "snapshots")
    (run / "snapshots").symlink_to(precious)
    (run / ".writing").unlink()
    (run / ".writing").symlink_to(precious / "000000001.safetensors")
    link = tmp_path / "link"
    link.symlink_to(run)
    before = hashes(run)
    delete_run(link)
    assert not os.path.lexists(link)
    assert hashes(run) == before
    delete_run(run)
    assert not run.exists()
    assert (precious / "000000001.safetensors").read_text() == "weights"


@posix
@pytest.mark.skipif(getattr(os, "getuid", bool)() == 0, reason="root may do everything")
def test_a_run_in_a_locked_place_stays_whole(run: Path) -> None:
    before = hashes(run)
    run.parent.chmod(0o555)
    try:
        with pytest.raises(TrainingError, match="removing run failed"):
            delete_run(run)
    finally:
        run.parent.chmod(0o755)
    assert hashes(run) == before


def test_a_deletion_that_broke_off_is_finished_later_and_nothing_else_is(run: Path) -> None:
    place = run.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "rmtree", _break_off)
        with pytest.raises(KeyboardInterrupt):
            delete_run(run)
    (left,) = place.iterdir()
    assert not any(looks_like_a_run(path) for path in place.iterdir())
    for name in (".hidden", "run.removed", ".run.removed", "other"):
        (place / name).mkdir()
    sweep_removed(place)
    assert not left.exists()
    assert len(list(place.iterdir())) == 4


def _break_off(_path: Path) -> None:
    raise KeyboardInterrupt


def test_a_run_that_went_meanwhile_is_told(run: Path) -> None:
    shutil.rmtree(run)
    with pytest.raises(TrainingError, match="not the folder of a training run"):
        delete_run(run)
    assert not run.exists()
