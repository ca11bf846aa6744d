"""The XY pad: travel between four saved places with one hand."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.label import Label
from ganlab.controls.word_button import WordButton
from ganlab.controls.xy_pad import XYPad
from ganlab.panels.sections import NO_MODEL, section_title
from ganlab_core.capabilities import Capabilities

ALL = "all scales"


class PadPanel(QFrame):
    """The pad, and which scales it moves.

    `filled` asks for four new places by the dice.
    """

    filled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Pad")
        self.pad = XYPad(
            "Pad between four places",
            "Drag to travel between the corners; click a corner, or press 1 to 4, to put the place"
            " on the desk there, or drop a seed, a favourite or a saved PNG on it.",
        )
        self.first = self._choice("From", "The coarsest scale that the pad moves.")
        self.last = self._choice("to", "The finest scale that the pad moves.")
        self.dice = WordButton("Fill", "Put a random place into every corner that is still empty.")
        self.dice.clicked.connect(self.filled)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(section_title("PAD", "Between four places, blended in W (in Z without a W)."))
        top.addStretch(1)
        for label, box in (("from", self.first), ("to", self.last)):
            word = Label(label)
            word.setFont(style.font("small"))
            style.set_tone(word, "muted")
            top.addWidget(word)
            top.addWidget(box)
        top.addWidget(self.dice)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.pad, 1)
        self.set_capabilities(None)

    def _choice(self, name: str, tooltip: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"{name} scale")
        box.setFont(style.font("small"))
        style.set_tip(box, tooltip)
        return box

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer this model's scales; None when no model is open."""
        sides = () if can is None else can.resolutions
        for box, at in ((self.first, 0), (self.last, len(sides) - 1)):
            box.clear()
            box.addItems([f"{side} px" for side in sides])
            box.setCurrentIndex(at)
            box.setEnabled(can is not None and can.has_mixing)
        self.dice.set_available(NO_MODEL if can is None else "")

    def resolutions(self, can: Capabilities) -> tuple[int, ...] | None:
        """The scales the pad moves; None for all."""
        low, high = sorted((self.first.currentIndex(), self.last.currentIndex()))
        if not can.has_mixing or (low <= 0 and high >= len(can.resolutions) - 1):
            return None
        return can.resolutions[low : high + 1]
