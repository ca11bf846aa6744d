"""The room of own pictures: a dropped photograph becomes a Recipe while one watches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from ganlab.controls import ScrollBox
from ganlab.engine import BackgroundTasks, OwnPicture, ProjectionRunner, RenderWorker
from ganlab.own.critic_eye import CriticEye
from ganlab.own.own_panel import OwnPanel
from ganlab.own.point_drag import PointDrag
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.window import MainWindow, Messages
from ganlab_core.errors import GanlabError
from ganlab_core.inspection import Crop

if TYPE_CHECKING:
    from ganlab_core.inspection import Projected

RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
LABEL = "own picture"
"""What its step of the history is called."""


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
    """

    film_made = Signal(object)
    keyframe_wanted = Signal(object)

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
        self._messages = messages
        self.panel = OwnPanel()
        self.dock = window.add_panel("Own picture", ScrollBox(self.panel), RIGHT)
        self.runner = ProjectionRunner(self)
        self.point_drag = PointDrag(session, window, tasks, messages, self)
        self.critic_eye = CriticEye(session, window, worker, tasks, messages, settings, self)
        self._picture: Path | None = None
        self._model: Path | None = None
        self._now: Projected | None = None
        self._connect()

    def _connect(self) -> None:
        panel, runner = self.panel, self.runner
        panel.again_asked.connect(self._on_again)
        panel.pause_asked.connect(runner.set_paused)
        panel.longer_asked.connect(self._on_longer)
        panel.cancel_asked.connect(self._on_cancel)
        panel.use_asked.connect(self.use)
        panel.keyframe_asked.connect(self._on_keyframe_asked)
        self.point_drag.film_made.connect(self.film_made)
        runner.prepared.connect(panel.show_prepared)
        runner.progressed.connect(self._on_progressed)
        runner.finished.connect(self._on_finished)
        runner.failed.connect(self._on_failed)
        self._session.model_changed.connect(self._on_model_changed)

    def bring_in(self, picture: Path) -> None:
        """Begin with a picture in the middle of its square; says so where no model is open."""
        self._picture = picture
        for slider, value in (
            (self.panel.crop_x, 0.0), (self.panel.crop_y, 0.0), (self.panel.crop_side, 1.0)
        ):  # fmt: skip
            slider.set_value(value)
        self.dock.setVisible(True)
        self.dock.raise_()
        self._on_again()

    def use(self) -> None:
        """Put the Recipe as it is now on the desk, as one step of the history."""
        if self._now is not None and not self._is_elsewhere():
            self._session.edit(self._now.recipe, LABEL)

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
        if picture is None:
            return
        if info is None:
            panel.show_empty("Open a model first; then drop the picture again.")
            return
        try:
            crop = Crop(panel.crop_x.value, panel.crop_y.value, panel.crop_side.value)
        except GanlabError as error:
            self._messages.show_error(error)
            return
        self._model, self._now = info.path, None
        panel.show_empty()
        panel.show_prepared(None, 0.0)
        task = OwnPicture(info.path, picture, crop, panel.editable.value, panel.seconds.value)
        self.runner.start(task)

    def _on_longer(self) -> None:
        self.runner.go_longer(self.panel.seconds.value)

    def _on_cancel(self) -> None:
        self.runner.cancel()
        self._now = None
        self.panel.show_empty()

    def _on_progressed(self, now: Projected) -> None:
        from ganlab_core.inspection import reconstruction_text

        self._now = now
        sentence = reconstruction_text(now.came, now.strange)
        self.panel.show_progress(now.pixels, now.spent, now.psnr, now.step, sentence)

    def _on_finished(self, now: Projected) -> None:
        self._on_progressed(now)
        self.panel.show_finished()
        self.use()

    def _on_failed(self, error: Exception) -> None:
        self._now = None
        self.panel.show_empty()
        self._messages.show_error(error)

    def _on_model_changed(self) -> None:
        """A picture is on its way into one model alone."""
        if self._is_elsewhere() and (self.runner.is_running or self._now is not None):
            self.runner.cancel()
            self._now = None
            self.panel.show_empty("The model has changed. Drop the picture again to bring it in.")

    def _is_elsewhere(self) -> bool:
        info = self._session.info
        return info is None or info.path != self._model
