"""How strongly the self-attention of a strip takes part."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ganlab.controls.slider import ValueSlider
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.style import COLOUR


class AttentionCell(RecipeWidget):
    """A factor on the attention's own strength gamma, which all attention layers share."""

    def __init__(self, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = ValueSlider(
            "attention", 0, 3, 1.0, 0.05, 2, COLOUR.TEXT,
            "A factor on gamma, the strength of the self-attention: 0 leaves it out, 1 is as trained"
            " (SAGAN, Zhang et al. 2019, eq. 3).",
        )  # fmt: skip
        self.slider.track.setAccessibleName(f"Attention at {resolution} px")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.slider)
        self.slider.edited.connect(self._on_edited)
        self.forward_drags(self.slider)
        self.setFocusProxy(self.slider)

    def refresh(self) -> None:
        """Show the factor."""
        self.slider.set_value(self.recipe.attention)

    def _on_edited(self, factor: float) -> None:
        self.propose(replace(self.recipe, attention=factor), "attention")
