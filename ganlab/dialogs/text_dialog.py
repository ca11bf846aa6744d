"""A window with one sentence and a text that can be copied: details of a failure, or a report."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.style import STEP

REPORT_SENTENCE = (
    "Something went wrong that ganlab did not expect. Your desk is saved. "
    "Copy this report and send it to the makers; then you can go on."
)


class TextDialog(QDialog):
    """Shows a text that was not written for reading aloud.

    Parameters
    ----------
    title
        Of the window.
    sentence
        What the text is, in plain words.
    text
        The text itself; the Copy button copies it.
    """

    def __init__(self, title: str, sentence: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._text = QPlainTextEdit(text)
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        said = Label(sentence)
        said.setWordWrap(True)
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip("Copy the text to the clipboard.")
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        layout.setSpacing(3 * STEP)
        layout.addWidget(said)
        layout.addWidget(self._text, 1)
        layout.addWidget(buttons)
        self.resize(160 * STEP, 100 * STEP)

    def copy(self) -> None:
        """Put the text on the clipboard."""
        QGuiApplication.clipboard().setText(self._text.toPlainText())
