"""A film's moments on the desk: shown through the session, told apart from what a person does there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ganlab.session import Session
from ganlab_core.recipe import Recipe


class Showing(QObject):
    """Puts moments of a film on the desk as one step of its history, however long it plays.

    Signals
    -------
    edited(Recipe)
        A person, or a walk, changed the desk's Recipe; the step of it is on the desk.
    vanished(int)
        A movement of the hand came back to where it began; the step of this number is no more.
    left()
        The desk went back or on in its history, away from the film.
    """

    edited = Signal(object)
    vanished = Signal(int)
    left = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._own: set[int] = set()
        self._quiet = False
        self._newest = self._last = session.history.now.number
        session.recipe_changed.connect(self._on_recipe_changed)

    @property
    def step(self) -> int:
        """The number of the step on the desk."""
        return self._session.history.now.number

    def is_on(self) -> bool:
        """Whether the step on the desk belongs to the film, so that it may go on changing."""
        return self.step in self._own

    def show(self, recipe: Recipe) -> None:
        """Put a moment on the desk."""
        before = self.step
        with _Quiet(self):
            if self.is_on():
                self._session.drift(recipe)
            else:
                self._session.end_drag()
                self._session.edit(recipe, "film")
        if self.step != before:
            self._own.add(self.step)

    def claim(self) -> int:
        """Let the step on the desk, an edit of a keyframe, belong to the film; tells its number."""
        self._own.add(self.step)
        return self.step

    def begin_again(self) -> None:
        """Another history is on the desk; none of its steps belongs to the film."""
        self._own.clear()
        self._last, self._newest = self.step, self._session.history.newest

    def quietly(self) -> _Quiet:
        """While inside, what happens to the desk is nobody's edit."""
        return _Quiet(self)

    def _on_recipe_changed(self, recipe: Recipe) -> None:
        number, last = self.step, self._last
        new = number > self._newest
        self._last, self._newest = number, max(number, self._newest)
        if self._quiet:
            return
        if new or number == last:
            self.edited.emit(recipe)
        elif self._session.history.step(last) is None:
            self.vanished.emit(last)
        else:
            self.left.emit()


class _Quiet:
    """Marks what happens inside as the film's own doing."""

    def __init__(self, showing: Showing) -> None:
        self._showing = showing
        self._before = False

    def __enter__(self) -> None:
        self._before, self._showing._quiet = self._showing._quiet, True

    def __exit__(self, *_error: object) -> None:
        self._showing._quiet = self._before
