"""Controls that say what they are called in maps, so that a device can be taught to move them."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

from ganlab import style
from ganlab.style import COLOUR

_NAMES: WeakKeyDictionary[QWidget, tuple[str, ...]] = WeakKeyDictionary()
"""What every widget moves that says so. To look for them in a window would give each of Qt's own widgets
in it a Python object, and those stay when the widgets have gone."""


def set_controls(widget: QWidget, *names: str) -> None:
    """Say what a widget moves, as maps name it: `"psi@8"`; a pad moves two."""
    _NAMES[widget] = names


def controls_at(widget: QWidget | None) -> tuple[str, ...]:
    """What a widget moves, or the nearest around it that says so; empty for none."""
    while widget is not None:
        names = _NAMES.get(widget)
        if names:
            return names
        widget = widget.parentWidget()
    return ()


def learnable_widgets(root: QWidget) -> list[QWidget]:
    """All within a widget, and within the windows it has opened, that say what they move."""
    known = [widget for widget in _NAMES if Shiboken.isValid(widget)]
    return [widget for widget in known if _is_within(widget, root)]


def _is_within(widget: QWidget, root: QWidget) -> bool:
    """Whether Qt would end a widget with another; asks none between them but windows."""
    while widget is not root and not root.isAncestorOf(widget):
        opener = widget.window().parentWidget()
        if opener is None:
            return False
        widget = opener
    return True


FOR_LABEL_AND_VALUE = 64
"""Pixels of a control's width that its badge leaves to its label and its value."""

DOT = 8


class ControlBadge(QWidget):
    """A small mark on a control that a device moves; it says which, and lets the mouse through.

    On a control too narrow for its own label, its value and this it is a dot.
    """

    def __init__(self, control: QWidget) -> None:
        super().__init__(control)
        self._text = ""
        self._waiting = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFont(style.font("small"))
        control.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def show_source(self, text: str, *, waiting: bool = False) -> None:
        """Say what moves the control, or that it waits to be taught; empty takes the mark away."""
        self._text, self._waiting = text, waiting
        self.setVisible(bool(text))
        if text:
            self._settle()
            self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner."""
        if event.type() == QEvent.Type.Resize and self._text:
            self._settle()
        return False

    def _settle(self) -> None:
        control = self.parentWidget()
        if control is None:
            return
        measure = QFontMetrics(self.font())
        width = min(control.width(), measure.horizontalAdvance(self._text) + 10)
        if width > control.width() - FOR_LABEL_AND_VALUE and not self._waiting:
            width = DOT
        top = (measure.height() - DOT) // 2 if width == DOT else 0
        height = DOT if width == DOT else measure.height() + 2
        self.setGeometry((control.width() - width) // 2, top, width, height)
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the words on a small ground."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            if self.width() == DOT:
                painter.setBrush(QColor(COLOUR.TEXT))
                painter.drawEllipse(self.rect())
                return
            painter.setBrush(QColor(COLOUR.GROWTH if self._waiting else COLOUR.LINE))
            painter.drawRoundedRect(self.rect(), 4, 4)
            painter.setPen(QColor(COLOUR.GROUND if self._waiting else COLOUR.TEXT))
            shown = QFontMetrics(self.font()).elidedText(
                self._text, Qt.TextElideMode.ElideRight, self.width() - 6
            )
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, shown)
