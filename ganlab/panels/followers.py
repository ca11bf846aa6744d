"""The panels that are kept in step with the Recipe and the model: told alike, heard as one."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Signal

from ganlab.panels.recipe_widget import RecipeWidget
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Recipe


class Followers(QObject):
    """All panels that show and edit the Recipe.

    Signals
    -------
    edited(Recipe, str), drag_started(), drag_finished()
        What a person did with any of them.
    """

    edited = Signal(object, str)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panels: list[RecipeWidget] = []
        self._can: Capabilities | None = None
        self._ready: list[RecipeWidget] = []

    def add(self, panel: RecipeWidget) -> None:
        """Hear a panel's edits, and show it what changes from now on."""
        self._panels.append(panel)
        panel.edited.connect(self.edited)
        panel.drag_started.connect(self.drag_started)
        panel.drag_finished.connect(self.drag_finished)
        panel.set_capabilities(self._can)

    def making_ready(self, can: Capabilities, but: RecipeWidget) -> Iterator[None]:
        """Let one panel after the other offer what the model can do, all but one: less is left to do."""
        self._can, self._ready = can, []
        for panel in self._panels:
            if panel is but:
                continue
            panel.set_capabilities(can)
            self._ready.append(panel)
            yield

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Let every panel offer what the model can do."""
        ready = self._ready if can == self._can else []
        self._can, self._ready = can, []
        for panel in self._panels:
            if panel not in ready:
                panel.set_capabilities(can)

    def show_recipe(self, recipe: Recipe) -> None:
        """Let every panel show this Recipe."""
        for panel in self._panels:
            panel.show_recipe(recipe)
