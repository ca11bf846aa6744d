"""What is done for a discriminator beside the render thread: real pictures found, half steps taken."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ganlab.engine.threads import StepThread
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities

if TYPE_CHECKING:
    from ganlab_core.inspection import RealPictures
    from ganlab_core.training import HalfStep, HalfSteps


def carries_critic(info: ModelInfo) -> bool:
    """Whether a model's file has a discriminator that can be asked."""
    from ganlab_core.errors import GanlabError
    from ganlab_core.inspection import read_critic

    try:
        return read_critic(info) is not None
    except GanlabError:
        return False


def real_pictures_at_hand(
    info: ModelInfo, can: Capabilities, source: Path | None = None
) -> RealPictures | None:
    """Those of a folder or zip, else of the model's own run; None where there are none."""
    from ganlab_core.training import real_pictures

    return real_pictures(info, can.resolution, source, can.img_channels)


def run_of_model(model: Path) -> Path | None:
    """The folder of the run whose model this is."""
    from ganlab_core.training import run_folder_of

    return run_folder_of(model)


class HalfStepper(QObject):
    """Takes the next steps of a run in halves, on a thread of its own; the run itself is not touched.

    Signals
    -------
    taken(HalfStep)
        One half.
    failed(Exception)
        It could not be.
    """

    taken = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: Path | None = None
        self._halves: HalfSteps | None = None
        self._steps = StepThread(self)
        self._steps.stepped.connect(self.taken)
        self._steps.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether a half is being taken."""
        return self._steps.is_running

    def take(self, run: Path) -> None:
        """Take the next half of a run; of another one than before, from its newest checkpoint on."""
        if not self.is_running:
            if run != self._run:
                self.begin_again()
                self._run = run
            self._steps.start(self._taken)

    def begin_again(self) -> None:
        """Begin with the newest checkpoint of whatever run comes next."""
        self._steps.leave()
        self._run, self._halves = None, None

    def finish(self) -> None:
        """Leave it, and wait for what is under way."""
        self._steps.finish()

    def _on_failed(self, error: Exception) -> None:
        self.begin_again()
        self.failed.emit(error)

    # --- on the other thread ---------------------------------------------------------------------

    def _taken(self) -> Generator[HalfStep, None, None]:
        from ganlab_core.training import HalfSteps

        run, halves = self._run, self._halves
        if halves is None and run is not None:
            halves = HalfSteps(run)
            if run == self._run:
                self._halves = halves
        if halves is not None:
            yield halves.take()
