"""The sign of life: a run that trains, one that ended, one that died, and a foreign process."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from ganlab_core.files import began
from ganlab_core.training import life_of
from ganlab_core.training.run_folder import NAME, pid_file, read_pid_file


def test_a_run_lives_while_it_beats_and_has_ended_afterwards(tmp_path: Path) -> None:
    assert life_of(tmp_path) == "unknown"
    with pid_file(tmp_path):
        assert life_of(tmp_path) == "running"
    assert life_of(tmp_path) == "ended"


def test_a_killed_process_has_died(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from ganlab_core.training.run_folder import pid_file\n"
        "with pid_file(pathlib.Path(sys.argv[1])):\n"
        "    print('beats', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "beats\n"
        assert life_of(tmp_path) == "running"
        process.kill()
        process.wait()
    assert life_of(tmp_path) == "died"


def test_a_process_that_took_over_the_number_is_not_taken_for_the_run(tmp_path: Path) -> None:
    sign = {"pid": os.getpid(), "began": "1", "host": platform.node(), "ended": False}
    (tmp_path / NAME).write_text(json.dumps(sign))
    assert life_of(tmp_path) == "died"


def test_on_another_machine_the_last_beat_tells(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(json.dumps({"pid": 1, "began": "1", "host": "elsewhere", "ended": False}))
    assert life_of(tmp_path) == "running"
    os.utime(path, (0, 0))
    assert life_of(tmp_path) == "died"


def test_a_damaged_sign_says_nothing(tmp_path: Path) -> None:
    for text in ("", "[]", '{"pid": "x"}'):
        (tmp_path / NAME).write_text(text)
        assert read_pid_file(tmp_path) is None


def test_there_is_no_process_with_an_impossible_number() -> None:
    assert began(-1) is None
    assert began(os.getpid()) is not None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1000, '{"pid":' + "[" * 1000, '{"pid": 1e400, "began": "", "host": "", "ended": false}',
        '{"pid": NaN, "began": "1", "host": "x", "ended": true}', '{"pid": 1}', "null", "",
        '{"pid": "7", "began": [], "host": {}, "ended": 3}', '{"pid": 1' + "0" * 400 + "}",
    ],
)  # fmt: skip
def test_a_sign_of_life_that_makes_no_sense_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    assert read_pid_file(tmp_path) is None
