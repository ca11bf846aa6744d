"""The program's own code as syntax trees, each read once for all who ask about it."""

from __future__ import annotations

import ast
import functools
from pathlib import Path


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """Not to be changed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All of a file's nodes, breadth first."""
    return tuple(ast.walk(tree_of(path)))
