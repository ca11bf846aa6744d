"""The head of a strip: its resolution, how far it is faded in, and the way back to the master."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.label import Label
from ganlab.desk.readouts import GROWING


class StripHead(QWidget):
    """`selected` tells a click on the title; `reset` is the button at the right."""

    selected = Signal()

    def __init__(self, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        size = f"{resolution} × {resolution}"
        self.title = QPushButton(size)
        self.title.setProperty("quiet", "true")
        self.title.setAutoDefault(False)
        self.title.setFont(style.font("body", bold=True))
        self.title.setAccessibleName(f"Select the {resolution} px strip")
        style.set_tip(
            self.title, f"Select this strip: the layers that paint at {size} pixels {GROWING}."
        )
        self.title.clicked.connect(self.selected)
        self.reset = IconButton(
            "reset",
            f"Reset {resolution} px",
            "Let everything on this strip follow the master panel again.",
            side=20,
        )
        self.lock = IconButton(
            "lock",
            f"Lock {resolution} px",
            "Keep this strip's style whatever seed or dice do; press again to let it go"
            " (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1).",
            side=20,
        )
        self.lock.setCheckable(True)
        self.percent = Label()
        self.percent.setFont(style.font("small"))
        style.set_tip(self.percent, f"How far this block is faded in {GROWING}.")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 11, 0)  # the title's text stands above the picture's edge
        row.setSpacing(4)
        row.addWidget(self.title)
        row.addStretch(1)
        row.addWidget(self.lock)
        row.addWidget(self.reset)
        row.addWidget(self.percent)

    def show_alpha(self, alpha: float, *, beyond: bool) -> None:
        """Show the fade-in alpha, 0 to 1; quietly where the growth has not come so far."""
        self.percent.setText(f"{100 * alpha:.0f} %")
        style.set_tone(self.percent, "muted" if beyond else "growth")
        style.set_tone(self.title, "muted" if beyond else "text")
