"""Small parts of the timeline's head."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ganlab import style
from ganlab.controls.label import Label
from ganlab.style import STEP
from ganlab.views.elided_label import ElidedLabel


def row_of(*parts: QWidget) -> QWidget:
    """Widgets side by side; the elided one takes what room is left."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(STEP)
    for part in parts:
        line.addWidget(part, 1 if isinstance(part, ElidedLabel) else 0)
    return row


def words_of(tip: str, text: str = "") -> Label:
    """Small grey words that say what they are when the pointer rests on them."""
    label = Label(text)
    label.setFont(style.font("small"))
    style.set_tone(label, "muted")
    style.set_tip(label, tip)
    return label
