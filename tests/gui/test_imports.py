"""What is loaded when: torch on the worker only, Qt only for a window."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    "module",
    [
        "ganlab.app",
        "ganlab.window.main_window",
        "ganlab.session",
        "ganlab.engine.render_worker",
        "ganlab.engine.torch_engine",
        "ganlab.engine.run_follower",
    ],
)
def test_importing_a_room_does_not_load_torch(module: str) -> None:
    done = run(f"import sys, {module}; sys.exit('torch' in sys.modules)")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("room", ["train", "learn", "inside", "explore", "film", "perform"])
def test_what_draws_curves_is_loaded_with_the_first_curve(room: str) -> None:
    done = run(f"import sys, ganlab.{room}.{room}_room; sys.exit('pyqtgraph' in sys.modules)")
    assert done.returncode == 0, done.stderr


def test_the_entry_loads_neither_qt_nor_torch() -> None:
    done = run(
        "import sys, ganlab.__main__; sys.exit(bool({'PySide6', 'torch'} & set(sys.modules)))"
    )
    assert done.returncode == 0, done.stderr


def test_a_command_runs_without_qt() -> None:
    done = run(
        "import sys\n"
        "sys.modules['PySide6'] = None\n"
        "from ganlab.__main__ import main\n"
        "sys.exit(main(['models', '--help']))"
    )
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout


def test_without_a_screen_one_sentence_says_what_to_do() -> None:
    done = run(
        "import sys; from ganlab.__main__ import main; sys.exit(main([]))",
        QT_QPA_PLATFORM="nonsense",
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "libxcb-cursor0" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_qt_one_sentence_says_what_to_do() -> None:
    done = run(
        "import sys\n"
        "sys.modules['PySide6'] = None\n"
        "from ganlab.__main__ import main\n"
        "sys.exit(main([]))"
    )
    assert done.returncode == 1
    assert "PySide6 is not installed" in done.stderr
    assert "Traceback" not in done.stderr
