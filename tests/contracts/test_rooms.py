"""The rooms and who may look into whom: the contract in pyproject.toml, and what importing loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )


def test_no_room_imports_what_it_must_not() -> None:
    result = run(str(Path(sys.executable).parent / "lint-imports"))
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("command", ["check", "format --check"])
def test_the_code_is_in_order(command: str) -> None:
    result = run(sys.executable, "-m", "ruff", *command.split(), ".")
    assert result.returncode == 0, result.stdout


def test_every_type_is_right() -> None:
    result = run(sys.executable, "-m", "mypy")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("ganlab_core.recipe", ("torch", "PySide6", "numpy")),
        ("ganlab_core.library", ("torch", "PySide6")),
        ("ganlab_core.export.png", ("torch", "PySide6")),
        ("ganlab_core.training.run_reader", ("torch", "PySide6")),
        ("ganlab_core.cli.main", ("torch", "PySide6")),
        ("ganlab_core.training.loop", ("PySide6",)),
        ("ganlab.main_window", ("torch",)),
        ("ganlab.app", ("torch",)),
    ],
)
def test_importing_loads_no_more_than_it_should(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {absent!r} if name in sys.modules])"
    result = run(sys.executable, "-c", code)
    assert result.stdout.strip() == "[]", result.stderr
