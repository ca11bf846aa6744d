"""The critic's eye in the window: asks the discriminator while somebody looks, and shows what it sees."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QImage

from ganlab.controls import ScrollBox
from ganlab.engine import (
    BackgroundTasks,
    DeskMover,
    HalfStepper,
    Moved,
    PleaseCritic,
    RenderWorker,
    carries_critic,
    real_pictures_at_hand,
    run_of_model,
)
from ganlab.own.critic_panel import TOPICS, CriticPanel
from ganlab.own.point_drag import OneStep
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.style import COLOUR
from ganlab.window import MainWindow, Messages, ask_pictures_folder
from ganlab_core.inspection import (
    NO_CRITIC,
    Answer,
    AskCritic,
    CriticReport,
    FindNearestReals,
    LineUp,
    MakeLineUp,
    NearestReals,
    RealPictures,
)
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe

LABEL = "please the critic"
"""What its step of the history is called."""

REPORT, ROW, NEAREST = TOPICS

STRENGTH = 0.85
"""How much the place that the score listens to most is covered."""

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
        self._step = OneStep(session, LABEL)
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
        image = _wash(self._report.heat) if wanted and self._report is not None else QImage()
        self._window.canvas.show_wash(image)

    def _on_model_changed(self) -> None:
        self.stop()
        self._reals, self._report, self._run, self._recipe = None, None, None, None
        self._has_critic = False
        self._asked_for = None
        self.halves.begin_again()
        self.panel.set_model(NO_CRITIC[0])
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
        self.panel.half_said.setText("")

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


def _wash(heat: NDArray[np.float32]) -> QImage:
    """Where the score listens, as a colour whose strength is its transparency."""
    colour = QColor(COLOUR.GROWTH)
    wash = np.empty((*heat.shape, 4), np.uint8)
    wash[..., :3] = (colour.red(), colour.green(), colour.blue())
    wash[..., 3] = np.rint(255 * STRENGTH * heat).astype(np.uint8)
    height, width = heat.shape
    return QImage(wash.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
