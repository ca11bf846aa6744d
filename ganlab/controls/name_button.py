"""A quiet button that is a name: pressing it chooses another."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from ganlab import style


class NameButton(QPushButton):
    """A quiet button that may be narrower than its text, which then ends in an ellipsis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("quiet", "true")
        self.setAutoDefault(False)
        self.setFont(style.font("small"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tail = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_tail(self, tail: str) -> None:
        """Write this behind the name, and keep it where the name is cut."""
        self._tail = tail
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        return QSize(40, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as much of the text as there is room for."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        metrics = self.fontMetrics()
        room = self.width() - (18 if self.property("framed") else 10)
        room -= metrics.horizontalAdvance(self._tail)
        name = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        option.text = (name + self._tail).replace("&", "&&")
        with QPainter(self) as painter:
            self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
