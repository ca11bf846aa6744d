"""Asks for the new end of a run that is to be trained longer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QSpinBox, QVBoxLayout, QWidget

from ganlab.controls.label import Label
from ganlab.style import STEP, font, set_tip, set_tone
from ganlab.views.run_words import thousands

LONGER = 1.5
"""The suggested end, in lengths of the run so far."""

MOST_IMAGES = 1_000_000_000
SUFFIX = " images"


class TrainLongerDialog(QDialog):
    """A number of images in all, and what that adds to the run.

    Parameters
    ----------
    name
        Of the run.
    images
        Real pictures it has seen, where it goes on from.

    Signals
    -------
    chosen(int)
        The run's new end in images.
    """

    chosen = Signal(int)

    def __init__(self, name: str, images: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train longer")
        self._images = min(max(images, 1), MOST_IMAGES - 1)
        words = Label(
            f"The run {name} goes on from its last checkpoint. Until how many images in all?"
        )
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        self.end = _Count()
        self.end.setRange(self._images + 1, MOST_IMAGES)
        self.end.setSingleStep(rounded(max(1, self._images // 10)))
        self.end.setSuffix(SUFFIX)
        self.end.setValue(suggested_end(self._images))
        self.end.setAccessibleName("Images in all")
        set_tip(self.end, "How many real pictures the networks will have seen when the run ends.")
        self.more = Label()
        self.more.setFont(font("small"))
        set_tone(self.more, "muted")
        buttons = QDialogButtonBox()
        self.do = buttons.addButton("Train Longer", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.do.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        column.setSpacing(3 * STEP)
        for part in (words, self.end, self.more, buttons):
            column.addWidget(part)
        self.setMinimumWidth(100 * STEP)
        self.end.valueChanged.connect(self._on_changed)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        self._on_changed()
        self.end.selectAll()

    def _on_changed(self) -> None:
        more = self.end.value() - self._images
        self.more.setText(
            f"{thousands(more)} more than the {thousands(self._images)} so far:"
            f" {1 + more / self._images:.2g} times as long in all."
        )

    def _on_accepted(self) -> None:
        self.accept()
        self.chosen.emit(self.end.value())


class _Count(QSpinBox):
    """A whole number, with a gap between its thousands as everywhere in the window."""

    def textFromValue(self, value: int) -> str:
        """As it is shown."""
        return thousands(value)

    def valueFromText(self, text: str) -> int:
        """As it is meant."""
        return min(int(_digits(text)[:12] or 0), self.maximum())

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Whether it may stand there: digits and gaps, of a number in range sooner or later."""
        digits = _digits(text)
        state = QValidator.State.Intermediate
        if digits and (not digits.isdecimal() or int(digits[:12]) > self.maximum()):
            state = QValidator.State.Invalid
        elif digits and int(digits) >= self.minimum():
            state = QValidator.State.Acceptable
        return state, text, position


def _digits(text: str) -> str:
    return "".join(text.removesuffix(SUFFIX).split())


def suggested_end(images: int) -> int:
    """Half as long again as the run has been, as a round number."""
    return min(MOST_IMAGES, max(images + 1, rounded(round(images * LONGER))))


def rounded(count: int) -> int:
    """The number with two digits and zeros behind them."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // unit) * unit
