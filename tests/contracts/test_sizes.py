"""How long a function may be. A file is as long as its idea, so it has no limit."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from tests.syntax import nodes_of

ROOT = Path(__file__).parents[2]
FILES = sorted(path for name in ("ganlab", "ganlab_core") for path in (ROOT / name).rglob("*.py"))
MOST_LINES_OF_A_FUNCTION = 45


@functools.cache
def functions() -> tuple[tuple[str, int], ...]:
    """Every function with its lines, the decorators not counted."""
    return tuple(
        (f"{path.relative_to(ROOT).as_posix()}: {node.name}", node.end_lineno - node.lineno + 1)
        for path in FILES
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    )


def test_there_is_code_to_measure() -> None:
    assert len(FILES) > 150
    assert max(lines for _, lines in functions()) > 25


def test_no_function_is_longer_than_a_screen() -> None:
    assert [told for told in functions() if told[1] > MOST_LINES_OF_A_FUNCTION] == []
