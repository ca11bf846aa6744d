"""A quiet strip under the picture that says one sentence, and more behind a button."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from ganlab.style import STEP, set_surface

PASSING_MS = 8000


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
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = _button("Details", "Show what lies behind this message.")
        self._close = _button("Close", "Put this message away.")
        self._more.clicked.connect(self._on_more)
        self._close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        layout.setSpacing(2 * STEP)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._more)
        layout.addWidget(self._close)
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
        self.show()
        if passing:
            self._timer.start()
        else:
            self._timer.stop()

    def _on_more(self) -> None:
        self.details_wanted.emit(self.text, self._details)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
