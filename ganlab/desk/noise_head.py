"""The line above a strip's noise cells: what kind of noise the master panel gives."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ganlab import style
from ganlab.controls.label import Label
from ganlab_core.recipe import Noise


class NoiseHead(QWidget):
    """The word at the left, the kind of noise or its seed at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title, self._note = Label("noise"), Label()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(title, 1)
        row.addWidget(self._note)
        for label in (title, self._note):
            label.setFont(style.font("small"))
            style.set_tone(label, "muted")
            style.set_tip(
                label,
                "The noise added in each layer of this scale"
                " (StyleGAN, Karras et al. 2019, sec. 3.2).",
            )

    def show_noise(self, noise: Noise) -> None:
        """Show the master's noise."""
        self._note.setText(f"seed {noise.seed}" if noise.mode == "random" else noise.mode)
