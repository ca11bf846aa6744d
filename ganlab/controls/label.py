"""Labels of plain text: what a file says is shown letter by letter, and may end in an ellipsis."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

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


class ElidedLabel(Label):
    """A label that may be any narrower than its text; the whole text stays in `text()`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as much of the text as there is room for."""
        with QPainter(self) as painter:
            room = self.contentsRect()
            shown = self.fontMetrics().elidedText(
                self.text(), Qt.TextElideMode.ElideRight, room.width()
            )
            self.style().drawItemText(
                painter,
                room,
                self.alignment(),
                self.palette(),
                self.isEnabled(),
                shown,
                self.foregroundRole(),
            )
