"""The command line's manners: exit statuses, sentences, and what scripts can read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import COMMANDS, main, window_remedy
from ganlab_core.cli.output import progress
from ganlab_core.cli.overview import QT_PACKAGES, examine
from ganlab_core.cli.program import build_parser
from ganlab_core.models import read_info
from tests.small_disk import make_read_only, small_disk


def start(*arguments: str) -> subprocess.Popen[str]:
    """The command line in a process of its own, which hears SIGINT even where its parent does not."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "ganlab_core", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"ganlab {command}" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ganlab ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["--colour"],
        ["models", "--colour"],
        ["render"],
        ["render", "tiny"],
        ["render", "tiny", "--ou", "x"],
        ["train"],
        ["train", "--data", "x"],
        ["train", "--resume", "x", "--seed", "3"],
        ["train", "--data", "x", "--out", "y", "--set", "images"],
        ["evaluate", "tiny"],
        ["evaluate", "tiny", "--data", "x", "--samples", "0"],
        ["evaluate", "tiny", "--data", "x", "--psi", "nan"],
    ],
)
def test_wrong_usage_exits_with_2_and_one_line_that_says_where_to_read_on(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("ganlab")
    assert ": error: " in captured.err
    assert captured.err.endswith(" --help.\n")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_the_help_gives_every_command_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert all([name, *line.split()] in lines for name, line in COMMANDS.items())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_of_the_help_is_a_line_that_works(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "seed0003.png").write_bytes(b"")
    assert main([command, "--help"]) == 0
    _, _, examples = capsys.readouterr().out.partition("examples:\n")
    lines = examples.splitlines()
    assert lines
    for line in lines:
        prog, *words = line.split()
        assert prog == "ganlab"
        assert build_parser().parse_args(words).parser.prog == f"ganlab {command}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rendr"], "no command 'rendr'. Did you mean render?"),
        (["render", "tiny", "--seds", "3"], "no option '--seds'. Did you mean --seeds"),
        (["models", "tiny"], "no place for 'tiny'"),
    ],
)
def test_a_typo_is_told_with_what_may_be_meant(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--recipe", "--latents", "--labels"])
def test_a_file_that_is_missing_is_a_failure_and_no_wrong_usage(
    model_file: Path, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "tiny", "--out", str(tmp_path / "out"), option, "nowhere.npy"]) == 1
    assert capsys.readouterr().err == "ganlab: There is no file nowhere.npy. Check the path.\n"


WRITING = {
    "render": ["render", "tiny", "--out", "{}/pictures"],
    "picture": ["render", "tiny", "--out", "{}/one.png"],
    "raw": ["render", "tiny", "--raw", "{}/raw.npy"],
    "film": ["video", "tiny", "--seconds", "0.1", "--out", "{}/film.gif"],
    "frames": ["video", "tiny", "--seconds", "0.1", "--out", "{}/frames"],
    "sheet": ["sheet", "tiny", "--seeds", "0-1", "--out", "{}/sheet.png"],
    "import": ["import", "tiny", "--out", "{}/model.safetensors"],
    "train": ["train", "--data", "{data}", "--out", "{}/run"],
    "evaluate": ["evaluate", "tiny", "--data", "{data}", "--samples", "2", "--size", "4", "--nearest",
                 "{}/near.png"],
}  # fmt: skip


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six pictures of noise."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(6):
        pixels = random.integers(0, 256, (64, 64, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


@pytest.mark.parametrize("what", WRITING)
def test_what_cannot_be_written_in_a_file_or_nowhere_is_told_in_a_line(
    model_file: Path, pictures: Path, tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main([word.format(tmp_path / "file", data=pictures) for word in WRITING[what]]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith("ganlab: ")
    assert not [line for line in told if "Traceback" in line]


def test_what_cannot_be_written_on_a_read_only_disk_is_told_in_a_line(
    model_file: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        make_read_only(disk)
        for words in WRITING.values():
            assert main([word.format(disk, data=pictures) for word in words]) == 1
            told = capsys.readouterr().err.splitlines()
            assert "Read-only" in told[-1]
            assert told[-1].startswith("ganlab: ")


def test_models_are_listed_for_people(model_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    shown = capsys.readouterr().out
    assert "tiny" in shown
    assert "16 px" in shown


def test_models_are_listed_for_scripts(
    model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--json"]) == 0
    (tiny,) = [found for found in json.loads(capsys.readouterr().out) if found["name"] == "tiny"]
    assert tiny == {
        "name": "tiny",
        "title": "Tiny",
        "architecture": "stylegan",
        "resolution": 16,
        "classes": [],
        "licence": "CC0",
        "picks": [],
        "fingerprint": read_info(model_file).fingerprint,
        "path": str(model_file),
    }


def test_an_unknown_model_is_one_sentence_and_exit_1(
    model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "tinny", "--out", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.err == "ganlab: There is no model 'tinny'. Did you mean tiny?\n"
    assert captured.out == ""


@pytest.mark.parametrize("name", ["biggan.pth", "nets/biggan", "model.safetensors"])
def test_a_missing_file_is_told_as_missing_and_not_as_an_unknown_model(
    model_file: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "biggan-256.pth").write_bytes(b"")
    assert main(["render", name, "--out", "x"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"ganlab: There is no file or folder {name} in {tmp_path}.")
    assert ("Did you mean biggan-256.pth?" in told) == (name == "biggan.pth")


def test_the_light_commands_do_not_load_torch(model_file: Path) -> None:
    code = (
        "import sys; from ganlab_core.cli.program import main; "
        "main(['models']); main(['render', '--help']); main(['train', '--help']); "
        "sys.exit(3 if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == 0


def test_the_doctor_looks_at_what_matters(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert {"PyTorch", "Device", "Window", "ffmpeg", "Models", "Cache"} <= found.keys()
    assert found["PyTorch"]["state"] == "ok"
    assert "StyleGAN at 1024 px" in found["Speed"]["found"]
    assert all(f["remedy"] for f in found.values() if f["state"] == "missing")


def test_the_doctor_says_when_the_cache_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("GANLAB_HOME", str(blocked))
    (cache,) = [finding for finding in examine() if finding.name == "Cache"]
    assert cache.state == "missing"
    assert "GANLAB_HOME" in cache.remedy


def test_the_packages_for_a_window_are_the_same_in_every_place() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert QT_PACKAGES in readme
    assert QT_PACKAGES in window_remedy("libEGL.so.1: cannot open shared object file")


@pytest.mark.parametrize(
    ("reason", "blamed"),
    [
        ("qt.qpa.xcb: could not connect to display :9", "where there is a screen"),
        ("could not connect to display", "where there is a screen"),
        ("Failed to create wl_display (No such file or directory)", "where there is a screen"),
        ("From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed to load the plugin", "apt install"),
        ("libGL.so.1 is missing", "apt install"),
        ("PySide6 is not installed", "pip install PySide6-Essentials"),
    ],
)
def test_what_keeps_a_window_from_opening_is_blamed_and_nothing_else(
    reason: str, blamed: str
) -> None:
    told = window_remedy(reason)
    assert blamed in told
    assert sum(word in told for word in ("where there is a screen", "apt install", "pip")) == 1


def test_ctrl_c_ends_a_rendering_quietly(model_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "many"
    with start("render", "tiny", "--seeds", "0-9999", "--out", str(out)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().endswith("seed0000.png")
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaints == ""
    assert not [path for path in out.iterdir() if path.suffix != ".png"]


def test_a_reader_that_goes_away_is_no_traceback(model_file: Path, tmp_path: Path) -> None:
    with start("render", "tiny", "--seeds", "0-9999", "--out", str(tmp_path / "many")) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_a_log_is_told_how_far_a_long_work_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(40), 40, "step", "training")) == list(range(40))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "ganlab: training: 40 steps",
        *(f"ganlab: training: {done} of 40 steps" for done in range(4, 41, 4)),
    ]
    assert list(progress(range(3), 3, "picture", "sampling")) == [0, 1, 2]
    assert capsys.readouterr().err == "ganlab: sampling: 3 pictures\n"
    assert list(progress(range(99), 99, "picture")) == list(range(99))
    assert capsys.readouterr().err == ""


def test_a_log_is_told_while_the_work_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    steps = progress(range(40), 40, "step", "training")
    for _ in range(5):
        next(steps)
    assert capsys.readouterr().err.endswith("training: 4 of 40 steps\n")
