"""Commands run by another program: progress comes out, orders go in, the end of orders ends them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def steered(*arguments: str | Path) -> subprocess.Popen[str]:
    """A command whose stdin and stdout are in the test's hands."""
    return subprocess.Popen(
        [sys.executable, "-m", "ganlab_core", *map(str, arguments), "--steered"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def told(line: str) -> dict[str, object]:
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


def test_a_film_tells_its_progress_pauses_and_stops_without_debris(
    model_file: Path, out: Path
) -> None:
    with steered("video", model_file, "--seconds", "600", "--out", out / "film.mp4") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        first = told(process.stdout.readline())
        assert (first["done"], first["count"]) == (1, 18000)
        process.stdin.write("pause\ngo\n")
        process.stdin.flush()
        assert told(process.stdout.readline())["done"] == 2
        process.stdin.write("stop\n")
        process.stdin.flush()
        process.stdout.read()
    assert process.returncode == 130
    assert os.listdir(out) == []


@pytest.mark.parametrize("command", ["video", "sheet", "render"])
def test_when_the_other_program_is_gone_nothing_half_written_stays(
    command: str, model_file: Path, out: Path
) -> None:
    target = out / {"video": "film.mp4", "sheet": "sheet.png", "render": "many"}[command]
    content = ["--seconds", "600"] if command == "video" else ["--seeds", "0-3999"]
    with steered(command, model_file, *content, "--out", target) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert told(process.stdout.readline())["count"] in (18000, 4000)
        process.stdin.close()
        process.stdout.read()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 130
    if command != "render":
        assert os.listdir(out) == []
