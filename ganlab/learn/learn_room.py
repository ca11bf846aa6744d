"""The room where one learns: lessons set the desk, measure, ask, and look at what was done.

A lesson is on the screen one part at a time, with its questions and what is behind a click. On the
plane, D is a field, G's points stand with where they are pulled, beside real points, step by step or
running.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QRubberBand,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, ScrollBox, Segmented, WordButton
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.learn.illustrations import CardPictures, IdeasPanel, lesson_picture, paragraph
from ganlab.recipe_widget import section_title
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.style import COLOUR, STEP
from ganlab.window import MainWindow, Tile, ask_folder
from ganlab_core.errors import GanlabError
from ganlab_core.recipe import Recipe

if TYPE_CHECKING:
    import pyqtgraph

    from ganlab_core.lessons import (
        Ask,
        Idea,
        IdeasReport,
        Lesson,
        Part,
        PlaneGame,
        PlaneSettings,
        PlaneSnapshot,
    )


CHOOSE = "Choose an answer"


class AskBox(QFrame):
    """A question, the place for its answer, and what was said of it.

    `answered` brings what was typed or chosen, as a doing in words; empty where the desk answers.
    """

    answered = Signal(str)

    def __init__(self, ask: Ask, done: bool, about: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "strip")
        self.ask = ask
        column = QVBoxLayout(self)
        number = f"{ask.number}  " if ask.number else ""
        column.addWidget(paragraph(f"{number}{ask.text}", bold=True))
        if about:
            column.addWidget(paragraph(about, tone="muted"))
        self.choice: QComboBox | None = None
        self.line: QLineEdit | None = None
        row = QHBoxLayout()
        self._add_field(row, ask)
        self.button = WordButton(
            "Check", "Let the program look whether that is it.", f"Check: {ask.text}"
        )
        self.button.setProperty("raised", "true")
        self.button.clicked.connect(self._on_check)
        row.addWidget(self.button)
        column.addLayout(row)
        self.verdict = paragraph("Answered before." if done else "", tone="muted")
        column.addWidget(self.verdict)

    def _add_field(self, row: QHBoxLayout, ask: Ask) -> None:
        if ask.choices:
            self.choice = QComboBox()
            self.choice.setAccessibleName(ask.text)
            style.set_tip(self.choice, "Choose what you take to be true; Check tells.")
            self.choice.addItems([CHOOSE, *ask.choices])
            self.choice.setMinimumContentsLength(12)
            self.choice.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            row.addWidget(self.choice, 1)
        elif ask.cell or ask.number_wanted:
            self.line = QLineEdit()
            self.line.setAccessibleName(ask.text)
            style.set_tip(self.line, "Type your answer; Enter or Check tells whether that is it.")
            self.line.setPlaceholderText("with + - * / ( )" if ask.cell else "a number")
            self.line.returnPressed.connect(self._on_check)
            row.addWidget(self.line, 1)
        else:
            row.addWidget(paragraph("Do it on the desk, then:", tone="muted"), 1)

    def _on_check(self) -> None:
        if self.choice is not None:
            self.answered.emit(f"choice={self.choice.currentIndex()}")
        elif self.line is not None:
            text = self.line.text().strip()
            text = text if self.ask.cell else text.replace(" ", "").replace(",", "")
            self.answered.emit(f"{'cell' if self.ask.cell else 'value'}={text or 'nan'}")
        else:
            self.answered.emit("")

    def show_result(self, text: str, *, right: bool) -> None:
        """Say whether it was right."""
        self.verdict.setText(text)
        style.set_tone(self.verdict, "text" if right else "muted")


class LessonPanel(QFrame):
    """Chooses a lesson and shows one part of it.

    Signals
    -------
    chosen(int), turned(int)
        A lesson by its place; one part on or back.
    begun(), measured()
        The desk shall be set as the part says; what it states shall be computed.
    answered(int, str)
        An answer to the part's question of this place.
    """

    chosen = Signal(int)
    turned = Signal(int)
    begun = Signal()
    measured = Signal()
    answered = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Lessons")
        self.lessons = QComboBox()
        self.lessons.setAccessibleName("Lesson")
        style.set_tip(self.lessons, "Which lesson to read and do.")
        self.lessons.activated.connect(self.chosen)
        self.progress = paragraph("", tone="muted")
        self.back = WordButton("Back", "The part before.")
        self.on = WordButton("Next", "The next part.")
        self.back.clicked.connect(lambda: self.turned.emit(-1))
        self.on.clicked.connect(lambda: self.turned.emit(1))
        self.boxes: list[AskBox] = []
        self._body = QWidget()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        self._column.addWidget(section_title("LEARN", "Lessons: read, do, and have it checked."))
        self._column.addWidget(self.lessons)
        self._column.addWidget(self.progress)
        self._column.addWidget(self._body)
        row = QHBoxLayout()
        row.addWidget(self.back)
        row.addWidget(self.on)
        self._column.addLayout(row)
        self._column.addStretch(1)

    def show_lessons(self, titles: Sequence[str]) -> None:
        """Offer these lessons."""
        self.lessons.clear()
        self.lessons.addItems(list(titles))

    def show_part(
        self,
        lesson: Lesson,
        index: int,
        known: Mapping[str, Any],
        done: Collection[int],
        about: Mapping[str, str],
        lacking: Sequence[str] = (),
    ) -> None:
        """Show a part with what has been measured; `done` are its answered questions.

        `lacking` is what earlier parts measure, this one needs, and nobody has measured.
        """
        from ganlab_core.lessons import UNKNOWN, filled

        part = lesson.parts[index]
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, STEP, 0, STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(paragraph(part.title, size="large"))
        self._add_buttons(column, lesson, part, measures=bool(part.measures or lacking))
        texts = [filled(text, known) for text in part.paragraphs]
        for text in texts:
            column.addWidget(paragraph(text))
        self.boxes = []
        for place, ask in enumerate(part.asks):
            box = AskBox(ask, place in done, about.get(ask.cell, ""))
            box.answered.connect(lambda text, place=place: self.answered.emit(place, text))
            self.boxes.append(box)
            column.addWidget(box)
        self._add_reasons(column, part)
        self._swap(body)
        self.back.setEnabled(index > 0)
        self.on.setEnabled(index + 1 < len(lesson.parts))
        unmeasured = bool(lacking) or (
            bool(part.measures) and any(UNKNOWN in text for text in texts)
        )
        self.progress.setText(
            f"Part {index + 1} of {len(lesson.parts)}, {lesson.minutes:g} minutes."
            + " Measure fills in the numbers." * unmeasured
        )

    def _swap(self, body: QWidget) -> None:
        """Show this part in the place of the one before."""
        self._column.replaceWidget(self._body, body)
        self._body.hide()
        self._body.deleteLater()
        self._body = body
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Have the keyboard come by the new part here, where it stands, and not at the window's end."""
        before: QWidget = self.lessons
        for widget in (*self._body.findChildren(QWidget), self.back, self.on):
            here = widget.window() is self.window()  # the list of a choice is a window of its own
            if here and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                QWidget.setTabOrder(before, widget)
                before = widget

    def _add_buttons(
        self, column: QVBoxLayout, lesson: Lesson, part: Part, *, measures: bool
    ) -> None:
        row = QHBoxLayout()
        if part.set or part.views or part.points or lesson.model:
            begin = WordButton(
                "Show me", "Set the desk as this part says, and open what it speaks of."
            )
            begin.clicked.connect(self.begun)
            row.addWidget(begin)
        if measures:
            measure = WordButton("Measure", "Compute the numbers of this part, here and now.")
            measure.clicked.connect(self.measured)
            row.addWidget(measure)
        column.addLayout(row)

    def _add_reasons(self, column: QVBoxLayout, part: Part) -> None:
        """The formula and the paper, behind a click."""
        reasons = "\n".join(text for text in (part.formula, part.paper) if text)
        if reasons:
            text = paragraph(reasons, tone="muted")
            text.hide()
            why = WordButton("Formula and paper", "Show where this is written.")
            why.clicked.connect(lambda: text.setVisible(text.isHidden()))
            column.addWidget(why)
            column.addWidget(text)


SHAPES = ("clusters", "ring", "grid", "spiral")
LOSSES = ("logistic-r1", "logistic", "wgan", "wgan-gp", "hinge")
PACE = 40
"""Milliseconds between two pictures of a running game."""

AT_ONCE = 10
"""Steps between two pictures."""


class PlanePanel(QFrame):
    """Chooses a game, and shows it.

    Signals
    -------
    begun()
        Another game is wanted, by the choices as they are.
    stepped(int, int)
        So many steps of D and of G are wanted.
    run_toggled(bool)
        The game shall run, or stand still.
    """

    begun = Signal()
    stepped = Signal(int, int)
    run_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Plane")
        self.shape = self._choice("Real points", SHAPES)
        self.loss = self._choice("Loss", LOSSES)
        self.rate = self._choice("G's pace", ("1x", "2x", "5x"))
        self.step_d = WordButton("D step", "One step of the discriminator alone.")
        self.step_g = WordButton("G step", "One step of the generator alone.")
        self.run = WordButton("Run", "Let both take steps in turn, or stop.")
        self.run.setCheckable(True)
        self.again = WordButton("Again", "Begin this game anew.")
        self.text = Label("Waking the two networks…")
        self.text.setWordWrap(True)
        style.set_tone(self.text, "muted")
        self._plot: pyqtgraph.PlotWidget | None = None
        self._build()
        self.step_d.clicked.connect(lambda: self.stepped.emit(1, 0))
        self.step_g.clicked.connect(lambda: self.stepped.emit(0, 1))
        self.run.toggled.connect(self.run_toggled)
        self.again.clicked.connect(self.begun)

    def _choice(self, name: str, items: tuple[str, ...]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        style.set_tip(box, f"{name} of the next game.")
        box.addItems(items)
        box.activated.connect(self.begun)
        return box

    def _build(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        self._column.addWidget(
            section_title("PLANE", "The whole game on points (GAN Lab, Kahng et al. 2018).")
        )
        for widgets in (
            (self.shape, self.loss, self.rate),
            (self.step_d, self.step_g, self.run, self.again),
        ):
            row = QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget, 1)
            self._column.addLayout(row)
        self._column.addWidget(self.text)
        self._column.addStretch(1)

    def settings(self) -> PlaneSettings:
        """The game that the choices describe."""
        from ganlab_core.lessons import PlaneSettings

        faster = float(self.rate.currentText().rstrip("x"))
        return PlaneSettings(
            shape=self.shape.currentText(), loss=self.loss.currentText(), rate_g=1e-3 * faster
        )

    def show_snapshot(self, now: PlaneSnapshot) -> None:
        """Draw a game as it is."""
        if self._plot is None:
            self._make_plot()
        top = max(1e-6, float(np.percentile(np.abs(now.field - np.median(now.field)), 90)))
        self._field.setImage((now.field.T - np.median(now.field)) / top, levels=(-1.0, 1.0))
        self._real.setData(now.real[:, 0], now.real[:, 1])
        self._fake.setData(now.fake[:, 0], now.fake[:, 1])
        lengths = np.linalg.norm(now.slopes, axis=1, keepdims=True)
        arrows = now.fake + 0.15 * now.slopes / np.maximum(lengths, 1e-9)
        lines = np.stack([now.fake, arrows], axis=1).reshape(-1, 2)
        self._pulls.setData(lines[:, 0], lines[:, 1], connect="pairs")
        modes = f", {now.modes} of 8 clusters" if self.shape.currentText() == "clusters" else ""
        self.text.setText(
            f"Step {now.steps}: loss of D {now.loss_d:.3f}, of G {now.loss_g:.3f}; distance "
            f"{now.distance:.3f}{modes}. Green: real. Cyan: G's, with where D pulls them. The ground is "
            "lighter where D says real."
        )

    def _make_plot(self) -> None:
        import pyqtgraph as pg

        from ganlab_core.lessons import REACH

        self._plot = plot = pg.PlotWidget(background=COLOUR.GROUND)
        plot.setAccessibleName("The plane")
        plot.setAspectLocked(lock=True)
        plot.hideAxis("left")
        plot.hideAxis("bottom")
        plot.setMouseEnabled(x=False, y=False)
        plot.setMenuEnabled(enableMenu=False)
        plot.setMinimumHeight(60 * STEP)
        plot.setRange(QRectF(-REACH, -REACH, 2 * REACH, 2 * REACH), padding=0)
        self._field = pg.ImageItem()
        grey = [COLOUR.SURROUND, COLOUR.STRIP, style.blend(COLOUR.MUTED, COLOUR.STRIP, 0.55)]
        self._field.setColorMap(pg.ColorMap([0.0, 0.5, 1.0], grey))
        self._field.setRect(QRectF(-REACH, -REACH, 2 * REACH, 2 * REACH))
        self._pulls = pg.PlotDataItem(pen=pg.mkPen(COLOUR.STYLE, width=1))
        self._real = pg.ScatterPlotItem(size=5, pen=None, brush=COLOUR.CLASS, symbol="o")
        self._fake = pg.ScatterPlotItem(size=6, pen=None, brush=COLOUR.STYLE, symbol="d")
        for item in (self._field, self._pulls, self._real, self._fake):
            plot.addItem(item)
        self._column.takeAt(self._column.count() - 1)  # what kept its place
        self._column.addWidget(plot, 1)


class PlanePlayer(QObject):
    """Plays the game beside the window's thread, a few steps for each picture."""

    def __init__(
        self, panel: PlanePanel, tasks: BackgroundTasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._tasks = panel, tasks
        self._game: PlaneGame | None = None
        self._busy = False
        self._timer = QTimer(self, interval=PACE)
        self._timer.timeout.connect(lambda: self.step(AT_ONCE, AT_ONCE))
        panel.begun.connect(self.begin)
        panel.stepped.connect(self.step)
        panel.run_toggled.connect(self._on_run)

    @property
    def busy(self) -> bool:
        """Whether steps are being taken."""
        return self._busy

    def begin(self) -> None:
        """Begin the game that is chosen, and show it."""
        self._game = None
        self.step(0, 0)

    def step(self, steps_d: int, steps_g: int) -> None:
        """So many steps; nothing while others are being taken."""
        if not self._busy:
            self._busy = True
            work = partial(_advanced, self._game, self._panel.settings(), steps_d, steps_g)
            self._tasks.start(work, self._on_done)

    def stop(self) -> None:
        """Take no more steps."""
        self._timer.stop()

    def _on_run(self, on: bool) -> None:
        if on:
            self._timer.start()
        else:
            self._timer.stop()

    def _on_done(self, found: tuple[PlaneGame, PlaneSnapshot]) -> None:
        self._busy = False
        game, now = found
        if self._game is None or self._game is game:
            wanted = self._panel.settings()
            if game.settings == wanted:
                self._game = game
                self._panel.show_snapshot(now)
            else:  # another game was chosen meanwhile
                self._game = None
                self.step(0, 0)


def _advanced(
    game: PlaneGame | None, settings: PlaneSettings, steps_d: int, steps_g: int
) -> tuple[PlaneGame, PlaneSnapshot]:
    from ganlab_core.lessons import PlaneGame, advance

    game = PlaneGame(settings) if game is None else game
    return game, advance(game, steps_d, steps_g)


RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
POINTING = 2500
"""Milliseconds that a control is framed."""

SHARES = [400, 240]
"""Of the height, for a lesson and what it opened below itself: its question is to be seen."""

RIGHT_WORDS = "Yes, that is it."
WRONG_WORDS = "Not yet."


class LearnRoom(QObject):
    """Shows lessons, the plane and the ideas; all three panels are hidden at first.

    Parameters
    ----------
    session, window, tasks, settings, worker
        Whose desk is set and looked at, where panels go, who computes, what keeps the progress, and who
        draws.

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
        worker: RenderWorker,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._window, self._tasks = session, window, tasks
        self.cards = CardPictures(session, window, worker, self)
        self._settings = settings
        self.panel = LessonPanel()
        self.plane_panel = PlanePanel()
        self.dock = window.add_panel("Learn", ScrollBox(self.panel), RIGHT)
        self.ideas_panel = IdeasPanel()
        self.ideas_dock = window.add_panel("Ideas", ScrollBox(self.ideas_panel), RIGHT)
        self.plane_dock = window.add_panel("Plane", ScrollBox(self.plane_panel), RIGHT)
        self.plane = PlanePlayer(self.plane_panel, tasks, self)
        self._lessons: tuple[Lesson, ...] = ()
        self._at, self._part = 0, 0
        self._known: dict[str, Any] = {}
        self._before = Recipe()
        self._opened: list[QDockWidget] = []
        self.panel.chosen.connect(self.open)
        self.panel.turned.connect(self.turn)
        self.panel.begun.connect(self.begin)
        self.panel.measured.connect(self.measure)
        self.panel.answered.connect(self.answer)
        self.dock.visibilityChanged.connect(self._on_visible)
        self.plane_dock.visibilityChanged.connect(self._on_plane_visible)
        self.ideas_dock.visibilityChanged.connect(self._on_ideas_visible)
        self.ideas_panel.another_asked.connect(self._on_another_asked)
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
        self._put_away(set())
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
        self._put_away({view.partition("/")[0] for view in self.part.views})
        for view in self.part.views:
            self.view(view)
        for name in self.part.points:
            self.point(name)

    def view(self, name: str) -> bool:
        """Open a panel, a tab of it, and what words choose there; False where a name is nowhere.

        The words of `Inside/Stages/styles/channels` are the panel, its tab, and a word in a row of words
        on it, then one in the row below.
        """
        panel, tab, *words = [*name.split("/"), ""][: max(2, name.count("/") + 1)]
        docks = self._window.findChildren(QDockWidget)
        dock = next((one for one in docks if one.windowTitle() == panel), None)
        if dock is None:
            return False
        if dock.isHidden():
            self._opened.append(dock)
            dock.show()
            self._window.resizeDocks([self.dock, dock], SHARES, Qt.Orientation.Vertical)
        dock.raise_()
        tabs = dock.findChild(QTabWidget) if tab else None
        titles = [] if tabs is None else [tabs.tabText(i) for i in range(tabs.count())]
        if tabs is not None and tab in titles:
            tabs.setCurrentIndex(titles.index(tab))
        return (not tab or tab in titles) and all(_choose(dock, word) for word in words)

    def point(self, name: str) -> bool:
        """Frame a control for a moment, or say an act's place and key; False where there is none.

        One that lies in a folded strip is laid open.
        """
        widgets = self._window.findChildren(QWidget)
        found = next((one for one in widgets if one.accessibleName() == name), None)
        if found is not None:
            if not found.isVisible():
                _lay_open(found)
            QTimer.singleShot(0, self, partial(self._frame_control, name))
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
        texts = [*self._lacking(), *self.part.measures]
        work = partial(_measured, texts, self.lesson.model, self._session.recipe)
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
                Tile(one.title, f"about {one.minutes:g} min", lesson_picture(one.id),
                     partial(self._go_to, index), str(index + 1))
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

    def _on_ideas_visible(self, visible: bool) -> None:
        if visible and not self.ideas_panel.rows:
            self._tasks.start(_ideas, self._on_ideas)

    def _on_another_asked(self) -> None:
        def show(folder: str) -> None:
            self.show_ideas(Path(folder))

        ask_folder(self._window, "A folder that `ganlab ideas` made", Path.home(), show)

    def show_ideas(self, folder: Path) -> None:
        """Show the comparison of ideas in a folder, or say why not and keep what is shown."""
        self._tasks.start(partial(_ideas, folder), self._on_other_ideas)

    def _on_other_ideas(
        self, found: tuple[IdeasReport, tuple[Idea, ...], str] | GanlabError
    ) -> None:
        if isinstance(found, GanlabError):
            self._window.show_notice(str(found))
        else:
            self.ideas_panel.show_report(*found)

    def _on_ideas(self, found: tuple[IdeasReport, tuple[Idea, ...], str] | GanlabError) -> None:
        if isinstance(found, GanlabError):
            self.ideas_panel.note.setText(str(found))
        else:
            self.ideas_panel.show_report(*found)

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
        self.panel.show_part(
            self.lesson, self._part, self._known, done, _abouts(self.part.asks), self._lacking()
        )

    def _lacking(self) -> list[str]:
        """What earlier parts measure, this one speaks of, and nobody has measured."""
        part = self.part
        said = "\n".join([*part.paragraphs, *(ask.check for ask in part.asks)])
        before = [text for one in self.lesson.parts[: self._part] for text in one.measures]
        names = {text: text.split()[0] for text in before}
        return [t for t, name in names.items() if f"{name}." in said and name not in self._known]

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

    def _put_away(self, wanted: Collection[str]) -> None:
        """Close the panels that lessons opened and this part does not speak of."""
        for dock in [one for one in self._opened if one.windowTitle() not in wanted]:
            self._opened.remove(dock)
            dock.hide()

    def _frame_control(self, name: str) -> None:
        """Frame what bears a name and is shown by now: a strip may have been opened in a window."""
        shown = (
            widget
            for top in QApplication.topLevelWidgets()
            for widget in top.findChildren(QWidget)
            if widget.isVisible() and widget.accessibleName() == name
        )
        widget = next(shown, None)
        if widget is None:
            return
        around = widget.parentWidget()
        while around is not None:
            if isinstance(around, QScrollArea):
                around.ensureWidgetVisible(widget)
            around = around.parentWidget()
        frame = QRubberBand(QRubberBand.Shape.Rectangle, widget.window())
        place = widget.mapTo(widget.window(), widget.rect().topLeft())
        frame.setGeometry(place.x(), place.y(), widget.width(), widget.height())
        frame.show()
        QTimer.singleShot(POINTING, frame, frame.deleteLater)


def _lay_open(widget: QWidget) -> None:
    """Press what opens the folded part of the window that a control lies in."""
    around = widget.parentWidget()
    while around is not None:
        opener = around.property("opener")
        if isinstance(opener, QAbstractButton):
            opener.click()
            return
        around = around.parentWidget()


def _choose(within: QWidget, word: str) -> bool:
    """Choose a word in a row of words that is shown; False where none has it."""
    for row in within.findChildren(Segmented):
        if word in row.names and row.isVisibleTo(within):
            row.button(word).click()
            return True
    return False


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


def _ideas(
    folder: Path | None = None,
) -> tuple[IdeasReport, tuple[Idea, ...], str] | GanlabError:
    from ganlab_core.lessons import IDEAS, REAL, ideas_dir, read_ideas

    try:
        return read_ideas(folder or ideas_dir()), IDEAS, REAL
    except GanlabError as error:
        return error
