"""A quiet strip under the picture that says one sentence, and more behind a button."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton, QWidget

from ganlab.controls.label import Label
from ganlab.style import STEP, font, plain_tip, set_surface

PASSING_MS = 8000
NARROW = 72 * STEP
MOST_LINES = 4
"""More than these would push the window's lower edge down where it is small; the tooltip says all."""


class Banner(QFrame):
    """One sentence with a Close button, and a Details button where there is more.

    Signals
    -------
    details_wanted(str, str)
        The sentence and its details; the person asked to read them.
    """

    details_wanted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "strip")
        self._details = ""
        self._timer = QTimer(self, singleShot=True, interval=PASSING_MS)
        self._timer.timeout.connect(self.hide)
        self._text = Label()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = _button("Details", "Show what lies behind this message.")
        self._close = _button("Close", "Put this message away.")
        self._more.clicked.connect(self._on_more)
        self._close.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * STEP)
        buttons.addStretch(1)
        buttons.addWidget(self._more)
        buttons.addWidget(self._close)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        self._row.setSpacing(STEP)
        self._row.addWidget(self._text, 1)
        self._row.addLayout(buttons)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is, or was last, shown."""
        return self._text.text()

    def show_text(self, text: str, details: str = "", *, passing: bool = False) -> None:
        """Say a sentence, in the place of the one before; a `passing` one goes away by itself."""
        self._text.setText(text)
        self._details = details
        self._more.setVisible(bool(details))
        self.setAccessibleDescription(text)
        self._make_room()
        self.show()
        if passing:
            self._timer.start()
        else:
            self._timer.stop()

    def withdraw(self, text: str) -> None:
        """Put a sentence away that no longer holds; another one stays."""
        if text and self.text == text:
            self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the sentence whole."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """The whole sentence is to be read; where there is little room the buttons go below it."""
        narrow = self.width() < NARROW
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self._row.setSpacing(0 if narrow else STEP)
        self._text.setFont(font("small" if narrow else "body"))
        margins = self._row.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        if not narrow:
            width -= self._more.sizeHint().width() + self._close.sizeHint().width() + 4 * STEP
        whole = self._text.heightForWidth(max(1, width))
        most = MOST_LINES * self._text.fontMetrics().lineSpacing()
        self._text.setMinimumHeight(min(most, max(0, whole)))
        self._text.setToolTip(plain_tip(self._text.text() if whole > most else ""))

    def _on_more(self) -> None:
        self.details_wanted.emit(self.text, self._details)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(plain_tip(tip))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
