"""Where z's normal distribution is cut: BigGAN's truncation trick as its authors did it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ganlab.controls.slider import ValueSlider
from ganlab.panels.readouts import threshold_readout
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities

LOW, HIGH = 0.05, 3.0


class ThresholdSlider(RecipeWidget):
    """A slider that follows the model until it is moved; Delete follows the model again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._made: float | None = None
        self._there = False
        self.slider = ValueSlider(
            "Threshold", LOW, HIGH, None, 0.05, 2, COLOUR.TRUNCATION,
            "Draw z from a normal distribution cut at this many deviations: lower is plainer and"
            " surer (truncation trick; BigGAN, Brock et al. 2019, sec. 3.1).",
            readout=threshold_readout(HIGH),
        )  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.slider)
        self.slider.edited.connect(self._on_edited)
        self.slider.default_asked.connect(self._on_default)
        self.forward_drags(self.slider)
        self.setFocusProxy(self.slider)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there for a model that is truncated in z."""
        self._there = can is not None and can.has_truncation and not can.has_w
        self._made = None if can is None else can.threshold
        self.refresh()

    def refresh(self) -> None:
        """Show the threshold, in grey while it is as the model was made."""
        asked = self.recipe.threshold
        made = HIGH if self._made is None else self._made
        self.slider.set_value(made if asked is None else asked)
        self.slider.set_muted(asked is None, "as made")
        self.setVisible(self._there)

    def _on_edited(self, threshold: float) -> None:
        uncut = threshold >= HIGH and self._made is None
        self._propose(None if uncut else threshold)

    def _on_default(self) -> None:
        self._propose(None)

    def _propose(self, threshold: float | None) -> None:
        self.propose(replace(self.recipe, threshold=threshold), "threshold")
