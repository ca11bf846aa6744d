"""The rooms and who may look into whom: the contract in pyproject.toml, and what importing loads."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.syntax import nodes_of

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )


def test_no_room_imports_what_it_must_not() -> None:
    result = run(str(Path(sys.executable).parent / "lint-imports"))
    assert result.returncode == 0, result.stdout


def faces(root: str) -> set[str]:
    return {path.parent.name for path in (ROOT / root).glob("*/__init__.pyi")}


def packages(root: str) -> set[str]:
    return {path.parent.name for path in (ROOT / root).glob("*/__init__.py")}


def test_every_package_has_a_face_and_says_what_it_is() -> None:
    for root in ("ganlab", "ganlab_core"):
        assert faces(root) == packages(root)
        for name in packages(root):
            text = (ROOT / root / name / "__init__.py").read_text(encoding="utf-8")
            sentence = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
            assert sentence.endswith("."), f"{root}/{name}"


def test_others_import_the_face_of_a_package_and_not_its_files() -> None:
    """Tests may look inside; the program may not."""
    known = {root: faces(root) for root in ("ganlab", "ganlab_core")}
    assert {"recipe", "training", "networks"} <= known["ganlab_core"]
    assert {"window", "play", "engine", "controls"} <= known["ganlab"]
    wrong = []
    for path in [*(ROOT / "ganlab").rglob("*.py"), *(ROOT / "ganlab_core").rglob("*.py")]:
        home = list(path.relative_to(ROOT).parts[:2])
        for node in nodes_of(path):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                inside = len(parts) > 2 and parts[1] in known.get(parts[0], ())
                if inside and parts[:2] != home:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.module}")
    assert wrong == []


def test_the_drawing_of_the_house_shows_every_package() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    core, window = text.partition("## The house")[2].split("\nganlab/ ")
    drawn = [
        {name for line in part.splitlines() for name in re.findall(r"(?:^  | )(\w+)/(?= |$)", line)}
        for part in (core, window.partition("resources/models/")[0])
    ]
    assert packages("ganlab_core") - drawn[0] == set()
    assert packages("ganlab") - drawn[1] == set()


def test_the_independence_of_architectures_is_held_for_every_one() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (named,) = (one["modules"] for one in contracts if one["name"] == "Architectures stand alone")
    files = {path.stem for path in (ROOT / "ganlab_core" / "networks").glob("*.py")}
    shared = {"__init__", "layers", "condition", "latent_stages"}
    assert {name.rpartition(".")[2] for name in named} == files - shared


@pytest.mark.parametrize("command", ["check", "format --check"])
def test_the_code_is_in_order(command: str) -> None:
    result = run(sys.executable, "-m", "ruff", *command.split(), ".")
    assert result.returncode == 0, result.stdout


@pytest.mark.timeout(600)  # of the machine's time, which a first run on a busy one may lack
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
