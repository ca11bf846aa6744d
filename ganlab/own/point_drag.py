"""Point drag in the window: marked points go where they shall, as one step of the history."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal

from ganlab.controls import PictureMarks, ScrollBox
from ganlab.engine import BackgroundTasks, DeskMover, DragPoints, Moved
from ganlab.own.drag_panel import NO_POINTS, DragPanel
from ganlab.session import Session
from ganlab.window import MainWindow, Messages
from ganlab_core.recipe import Capabilities, Recipe, fit
from ganlab_core.timeline import Timeline

LABEL = "drag points"
"""What its step of the history is called."""

RATE = Fraction(30)
"""Steps a second in a film of a drag."""

TOLERANCE = 0.02
"""How far numbers of styles in such a film may lie from those of the drag, for fewer keyframes."""


class OneStep:
    """Edits that come by themselves, gathered into one step of a session's history.

    Parameters
    ----------
    session
        Whose history.
    label
        What the step is called.
    """

    def __init__(self, session: Session, label: str) -> None:
        self._session = session
        self._label = label
        self._begun = False
        self.is_own = False
        """Whether the desk changes just now because of `show`."""

    def begin(self) -> None:
        """The next edit begins a step."""
        self._begun = False

    def show(self, recipe: Recipe) -> None:
        """Let the step end here."""
        self.is_own = True
        try:
            if self._begun:
                self._session.drift(recipe)
            else:
                self._begun = True
                self._session.end_drag()
                self._session.edit(recipe, self._label)
        finally:
            self.is_own = False


class PointDrag(QObject):
    """Drags the marked points of the desk's picture.

    Whatever else changes the desk meanwhile ends the drag, and so do another model and Stop; the desk stays
    as it is then.

    Parameters
    ----------
    session, window, tasks, messages
        What is dragged, where the panel and the marks go, who makes films, and who says what went wrong.

    Signals
    -------
    film_made(Timeline)
        The way of the last drag.
    """

    film_made = Signal(object)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        tasks: BackgroundTasks,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._messages = messages
        self.marks = PictureMarks(window.canvas)
        self.panel = DragPanel(self.marks)
        right = Qt.DockWidgetArea.RightDockWidgetArea
        self.dock = window.add_panel("Drag", ScrollBox(self.panel), right, on_picture=True)
        self.mover = DeskMover(self)
        self._step = OneStep(session, LABEL)
        self._way: list[Recipe] = []
        panel, mover = self.panel, self.mover
        panel.start_asked.connect(self.start)
        panel.stop_asked.connect(self.stop)
        panel.film_asked.connect(self._on_film_asked)
        mover.moved.connect(self._on_moved)
        mover.ended.connect(self._on_ended)
        mover.failed.connect(self._on_failed)
        session.recipe_changed.connect(self._on_recipe_changed)
        session.model_changed.connect(self._on_model_changed)

    @property
    def way(self) -> Sequence[Recipe]:
        """The Recipes of the last drag, from where it began on."""
        return self._way

    def start(self) -> None:
        """Drag what is marked, and leave what is on its way."""
        info = self._session.info
        if info is None or not self.marks.arrows:
            self.panel.show_sentence(NO_POINTS)
            return
        recipe = self._session.fitted
        self._step.begin()
        self._way = [recipe]
        self.mover.start(DragPoints(info.path, recipe, self.marks.arrows, self.marks.painted))
        self.panel.show_running(running=True)
        self.panel.show_sentence("Preparing…")

    def stop(self) -> None:
        """Stay where it is."""
        self.mover.leave()
        self.panel.show_running(running=False)

    def finish(self) -> None:
        """End what is under way, with the window."""
        self.mover.finish()

    def _on_moved(self, moved: Moved) -> None:
        self._way.append(moved.recipe)
        self._step.show(moved.recipe)
        self.marks.show_arrows(moved.arrows)
        self.panel.show_progress(moved.steps, moved.left)

    def _on_ended(self) -> None:
        self.panel.show_running(running=False)
        if len(self._way) == 1:
            self.panel.show_sentence("The points are where they were to go.")

    def _on_failed(self, error: Exception) -> None:
        self.panel.show_running(running=False)
        self.panel.show_sentence("")
        self._messages.show_error(error)

    def _on_recipe_changed(self) -> None:
        if self.mover.is_running and not self._step.is_own:
            self.stop()
            self.panel.show_sentence("The desk was changed; the points stay where they are.")

    def _on_model_changed(self) -> None:
        self.stop()
        self._way = []
        self.marks.clear()
        self.panel.set_model(present=self._session.info is not None)
        self.panel.forget_way()

    def _on_film_asked(self) -> None:
        can = self._session.capabilities
        if can is not None and len(self._way) > 1:
            self._tasks.start(partial(_film_of, tuple(self._way), can), self._on_film)

    def _on_film(self, film: Timeline) -> None:
        count = len(film.keyframes)
        self.panel.show_sentence(f"{count} keyframes are on the timeline.")
        self.film_made.emit(film)


def _film_of(way: Sequence[Recipe], can: Capabilities) -> Timeline:
    from ganlab_core.performance import thinned

    return thinned([fit(recipe, can) for recipe in way], RATE, can, TOLERANCE).timeline
