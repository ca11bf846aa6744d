"""What every panel and every strip is: a widget that shows one Recipe and proposes another."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from ganlab.controls.fill_bar import FillBar
from ganlab.controls.slider import ValueSlider
from ganlab.controls.track import Track
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Recipe


class RecipeWidget(QFrame):
    """Shows a Recipe without editing it; `edited` carries the Recipe a person wants and its label.

    `drag_started` and `drag_finished` bracket the edits of one movement of the hand.
    """

    edited = Signal(object, str)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = Recipe()

    def show_recipe(self, recipe: Recipe) -> None:
        """Show this Recipe; never emits `edited`."""
        self.recipe = recipe
        self.refresh()

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do, None when no model is open; by default nothing depends on it."""

    def refresh(self) -> None:
        """Bring every control to what `recipe` says."""
        raise NotImplementedError

    def propose(self, recipe: Recipe, label: str) -> None:
        """Tell what a person wants, when it differs from what is shown."""
        if recipe != self.recipe:
            self.edited.emit(recipe, label)

    def forward_drags(self, *parts: ValueSlider | Track | FillBar | RecipeWidget) -> None:
        """Pass on when the hand takes hold of one of these and lets go."""
        for part in parts:
            part.drag_started.connect(self.drag_started)
            part.drag_finished.connect(self.drag_finished)
