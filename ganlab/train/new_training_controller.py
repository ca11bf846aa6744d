"""Beginning a run: the dialog, the dataset doctor, the measurement, the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ganlab.engine import (
    BackgroundTasks,
    Estimator,
    Surveyor,
    least_seconds,
    start_facts,
    start_run,
)
from ganlab.settings import Settings
from ganlab.slices import Slices
from ganlab.train.new_training_dialog import (
    NetworkPage,
    NewTrainingDialog,
    PicturesPage,
    SettingsForm,
    daunting_text,
)
from ganlab.window import MainWindow, Messages, ask_pictures_folder, ask_pictures_zip, ask_start
from ganlab_core.data import Survey
from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.files import runs_dir
from ganlab_core.models import ModelInfo
from ganlab_core.training import TrainConfig


class TrainingStarter(QObject):
    """Owns the New Training window from its opening to the start of the run.

    Signals
    -------
    started(Path)
        A run was started in this folder.
    """

    started = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        messages: Messages,
        settings: Settings,
        library: Callable[[], list[ModelInfo]],
        tasks: BackgroundTasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._tasks = tasks
        self._library = library
        self._messages = messages
        self._settings = settings
        self._surveyor = Surveyor(self)
        self._estimator = Estimator(self)
        self.dialog: NewTrainingDialog | None = None
        self._slices = Slices(self)
        self._source: Path | None = None
        self._asked: TrainConfig | None = None
        window.actions_["new_training"].triggered.connect(self.open)
        self._surveyor.surveyed.connect(self._on_surveyed)
        self._surveyor.failed.connect(self._on_survey_failed)
        self._surveyor.progressed.connect(self._on_progress)
        self._estimator.estimated.connect(self._on_estimated)
        self._estimator.failed.connect(self._on_unmeasured)

    def open(self) -> None:
        """Open the window, once it is made; what was chosen last is still there."""
        self._slices.start(self._making(), self._show)

    def open_with(self, source: Path) -> None:
        """Open the window with these pictures."""
        self._source = source
        self.open()

    def _making(self) -> Iterator[None]:
        """Make the window where there is none yet, a page at each step."""
        if self.dialog is not None:
            return
        pictures = PicturesPage()
        yield
        network = NetworkPage()
        yield
        pages = pictures, network, SettingsForm()
        dialog = NewTrainingDialog(runs_dir(), self._window, pages)
        dialog.source_chosen.connect(self._surveyor.start)
        dialog.survey_cancelled.connect(self._surveyor.cancel)
        dialog.measure_wanted.connect(self._on_measure)
        dialog.cost_wanted.connect(self._on_cost)
        dialog.start_named.connect(self._on_start_from)
        dialog.browse_wanted.connect(self._on_browse)
        dialog.start_wanted.connect(self._on_start)
        self.dialog = dialog
        yield

    def _show(self) -> None:
        if self.dialog is None:
            return
        self.dialog.network.offer_models(self._library())
        self.dialog.open()
        source, self._source = self._source, None
        if source is not None:
            self.dialog.choose(source)

    def stop(self) -> None:
        """Give up what is under way."""
        self._slices.stop()
        self._surveyor.finish()
        self._estimator.cancel()
        if self.dialog is not None:
            self.dialog.close()

    def _on_browse(self, what: str) -> None:
        ask = {"folder": ask_pictures_folder, "zip": ask_pictures_zip, "start": ask_start}[what]
        then = self._on_start_from if what == "start" else self._on_pictures
        if self.dialog is not None:
            ask(self.dialog, self._settings.last_folder, then)

    def _on_pictures(self, path: str) -> None:
        self._settings.last_folder = Path(path).parent
        if self.dialog is not None:
            self.dialog.choose(Path(path))

    def _on_start_from(self, name: str) -> None:
        """Have it looked at what a run is to start from."""
        if self.dialog is not None:
            self.dialog.look_at_start(name)
            self._tasks.start(partial(start_facts, name), partial(self._on_start_facts, name))

    def _on_start_facts(self, name: str, found: ModelInfo | str) -> None:
        if self.dialog is not None:
            self.dialog.show_start(name, found)

    def _on_progress(self, done: int, total: int) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(done, total)

    def _on_surveyed(self, _source: Path, survey: Survey) -> None:
        if self.dialog is not None:
            self.dialog.show_survey(survey)

    def _on_survey_failed(self, source: Path, error: Exception) -> None:
        if isinstance(error, OSError):
            error = GanlabError(explain_os_error(error, f"reading {source.name}"))
        if isinstance(error, GanlabError) and self.dialog is not None:
            self.dialog.show_failure(error)
        else:
            self._messages.show_error(error)

    def _on_measure(self, config: TrainConfig, classes: int) -> None:
        self._estimator.start(config.to_json(), classes)

    def _on_cost(self, config: TrainConfig) -> None:
        """Have it reckoned whether a large run is something for this machine."""
        if self.dialog is not None:
            self.dialog.show_daunting("")
        self._asked = config
        self._tasks.start(partial(least_seconds, config), partial(self._on_reckoned, config))

    def _on_reckoned(self, config: TrainConfig, seconds: float | None) -> None:
        if self.dialog is not None and config == self._asked:
            self.dialog.show_daunting(daunting_text(seconds))

    def _on_estimated(self, found: dict[str, object]) -> None:
        if self.dialog is not None:
            self.dialog.show_estimate(found)

    def _on_unmeasured(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.show_unmeasured(sentence)

    def _on_start(self, config: TrainConfig, folder: Path) -> None:
        if self.dialog is None:
            return
        self._estimator.cancel()
        try:
            start_run(config.to_json(), folder)
        except OSError as error:
            self.dialog.show_text(explain_os_error(error, "starting the run"))
            return
        except GanlabError as error:
            self.dialog.show_text(str(error))
            return
        self.dialog.accept()
        self.dialog.deleteLater()
        self.dialog = None
        self.started.emit(folder)
