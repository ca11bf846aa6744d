"""`ganlab runs`: every run in a line, whatever became of it, and what scripts read."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.files import known_runs_file
from ganlab_core.training import TrainConfig, known_runs, remember_run, train, with_settings
from ganlab_core.training.run_folder import pid_file

TINY: dict[str, object] = {
    "resolution": 8,
    "images": 64,
    "batch_size": 8,
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "sheet_kimg": 0.032,
    "checkpoint_kimg": 0.032,
    "sheet_columns": 2,
    "sheet_rows": 2,
    "readout_samples": 0,
    "threads": 1,
    "device": "cpu",
}

Put = Callable[[str], Path]

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has ended; look, and copy it before changing anything."""
    home = tmp_path_factory.mktemp("made")
    pictures = home / "squares"
    pictures.mkdir()
    random = np.random.default_rng(0)
    for index in range(16):
        Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(
            pictures / f"{index}.png"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_HOME", str(home / "home"))
        list(train(with_settings(TrainConfig(), {**TINY, "data": str(pictures)}), home / "run"))
    return home / "run"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, in a home of its own."""
    monkeypatch.setenv("GANLAB_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def put(trained: Path, runs: Path) -> Put:
    """Copy the run to the folder of runs under a name."""
    return lambda name: Path(shutil.copytree(trained, runs / name))


def objects(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, object]]:
    assert main(["runs", "--json", *arguments]) == 0
    return {run["name"]: run for run in json.loads(capsys.readouterr().out)}


def shorten_log(folder: Path, *, drop: int) -> None:
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    (folder / "events.jsonl").write_text("".join(lines[:-drop]))


def test_a_run_is_told_in_plain_facts(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put("mine")
    told = objects(capsys)["mine"]
    sizes = [path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()]
    assert told["state"] == "ended"
    assert (told["images"], told["images_total"]) == (64, 64)
    assert (told["architecture"], told["resolution"]) == ("stylegan", 8)
    assert told["data"] == "squares"
    assert told["bytes"] == sum(sizes)
    assert told["sheet"] == str(folder / "sheets/000000064.png")
    assert told["folder"] == str(folder)
    assert str(told["changed"]).endswith("+00:00")


def test_the_table_has_a_line_for_each_run(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    put("first")
    put("second")
    assert main(["runs"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("NAME")
    assert {line.split()[0] for line in lines} == {"first", "second"}
    assert all("64 of 64" in line and "stylegan 8 px" in line for line in lines)
    assert len({line.index("ended") for line in lines}) == 1


def test_every_state_is_told(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    put("done")
    folders = {name: put(name) for name in ("stopped", "broken", "alive", "failed")}
    for name in ("stopped", "broken", "alive"):
        shorten_log(folders[name], drop=1)
    gone = {"pid": 2**22 + 1, "began": "1", "host": platform.node(), "ended": False}
    (folders["broken"] / "alive.json").write_text(json.dumps(gone))
    with (folders["failed"] / "events.jsonl").open("a") as log:
        log.write('{"event": "Failed", "images": 64, "message": "The losses are no numbers."}\n')
    with pid_file(folders["alive"]):
        told = {name: run["state"] for name, run in objects(capsys).items()}
    assert told == {
        "done": "ended",
        "stopped": "stopped",
        "broken": "broke off",
        "alive": "training",
        "failed": "failed",
    }


def test_without_runs_it_says_how_to_begin_one(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs"]) == 0
    assert "ganlab train --data" in capsys.readouterr().out
    assert main(["runs", str(runs)]) == 0
    assert f"no runs in {runs}" in capsys.readouterr().out
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_folder_that_is_not_there_is_refused(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", str(runs / "nowhere")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_runs_are_found_in_the_home_here_and_where_one_says_each_once(
    trained: Path, put: Put, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put("in-runs")
    shutil.copytree(trained, tmp_path / "here")
    shutil.copytree(trained, tmp_path / "home/data/runs/window")
    shutil.copytree(trained, tmp_path / "far/away/run")
    assert set(objects(capsys)) == {"in-runs", "here", "window"}
    assert set(objects(capsys, str(tmp_path / "far/away"))) == {"run"}
    here = str(tmp_path / "here")
    assert set(objects(capsys, here, here, str(tmp_path))) == {"here"}


def test_a_run_that_was_trained_here_is_found_wherever_it_lies(
    trained: Path, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = Path(shutil.copytree(trained, tmp_path / "far/away/run"))
    shorten_log(away, drop=1)
    assert objects(capsys) == {}
    assert main(["train", "--resume", str(away)]) == 0
    capsys.readouterr()
    assert set(objects(capsys)) == {"run"}
    away.rename(tmp_path / "far/gone")
    assert objects(capsys) == {}


@posix
def test_who_resumes_a_run_that_trains_hears_by_whom(
    put: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put("mine")
    shorten_log(folder, drop=1)
    (folder / "checkpoints/000000064.safetensors").unlink()
    events = train(TrainConfig(), folder, resume=True)
    with contextlib.closing(events):  # type: ignore[type-var]
        next(events)
        assert main(["train", "--resume", str(folder)]) == 1
        complaint = capsys.readouterr().err
        assert f"Process {os.getpid()} on {platform.node()} is training" in complaint
        assert complaint.count("\n") == 1


def test_the_list_of_known_runs_survives_anything(
    trained: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(3):
        remember_run(runs.parent / f"run {index}\n")
        remember_run(trained)
    assert known_runs()[:2] == [trained, runs.parent / "run 2\n"]
    assert len(known_runs()) == 4
    with known_runs_file().open("ab") as listed:
        listed.write(b"[" * 10_000 + b'\n\xff\n{}\n"\\u0000"\n"relative"\n"/half')
    assert known_runs()[0] == trained
    remember_run(runs)
    assert set(objects(capsys)) == {"run"}


def test_the_list_of_known_runs_stays_short(runs: Path) -> None:
    known_runs_file().parent.mkdir(parents=True)
    known_runs_file().write_text("".join(f'"/run/{index}"\n' for index in range(30_000)))
    remember_run(runs)
    assert known_runs()[0] == runs
    assert known_runs_file().stat().st_size < 2**15


def test_where_nothing_can_be_remembered_training_goes_on(
    trained: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (runs / "file").write_text("no folder")
    monkeypatch.setenv("GANLAB_HOME", str(runs / "file"))
    remember_run(trained)
    assert known_runs() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "config.json is damaged"),
        (b"\x00\xff", "config.json is damaged"),
        (b"[" * 100_000, "config.json is damaged"),
        (b'{"ganlab_train_config": 1, "x": "' + b"y" * 2**20 + b'"}', "File too large"),
    ],
)
def test_a_damaged_config_is_one_line_beside_the_others(
    put: Put, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    put("whole")
    (put("cut") / "config.json").write_bytes(content)
    assert main(["runs"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if "cut cannot be read" in line and said in line]
    assert [line for line in shown if line.startswith("whole")]
    assert objects(capsys)["cut"]["state"] == "unreadable"


@pytest.mark.parametrize(
    "values",
    [
        {"images": 10**400, "resolution": -5, "architecture": None, "data": [1]},
        {"images": "many", "resolution": 1e300, "sheet_rows": {}, "data": "\ud800"},
        {"images": float("nan"), "resolution": True, "architecture": "x" * 100_000},
    ],
)
def test_hostile_values_do_no_harm(
    put: Put, capsys: pytest.CaptureFixture[str], values: dict[str, object]
) -> None:
    folder = put("odd")
    config = json.loads((folder / "config.json").read_text()) | values
    (folder / "config.json").write_text(json.dumps(config))
    line = {"event": "Progress", "images": 10**400, "resolution": 10**400, "alpha": 10**400}
    with (folder / "events.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    assert main(["runs"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 1000
    assert "odd" in objects(capsys)


@pytest.mark.parametrize("name", ["alive.json", "steering.json"])
@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff", b'{"pid": 1e999}', b"null"])
def test_a_damaged_sign_of_life_does_no_harm(
    put: Put, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    (put("odd") / name).write_bytes(content)
    assert "odd" in objects(capsys)


@posix
@pytest.mark.parametrize("name", ["config.json", "events.jsonl", "alive.json", "steering.json"])
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_plain_file_is_not_opened(
    put: Put, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    path = put("trap") / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    told = objects(capsys)["trap"]
    assert told["state"] == "unreadable"
    assert name in str(told["message"])


@posix
def test_a_link_is_neither_followed_for_the_size_nor_shown_as_a_sheet(
    put: Put, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put("linked")
    before = objects(capsys)["linked"]["bytes"]
    (tmp_path / "large").write_bytes(bytes(2**20))
    (folder / "sheets/999999999.png").symlink_to(tmp_path / "large")
    (folder / "snapshots/up").symlink_to(tmp_path)
    told = objects(capsys)["linked"]
    assert isinstance(before, int)
    assert before < told["bytes"] < before + 2**12  # type: ignore[operator]
    assert told["sheet"] != str(folder / "sheets/999999999.png")


@posix
def test_names_command_no_terminal(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    put("a\x1b]0;b\x07\nc\u202ed")
    assert main(["runs"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("\n") == 2
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert r"a\x1b]0;b\x07\nc\u202ed" in shown


@posix
def test_of_a_log_only_the_end_is_read(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    log = put("long") / "events.jsonl"
    last = log.read_bytes().splitlines(keepends=True)[-1]
    with log.open("wb") as file:
        file.seek(2**40)  # a hole that no machine reads
        file.write(b"\n" + last)
    assert objects(capsys)["long"]["state"] == "ended"
