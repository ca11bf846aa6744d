"""The room of own pictures: a photograph becomes a Recipe, points are dragged, the critic is asked."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from ganlab.controls import PictureMarks, ScrollBox
from ganlab.engine import (
    BackgroundTasks,
    DeskMover,
    DragPoints,
    HalfStepper,
    Moved,
    OwnPicture,
    PleaseCritic,
    ProjectionRunner,
    RenderWorker,
    Surroundings,
    carries_critic,
    real_pictures_at_hand,
    run_of_model,
)
from ganlab.own.own_panels import (
    LOOKING,
    NO_POINTS,
    TOPICS,
    CriticPanel,
    DragPanel,
    OwnPanel,
    attention_wash,
)
from ganlab.recipe_widget import NO_MODEL
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.window import MainWindow, Messages, ask_picture, ask_pictures_folder
from ganlab_core.errors import GanlabError
from ganlab_core.inspection import (
    NO_CRITIC,
    Answer,
    AskCritic,
    CriticReport,
    Crop,
    FindNearestReals,
    LineUp,
    MakeLineUp,
    NearestReals,
    RealPictures,
)
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Recipe, fit
from ganlab_core.timeline import Timeline

if TYPE_CHECKING:
    from ganlab_core.inspection import Projected, TunedSoFar

RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
OWN_STEP = "own picture"
"""What its step of the history is called."""

SQUARE_RESTS_MS = 400
"""The square rests for so long before the work on it begins anew."""


class OwnRoom(QObject):
    """Brings own pictures into the model on the desk.

    Parameters
    ----------
    session, window, worker, tasks, messages, settings
        Where Recipes go, where the panels go, who draws, who works beside, who says what went wrong, and
        where things are remembered.

    Signals
    -------
    film_made(Timeline)
        The way of a drag is to be on the timeline.
    keyframe_wanted(Recipe)
        A picture that was brought in is to be a keyframe.
    tuned(ModelInfo)
        A model was tuned to a picture and kept; it is to be on the desk.
    """

    film_made = Signal(object)
    keyframe_wanted = Signal(object)
    tuned = Signal(object)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window, self._settings = window, settings
        self._messages = messages
        self.panel = OwnPanel()
        self.dock = window.add_panel("Own picture", ScrollBox(self.panel), RIGHT)
        self.runner = ProjectionRunner(self)
        self.point_drag = PointDrag(session, window, tasks, messages, self)
        self.critic_eye = CriticEye(session, window, worker, tasks, messages, settings, self)
        self._picture: Path | None = None
        self._model: Path | None = None
        self._now: Projected | None = None
        self._tunes = False
        self._rest = QTimer(self, singleShot=True, interval=SQUARE_RESTS_MS)
        self._rest.timeout.connect(self._on_again)
        self._connect()

    def _connect(self) -> None:
        panel, runner = self.panel, self.runner
        panel.square_edited.connect(self._on_square_edited)
        runner.read.connect(panel.show_whole)
        runner.surveyed.connect(self._on_surveyed)
        panel.choose_asked.connect(self._on_choose)
        panel.again_asked.connect(self._on_again)
        panel.pause_asked.connect(runner.set_paused)
        panel.longer_asked.connect(self._on_longer)
        panel.cancel_asked.connect(self._on_cancel)
        panel.use_asked.connect(self.use)
        panel.keyframe_asked.connect(self._on_keyframe_asked)
        panel.tune_asked.connect(self._on_tune_asked)
        self.point_drag.film_made.connect(self.film_made)
        runner.prepared.connect(panel.show_prepared)
        runner.progressed.connect(self._on_progressed)
        runner.finished.connect(self._on_finished)
        runner.tuning.connect(self._on_tuning)
        runner.tuned.connect(self._on_tuned)
        runner.failed.connect(self._on_failed)
        self._session.model_changed.connect(self._on_model_changed)

    def bring_in(self, picture: Path) -> None:
        """Begin with a picture in the middle of its square; says so where no model is open."""
        self._picture = picture
        self.panel.show_new()
        self.dock.setVisible(True)
        self.dock.raise_()
        self._on_again()

    def _on_choose(self) -> None:
        ask_picture(self._window, self._settings.last_folder, self._on_chosen)

    def _on_chosen(self, path: str) -> None:
        picture = Path(path)
        self._settings.last_folder = picture.parent
        self.bring_in(picture)

    def use(self) -> None:
        """Put the Recipe as it is now on the desk, as one step of the history."""
        if self._now is not None and not self._is_elsewhere():
            self._session.edit(self._now.recipe, OWN_STEP)

    def stop(self) -> None:
        """End what is under way."""
        self.runner.cancel()
        self.point_drag.finish()
        self.critic_eye.finish()
        self.runner.finish()

    def _on_keyframe_asked(self) -> None:
        if self._now is not None and not self._is_elsewhere():
            self.keyframe_wanted.emit(self._now.recipe)

    def _on_again(self) -> None:
        info, picture, panel = self._session.info, self._picture, self.panel
        self._rest.stop()
        if picture is None:
            return
        if info is None:
            panel.show_empty("Open a model first; then drop the picture again.")
            return
        try:
            crop = Crop(*panel.crop)
        except GanlabError as error:
            self._messages.show_error(error)
            return
        self._model, self._now, self._tunes = info.path, None, False
        panel.show_stopped("")
        panel.show_prepared(None, 0.0)
        task = OwnPicture(info.path, picture, crop, panel.editable.value, panel.seconds.value)
        self.runner.start(task)

    def _on_longer(self) -> None:
        self._tunes = False
        self.runner.go_longer(self.panel.seconds.value)

    def _on_square_edited(self) -> None:
        """Work on another square is in vain; one whose time is over stays until somebody asks."""
        if self.runner.is_running and not self._tunes:
            self._rest.start()

    def _on_surveyed(self, found: Surroundings) -> None:
        self.panel.show_surroundings(found.ground, found.presence)

    def _on_cancel(self) -> None:
        self._rest.stop()
        self.runner.cancel()
        self._now = None
        self.panel.show_stopped("Again begins with this square and these settings.")

    def _on_progressed(self, now: Projected) -> None:
        from ganlab_core.inspection import reconstruction_text

        self._now = now
        sentence = reconstruction_text(now.came, now.strange)
        self.panel.show_progress(now.pixels, now.spent, now.psnr, now.step, sentence)

    def _on_finished(self, now: Projected) -> None:
        self._on_progressed(now)
        self.panel.show_finished()
        self.use()

    def _on_tune_asked(self) -> None:
        if self._now is not None and not self._is_elsewhere():
            self._tunes = True
            self.runner.tune(self.panel.seconds.value)

    def _on_tuning(self, now: TunedSoFar) -> None:
        self.panel.show_tuning(now.pixels, now.spent, now.psnr, now.step)

    def _on_tuned(self, info: ModelInfo) -> None:
        """The tuned model takes the place of the one it was made of, under the same Recipe."""
        if self._now is None:
            return
        self._session.edit(self._now.recipe, OWN_STEP)
        self._model, self._now = info.path, None
        kilobytes = info.path.stat().st_size / 1000
        self.panel.show_tuned(
            f"Kept among your own models as {info.name}: {kilobytes:.0f} kB beside the model it was"
            " made of."
        )
        self.tuned.emit(info)

    def _on_failed(self, error: Exception) -> None:
        """A picture that cannot be tuned is still brought in; it may go on longer."""
        if self._tunes and self._now is not None:
            self.panel.show_finished()
        else:
            self._now = None
            self.panel.show_stopped("")
        self._tunes = False
        self._messages.show_error(error)

    def _on_model_changed(self) -> None:
        """A picture is on its way into one model alone."""
        self.panel.set_model(self._session.capabilities)
        if self._is_elsewhere() and (self.runner.is_running or self._now is not None):
            self.runner.cancel()
            self._rest.stop()
            self._now = None
            self.panel.show_stopped(
                "The model has changed. Again brings the picture into this one."
            )

    def _is_elsewhere(self) -> bool:
        info = self._session.info
        return info is None or info.path != self._model


DRAG_STEP = "drag points"
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
        self._step = OneStep(session, DRAG_STEP)
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
        self.panel.set_model(self._session.capabilities)
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


PLEASE_STEP = "please the critic"
"""What its step of the history is called."""

REPORT, ROW, NEAREST = TOPICS

SEEDS = 2**31


class CriticEye(QObject):
    """Lets a person see with the discriminator's eye.

    Parameters
    ----------
    session, window, worker, tasks, messages, settings
        Whose picture it is, where it is shown, who is asked, who reads files, and who says what went wrong.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._window, self._worker = session, window, worker
        self._tasks, self._messages, self._settings = tasks, messages, settings
        self.panel = CriticPanel()
        right = Qt.DockWidgetArea.RightDockWidgetArea
        self.dock = window.add_panel("Critic", ScrollBox(self.panel), right, on_picture=True)
        self.mover = DeskMover(self)
        self.halves = HalfStepper(self)
        self._step = OneStep(session, PLEASE_STEP)
        self._reals: RealPictures | None = None
        self._run: Path | None = None
        self._has_critic = self._looks = False
        self._recipe: Recipe | None = None
        self._report: CriticReport | None = None
        self._asked_for: ModelInfo | None = None
        self._connect()

    def _connect(self) -> None:
        panel = self.panel
        for signal, slot in (
            (panel.shown, self._on_shown), (panel.eye_asked, self._show_wash),
            (panel.please_asked, self.please), (panel.stop_asked, self.stop),
            (panel.folder_asked, self._on_folder_asked), (panel.nearest_asked, self._on_nearest_asked),
            (panel.row_asked, self._on_row_asked), (panel.half_asked, self.take_half),
            (panel.again_asked, self._on_again),
            (self.mover.moved, self._on_moved), (self.mover.ended, self.stop),
            (self.mover.failed, self._on_failed),
            (self.halves.taken, self._on_half), (self.halves.failed, self._on_half_failed),
            (self._worker.rendered, self._on_rendered), (self._worker.seen, self._on_seen),
            (self._worker.looking, self._on_looking),
            (self._session.recipe_changed, self._on_recipe_changed),
            (self._session.model_changed, self._on_model_changed),
        ):  # fmt: skip
            signal.connect(slot)

    def finish(self) -> None:
        """End what is under way, with the window."""
        self.mover.finish()
        self.halves.finish()

    # --- what is asked ---------------------------------------------------------------------------

    def _on_shown(self, shown: bool) -> None:
        self._looks = shown
        if shown:
            self._find_out()
            self._ask()
        else:
            self._worker.drop_look(REPORT)
        self._show_wash()

    def _on_rendered(self, frame: object) -> None:
        recipe = getattr(frame, "recipe", None)
        if recipe != self._recipe:
            self._recipe = recipe
            self._ask()

    def _ask(self) -> None:
        if self._looks and self._has_critic and self._recipe is not None:
            self._worker.look(REPORT, AskCritic(self._recipe, self._reals))

    def _find_out(self) -> None:
        """Whether this model has a critic, and what real pictures are at hand; once for each model."""
        info = self._session.info
        if info is None or info is self._asked_for:
            return
        self._asked_for = info
        self._tasks.start(partial(_facts_of, info), partial(self._on_facts, info))

    def _on_facts(self, info: ModelInfo, facts: tuple[bool, Path | None]) -> None:
        if info is not self._session.info:
            return
        self._has_critic, self._run = facts
        self.panel.set_model("" if self._has_critic else NO_CRITIC[0], runs=self._run is not None)
        if self._has_critic and self._run is not None:
            self._read_reals(None)
        self._ask()

    def _read_reals(self, source: Path | None) -> None:
        info, can = self._session.info, self._session.capabilities
        if info is not None and can is not None:
            work = partial(real_pictures_at_hand, info, can, source)
            self._tasks.start(work, partial(self._on_reals, info))

    def _on_reals(self, info: ModelInfo, reals: RealPictures | None) -> None:
        if info is self._session.info and reals is not None:
            self._reals = reals
            self.panel.show_reals(reals.source, len(reals.pixels))
            self._ask()

    def _on_folder_asked(self) -> None:
        ask_pictures_folder(self._window, self._settings.last_folder, self.use_folder)

    def use_folder(self, folder: str) -> None:
        """Compare with the pictures of a folder."""
        self._settings.last_folder = Path(folder)
        self._read_reals(Path(folder))

    def _on_nearest_asked(self) -> None:
        if self._reals is not None and self._recipe is not None:
            self.panel.nearest_said.setText("Looking at every real picture…")
            self._worker.look(NEAREST, FindNearestReals(self._recipe, self._reals))

    def _on_row_asked(self) -> None:
        if self._reals is not None and self._recipe is not None:
            seed = random.SystemRandom().randrange(SEEDS)
            self._worker.look(ROW, MakeLineUp(self._recipe, self._reals, seed))

    # --- what is answered ------------------------------------------------------------------------

    def _on_seen(self, _topic: str, answer: Answer) -> None:
        if isinstance(answer, CriticReport):
            self._report = answer
            self.panel.show_report(answer)
            self._show_wash()
        elif isinstance(answer, LineUp):
            self.panel.show_row(answer)
        elif isinstance(answer, NearestReals):
            self.panel.show_nearest(answer)

    def _on_looking(self, topic: str, fraction: float | None) -> None:
        if topic == REPORT:
            self.panel.show_progress(fraction)

    def _show_wash(self) -> None:
        """Where it looks, over the picture while somebody wants to see it."""
        wanted = self._looks and self.panel.eye.isChecked() and self._report is not None
        image = (
            attention_wash(self._report.heat) if wanted and self._report is not None else QImage()
        )
        self._window.canvas.show_wash(image)

    def _on_model_changed(self) -> None:
        self.stop()
        self._reals, self._report, self._run, self._recipe = None, None, None, None
        self._has_critic = False
        self._asked_for = None
        self.halves.begin_again()
        self.panel.set_model(NO_MODEL if self._session.info is None else LOOKING)
        self.panel.offer_way(self._session.capabilities)
        self._show_wash()
        if self._looks:
            self._find_out()

    # --- pleasing it -----------------------------------------------------------------------------

    def please(self) -> None:
        """Climb the score from the desk's Recipe."""
        info = self._session.info
        if info is not None:
            self._step.begin()
            self.mover.start(PleaseCritic(info.path, self._session.fitted))
            self.panel.show_pleasing(running=True)

    def stop(self) -> None:
        """Stay where it is."""
        self.mover.leave()
        self.panel.show_pleasing(running=False)

    def _on_moved(self, moved: Moved) -> None:
        self._step.show(moved.recipe)

    def _on_recipe_changed(self) -> None:
        if self.mover.is_running and not self._step.is_own:
            self.stop()

    def _on_failed(self, error: Exception) -> None:
        self.stop()
        self._messages.show_error(error)

    # --- half steps ------------------------------------------------------------------------------

    def take_half(self) -> None:
        """Take the next half of a training step."""
        if self._run is not None:
            self.halves.take(self._run)
            self.panel.show_due("")

    def _on_again(self) -> None:
        self.halves.begin_again()
        self.panel.show_due("D")
        self.panel.show_half("", [], [])

    def _on_half(self, half: object) -> None:
        from ganlab_core.training import HalfStep

        assert isinstance(half, HalfStep)
        before, after = half.before, half.after
        said = (
            f"{half.network} of step {half.step}: D says {before.reals.mean():.3f} ->"
            f" {after.reals.mean():.3f} of {len(before.reals)} real pictures and"
            f" {before.fakes.mean():.3f} -> {after.fakes.mean():.3f} of fakes."
        )
        self.panel.show_half(said, list(before.pictures), list(after.pictures))
        self.panel.show_due("G" if half.network == "D" else "D")

    def _on_half_failed(self, error: Exception) -> None:
        self.panel.show_due("D")
        self._messages.show_error(error)


def _facts_of(info: ModelInfo) -> tuple[bool, Path | None]:
    return carries_critic(info), run_of_model(info.path)
