"""`ganlab WORD`: a command, or something for the window, by its name or place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ganlab.__main__ import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with pictures, a run, and a home with a model `faces`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANLAB_HOME", str(tmp_path / "home"))
    for folder in ("my-pictures", "runs/mine", "home/data/models"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "home/data/models/faces.safetensors").write_bytes(b"")
    (tmp_path / "face.png").write_bytes(b"")
    return tmp_path


SHOWN = """
import sys
from pathlib import Path
import ganlab.app
from ganlab.__main__ import main

def shown(start, qt):
    print(Path(start.model).stem, [str(path) for path in start.paths])
    qt.shutdown()
    return 0

ganlab.app.run = shown
for words in sys.argv[1:]:
    assert main(words.split()) == 0
"""
"""Tells what the window would begin with."""


def test_models_runs_pictures_and_files_open_the_window(here: Path) -> None:
    lines = [
        "adventurer",
        "faces",
        "my-pictures",
        "runs/mine face.png",
        "--model faces my-pictures",
    ]
    done = subprocess.run(
        [sys.executable, "-c", SHOWN, *lines],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "adventurer []",
        "faces []",
        " ['my-pictures']",
        " ['runs/mine', 'face.png']",
        "faces ['my-pictures']",
    ]


@pytest.mark.parametrize(
    ("word", "status", "said"),
    [
        ("facs", 2, "Did you mean faces"),
        ("rendr", 2, "Did you mean render?"),
        ("my-picturs", 2, "Did you mean my-pictures?"),
        ("fase.png", 1, "There is no file or folder fase.png"),
        ("runs/main", 1, "Did you mean mine?"),
        ("--modl=x", 2, "Did you mean --model?"),
    ],
)
def test_a_typo_is_told_before_a_window_is_up(
    here: Path, word: str, status: int, said: str, capsys: Capture
) -> None:
    assert main([word]) == status
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_the_help_of_the_window_gives_every_command_a_line(capsys: Capture) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "Render pictures with a model." in shown
    assert "ganlab my-pictures" in shown
