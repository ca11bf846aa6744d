"""Small words over the picture that say what goes on there, each with a way to end it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ganlab import style
from ganlab.style import STEP


class Badge(QPushButton):
    """What goes on, with a dot in the colour of its idea; a press ends it where that can be."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("badge", "true")
        self.setFont(style.font("small"))
        self.setAutoDefault(False)
        self._end: Callable[[], object] | None = None
        self.clicked.connect(self._on_clicked)

    def say(self, text: str, tip: str, end: Callable[[], object] | None) -> None:
        """Show these words; `end` is called when it is pressed."""
        self._end = end
        self.setText(text)
        self.setAccessibleName(text)
        style.set_tip(self, tip)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if end is None else Qt.FocusPolicy.TabFocus)

    def _on_clicked(self) -> None:
        if self._end is not None:
            self._end()


class Badges(QWidget):
    """The badges of a picture, one below the other in its upper left corner.

    They lie over the picture, so that it never moves.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._badges: dict[str, Badge] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(STEP)
        self.move(3 * STEP, 3 * STEP)
        self.hide()

    @property
    def shown(self) -> dict[str, str]:
        """The words of every badge that is shown, by name."""
        return {name: badge.text() for name, badge in self._badges.items() if not badge.isHidden()}

    def show_badge(
        self, name: str, text: str, tip: str, end: Callable[[], object] | None = None
    ) -> None:
        """Say that something goes on, in the place of what was said under this name before."""
        badge = self._badges.get(name)
        if badge is None:
            badge = self._badges[name] = Badge(self)
            self._column.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)
        badge.say(text, tip, end)
        badge.show()
        self._fit()

    def hide_badge(self, name: str) -> None:
        """Say nothing of it any more."""
        badge = self._badges.get(name)
        if badge is not None and not badge.isHidden():
            badge.hide()
            self._fit()

    def press(self, name: str) -> None:
        """End what a badge speaks of, as a person would."""
        self._badges[name].click()

    def _fit(self) -> None:
        self.setVisible(bool(self.shown))
        self._column.activate()
        self.resize(self._column.sizeHint().expandedTo(QSize(1, 1)))
        self.raise_()
