"""A run folder from somebody else: resuming, thinning out and watching it touch nothing outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ganlab_core.errors import GanlabError, TrainingError
from ganlab_core.export import run_sheets
from ganlab_core.models import resolve
from ganlab_core.training import (
    ControlFile,
    LogReader,
    RunFolder,
    TrainConfig,
    kept_in,
    life_of,
    open_any,
    open_run,
    read_control,
    read_record,
    read_sheet,
    train,
    with_settings,
    write_control,
)
from ganlab_core.training.events import known_scores
from ganlab_core.training.run_folder import (
    FILES,
    FOLDERS,
    RESERVE,
    disk_reserve,
    enforce_budget,
)
from tests.core.training.conftest import Trained

pytestmark = pytest.mark.skipif(os.name != "posix", reason="makes links and pipes")


@pytest.fixture
def run(tiny: TrainConfig, trained: Trained, tmp_path: Path) -> Path:
    """A run of one's own to change, half done."""
    shutil.copytree(trained(tiny), tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody's own, with what a trap would reach."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "diary").write_text("dear diary\n" * 10_000)
    for images in (8, 16, 24):
        (folder / f"{images:09d}.safetensors").write_bytes(b"weights")
        (folder / f"{images:09d}.png").write_bytes(b"picture")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every plain file in a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def put(trap: Callable[[Path], None], path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    trap(path)


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_run_with_a_link_in_it_is_not_resumed_and_nothing_is_touched(
    run: Path, outside: Path, name: str
) -> None:
    target = outside if name in FOLDERS else outside / "diary"
    put(lambda path: path.symlink_to(target), run / name)
    before = contents(run), contents(outside)
    with pytest.raises(TrainingError, match=f"there is a link in place of the .*{name}") as told:
        list(train(TrainConfig(), run, resume=True))
    assert "real one" in told.value.remedy
    assert (contents(run), contents(outside)) == before
    assert (run / name).is_symlink()


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_run_with_a_pipe_in_it_is_not_resumed_and_nothing_waits(run: Path, name: str) -> None:
    put(os.mkfifo, run / name)
    before = contents(run)
    with pytest.raises(TrainingError, match="there is a pipe in place of"):
        list(train(TrainConfig(), run, resume=True))
    assert contents(run) == before


def test_a_new_run_is_not_begun_in_a_folder_that_leads_elsewhere(
    tiny: TrainConfig, tmp_path: Path, outside: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "sheets").symlink_to(outside)
    before = contents(outside)
    with pytest.raises(TrainingError, match="a link in place of the folder"):
        list(train(tiny, tmp_path / "new"))
    assert contents(outside) == before


def test_the_run_itself_may_be_reached_through_a_link(
    tiny: TrainConfig, trained: Trained, run: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(run)
    shutil.rmtree(run / "snapshots")
    for path in RunFolder(run).checkpoints()[2:]:
        path.unlink()
    list(train(TrainConfig(), tmp_path / "link", resume=True))
    assert (run / "model.safetensors").read_bytes() == (
        trained(tiny) / "model.safetensors"
    ).read_bytes()


def test_a_link_put_in_place_while_the_run_trains_is_not_followed(
    tiny: TrainConfig, tmp_path: Path, outside: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    events = train(tiny, folder.root)
    next(events)
    before = contents(outside)
    shutil.rmtree(folder.root / "checkpoints")
    (folder.root / "checkpoints").symlink_to(outside)
    with pytest.raises(TrainingError, match="a link in place of the folder"):
        list(events)
    assert contents(outside) == before


def test_the_budget_deletes_plain_files_in_the_run_only(run: Path, outside: Path) -> None:
    shutil.rmtree(run / "snapshots")
    (run / "snapshots").symlink_to(outside)
    before = contents(outside)
    enforce_budget(run, [], 0.0)
    assert contents(outside) == before
    (run / "snapshots").unlink()
    (run / "snapshots").mkdir()
    (run / "snapshots" / "000000008.safetensors").symlink_to(outside / "000000008.safetensors")
    names = ("8.safetensors", "best.safetensors", "000000008.png", "\u0661" * 9 + ".safetensors")
    for name in names:
        (run / "snapshots" / name).write_bytes(b"a person's own")
    (run / "snapshots" / "000000016.safetensors").write_bytes(b"the trainer's")
    enforce_budget(run, [], 0.0)
    assert sorted(path.name for path in (run / "snapshots").iterdir()) == sorted(
        [*names, "000000008.safetensors"]
    )
    assert contents(outside) == before
    assert len(kept_in(run / "checkpoints")) == 2


def test_the_room_kept_aside_is_a_file_of_its_own(run: Path, outside: Path) -> None:
    before = contents(outside)
    (run / RESERVE).symlink_to(outside / "diary")
    with disk_reserve(run):
        assert not (run / RESERVE).is_symlink()
    os.link(outside / "diary", run / RESERVE)
    with disk_reserve(run):
        pass
    assert not os.path.lexists(run / RESERVE)
    assert contents(outside) == before


def test_a_log_that_a_backup_shares_is_written_anew(run: Path, outside: Path) -> None:
    """`cp -al` and `rsync --link-dest` give a file a second name instead of a copy."""
    os.link(run / "events.jsonl", outside / "events.jsonl")
    before = contents(outside)
    for path in RunFolder(run).checkpoints()[2:]:
        path.unlink()
    list(train(TrainConfig(), run, resume=True))
    assert contents(outside) == before
    assert (run / "events.jsonl").stat().st_nlink == 1


# --- reading -----------------------------------------------------------------------------------------


def within_seconds(work: Callable[[], object], seconds: float = 60.0) -> None:
    """Fail when reading waits; a thread that does so cannot be ended."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive()


def read_everything(root: Path) -> None:
    """Every way to look at a run."""
    attempts: list[Callable[[], object]] = [
        lambda: life_of(root),
        lambda: read_control(root),
        lambda: write_control(root, ControlFile()),
        lambda: read_record(root),
        lambda: known_scores(root / "events.jsonl"),
        lambda: RunFolder(root).config(),
        lambda: RunFolder(root).checkpoints(),
        lambda: RunFolder(root).phases(),
        lambda: open_run(root).status(),
        lambda: open_run(root).newest_sheet(),
        lambda: open_run(root).model_path(),
        lambda: LogReader(root, {}).update(),
        lambda: read_sheet(root, "sheets/000000160.png"),
        lambda: run_sheets(root),
        lambda: resolve(str(root)),
        lambda: open_any(root / "checkpoints" / "000000160.safetensors"),
        lambda: kept_in(root / "checkpoints"),
    ]
    for attempt in attempts:
        try:
            attempt()
        except (GanlabError, OSError):
            continue


EVERY_FILE = (
    *FILES, "sheets/000000160.png", "checkpoints/000000160.safetensors", "phases/8.safetensors",
)  # fmt: skip


@pytest.mark.parametrize("name", [*EVERY_FILE, *FOLDERS])
def test_no_reader_waits_at_a_pipe(run: Path, name: str) -> None:
    (run / "phases").mkdir(exist_ok=True)
    put(os.mkfifo, run / name)
    within_seconds(lambda: read_everything(run))


@pytest.mark.parametrize("name", ["alive.json", "steering.json", "config.json", "steering.jsonl"])
def test_nothing_is_read_through_a_link(run: Path, outside: Path, name: str) -> None:
    (run / "steering.jsonl").write_text('{"step": 1, "images": 8, "settings": {"r1_gamma": 2}}\n')
    (run / "steering.json").write_text('{"paused": true}')
    shutil.move(run / name, outside / name)
    (run / name).symlink_to(outside / name)
    if name == "config.json":
        with pytest.raises(TrainingError, match="not the folder of a training run"):
            open_run(run)
    elif name == "alive.json":
        assert life_of(run) == "unknown"
    elif name == "steering.json":
        assert read_control(run) == ControlFile()
    else:
        assert read_record(run) == ()


@pytest.mark.parametrize(
    "path",
    ["/etc/hostname", "../outside/000000008.png", "sheets/../../outside/000000008.png", "sheets",
     "sheets/best.png", "checkpoints/000000160.safetensors", "", None, 7, {"a": 1}, "sheets/1.png\n"],
)  # fmt: skip
def test_a_sheet_with_a_path_no_trainer_gives_is_counted_and_never_looked_for(
    run: Path, path: object
) -> None:
    told = {"event": "SheetSaved", "images": 999, "resolution": 16, "alpha": 1.0, "path": path}
    with (run / "events.jsonl").open("a") as log:
        log.write(json.dumps(told) + "\n")
    history = LogReader(run, {})
    history.update()
    story = history.history()
    assert story.passed_over == 1
    assert 999 not in {sheet.images for sheet in story.sheets}
    assert len(story.sheets) > 1


def test_a_sheet_that_is_a_link_is_not_read(run: Path, outside: Path) -> None:
    sheet = run / "sheets" / "000000160.png"
    sheet.unlink()
    sheet.symlink_to(outside / "000000008.png")
    with pytest.raises(OSError, match="a link"):
        read_sheet(run, "sheets/000000160.png")
    assert sheet not in run_sheets(run)
    assert open_run(run).newest_sheet() != sheet


def test_a_log_larger_than_any_memory_is_followed_bit_by_bit(run: Path) -> None:
    with (run / "events.jsonl").open("ab") as log:
        log.truncate(2**42)
    history = LogReader(run, {})
    assert history.update()
    assert history.history().last_images > 0
    assert history.update()
    assert open_run(run).status().images == 0
    assert known_scores(run / "events.jsonl") == []


# --- litter ------------------------------------------------------------------------------------------


def test_litter_is_swept_when_a_run_goes_on_and_counts_until_then(
    tiny: TrainConfig, run: Path
) -> None:
    planted = [
        run / "checkpoints" / ".000000096.safetensors.k3_9abcd.part",
        run / "checkpoints" / ".tmpAbCdEf",
        run / "snapshots" / ".000000080.safetensors.12345678.part",
        run / "sheets" / ".000000064.png.12345678.part",
        run / ".model.safetensors.12345678.part",
    ]
    for path in planted:
        path.write_bytes(bytes(1000))
    assert sorted(RunFolder(run).litter()) == sorted(planted)
    sizes = sum(one.size for name in ("checkpoints", "snapshots") for one in kept_in(run / name))
    enforce_budget(run, [], (sizes + 10) / 1e9)
    assert len(kept_in(run / "checkpoints")) == 5
    enforce_budget(run, [], (sizes + 10) / 1e9, RunFolder(run).litter())
    left = sum(one.size for name in ("checkpoints", "snapshots") for one in kept_in(run / name))
    assert left <= sizes + 10 - 5000
    list(train(tiny, run, resume=True))
    assert not [path for path in planted if path.exists()]


KILLED = """
import json, os, signal, sys
from pathlib import Path
import safetensors.torch, ganlab_core.models.file as files
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.loop import train

save, calls = files.save_file, []

def die(tensors, path, metadata):
    calls.append(path)
    if len(calls) == 4:
        (Path(path).parent / ".tmpAbCdEf").write_bytes(b"half")
        Path(path).write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    save(tensors, path, metadata)

files.save_file = die
list(train(TrainConfig.from_json(sys.argv[1]), Path(sys.argv[2])))
"""


def test_a_trainer_killed_while_it_writes_leaves_nothing_past_the_next_start(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    config = with_settings(tiny, {"images": 96})
    killed = subprocess.run([sys.executable, "-c", KILLED, config.to_json(), str(run)], check=False)
    assert killed.returncode == -signal.SIGKILL
    litter = RunFolder(run).litter()
    assert litter
    list(train(TrainConfig(), run, resume=True))
    assert not [path for path in run.rglob(".*") if path.name != ".writing"]
