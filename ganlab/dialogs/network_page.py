"""Choosing what to train: architecture, size of the undertaking, resolution, where to begin."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.dialogs.training_draft import Draft
from ganlab.model_cards import architecture_name
from ganlab.style import STEP, font, plain_words, set_tip, set_tone
from ganlab.views.run_words import duration, thousands
from ganlab_core.model_info import ModelInfo
from ganlab_core.training.config import BIGGANS, LARGEST_BIGGAN, SMALLEST_BIGGAN, TrainConfig

ARCHITECTURES = {
    "stylegan": "A style for every scale and noise for the details; the one to play with (2019).",
    "progan": "The plain growing network that StyleGAN came from; small and easy to follow (2018).",
    "biggan": "Made for many classes at once, with attention; wants a GPU (2019).",
    "biggan-deep": "BigGAN with four times the layers and fewer weights; wants a GPU (2019).",
    "stylegan2": "StyleGAN without its droplets; sharper, and slower to train (2020).",
}
PRESETS = {
    "minutes": ("Minutes on a laptop", "A tiny network that shows something within the hour."),
    "evening": ("An evening on a laptop", "A small network that needs some hours on a processor."),
    "gpu": ("One GPU", "A mid-sized network for a day or so on one graphics card."),
    "paper": ("The paper", "As published, for many graphics cards and many days."),
}
RESOLUTIONS = tuple(2**level for level in range(3, 11))


class NetworkPage(QWidget):
    """The choices a person has to make.

    Signals
    -------
    edited(Draft)
        The draft as it would be with the newest choice.
    measure_wanted()
        Memory and time are to be measured on this machine.
    browse_wanted()
        A model or run to start from is to be chosen in a window.
    model_chosen(ModelInfo)
        The run is to start from this model of the library.
    """

    edited = Signal(object)
    measure_wanted = Signal()
    browse_wanted = Signal()
    model_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = Draft()
        choices = {item.name: item.metadata["choices"] for item in dataclasses.fields(TrainConfig)}
        self._architectures = QButtonGroup(self)
        self._presets = QButtonGroup(self)
        self.resolution = QComboBox()
        self.resolution.addItems([f"{side} px" for side in RESOLUTIONS])
        self.resolution.setAccessibleName("Resolution")
        self.start = QLineEdit()
        self.start.setPlaceholderText("random numbers")
        self.start.setAccessibleName("Start from")
        set_tip(self.start, "A model file or run whose weights to begin with, where shapes agree.")
        self.models = QMenu(self)
        self.models.setAccessibleName("Start from")
        self.offer_models(())
        self.estimate = Label()
        self.estimate.setWordWrap(True)
        self.measure = QPushButton("Measure on this machine")
        set_tip(self.measure, "Do a few real steps, to see how long the run would take here.")
        self._page = QWidget()
        self._page.setProperty("plain", "true")
        column = QVBoxLayout(self._page)
        column.setSpacing(STEP)
        self._add_group(column, "NETWORK", self._architectures, [
            (name, architecture_name(name), ARCHITECTURES.get(name, ""))
            for name in choices["architecture"]
        ])  # fmt: skip
        self._add_group(column, "TIME AND MACHINE", self._presets, [
            (name, title, about) for name, (title, about) in PRESETS.items()
        ])  # fmt: skip
        self._add_sizes(column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 2 * STEP, 0, 0)
        whole.addWidget(area)
        self._connect()

    def _add_group(
        self,
        column: QVBoxLayout,
        heading: str,
        group: QButtonGroup,
        options: list[tuple[str, str, str]],
    ) -> None:
        title = Label(heading)
        title.setFont(font("small", bold=True))
        set_tone(title, "section")
        column.addWidget(title)
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * STEP)
        grid.setVerticalSpacing(STEP)
        grid.setColumnStretch(1, 1)
        for row, (name, words, about) in enumerate(options):
            button = QRadioButton(words)
            button.setObjectName(name)
            said = Label(about)
            said.setWordWrap(True)
            said.setFont(font("small"))
            set_tone(said, "muted")
            set_tip(button, about)
            group.addButton(button)
            grid.addWidget(button, row, 0)
            grid.addWidget(said, row, 1)
        column.addLayout(grid)
        column.addSpacing(2 * STEP)

    def _add_sizes(self, column: QVBoxLayout) -> None:
        row = QHBoxLayout()
        row.setSpacing(2 * STEP)
        browse = QPushButton("Choose")
        browse.setAutoDefault(False)
        browse.setMenu(self.models)
        set_tip(browse, "A model of the library, any model file, or nothing.")
        for widget in (Label("Pictures of"), self.resolution, Label("starting from")):
            row.addWidget(widget)
        row.addWidget(self.start, 1)
        row.addWidget(browse)
        column.addLayout(row)
        measured = QHBoxLayout()
        self.measure.setAutoDefault(False)
        measured.addWidget(self.estimate, 1)
        measured.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(measured)
        column.addStretch(1)

    def _connect(self) -> None:
        self._architectures.buttonClicked.connect(self._on_architecture)
        self._presets.buttonClicked.connect(self._on_preset)
        self.resolution.activated.connect(self._on_resolution)
        self.start.editingFinished.connect(self._on_start)
        self.measure.clicked.connect(self.measure_wanted)

    def offer_models(self, models: Sequence[ModelInfo]) -> None:
        """List what a run can start from, besides files."""
        self.models.clear()
        self.models.addAction("Random numbers", self._on_nothing)
        for info in models:
            words = f"{info.title or info.name}  ·  {architecture_name(info.architecture)}"
            words += f"  ·  {info.resolution} px"
            self.models.addAction(plain_words(words), partial(self.model_chosen.emit, info))
        self.models.addAction("A file…", self.browse_wanted.emit)

    def _on_nothing(self) -> None:
        self.edited.emit(self._draft.starting_from("", None))

    def show_draft(self, draft: Draft) -> None:
        """Show what has been chosen; emits nothing."""
        self._draft = draft
        for group, name in (
            (self._architectures, draft.architecture),
            (self._presets, draft.preset),
        ):
            for button in group.buttons():
                button.setChecked(button.objectName() == name)
        self._offer_sizes(draft.architecture)
        self.resolution.setCurrentText(f"{draft.resolution} px")
        self.start.setText(draft.start_from)

    def _offer_sizes(self, architecture: str) -> None:
        """Let only sizes be chosen that the network can have."""
        sizes = self.resolution.model()
        assert isinstance(sizes, QStandardItemModel)
        for row, side in enumerate(RESOLUTIONS):
            fits = architecture not in BIGGANS or SMALLEST_BIGGAN <= side <= LARGEST_BIGGAN
            sizes.item(row).setEnabled(fits)

    def preset_button(self, name: str) -> QRadioButton:
        """The button of a preset."""
        found = self.findChild(QRadioButton, name)
        assert isinstance(found, QRadioButton)
        return found

    def show_estimate(self, words: str, *, measuring: bool = False) -> None:
        """Tell what the run would take, or that it is being measured."""
        self.estimate.setText(words)
        self.measure.setEnabled(not measuring)

    def _on_architecture(self, button: QRadioButton) -> None:
        self.edited.emit(dataclasses.replace(self._draft, architecture=button.objectName()))

    def _on_preset(self, button: QRadioButton) -> None:
        self.edited.emit(dataclasses.replace(self._draft, preset=button.objectName()))

    def _on_resolution(self, index: int) -> None:
        self.edited.emit(dataclasses.replace(self._draft, resolution=RESOLUTIONS[index]))

    def _on_start(self) -> None:
        text = self.start.text().strip()
        if text != self._draft.start_from:
            self.edited.emit(self._draft.starting_from(text, None))


def estimate_words(found: dict[str, object]) -> str:
    """A measurement in two sentences."""
    numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    g, d = (round(numbers.get(f"parameters_{which}", 0)) for which in "gd")
    words = f"G has {thousands(g)} weights and D {thousands(d)}."
    speeds = found.get("seconds_per_kimg")
    if isinstance(speeds, list) and speeds:
        resolution, seconds = speeds[-1]
        words += f" 1000 images at {resolution} px take {duration(seconds)}"
        words += f"; the whole run {duration(float(numbers.get('seconds', 0)))}"
        words += f" on {found.get('device')}."
    size = numbers.get("memory_bytes", 0)
    if size:
        words += f" It needs about {size / 2**30:.1f} GiB of memory."
    return words
