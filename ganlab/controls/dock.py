"""Where things stand: docks that look like the cards of a desk, and popups.

A dock has a slim grip instead of a title; a popup stands under the widget that opened it, inside the
screen.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QLayout,
    QLineEdit,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from ganlab.style import COLOUR, STEP, plain_tip


class Grip(QWidget):
    """Three dots to hold a panel by; dragging them moves it, a double click lets it float."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setToolTip(plain_tip(f"Drag to move the {name} panel; double-click to let it float."))
        self.setCursor(Qt.CursorShape.SizeAllCursor)

    def sizeHint(self) -> QSize:
        """Slim."""
        return QSize(6 * STEP, 2 * STEP)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than the dots."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint three dots."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.LINE))
            middle = QPointF(self.width() / 2, self.height() / 2)
            for step in (-1, 0, 1):
                painter.drawEllipse(middle + QPointF(step * 1.5 * STEP, 0), 1.5, 1.5)


def add_dock(
    window: QMainWindow, name: str, content: QWidget, area: Qt.DockWidgetArea
) -> QDockWidget:
    """Put `content` in a movable dock of `window`, remembered under `name`."""
    dock = QDockWidget(name, window)
    dock.setObjectName(f"{name.lower()}Dock")
    dock.setTitleBarWidget(Grip(name))
    dock.setWidget(_card(content))
    window.addDockWidget(area, dock)
    return dock


def hide_lone_tabs(window: QMainWindow) -> None:
    """Hide tab bars with a single tab: Qt leaves one behind when a tabbed dock has been hidden."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    for bar in window.findChildren(QTabBar, options=direct):
        if bar.count() < 2:
            bar.hide()


class ScrollBox(QScrollArea):
    """A panel that scrolls where the window is too low for it, so that it never makes it taller."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__()
        self._panel = panel
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(panel)

    def sizeHint(self) -> QSize:
        """All of the panel."""
        return self._panel.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As wide as the panel needs, and enough to scroll in."""
        return QSize(self._panel.minimumSizeHint().width(), 24 * STEP)


def _card(content: QWidget) -> QWidget:
    """`content` with the ground of the window around it; one of fixed height leaves no gap."""
    frame = QWidget()
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(2 * STEP, 0, 2 * STEP, 0)
    layout.addWidget(content)
    if content.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Fixed:
        layout.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)
    return frame


GAP = 4


def place_below(popup: QWidget, widget: QWidget) -> None:
    """Show a popup under a widget, above it where the screen ends, never off the screen."""
    popup.adjustSize()
    corner = widget.mapToGlobal(QPoint(0, widget.height() + GAP))
    room = widget.screen().availableGeometry()
    if corner.y() + popup.height() > room.bottom():
        corner.setY(widget.mapToGlobal(QPoint(0, -GAP)).y() - popup.height())
    corner.setX(max(room.left(), min(corner.x(), room.right() - popup.width())))
    corner.setY(max(room.top(), min(corner.y(), room.bottom() - popup.height())))
    popup.move(corner)
    popup.show()


FRAME = 12 * STEP
"""What a desktop's frame and title take of the screen at most, in device-independent pixels."""


def resize_on_screen(window: QWidget, size: QSize) -> None:
    """Make a window as large as `size`, or as what its screen has beside a frame; so may it stay."""
    room = window.screen().availableSize() - QSize(FRAME, FRAME)
    window.setMinimumSize(window.minimumSize().boundedTo(room))
    window.resize(size.boundedTo(room))


class KeySharing(QObject):
    """Leaves a key to the focused control of a window where that has a better use for it than a shortcut.

    It watches the window instead of being its `event`: all painting goes through that, and a method of
    Python's would hold the interpreter meanwhile, which the render thread needs.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._focus_by_mouse = False
        qt = QApplication.instance()
        if isinstance(qt, QApplication):
            qt.focusChanged.connect(self._on_focus_changed)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a key that the control at hand has a use for."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._belongs_to_control(event.key())
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _belongs_to_control(self, key: int) -> bool:
        focus = self._window.focusWidget()
        if key == Qt.Key.Key_Space:
            return not self._focus_by_mouse and isinstance(focus, QAbstractButton)
        return key == Qt.Key.Key_Escape and isinstance(focus, QLineEdit) and focus.isModified()

    def _on_focus_changed(self) -> None:
        """Space presses a button that Tab has reached, but not one that was merely clicked."""
        self._focus_by_mouse = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
