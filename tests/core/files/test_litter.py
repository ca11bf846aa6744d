"""A person's ganlab folders are swept of what killed processes left, and of nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganlab_core.files import sweep_own_folders
from ganlab_core.files.atomic import own_mark, temporary_beside

pytestmark = pytest.mark.skipif(os.name != "posix", reason="tells processes by their beginning")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def dead(path: Path) -> Path:
    """A name beside `path` that a process would have given which is over: of this one, begun before."""
    pid, began, where = own_mark().split("-")
    mark = f"{pid}-{int(began, 16) ^ 1:08x}-{where}"
    return path.with_name(temporary_beside(path).name.replace(own_mark(), mark))


def test_every_folder_is_swept_and_what_is_written_now_stays(home: Path) -> None:
    places = [
        "data/models/mine.safetensors", "data/favourites/20260101-000000-abcdef.png",
        "data/presets/a.json", "config/last.json", "cache/readouts/ab.safetensors",
        "cache/datasets/abc", "cache/scratch/job", "data/runs/faces/model.safetensors",
        "data/runs/removed", "data/runs/faces/checkpoints/000000008.safetensors",
        "data/runs/faces/sheets/000000008.png",
    ]  # fmt: skip
    swept, kept = [], []
    for name in places:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for one, found in ((dead(path), swept), (temporary_beside(path), kept), (path, kept)):
            if name.startswith(("cache/", "data/runs/removed")):
                one.mkdir()
                (one / "half").write_bytes(b"1")
            else:
                one.write_bytes(b"1")
            found.append(one)
    sweep_own_folders()
    assert not [path for path in swept if path.exists()]
    assert not [path for path in kept if not path.exists()]


def test_nothing_is_swept_through_a_link(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    litter = dead(elsewhere / "a")
    litter.write_bytes(b"1")
    (home / "data" / "runs" / "faces").mkdir(parents=True)
    (home / "data" / "runs" / "linked").symlink_to(elsewhere)
    (home / "data" / "runs" / "faces" / "checkpoints").symlink_to(elsewhere)
    sweep_own_folders()
    assert litter.exists()


def test_a_home_that_is_not_there_is_no_failure(home: Path) -> None:
    sweep_own_folders()
    assert not home.exists()
