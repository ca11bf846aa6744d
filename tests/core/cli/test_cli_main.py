"""The command line's manners: exit statuses, sentences, and what scripts can read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ganlab_core.cli.main import main
from ganlab_core.doctor import examine
from ganlab_core.model_info import read_info

COMMANDS = ("models", "render", "train", "evaluate", "doctor")


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
        ["train", "--resume", "x", "--images", "3"],
        ["train", "--data", "x", "--out", "y", "--set", "images"],
        ["evaluate", "tiny"],
        ["evaluate", "tiny", "--data", "x", "--samples", "0"],
        ["evaluate", "tiny", "--data", "x", "--psi", "nan"],
    ],
)
def test_wrong_usage_exits_with_2_and_shows_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("usage: ganlab")
    assert captured.out == ""


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


def test_the_light_commands_do_not_load_torch(model_file: Path) -> None:
    code = (
        "import sys; from ganlab_core.cli.main import main; "
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


def test_ctrl_c_ends_a_rendering_quietly(model_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "many"
    with start("render", "tiny", "--seeds", "0-99999", "--out", str(out)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().endswith("seed0000.png")
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaints == ""
    assert not [path for path in out.iterdir() if path.suffix != ".png"]


def test_a_reader_that_goes_away_is_no_traceback(model_file: Path, tmp_path: Path) -> None:
    with start("render", "tiny", "--seeds", "0-99999", "--out", str(tmp_path / "many")) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
