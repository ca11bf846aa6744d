"""The window a training run begins in: pictures, network, all settings, a name, Start."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.dialogs.network_page import NetworkPage, estimate_words
from ganlab.dialogs.pictures_page import PicturesPage
from ganlab.dialogs.settings_form import SettingsForm
from ganlab.dialogs.training_draft import Draft
from ganlab.style import STEP, set_tip, set_tone
from ganlab_core.dataset.survey import Survey
from ganlab_core.errors import GanlabError, TrainingError
from ganlab_core.model_info import ModelInfo
from ganlab_core.training.config import ARCHITECTURES as TRAINABLE
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.presets import augmentation_for

NO_PICTURES = "Choose pictures first."
STILL_LOOKING = "The pictures are still being looked at."

Pages = tuple[PicturesPage, NetworkPage, SettingsForm]


class NewTrainingDialog(QDialog):
    """Asks for everything a run needs; what was chosen stays when the window is closed.

    Parameters
    ----------
    runs
        The folder new runs are put into.
    pages
        Made before, each in its own time; None = they are made here.

    Signals
    -------
    source_chosen(Path), survey_cancelled()
        Pictures to look at; to stop looking.
    browse_wanted(str)
        A `"folder"`, `"zip"` or `"start"` is to be chosen in a window of the system.
    measure_wanted(TrainConfig, int)
        What a run with so many classes would take is to be measured.
    start_wanted(TrainConfig, Path)
        The run is to be started in this folder.
    """

    source_chosen = Signal(object)
    survey_cancelled = Signal()
    browse_wanted = Signal(str)
    measure_wanted = Signal(object, int)
    start_wanted = Signal(object, object)

    def __init__(
        self, runs: Path, parent: QWidget | None = None, pages: Pages | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("New training")
        self._runs = runs
        self._draft = Draft()
        self._survey: Survey | None = None
        self._augment_chosen = False
        self._impossible = ""
        self.tabs = QTabWidget(self)  # first, so that no page is taken from one parent to another
        made = pages or (PicturesPage(), NetworkPage(), SettingsForm())
        self.pictures, self.network, self.settings = made
        for page, title in (
            (self.pictures, "Pictures"),
            (self.network, "Network"),
            (self.settings, "All settings"),
        ):
            self.tabs.addTab(page, title)
        self.folder = QLineEdit()
        self.folder.setAccessibleName("Name of the run")
        set_tip(self.folder, f"The run gets a folder of this name in {runs}.")
        self.words = Label()
        self.words.setWordWrap(True)
        set_tone(self.words, "truncation")
        self.start = QPushButton("Start")
        self.start.setDefault(True)
        self._build()
        self._connect()
        self._show()
        self.resize(190 * STEP, 140 * STEP)

    def _build(self) -> None:
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP)
        row.addWidget(Label("Name of the run"))
        row.addWidget(self.folder, 1)
        row.addWidget(close)
        row.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 3 * STEP, 4 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.words)
        column.addLayout(row)

    def _connect(self) -> None:
        self.pictures.chosen.connect(self.choose)
        self.pictures.browse_wanted.connect(self.browse_wanted)
        self.pictures.how.changed.connect(self._on_how)
        self.pictures.cancelled.connect(self._on_cancelled)
        self.network.edited.connect(self._on_draft)
        self.network.measure_wanted.connect(self._on_measure)
        self.network.model_chosen.connect(self._on_model)
        self.network.browse_wanted.connect(self._on_browse_start)
        self.settings.changed.connect(self._on_setting)
        self.settings.refused.connect(self.show_words)
        self.folder.textEdited.connect(self._on_named)
        self.start.clicked.connect(self._on_start)

    @property
    def draft(self) -> Draft:
        """What has been chosen so far."""
        return self._draft

    # --- pictures ------------------------------------------------------------------------------------

    def choose(self, source: Path) -> None:
        """Take these pictures, and have them looked at."""
        self._survey = None
        self._put(dataclasses.replace(self._draft, source=source))
        if not self.folder.isModified():
            self.folder.setText(_free_name(self._runs, source.stem))
        self.pictures.show_source(source)
        self.show_words("")
        self.source_chosen.emit(source)
        self._offer()

    def show_progress(self, done: int, total: int) -> None:
        """How many pictures have been looked at."""
        self.pictures.show_progress(done, total)

    def show_survey(self, survey: Survey) -> None:
        """What the pictures are; the resolution follows them until a person has chosen one."""
        self._survey = survey
        self.pictures.show_survey(survey)
        resolution = min(64, survey.resolution)
        draft = dataclasses.replace(self._draft, resolution=resolution)
        if not self._augment_chosen:
            draft = draft.with_own("augment", augmentation_for(survey.pictures))
        self._put(draft)
        self._offer()

    def show_failure(self, error: GanlabError) -> None:
        """The pictures cannot be used."""
        self.pictures.show_failure(str(error))
        self._put(dataclasses.replace(self._draft, source=None))
        self._offer()

    def _on_cancelled(self) -> None:
        self.pictures.show_failure("Not looked at.")
        self.survey_cancelled.emit()
        self._put(dataclasses.replace(self._draft, source=None))
        self._offer()

    # --- choices -------------------------------------------------------------------------------------

    def start_from(self, path: Path, info: ModelInfo | None = None) -> None:
        """Begin with the weights of this model or run, and at the resolution it has reached."""
        self._on_draft(self._draft.starting_from(str(path), info))

    def _on_model(self, info: ModelInfo) -> None:
        if info.architecture in TRAINABLE:
            self.start_from(info.path, info)
        else:
            self.show_words(f"{info.title or info.name} is of a kind that ganlab cannot train.")

    def _on_draft(self, draft: Draft) -> None:
        self.show_words("")
        self._put(draft)
        self.network.show_estimate("")

    def _on_setting(self, name: str, value: object) -> None:
        self._augment_chosen |= name == "augment"
        self._draft = self._draft.with_own(name, value)
        self.network.show_draft(self._draft)
        config = self._config()
        if config is not None:
            self.pictures.how.show_config(config)
        self._offer()
        self.network.show_estimate("")

    def _on_how(self, name: str, value: object) -> None:
        self._augment_chosen |= name == "augment"
        self._on_draft(self._draft.with_own(name, value))

    def _put(self, draft: Draft) -> None:
        """Show a draft; one whose settings do not go together leaves a sentence, and the draft."""
        self._draft = draft
        self._show()

    def _show(self) -> None:
        self.network.show_draft(self._draft)
        config = self._config()
        if config is not None:
            self.settings.show_config(config)
            self.pictures.how.show_config(config)
        self._offer()

    def _config(self) -> TrainConfig | None:
        try:
            config = self._draft.config()
        except TrainingError as error:
            self._impossible = str(error)
            self.show_words(self._impossible)
            return None
        self._impossible = ""
        return config

    # --- measuring and starting ----------------------------------------------------------------------

    def show_words(self, sentence: str) -> None:
        """Say what is wrong, above the buttons; nothing that was chosen is lost."""
        self.words.setText(sentence)
        self.words.setVisible(bool(sentence))

    def show_estimate(self, found: dict[str, object]) -> None:
        """Tell what was measured."""
        self.network.show_estimate(estimate_words(found))

    def show_unmeasured(self, sentence: str) -> None:
        """Tell why nothing could be measured."""
        self.network.show_estimate(sentence)

    def _on_measure(self) -> None:
        config = self._config()
        if config is not None:
            self.network.show_estimate(
                "Measuring: a few steps at every resolution…", measuring=True
            )
            self.measure_wanted.emit(config, len(self._survey.classes) if self._survey else 0)

    def _on_browse_start(self) -> None:
        self.browse_wanted.emit("start")

    def _on_named(self) -> None:
        self.folder.setModified(True)
        self._offer()

    def _on_start(self) -> None:
        config = self._config()
        name = self.folder.text().strip()
        if config is None or not name:
            return
        target = self._runs / name
        if (target / "config.json").exists():
            self.show_words(f"There is already a run called {name}. Give this one another name.")
            return
        self.start_wanted.emit(config, target)

    def _offer(self) -> None:
        """Start works once there are pictures and a name; until then it says what is missing."""
        reason = ""
        if self._draft.source is None:
            reason = NO_PICTURES
        elif self._survey is None:
            reason = STILL_LOOKING
        elif not self._survey.pictures:
            reason = "None of these pictures can be used."
        elif not self.folder.text().strip():
            reason = "Give the run a name."
        elif self._impossible:
            reason = self._impossible
        self.start.setEnabled(not reason)
        set_tip(self.start, reason or "Start training; it goes on even when the window is closed.")


def _free_name(runs: Path, stem: str) -> str:
    """A name that no run has yet."""
    name, number = stem or "run", 2
    while (runs / name).exists():
        name, number = f"{stem}-{number}", number + 1
    return name
