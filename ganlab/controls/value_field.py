"""A number that is text until it is clicked, then a place to type."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ganlab import style


class ValueField(QLineEdit):
    """Shows a value; Enter or leaving it tells what was typed, Escape forgets it."""

    committed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setProperty("inline", "true")
        self.setReadOnly(True)
        self.setFont(style.font("small"))
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setTextMargins(0, 1, -4, 0)  # the digits end where the track below ends
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)

    def show_text(self, text: str) -> None:
        """Show a value; what a person is typing stays until they are done."""
        self._text = text
        if self.isReadOnly() and text != self.text():
            self.setText(text)

    def begin(self, typed: str = "") -> None:
        """Let a person type, starting with the key already struck."""
        self.setReadOnly(False)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if typed:
            self.setText(typed)
        else:
            self.selectAll()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to type."""
        if not self.isReadOnly():
            super().mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what was typed, Escape forgets it."""
        if event.key() == Qt.Key.Key_Escape and not self.isReadOnly():
            self.setText(self._text)
            self._end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.isReadOnly():
            self._commit()
        elif self.isReadOnly():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take what was typed."""
        if not self.isReadOnly():
            self._commit()
        super().focusOutEvent(event)

    def _commit(self) -> None:
        text = self.text()
        self._end()
        if text != self._text:
            self.committed.emit(text)
        self.setText(self._text)

    def _end(self) -> None:
        """Back to showing; the one that owns this field may take the focus."""
        had_focus = self.hasFocus()
        self.setReadOnly(True)
        self.deselect()
        if had_focus:
            self.left.emit()
