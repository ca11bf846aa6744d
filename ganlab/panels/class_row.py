"""One class of a mix: its name, its weight, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.name_button import NameButton
from ganlab.controls.slider import ValueSlider
from ganlab.style import COLOUR

PAPER = "(class mixing; BigGAN, Brock et al. 2019, sec. 4)"


class ClassRow(QWidget):
    """A name that asks for another class when pressed, a weight slider, and a button to remove it."""

    name_pressed = Signal(int)
    weighed = Signal(int, float)
    removed = Signal(int)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, index: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index = index
        self.name = NameButton()
        self.name.setProperty("flush", "true")
        self.name.setText(name)
        self.name.setAccessibleName(f"Class {name}: choose another")
        style.set_tip(
            self.name, f"{name} (class {index}): press to put another class in its place {PAPER}."
        )
        style.set_tone(self.name, "class")
        self.weight = ValueSlider(
            f"Weight of {name}", -1, 2, None, 0.05, 2, COLOUR.CLASS,
            f"How much of this class's embedding is taken, as it is: weights need not sum to 1 {PAPER}.",
        )  # fmt: skip
        self.remove = IconButton("clear", f"Remove {name}", f"Take {name} out of the mix.", side=20)
        self.weight.lead_with(self.name)
        self.weight.end_with(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.weight)
        QWidget.setTabOrder(self.name, self.weight.track)
        QWidget.setTabOrder(self.weight.track, self.remove)
        self.name.clicked.connect(self._on_name)
        self.weight.edited.connect(self._on_weight)
        self.weight.default_asked.connect(self._on_default)
        self.weight.drag_started.connect(self.drag_started)
        self.weight.drag_finished.connect(self.drag_finished)
        self.remove.clicked.connect(self._on_remove)

    def show_weight(self, weight: float, *, implied: bool, muted: bool) -> None:
        """Show the weight; `implied` where nobody chose this class, `muted` where another mix rules."""
        self.weight.set_value(weight)
        self.weight.set_muted(implied or muted)
        style.set_tone(self.name, "muted" if implied or muted else "class")
        self.remove.set_available("This is the model's first class, shown until you choose one."
                                  if implied else "")  # fmt: skip

    def _on_name(self) -> None:
        self.name_pressed.emit(self.index)

    def _on_weight(self, weight: float) -> None:
        self.weighed.emit(self.index, weight)

    def _on_default(self) -> None:
        self.weight.track.propose(1.0)

    def _on_remove(self) -> None:
        self.removed.emit(self.index)
