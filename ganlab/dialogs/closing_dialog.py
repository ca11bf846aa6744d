"""Asks what becomes of a run when the window closes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.style import STEP


class ClosingDialog(QDialog):
    """Let the run go on, stop it with a checkpoint, or stay.

    Signals
    -------
    chosen(str, bool)
        `"let_go"` or `"stop"`, and whether to do so from now on without asking.
    """

    chosen = Signal(str, bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("A run is training")
        words = Label(
            f"The run {name} is still training. It can go on without the window, and ganlab finds "
            "it again at the next start."
        )
        words.setWordWrap(True)
        self.always = QCheckBox("Do this from now on")
        self.let_go = QPushButton("Let it go on")
        self.stop = QPushButton("Stop it")
        self.stop.setToolTip("Write a checkpoint and end; the run can be resumed later.")
        stay = QPushButton("Stay")
        self.let_go.setDefault(True)
        for button in (self.stop, stay):
            button.setAutoDefault(False)
        self.let_go.clicked.connect(lambda: self._choose("let_go"))
        self.stop.clicked.connect(lambda: self._choose("stop"))
        stay.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.always, 1)
        for button in (stay, self.stop, self.let_go):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 3 * STEP)
        column.setSpacing(4 * STEP)
        column.addWidget(words)
        column.addLayout(buttons)

    def _choose(self, choice: str) -> None:
        self.accept()
        self.chosen.emit(choice, self.always.isChecked())
