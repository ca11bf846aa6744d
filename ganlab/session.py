"""The Session: the one mutable place of the application, with a history of every change."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ganlab.history import History
from ganlab_core.capabilities import Capabilities
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Recipe, fit
from ganlab_core.starting import start_recipe


class Session(QObject):
    """What is on the desk: the current model, the current Recipe, and the way back.

    The Recipe kept here is what the person asked for; `fitted` is what the current model can do of
    it. Switching models never changes what a person asked for, so nothing is lost on the way; only
    where nobody has asked for anything yet does a model begin at its own start.

    Parameters
    ----------
    recipe
        The Recipe to begin with; the plain one when None.
    parent
        The Qt owner.

    Signals
    -------
    recipe_changed(Recipe), model_changed(ModelInfo or None)
    history_changed()
        There are other steps than before, or another one is on the desk.
    """

    recipe_changed = Signal(object)
    history_changed = Signal()
    model_changed = Signal(object)

    def __init__(self, recipe: Recipe | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recipe = recipe or Recipe()
        self._info: ModelInfo | None = None
        self._can: Capabilities | None = None
        self._start: Recipe | None = None if recipe else Recipe()
        self._drag = 0
        self._drags_begun = 0
        self.history = History(self._recipe)

    @property
    def recipe(self) -> Recipe:
        """The Recipe as the person asked for it."""
        return self._recipe

    @property
    def fitted(self) -> Recipe:
        """The nearest Recipe the current model can render."""
        return self._recipe if self._can is None else fit(self._recipe, self._can)

    @property
    def info(self) -> ModelInfo | None:
        """The model on the desk, None before the first one is loaded."""
        return self._info

    @property
    def capabilities(self) -> Capabilities | None:
        """What the model on the desk can do."""
        return self._can

    @property
    def start(self) -> Recipe:
        """Where the model on the desk begins: its first pick, or the truncation it came with."""
        return self._start or Recipe()

    def edit(self, recipe: Recipe, label: str) -> None:
        """Make `recipe` the current one as an undoable step; an equal Recipe is no step."""
        if recipe != self._recipe:
            self.history.push(recipe, label, self._drag)
            self._put_from_history()

    def drift(self, recipe: Recipe) -> None:
        """Let the step on the desk end at `recipe`; a walk that goes on by itself is one step."""
        if recipe != self._recipe:
            self.history.amend(recipe)
            self._put_from_history()

    def begin_with(self, recipe: Recipe) -> None:
        """Start from a Recipe kept from another day; there is nothing to undo yet."""
        self._start = None if self._info is None else self._start
        self.history.begin(recipe)
        self._put_from_history()

    def restore(self, history: History) -> None:
        """Go on with the history of another day."""
        self._start = None if self._info is None else self._start
        self.history = history
        self._put_from_history()

    def forget_history(self) -> None:
        """Begin a new history with the Recipe on the desk."""
        self.end_drag()
        self.history.begin(self._recipe)
        self._put_from_history()

    def begin_drag(self) -> None:
        """Gather the edits from here on into one step, until `end_drag`."""
        self._drags_begun += 1
        self._drag = self._drags_begun

    def end_drag(self) -> None:
        """Let the next edit be a step of its own again."""
        self._drag = 0

    def undo(self) -> None:
        """Take the last step back."""
        self.end_drag()
        if self.history.undo():
            self._put_from_history()

    def redo(self) -> None:
        """Take the step forward again that was taken back."""
        self.end_drag()
        if self.history.redo():
            self._put_from_history()

    def go_to(self, number: int) -> None:
        """Put a step of the history on the desk, of whatever branch; a forgotten one is no change."""
        self.end_drag()
        if self.history.go_to(number):
            self._put_from_history()

    def set_model(self, info: ModelInfo, can: Capabilities) -> None:
        """Put a model on the desk; the Recipe and its history stay, unless nothing was asked for yet."""
        untouched = self._recipe == self._start
        self._info = info
        self._can = can
        self._start = start_recipe(info, can)
        if untouched and self._recipe != self._start:
            self.history.replace(self._start)
            self._put_from_history()
        self.model_changed.emit(info)

    def _put_from_history(self) -> None:
        self._recipe = self.history.now.recipe
        self.recipe_changed.emit(self._recipe)
        self.history_changed.emit()
