"""The rooms and who may look into whom: the contract in pyproject.toml, and what importing loads."""

from __future__ import annotations

import ast
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


def test_others_import_the_face_of_a_package_and_not_its_files() -> None:
    """Tests may look inside; the program may not."""
    faces = {path.parent.name for path in (ROOT / "ganlab_core").glob("*/__init__.pyi")}
    assert {"recipe", "training", "networks"} <= faces
    wrong = []
    for path in [*(ROOT / "ganlab").rglob("*.py"), *(ROOT / "ganlab_core").rglob("*.py")]:
        own = path.relative_to(ROOT).parts[1]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                inside = len(parts) > 2 and parts[0] == "ganlab_core" and parts[1] in faces
                at_home = path.is_relative_to(ROOT / "ganlab_core") and parts[1:2] == [own]
                if inside and not at_home:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.module}")
    assert wrong == []


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
        ("ganlab_core.models.library", ("torch", "PySide6")),
        ("ganlab_core.export.png", ("torch", "PySide6")),
        ("ganlab_core.training.events", ("torch", "PySide6")),
        ("ganlab_core.cli.program", ("torch", "PySide6")),
        ("ganlab_core.training.loop", ("PySide6",)),
        ("ganlab.window.main_window", ("torch",)),
        ("ganlab.app", ("torch",)),
    ],
)
def test_importing_loads_no_more_than_it_should(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {absent!r} if name in sys.modules])"
    result = run(sys.executable, "-c", code)
    assert result.stdout.strip() == "[]", result.stderr
