"""The room where one learns: lessons set the desk, measure, ask, and look at what was done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QRubberBand, QTabWidget, QWidget

from ganlab.controls import ScrollBox
from ganlab.engine import BackgroundTasks
from ganlab.learn.lesson_panel import LessonPanel
from ganlab.learn.plane_panel import PlanePanel, PlanePlayer
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.window import MainWindow, Tile
from ganlab_core.errors import GanlabError
from ganlab_core.recipe import Recipe

if TYPE_CHECKING:
    from ganlab_core.lessons import Ask, Lesson, Part

RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
POINTING = 2500
"""Milliseconds that a control is framed."""

RIGHT_WORDS = "Yes, that is it."
WRONG_WORDS = "Not yet."


class LearnRoom(QObject):
    """Shows lessons and the plane; both panels are hidden at first.

    Parameters
    ----------
    session, window, tasks, settings
        Whose desk is set and looked at, where panels go, who computes, and what keeps the progress.

    Signals
    -------
    model_wanted(str)
        A model shall be put on the desk, by its path.
    answered(str, bool)
        A question was answered, as `lesson/part/question`, rightly or not.
    measured()
        The numbers of a part are known.
    """

    model_wanted = Signal(str)
    answered = Signal(str, bool)
    measured = Signal()

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        tasks: BackgroundTasks,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._window, self._tasks = session, window, tasks
        self._settings = settings
        self.panel = LessonPanel()
        self.plane_panel = PlanePanel()
        self.dock = window.add_panel("Learn", ScrollBox(self.panel), RIGHT)
        self.plane_dock = window.add_panel("Plane", ScrollBox(self.plane_panel), RIGHT)
        self.plane = PlanePlayer(self.plane_panel, tasks, self)
        self._lessons: tuple[Lesson, ...] = ()
        self._at, self._part = 0, 0
        self._known: dict[str, Any] = {}
        self._before = Recipe()
        self.panel.chosen.connect(self.open)
        self.panel.turned.connect(self.turn)
        self.panel.begun.connect(self.begin)
        self.panel.measured.connect(self.measure)
        self.panel.answered.connect(self.answer)
        self.dock.visibilityChanged.connect(self._on_visible)
        self.plane_dock.visibilityChanged.connect(self._on_plane_visible)
        self._tasks.start(_lessons, self._on_lessons)

    @property
    def lesson(self) -> Lesson:
        """The lesson on the screen."""
        return self._lessons[self._at]

    @property
    def part(self) -> Part:
        """The part on the screen."""
        return self.lesson.parts[self._part]

    @property
    def known(self) -> dict[str, Any]:
        """What has been measured in this lesson."""
        return dict(self._known)

    def stop(self) -> None:
        """Take no more steps."""
        self.plane.stop()

    def open(self, index: int) -> None:
        """Show a lesson from its first part."""
        self._load()
        self._at, self._part, self._known = index, 0, {}
        self.panel.lessons.setCurrentIndex(index)
        self._show()

    def turn(self, by: int) -> None:
        """Go to a neighbouring part."""
        self._part = min(max(0, self._part + by), len(self.lesson.parts) - 1)
        self._show()

    def begin(self) -> None:
        """Set the desk as the part says, open what it speaks of, and point at it."""
        from ganlab_core.lessons import done, filled, model_path

        if self.lesson.model:
            self.model_wanted.emit(str(model_path(self.lesson.model)))
        start = done(filled(self.part.set, self._known), Recipe()).recipe
        if self.part.set:
            self._session.edit(start, f"lesson {self.lesson.title}")
        self._before = self._session.recipe
        for view in self.part.views:
            self.view(view)
        for name in self.part.points:
            self.point(name)

    def view(self, name: str) -> bool:
        """Open a panel, and a tab of it; False where there is none of that name."""
        panel, _, tab = name.partition("/")
        docks = self._window.findChildren(QDockWidget)
        dock = next((one for one in docks if one.windowTitle() == panel), None)
        if dock is None:
            return False
        dock.show()
        dock.raise_()
        tabs = dock.findChild(QTabWidget) if tab else None
        titles = [] if tabs is None else [tabs.tabText(i) for i in range(tabs.count())]
        if tabs is not None and tab in titles:
            tabs.setCurrentIndex(titles.index(tab))
        return not tab or tab in titles

    def point(self, name: str) -> bool:
        """Frame a control for a moment, or say an act's place and key; False where there is none."""
        widgets = self._window.findChildren(QWidget)
        found = next((one for one in widgets if one.accessibleName() == name), None)
        if found is not None:
            self._frame_widget(found)
            return True
        try:
            action = self._window.actions_[name]
        except KeyError:
            return False
        key = action.shortcut().toString()
        self._window.status.show_hint(f"{action.text().replace('&', '')}: key {key}")
        return True

    def measure(self) -> None:
        """Compute what the part states, beside the window's thread."""
        self.panel.progress.setText("Measuring…")
        work = partial(_measured, self.part.measures, self.lesson.model, self._session.recipe)
        self._tasks.start(work, partial(self._on_measured, self.lesson))

    def answer(self, place: int, text: str) -> None:
        """Look whether an answer to a question of this part is right."""
        work = partial(
            _checked, self.part.asks[place], text, self._session.recipe, self._before,
            self._session.capabilities, self.known, self.lesson.model,
        )  # fmt: skip
        self._tasks.start(work, partial(self._on_checked, self.lesson, self._part, place))

    # --- inside ------------------------------------------------------------------------------------

    def _on_lessons(self, lessons: tuple[Lesson, ...]) -> None:
        """Offer the lessons on the start page."""
        self._window.start_page.show_section(
            "Lessons",
            [
                Tile(one.title, f"about {one.minutes:g} min", None, partial(self._go_to, index),
                     str(index + 1))
                for index, one in enumerate(lessons)
            ],
        )  # fmt: skip

    def _go_to(self, index: int) -> None:
        self._window.workspaces.enter("Learn")
        self.open(index)

    def _load(self) -> None:
        from ganlab_core.lessons import find_lessons

        if not self._lessons:
            self._lessons = find_lessons()
            self.panel.show_lessons(
                [f"{number}. {one.title}" for number, one in enumerate(self._lessons, 1)]
            )

    def _on_visible(self, visible: bool) -> None:
        if visible and not self._lessons:
            self.open(0)

    def _on_plane_visible(self, visible: bool) -> None:
        if visible:
            self.plane.begin()
        else:
            self.plane_panel.run.setChecked(False)

    def _show(self) -> None:
        self._before = self._session.recipe
        done = {
            place
            for place in range(len(self.part.asks))
            if self._name(self.lesson, self._part, place) in self._settings.answered
        }
        self.panel.show_part(self.lesson, self._part, self._known, done, _abouts(self.part.asks))

    def _name(self, lesson: Lesson, part: int, place: int) -> str:
        return f"{lesson.id}/{part}/{place}"

    def _on_measured(self, lesson: Lesson, found: dict[str, Any] | GanlabError) -> None:
        if self._lessons and lesson is self.lesson and isinstance(found, dict):
            self._known |= found
            before = self._before
            self._show()
            self._before = before
            self.measured.emit()
        elif isinstance(found, GanlabError):
            self.panel.progress.setText(str(found))

    def _on_checked(self, lesson: Lesson, part: int, place: int, found: tuple[bool, str]) -> None:
        right, sentence = found
        if right:
            self._settings.add_answered(self._name(lesson, part, place))
        if lesson is self.lesson and part == self._part:
            self.panel.boxes[place].show_result(sentence, right=right)
        self.answered.emit(self._name(lesson, part, place), right)

    def _frame_widget(self, widget: QWidget) -> None:
        frame = QRubberBand(QRubberBand.Shape.Rectangle, self._window)
        place = widget.mapTo(self._window, widget.rect().topLeft())
        frame.setGeometry(place.x(), place.y(), widget.width(), widget.height())
        frame.show()
        QTimer.singleShot(POINTING, frame, frame.deleteLater)


def _abouts(asks: list[Ask]) -> dict[str, str]:
    """What is given in the cells of these questions."""
    wanted = {ask.cell for ask in asks if ask.cell}
    if not wanted:
        return {}
    from ganlab_core.lessons import CELL_TEXTS

    return {name: CELL_TEXTS[name] for name in wanted if name in CELL_TEXTS}


def _measured(texts: list[str], model: str, recipe: Recipe) -> dict[str, Any] | GanlabError:
    from ganlab_core.lessons import Bench, measure

    found: dict[str, Any] = {}
    try:
        for text in texts:
            found |= measure(text, Bench(model, recipe))
    except GanlabError as error:
        return error
    return found


def _checked(
    ask: Ask, text: str, recipe: Recipe, before: Recipe, can: Any, known: dict[str, Any], model: str
) -> tuple[bool, str]:
    """Whether an answer is right, and what to say of it."""
    from ganlab_core.lessons import Bench, cell_error, done, evaluate, state_of

    try:
        doing = done(text, recipe)
        error = float("inf")
        if ask.cell:
            error = cell_error(ask.cell, doing.cell, Bench(model, recipe))
        right = bool(evaluate(ask.check, state_of(doing, before, can, known, error)))
    except GanlabError as fault:
        return False, _unknown(ask, known) or str(fault)
    apart = f" The largest difference is {error:.2g}." if ask.cell else ""
    return (
        right,
        f"{RIGHT_WORDS if right else WRONG_WORDS}{apart} {'' if right else ask.hint}".strip(),
    )


def _unknown(ask: Ask, known: dict[str, Any]) -> str:
    """That a check needs what has not been measured yet; empty otherwise."""
    from ganlab_core.lessons import EXPERIMENTS

    missing = [n for n in EXPERIMENTS if f"{n}." in ask.check and n not in known]
    return "Press Measure first: the answer is compared with its numbers." if missing else ""


def _lessons() -> tuple[Lesson, ...]:
    from ganlab_core.lessons import find_lessons

    return find_lessons()
