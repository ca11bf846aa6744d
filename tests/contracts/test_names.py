"""One name, one thing: no two classes and no two modules are called the same."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from tests.syntax import nodes_of

ROOT = Path(__file__).parents[2]
FILES = [path for name in ("ganlab", "ganlab_core") for path in (ROOT / name).rglob("*.py")]


def twice(named: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: places for name, places in named.items() if len(places) > 1}


def test_no_two_modules_have_one_name() -> None:
    named = defaultdict(list)
    for path in FILES:
        if path.stem not in ("__init__", "__main__"):
            named[path.stem].append(path.relative_to(ROOT).as_posix())
    assert len(named) > 150
    assert twice(named) == {}


def test_no_two_classes_have_one_name() -> None:
    named = defaultdict(list)
    for path in FILES:
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                named[node.name].append(path.relative_to(ROOT).as_posix())
    assert len(named) > 300
    assert twice(named) == {}
