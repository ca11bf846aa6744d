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


class SaidLabel(Label):
    """A sentence that takes no room while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWordWrap(True)
        self.hide()

    def setText(self, text: str) -> None:
        """Say this, or nothing."""
        super().setText(text)
        self.setVisible(bool(text))


class ElidedLabel(Label):
    """A label that may be any narrower than its text; the whole text stays in `text()`.

    Of a text of several parts, with a `gap` between them, it leaves out those at the end that have no
    room; the first is cut where it has none.
    """

    def __init__(self, gap: str = "", parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._gap = gap
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as much of the text as there is room for."""
        with QPainter(self) as painter:
            room = self.contentsRect()
            shown = self.fontMetrics().elidedText(
                self.fitting(room.width()), Qt.TextElideMode.ElideRight, room.width()
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

    def fitting(self, room: int) -> str:
        """As many of the parts as fit into so many pixels, at least the first."""
        text = self.text()
        while self._gap and self._gap in text and self.fontMetrics().horizontalAdvance(text) > room:
            text = text.rpartition(self._gap)[0]
        return text
