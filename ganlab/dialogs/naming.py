"""Asking for a name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QLabel, QWidget

from ganlab_core.plain_text import plain_text


def ask_name(
    parent: QWidget, title: str, sentence: str, suggested: str, then: Callable[[str], None]
) -> None:
    """Ask for a name; `then` hears it, unless the person thinks better of it."""
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(plain_text(sentence))
    for label in dialog.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
    dialog.setTextValue(suggested)
    dialog.textValueSelected.connect(then)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
