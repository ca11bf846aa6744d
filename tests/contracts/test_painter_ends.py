"""Whoever makes a painter ends it: Qt crashes when the last reference outlives the paint event."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from tests.syntax import nodes_of

ROOT = Path(__file__).parents[2]


def made(nodes: Iterable[ast.AST]) -> list[ast.Call]:
    """The calls that make a painter."""
    calls = (node for node in nodes if isinstance(node, ast.Call))
    return [
        call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "QPainter"
    ]


def test_painters_are_made_by_with_statements_alone() -> None:
    count = 0
    for path in sorted((ROOT / "ganlab").rglob("*.py")):
        nodes = nodes_of(path)
        blocks = (node for node in nodes if isinstance(node, ast.With))
        ended = [id(item.context_expr) for block in blocks for item in block.items]
        for call in made(nodes):
            count += 1
            assert id(call) in ended, f"{path.relative_to(ROOT)}: line {call.lineno}"
    assert count > 10
