"""The picture alone on the whole screen: what stands around it goes, and comes back as it was."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget


class PictureAlone:
    """Takes away what stands around a window's picture, and brings just that back.

    Parameters
    ----------
    window
        The window; its docks go.
    bars
        What else goes.
    """

    def __init__(self, window: QMainWindow, bars: tuple[QWidget, ...]) -> None:
        self._window = window
        self._bars = bars
        self._hidden: list[QWidget] = []

    def show(self, alone: bool) -> None:
        """Leave the picture alone on the screen, or bring back what was seen before."""
        around = [*self._bars, *self._window.findChildren(QDockWidget)]
        if alone:
            self._hidden = [widget for widget in around if widget.isVisible()]
        for widget in self._hidden:
            widget.setVisible(not alone)
        state = self._window.windowState()
        full = Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | full if alone else state & ~full)
