"""A label of plain text: what a file says in it is shown letter by letter, never as a document."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from ganlab_core.plain_text import plain_text


class Label(QLabel):
    """A label whose text is never taken for HTML.

    Qt guesses by itself: a class called `<img src=...>` would be drawn as that picture.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text; letters that command something are shown as escapes."""
        super().setText(plain_text(text, keep="\n"))
