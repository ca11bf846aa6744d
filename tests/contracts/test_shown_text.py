"""The window takes no text for a document: labels and tooltips of names that others chose are plain."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from tests.syntax import nodes_of

ROOT = Path(__file__).parents[2] / "ganlab"
TIPS = {"setToolTip": 0, "showText": 1, "setTabToolTip": 1, "setWhatsThis": 0}
"""What shows a tooltip, and which of its arguments is the text."""

HTML = {"setHtml", "setMarkdown", "insertHtml", "appendHtml"}


@functools.cache
def calls() -> tuple[tuple[str, str, ast.Call], ...]:
    """Every call in the window's code: its file, its name, and itself."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.unparse(node.func), node)
        for path in sorted(ROOT.rglob("*.py"))
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
    )


def test_every_label_is_one_of_plain_text() -> None:
    made = [file for file, name, _ in calls() if name.rpartition(".")[2] == "QLabel"]
    assert made == []
    for path in sorted(ROOT.rglob("*.py")):
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef) and path.name != "label.py":
                assert "QLabel" not in map(ast.unparse, node.bases), f"{path.name}: {node.name}"


def test_every_tooltip_is_constant_or_made_plain() -> None:
    for file, name, call in calls():
        method = name.rpartition(".")[2]
        if method in TIPS and len(call.args) > TIPS[method]:
            text = call.args[TIPS[method]]
            constant = isinstance(text, ast.Constant)
            plain = isinstance(text, ast.Call) and ast.unparse(text.func).endswith("plain_tip")
            known = file == "inside/inside_room.py"  # its table of views
            assert constant or plain or known, f"{file}:{call.lineno} shows {ast.unparse(text)}"


def test_nothing_is_shown_as_a_document() -> None:
    """But the title of a chart, which colours its values and escapes its names."""
    for file, name, call in calls():
        assert name.rpartition(".")[2] not in HTML, f"{file}:{call.lineno}"
        assert "TextFormat.RichText" not in ast.unparse(call), f"{file}:{call.lineno}"
