"""The window a training run begins in: pictures, network, all settings, a name, Start."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QPainter,
    QPen,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls import (
    Cell,
    ElidedLabel,
    Label,
    PictureGrid,
    ResettableLine,
    resize_on_screen,
    to_image,
)
from ganlab.slices import Slices
from ganlab.style import COLOUR, STEP, font, menu_text, plain_tip, set_surface, set_tip, set_tone
from ganlab.train.training_panel import duration, thousands
from ganlab_core.data import PrepareOptions, Survey, SurveyedPicture, Unusable
from ganlab_core.errors import GanlabError, TrainingError
from ganlab_core.models import ModelInfo, architecture_name
from ganlab_core.training import (
    BIGGANS,
    DEFAULT,
    GROWING,
    LARGEST_BIGGAN,
    SMALLEST_BIGGAN,
    THREE_MINUTES,
    TRAINABLE,
    Change,
    TrainConfig,
    Value,
    applied,
    augmentation_for,
    chosen,
    network_settings,
    preset,
    refuse_other_network,
    with_settings,
)

# Every field of a training config as a form, made from the metadata the fields carry.

ELSEWHERE = (
    "data", "architecture", "resolution", "start_from", "growth_speed_at", "growth_images", "leave_out",
    "renamed_classes", "unknown",
)  # fmt: skip
"""Chosen on the other pages, or made while a run trains or is taken up again."""

ROWS_AT_ONCE = 6

Editor = QCheckBox | QComboBox | ResettableLine


class SettingsForm(QWidget):
    """A row per setting: its name, its value, its unit; a field says in red what it cannot be.

    Signals
    -------
    changed(str, object)
        A setting and the value a person gave it, which the config has accepted.
    refused(str)
        What a setting cannot be, in one sentence; empty when all is well again.
    reset(str)
        A setting that is to be as planned again.
    """

    changed = Signal(str, object)
    refused = Signal(str)
    reset = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._config = self._planned = TrainConfig()
        self._editors: dict[str, Editor] = {}
        self._rows: dict[str, list[QWidget]] = {}
        self._find = QLineEdit()
        self._find.setPlaceholderText("Find a setting")
        self._find.setAccessibleName("Find a setting")
        set_tip(self._find, "Words of a setting's name or of what it does; others are hidden.")
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(self._on_find)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * STEP, 0, 0)
        column.addWidget(self._find)
        column.addWidget(area, 1)
        self._page = QWidget()
        self._page.setProperty("plain", "true")
        area.setWidget(self._page)
        self._grid = QGridLayout(self._page)
        self._grid.setHorizontalSpacing(3 * STEP)
        self._grid.setVerticalSpacing(STEP)
        self._grid.setColumnStretch(2, 1)
        self._rest = [
            item for item in dataclasses.fields(TrainConfig) if item.name not in ELSEWHERE
        ]
        self._slices = Slices(self)
        self._slices.start(self._adding())

    @property
    def editors(self) -> dict[str, Editor]:
        """The field of each setting; those not made yet are made now."""
        for _ in self._adding():
            pass
        return self._editors

    def _adding(self) -> Iterator[None]:
        """Make the rows, a few at each step: there are sixty, and another page is looked at first."""
        while self._rest:
            some, self._rest = self._rest[:ROWS_AT_ONCE], self._rest[ROWS_AT_ONCE:]
            for item in some:
                self._add(item)
                self._show(item.name)
            self._hide_foreign([item.name for item in some])
            if not self._rest:
                self._grid.setRowStretch(self._grid.rowCount(), 1)
            yield

    def show_config(self, config: TrainConfig, planned: TrainConfig | None = None) -> None:
        """Show every value, and know to which one each goes back; emits nothing."""
        self._config = config
        self._planned = self._planned if planned is None else planned
        for name, editor in self._editors.items():
            self._show(name)
            editor.setProperty("tone", "")
        self._hide_foreign()

    def _add(self, item: dataclasses.Field[Any]) -> None:
        row = self._grid.rowCount()
        metadata = item.metadata
        words = _field_text(item.name)
        label = Label(words)
        label.setFont(font("small"))
        tip = _about(metadata)
        editor = self._editor(item)
        if not isinstance(editor, ResettableLine):  # which tells its way back as well
            editor.setAccessibleName(words)
            set_tip(editor, tip)
        set_tip(label, tip)
        about = Label(tip)
        about.setFont(font("small"))
        about.setWordWrap(True)
        set_tone(about, "muted")
        for words_beside in (label, about):  # on one line with the words in the field
            words_beside.setContentsMargins(0, STEP, 0, 0)
        for column, widget in enumerate((label, editor, about)):
            self._grid.addWidget(widget, row, column, Qt.AlignmentFlag.AlignTop)
        self._editors[item.name] = editor
        self._rows[item.name] = [label, editor, about]

    def _editor(self, item: dataclasses.Field[Any]) -> Editor:
        name = item.name
        if str(item.type) == "bool":
            box = QCheckBox()
            box.toggled.connect(lambda on: self._on_edited(name, on))
            return box
        if item.metadata["choices"]:
            choice = QComboBox()
            choice.addItems(item.metadata["choices"])
            choice.activated.connect(lambda: self._on_edited(name, choice.currentText()))
            return choice
        line = ResettableLine(_field_text(name), _about(item.metadata))
        line.setFixedWidth(45 * STEP)
        line.editingFinished.connect(lambda: self._on_line(name, line))
        line.reset.connect(lambda: self._on_reset(name, line))
        return line

    def _show(self, name: str) -> None:
        editor, value = self._editors[name], getattr(self._config, name)
        editor.blockSignals(True)
        if isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        elif isinstance(editor, QComboBox):
            editor.setCurrentText(str(value))
        else:
            editor.setText(_written(value))
            editor.set_default(_written(getattr(self._planned, name)))
            editor.setStyleSheet("")
        editor.blockSignals(False)

    def _hide_foreign(self, names: Collection[str] | None = None) -> None:
        """Only what the chosen architecture has a use for; of these settings, or of all."""
        sought = self._find.text().lower().strip()
        for item in dataclasses.fields(TrainConfig):
            if item.name not in (self._rows if names is None else names):
                continue
            only = item.metadata.get("only") or ()
            fits = not only or self._config.architecture in only
            said = f"{_field_text(item.name)} {item.metadata['help']}".lower()
            for widget in self._rows[item.name]:
                widget.setVisible(fits and sought in said)

    def _on_find(self) -> None:
        self._hide_foreign()

    def _on_line(self, name: str, line: ResettableLine) -> None:
        if line.text() != _written(getattr(self._config, name)):
            self._on_edited(name, line.text())

    def _on_reset(self, name: str, line: ResettableLine) -> None:
        line.setStyleSheet("")
        self.refused.emit("")
        self.reset.emit(name)

    def _on_edited(self, name: str, value: object) -> None:
        editor = self.editors[name]
        try:
            value = _read(name, value)
            self._config = chosen(self._config, {name: value})
        except TrainingError as error:
            editor.setStyleSheet(f"border-color: {COLOUR.TRUNCATION};")
            self.refused.emit(str(error))
            return
        editor.setStyleSheet("")
        self.refused.emit("")
        self.changed.emit(name, value)


def _field_text(name: str) -> str:
    """`"learning_rate_at"` as a person would read it."""
    if name.endswith("_at"):
        return f"{name[:-3].replace('_', ' ')}, by resolution"
    return name.replace("_", " ")


def _about(metadata: Any) -> str:
    """Help, range and unit in a line."""
    unit = f" {metadata['unit']}" if metadata["unit"] else ""
    if metadata["low"] is not None:
        low, high = (_number_text(metadata[end]) for end in ("low", "high"))
        return f"{metadata['help']} {low} to {high}{unit}."
    return f"{metadata['help']} In{unit}." if unit else str(metadata["help"])


def _number_text(number: float) -> str:
    """A whole number with gaps between its thousands, another one in short."""
    return thousands(int(number)) if float(number).is_integer() else f"{number:g}"


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"{key}={number:g}" for key, number in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read(name: str, value: object) -> object:
    """What a person typed, as `with_settings` takes it; raises `TrainingError`."""
    if not name.endswith("_at") or not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    if any(not equals for _, equals, _ in pairs):
        raise TrainingError(f"Write {_field_text(name)} as 8=64, 16=32.")
    return {key.strip(): number.strip() for key, _, number in pairs}


# A run that is being thought up: what a person has chosen so far, and the config it makes.

WATCHED_SIDE = 32
"""Side of the pictures that are watched for three minutes."""

SNAPSHOTS = 20
"""Model files kept over a run, so that its time can be travelled."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything chosen for a new run.

    Attributes
    ----------
    source
        Folder or zip of pictures; None while there is none.
    architecture, preset, resolution
        The choices of the first pages.
    own
        Settings changed by hand, as texts or values; they win over the preset.
    start_from
        Model or run to begin with; empty for none.
    started_with
        What its file says of that model; None where it does not say, as published files.
    """

    source: Path | None = None
    architecture: str = "stylegan"
    preset: str = DEFAULT
    resolution: int = 64
    start_from: str = ""
    started_with: ModelInfo | None = None
    own: tuple[tuple[str, object], ...] = ()

    def with_own(self, name: str, value: object) -> Draft:
        """The draft with one setting changed by hand."""
        return dataclasses.replace(self, own=tuple((dict(self.own) | {name: value}).items()))

    def without_own(self, name: str) -> Draft:
        """The draft with one setting as planned, not as it was changed by hand."""
        return replace(self, own=tuple((k, v) for k, v in self.own if k != name))

    def starting_from(self, path: str, info: ModelInfo | None) -> Draft:
        """The draft of a run that begins with this model, and is of its kind where that is known."""
        known = info is not None and info.architecture in TRAINABLE
        return dataclasses.replace(
            self,
            start_from=path,
            started_with=info,
            architecture=info.architecture if info and known else self.architecture,
        )

    def _of_start(self, info: ModelInfo) -> dict[str, object]:
        """What the model decides that the run starts from; raises `TrainingError` where it cannot."""
        if info.architecture != self.architecture:
            raise TrainingError(
                f"{info.title or info.name} is a {architecture_name(info.architecture)}, and the run "
                f"trains a {architecture_name(self.architecture)}.",
                "Choose the network of that model, or another start.",
            )
        network = network_settings(info.config)
        refuse_other_network(dict(self.own), network, info.title or info.name)
        reached = {"initial_resolution": min(info.resolution, self.resolution)}
        return network | (reached if self.architecture in GROWING else {})

    def ways_out(self) -> tuple[tuple[str, Draft], ...]:
        """What would let choices that do not go together do so: (words for a button, the draft then)."""
        ways: list[tuple[str, Draft]] = []
        start = self.started_with
        if start is not None and start.architecture != self.architecture:
            kind = architecture_name(start.architecture)
            ways.append((f"Train a {kind}", replace(self, architecture=start.architecture)))
        if start is not None:
            kept = {k: v for k, v in self.own if k not in network_settings(start.config)}
            ways.append(("Let the model decide", replace(self, own=tuple(kept.items()))))
            ways.append(("Start from random numbers", self.starting_from("", None)))
        nearest = min(max(self.resolution, SMALLEST_BIGGAN), LARGEST_BIGGAN)
        ways.append((f"Pictures of {nearest} px", replace(self, resolution=nearest)))
        ways.append(("Begin to grow as usual", self.without_own("initial_resolution")))
        return tuple((words, way) for words, way in ways if way != self and way.goes_together)

    @property
    def goes_together(self) -> bool:
        """Whether the choices make a config."""
        try:
            self.config()
        except TrainingError:
            return False
        return True

    def config(self) -> TrainConfig:
        """The config; raises `TrainingError` with a sentence for a setting that cannot be."""
        settings = dict(preset(self.preset, self.architecture))
        settings["resolution"] = self.resolution
        settings["data"] = str(self.source.absolute()) if self.source else ""
        settings["start_from"] = self.start_from
        settings["img_channels"] = 0  # the pictures decide it
        first = settings.get("initial_resolution")
        if isinstance(first, int) and first > self.resolution:
            settings["initial_resolution"] = self.resolution
        sizes = SMALLEST_BIGGAN, LARGEST_BIGGAN
        if self.architecture in BIGGANS and not sizes[0] <= self.resolution <= sizes[1]:
            raise TrainingError(
                f"A BigGAN draws pictures of {sizes[0]} to {sizes[1]} px, not {self.resolution}.",
                "Choose another size, or a StyleGAN or ProGAN.",
            )
        if self.started_with is not None:
            settings |= self._of_start(self.started_with)
        planned = with_settings(TrainConfig(), settings)
        kept = max(planned.checkpoint_kimg, planned.images / 1000 / SNAPSHOTS)
        return chosen(with_settings(planned, {"snapshot_kimg": kept}), dict(self.own))


# Choosing what to train: architecture, size of the undertaking, resolution, where to begin.

IN_A_SENTENCE = {
    "stylegan": "Shows growing: a style for every scale, noise for details; the one to play with (2019).",
    "progan": "The plain growing network that StyleGAN came from; small and easy to follow (2018).",
    "biggan": "Made for many classes at once, with attention; wants a GPU (2019).",
    "biggan-deep": "BigGAN with four times the layers and fewer weights; wants a GPU (2019).",
    "stylegan2": "Draws best: StyleGAN without its droplets; sharper and slower, full size at once (2020).",
    "gan": "The first of all: two dense networks, every unit sees all pixels (2014).",
    "cgan": "The first GAN, told which class to draw (2014).",
    "dcgan": "Convolutions and batch norm, which made GANs draw (2016).",
    "wgan": "DCGAN with a critic in place of the discriminator, its weights clipped (2017).",
    "wgan-gp": "DCGAN with a critic whose gradient is held at length 1 (2017).",
    "sagan": "Self-attention and spectral norm, from which BigGAN came (2019).",
    "cogan": "Two folders, one latent: a picture in both without any pairs (2016).",
    "cyclegan": "Two folders: a picture of one becomes one of the other, and back (2017).",
}
PRESETS = {
    "three-minutes": (
        "Three minutes",
        "To watch from beginning to end: pictures of 32 px, first shapes and colours.",
    ),
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
    start_typed(str)
        The run is to start from a model of this name, or in this file.
    """

    start_typed = Signal(str)
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
        self._said: dict[str, Label] = {}
        self.resolution = _resolutions()
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
            (name, architecture_name(name), IN_A_SENTENCE.get(name, ""))
            for name in choices["architecture"]
        ])  # fmt: skip
        self._add_group(column, "TIME AND MACHINE", self._presets, [
            (name, title, about) for name, (title, about) in PRESETS.items()
        ])  # fmt: skip
        self.daunting = _fact_label()
        self.daunting.hide()
        set_tone(self.daunting, "truncation")
        column.addWidget(self.daunting)
        self._add_sizes(column)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
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
            self._said[name] = said
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
            self.models.addAction(menu_text(words), partial(self.model_chosen.emit, info))
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
        for name, (_, about) in PRESETS.items():
            shown = preset(name, draft.architecture).get("images", TrainConfig().images)
            self._said[name].setText(f"{about} {thousands(int(str(shown)))} pictures.")
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

    def show_daunting(self, sentence: str) -> None:
        """Say that the run is nothing for this machine; empty when it is."""
        self.daunting.setText(sentence)
        self.daunting.setVisible(bool(sentence))

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
        if not text and self._draft.start_from:
            self._on_nothing()
        elif text != self._draft.start_from:
            self.start_typed.emit(text)


def _resolutions() -> QComboBox:
    box = QComboBox()
    box.addItems([f"{side} px" for side in RESOLUTIONS])
    box.setAccessibleName("Resolution")
    set_tip(box, "Side of the pictures that the network draws in the end.")
    return box


def estimate_text(found: dict[str, object]) -> str:
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


DAUNTING = 3 * 86_400.0
"""Seconds of a run that nobody wants to begin by accident."""


def daunting_text(seconds: float | None) -> str:
    """That a run would take too long here, where it takes at least so many seconds; else nothing."""
    if seconds is None or seconds < DAUNTING:
        return ""
    took = (
        f"{seconds / 31_557_600:.2g} years"
        if seconds > 31_557_600
        else f"{seconds / 86_400:.0f} days"
    )
    return (
        f"On this machine's processor the whole run takes at least about {took}. It is meant for graphics"
        " cards; An evening and Minutes are for a machine like this."
    )


# Changing a run while it trains.

SENTENCE = "What you change holds from the next step on, and becomes part of the run."
AUGMENTATIONS = ("color", "translation", "cutout", "ada")
FIELDS = (
    ("learning_rate", "Learning rate", "Adam's step size of both networks."),
    ("learning_rate_d", "Learning rate of D", "Adam's step size of the discriminator alone."),
    ("r1_gamma", "R1 weight", "How strongly D's gradients are held down (Mescheder et al. 2018)."),
    ("growth_speed", "Speed of growth",
     "1 = as planned, 2 = twice as fast, 0 = alpha stands still (Karras et al. 2018)."),
)  # fmt: skip


class SteerDialog(QDialog):
    """Asks for new values; only what differs from the run's own is told.

    Parameters
    ----------
    config
        As it holds now.

    Signals
    -------
    chosen(dict)
        Names of settings and their new values.
    """

    chosen = Signal(object)

    def __init__(self, config: TrainConfig, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Steer the run")
        self._config = config
        self._before = settings_of(config)
        self.lines: dict[str, ResettableLine] = {}
        form = QFormLayout()
        form.setHorizontalSpacing(4 * STEP)
        form.setVerticalSpacing(2 * STEP)
        for name, title, tip in self._fields():
            line = ResettableLine(title, tip, f"{self._before[name]:g}")
            about = Label(tip)
            about.setFont(font("small"))
            set_tone(about, "muted")
            form.addRow(title, line)
            form.addRow("", about)
            self.lines[name] = line
        self.boxes = {word: QCheckBox(word) for word in AUGMENTATIONS}
        row = QHBoxLayout()
        row.setSpacing(4 * STEP)
        for word, box in self.boxes.items():
            box.setChecked(word in str(self._before["augment"]))
            set_tip(box, "Differentiable augmentation of all that D sees (Zhao et al. 2020).")
            row.addWidget(box)
        row.addStretch(1)
        form.addRow("Augmentation", row)
        self.words = Label(SENTENCE)
        self.words.setWordWrap(True)
        close = _button("Close", "Leave the run as it is.")
        apply_ = QPushButton("Change it")
        set_tip(apply_, SENTENCE)
        apply_.setDefault(True)
        apply_.clicked.connect(self._on_apply)
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(apply_)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 3 * STEP)
        column.setSpacing(3 * STEP)
        column.addLayout(form)
        column.addWidget(self.words)
        column.addLayout(buttons)

    def _fields(self) -> list[tuple[str, str, str]]:
        """What this run has a use for."""
        return [field for field in FIELDS if field[0] in self._before]

    def _on_apply(self) -> None:
        try:
            settings = self._asked()
            applied(self._config, Change(0, 0, tuple(settings.items())))
        except TrainingError as error:
            self.words.setText(str(error))
            set_tone(self.words, "truncation")
            return
        if settings:
            self.chosen.emit(settings)
        self.accept()

    def _asked(self) -> dict[str, Value]:
        """What differs from now; raises `TrainingError`."""
        asked: dict[str, Value] = {}
        for name, title, _ in self._fields():
            text = self.lines[name].text().strip().replace(",", ".")
            try:
                asked[name] = float(text)
            except ValueError:
                raise TrainingError(f"{title} needs a number, not {text!r}.") from None
        words = [word for word, box in self.boxes.items() if box.isChecked()]
        asked["augment"] = ",".join(words) or "none"
        return {name: value for name, value in asked.items() if _differs(value, self._before[name])}


def _differs(value: Value, before: Value) -> bool:
    """Whether a person changed a value, as far as it was shown."""
    if isinstance(value, float) and isinstance(before, float):
        return f"{value:g}" != f"{before:g}"
    return value != before


def settings_of(config: TrainConfig) -> dict[str, Value]:
    """What may be steered, as it holds now."""
    words = [word for word in AUGMENTATIONS if word in config.augment]
    known: dict[str, Value] = {
        "learning_rate": float(config.learning_rate),
        "r1_gamma": float(config.r1_gamma),
        "growth_speed": config.growth_speed_at[-1][1] if config.growth_speed_at else 1.0,
        "augment": ",".join(words) or "none",
    }
    if config.learning_rate_d is not None:
        known["learning_rate_d"] = float(config.learning_rate_d)
    if config.loss != "logistic-r1":
        del known["r1_gamma"]
    return known


# How training takes the pictures: shape, ground, augmentation, mirroring.

FITS = {
    "crop": "Cut the middle out of pictures that are not square.",
    "pad": "Put a border round pictures that are not square.",
    "stretch": "Squeeze pictures that are not square.",
}
GROUNDS = ("white", "black")


class PictureSettings(QWidget):
    """Two rows of choices.

    Signals
    -------
    changed(str, object)
        A setting of `TrainConfig` was chosen, and its value.
    """

    changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fit = QComboBox()
        self.fit.addItems(list(FITS))
        self.fit.setAccessibleName("Pictures that are not square")
        set_tip(self.fit, "What is done with pictures that are not square.")
        for index, tip in enumerate(FITS.values()):
            self.fit.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.ground = QComboBox()
        self.ground.addItems(list(GROUNDS))
        self.ground.setAccessibleName("Behind see-through pixels")
        set_tip(self.ground, "The colour behind see-through pixels; others among All settings.")
        self.boxes = {word: QCheckBox(word) for word in AUGMENTATIONS}
        tip = "Changes all that D sees, so that it cannot learn few pictures by heart (Zhao et al. 2020)."
        for box in self.boxes.values():
            set_tip(box, tip)
            box.clicked.connect(self._on_augment)
        self.mirror = QCheckBox("mirror")
        set_tip(self.mirror, "Also show each picture flipped; not for writing.")
        self.mirror.clicked.connect(lambda on: self.changed.emit("mirror", on))
        self.classes = QCheckBox("learn the classes")
        set_tip(
            self.classes, "Teach the network the classes, so that one can choose among them later."
        )
        self.classes.clicked.connect(lambda on: self.changed.emit("conditional", on))
        self.classes.hide()
        self.fit.textActivated.connect(lambda text: self.changed.emit("fit", text))
        self.ground.textActivated.connect(lambda text: self.changed.emit("background", text))
        self._place()

    def _place(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2 * STEP)
        for line, parts in enumerate(
            (
                (Label("Not square"), self.fit, Label("Behind see-through"), self.ground),
                (Label("Augment"), *self.boxes.values(), self.mirror, self.classes),
            )
        ):
            row = QHBoxLayout()
            row.setSpacing(3 * STEP)
            for part in parts[1:]:
                row.addWidget(part)
            row.addStretch(1)
            grid.addWidget(parts[0], line, 0)
            grid.addLayout(row, line, 1)

    def show_config(self, config: TrainConfig) -> None:
        """Show what is chosen; emits nothing."""
        self.fit.setCurrentText(config.fit)
        if self.ground.findText(config.background) < 0:
            self.ground.addItem(config.background)
        self.ground.setCurrentText(config.background)
        for word, box in self.boxes.items():
            box.setChecked(word in config.augment)
        self.mirror.setChecked(config.mirror)
        self.classes.setChecked(config.conditional)

    def offer_classes(self, count: int) -> None:
        """Let it be chosen whether so many classes are learned; 0 = there are none."""
        self.classes.setText(f"learn the {count} classes")
        self.classes.setVisible(count > 1)

    def _on_augment(self) -> None:
        words = [word for word, box in self.boxes.items() if box.isChecked()]
        self.changed.emit("augment", ",".join(words) or "none")


# Choosing pictures for a training, and what the dataset doctor says about them.

THUMBNAIL = 72
"""Side of a picture in the dialog, in device-independent pixels."""

LEAVE_OUT_TIP = "As training would see it; a click leaves it out or takes it in again."
NOT_CHOSEN = "Which pictures to train on"
INVITATION = "Drop a folder or zip of pictures, or a video, here, or choose one above."
SHOWN = 50
AT_ONCE = 8
"""Thumbnails fitted in one go."""

OUT = "left out"


class PicturesPage(QWidget):
    """Where the pictures come from.

    Signals
    -------
    chosen(Path)
        A folder or zip was dropped.
    browse_wanted(str)
        A `"folder"` or a `"zip"` is to be chosen in a window.
    cancelled()
        The doctor is to stop.
    left_out(frozenset)
        Names of the pictures that a person leaves out now.
    """

    chosen = Signal(object)
    browse_wanted = Signal(str)
    cancelled = Signal()
    left_out = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.source = ElidedLabel()
        self.source.setText(NOT_CHOSEN)
        self._invitation = _invitation()
        self._bar = QProgressBar()
        self._bar.setFormat("looking at picture %v of %m")
        self._cancel = _button("Cancel", "Stop looking at the pictures.")
        self._cancel.clicked.connect(self.cancelled)
        self.facts = _fact_label()
        self.advice = _fact_label()
        self.refused = _fact_label()
        set_tone(self.advice, "growth")
        set_tone(self.refused, "muted")
        self.refused.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.how = PictureSettings()
        self.grid = PictureGrid("Pictures", LEAVE_OUT_TIP, side=THUMBNAIL, captions=True)
        self.doubles = PictureGrid(
            "Copies and look-alikes", LEAVE_OUT_TIP, side=THUMBNAIL, captions=True
        )
        self.out = _fact_label()
        self.take_in = _button("Take all in", "Leave no picture out.")
        self.copies_out = _button(
            "Leave out the copies", "Of pictures that are there twice, train on one."
        )
        self.alike_out = _button(
            "Leave out the look-alikes",
            "Of pictures that look alike, train on one; look at them first.",
        )
        self._survey: Survey | None = None
        self._shown: dict[PictureGrid, list[SurveyedPicture]] = {self.grid: [], self.doubles: []}
        self._names: frozenset[str] = frozenset()
        self._options = PrepareOptions()
        self._slices = Slices(self)
        self._connect()
        self._area = self._findings()
        self._place()
        self._area.hide()
        self.show_progress(0, 0)

    def _connect(self) -> None:
        self.grid.chosen.connect(partial(self._on_picture, self.grid))
        self.doubles.chosen.connect(partial(self._on_picture, self.doubles))
        self.take_in.clicked.connect(lambda: self._leave_out(frozenset()))
        self.copies_out.clicked.connect(self._on_copies)
        self.alike_out.clicked.connect(self._on_alike)

    def _findings(self) -> QScrollArea:
        """What is said about the pictures, to scroll in."""
        page = QWidget()
        page.setProperty("plain", "true")
        column = QVBoxLayout(page)
        column.setSpacing(2 * STEP)
        column.addWidget(self.facts)
        column.addWidget(self.advice)
        column.addWidget(self.how)
        column.addLayout(_row(self.out, self.take_in))
        column.addWidget(self.grid)
        self._twice = QWidget()
        self._twice.setProperty("plain", "true")
        below = QVBoxLayout(self._twice)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(2 * STEP)
        title = Label("THERE TWICE")
        title.setFont(font("small", bold=True))
        set_tone(title, "section")
        below.addLayout(_row(title, self.copies_out, self.alike_out))
        below.addWidget(self.doubles)
        column.addWidget(self._twice)
        column.addWidget(self.refused)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("What was found")
        set_tip(area, "What the dataset doctor found; the arrow keys scroll.")
        area.setWidget(page)
        return area

    def _place(self) -> None:
        folder = _button("Choose folder…", "Train on the pictures of a folder.")
        zip_ = _button(
            "Choose zip or video…", "Train on the pictures in a zip, or the frames of a video."
        )
        folder.clicked.connect(lambda: self.browse_wanted.emit("folder"))
        zip_.clicked.connect(lambda: self.browse_wanted.emit("zip"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 2 * STEP, 0, 0)
        whole.setSpacing(2 * STEP)
        whole.addLayout(_row(self.source, folder, zip_))
        whole.addLayout(_row(self._bar, self._cancel))
        whole.addWidget(self._invitation, 1)
        whole.addWidget(self._area, 1)

    def show_source(self, source: Path) -> None:
        """These pictures are being looked at."""
        self._show_text()
        self.source.setText(str(source))
        self.source.setToolTip(plain_tip(str(source)))
        for label in (self.facts, self.advice, self.refused):
            label.setText("")
        self._survey, self._names = None, frozenset()
        self._show_doubles(())
        self._show_thumbnails(())
        self.show_progress(0, 1)

    def show_progress(self, done: int, total: int) -> None:
        """How many have been looked at; 0 of 0 hides it."""
        for part in (self._bar, self._cancel):
            part.setVisible(total > 0)
        self._bar.setRange(0, max(1, total))
        self._bar.setValue(done)

    def show_survey(self, survey: Survey) -> None:
        """Tell what was found."""
        self.show_progress(0, 0)
        self.facts.setText(survey.facts)
        self.advice.setText(" ".join(survey.advice))
        self._survey = survey
        self.how.offer_classes(len(survey.classes))
        refused = [f"{bad.name} {bad.reason}" for bad in survey.refused]
        copies = [f"{copy} is {first} once more" for copy, first in survey.copies]
        alike = [f"{one} looks like {other}" for one, other in survey.alike]
        lines = [*_listed("Cannot be used:", refused), *_listed("Exact copies:", copies)]
        self.refused.setText("\n".join([*lines, *_listed("Look alike:", alike)]))
        twice = dict((*survey.copies, *survey.alike))
        self._show_doubles([one for one in survey.thumbnails if one.name in twice])
        self._show_thumbnails([one for one in survey.thumbnails if one.name not in twice])

    def show_failure(self, sentence: str) -> None:
        """Say why these pictures cannot be used."""
        self._show_text()
        self.show_progress(0, 0)
        self.facts.setText(sentence)

    def _show_text(self) -> None:
        """Make room for what is said about the pictures."""
        self._invitation.hide()
        self._area.show()

    # --- which pictures ------------------------------------------------------------------------------

    def show_config(self, config: TrainConfig) -> None:
        """Show the pictures as this config takes them; emits nothing."""
        self.how.show_config(config)
        options = PrepareOptions(config.fit, config.background)
        fitted, self._options = options == self._options, options
        self._names = config.left_out
        if fitted:
            self._tell_left_out()
        else:
            self._fit_again()

    def _show_thumbnails(self, pictures: Sequence[SurveyedPicture]) -> None:
        self._put(self.grid, pictures)
        self._fit_again()

    def _show_doubles(self, pictures: Sequence[SurveyedPicture]) -> None:
        survey = self._survey
        self._put(self.doubles, pictures)
        self._twice.setVisible(bool(pictures))
        self.copies_out.setVisible(survey is not None and bool(survey.copies))
        self.alike_out.setVisible(survey is not None and bool(survey.alike))

    def _put(self, grid: PictureGrid, pictures: Sequence[SurveyedPicture]) -> None:
        self._shown[grid] = list(pictures)
        grid.set_cells([Cell(detail=picture.name) for picture in pictures])

    def _fit_again(self) -> None:
        """Show every thumbnail as training would see it, a few at each turn."""
        self._slices.start(self._fitting())
        self._tell_left_out()

    def _fitting(self) -> Iterator[None]:
        for grid, pictures in self._shown.items():
            for index, picture in enumerate(pictures):
                with contextlib.suppress(Unusable):
                    grid.show_picture(index, to_image(picture.fitted(self._options)))
                    self._mark(grid, index)
                if index % AT_ONCE == AT_ONCE - 1:
                    yield
        yield

    def _mark(self, grid: PictureGrid, index: int) -> None:
        """Show a picture that is left out under a veil, and say so."""
        cell, name = grid.cell(index), self._shown[grid][index].name
        out = name in self._names
        first = (
            dict((*self._survey.copies, *self._survey.alike)).get(name, "") if self._survey else ""
        )
        kept = f"as {Path(first).name}" if first else ""
        cell.caption = OUT if out else kept
        if cell.image is not None:
            plain = to_image(self._shown[grid][index].fitted(self._options))
            grid.show_picture(index, veiled(plain) if out else plain)

    def _tell_left_out(self) -> None:
        for grid, pictures in self._shown.items():
            for index in range(len(pictures)):
                if (grid.cell(index).caption == OUT) != (pictures[index].name in self._names):
                    self._mark(grid, index)
            grid.update()
        count = len(self._names)
        left = f"{count} left out." if count else "A click leaves a picture out."
        self.out.setText(left if self._survey else "")
        self.take_in.setVisible(bool(count))

    def _on_picture(self, grid: PictureGrid, index: int) -> None:
        self._leave_out(self._names ^ {self._shown[grid][index].name})

    def _on_copies(self) -> None:
        if self._survey is not None:
            self._leave_out(self._names | {copy for copy, _ in self._survey.copies})

    def _on_alike(self) -> None:
        if self._survey is not None:
            self._leave_out(self._names | {one for one, _ in self._survey.alike})

    def _leave_out(self, names: frozenset[str]) -> None:
        self._names = names
        self._tell_left_out()
        self.left_out.emit(names)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a folder or zip."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first of what was dropped."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                event.acceptProposedAction()
                self.chosen.emit(Path(url.toLocalFile()))
                return


def veiled(picture: QImage) -> QImage:
    """A picture that is left out: hardly to be seen, and crossed out."""
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        shade = QColor(COLOUR.GROUND)
        shade.setAlpha(190)
        painter.fillRect(image.rect(), shade)
        painter.setPen(QPen(QColor(COLOUR.TRUNCATION), max(1, image.width() // 20)))
        painter.drawLine(image.rect().topLeft(), image.rect().bottomRight())
    return image


def _listed(head: str, lines: list[str]) -> list[str]:
    """Lines under a head, and how many more there are; nothing without lines."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [head, *lines[:SHOWN], *more] if lines else []


def _row(wide: QWidget, *others: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(wide, 1)
    for part in others:
        row.addWidget(part)
    return row


def _invitation() -> Label:
    label = Label(INVITATION)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setFont(font("large"))
    set_tone(label, "muted")
    set_surface(label, "strip")
    return label


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setToolTip(plain_tip(tip))
    return button


def _fact_label() -> Label:
    label = Label()
    label.setWordWrap(True)
    label.setFont(font("body"))
    return label


START = "Start"
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
    start_named(str)
        What the run is to start from, as it was typed, is to be opened.
    cost_wanted(TrainConfig)
        Whether a run is something for this machine is to be told.
    start_wanted(TrainConfig, Path)
        The run is to be started in this folder.
    """

    source_chosen = Signal(object)
    survey_cancelled = Signal()
    browse_wanted = Signal(str)
    measure_wanted = Signal(object, int)
    start_named = Signal(str)
    cost_wanted = Signal(object)
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
        self._opening = ""
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
        self.ways = QHBoxLayout()
        self.start = QPushButton(START)
        self.start.setAutoDefault(False)  # Enter belongs to the fields: a run is begun on purpose
        self._warned = False
        self._daunting = ""
        self._build()
        self._connect()
        self._show()
        resize_on_screen(self, QSize(190 * STEP, 140 * STEP))

    def _build(self) -> None:
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the bar of tabs takes the keyboard
        self.tabs.tabBar().setAccessibleName("Pages of the form")
        close = _button("Close", "Close the form; what was chosen stays for the next time.")
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
        column.addLayout(self.ways)
        column.addLayout(row)

    def _connect(self) -> None:
        self.pictures.chosen.connect(self.choose)
        self.pictures.browse_wanted.connect(self.browse_wanted)
        self.pictures.how.changed.connect(self._on_how)
        self.pictures.left_out.connect(self._on_left_out)
        self.pictures.cancelled.connect(self._on_cancelled)
        self.network.edited.connect(self._on_draft)
        self.network.measure_wanted.connect(self._on_measure)
        self.network.model_chosen.connect(self._on_model)
        self.network.browse_wanted.connect(self._on_browse_start)
        self.network.start_typed.connect(self.start_named)
        self.settings.changed.connect(self._on_setting)
        self.settings.reset.connect(self._on_setting_reset)
        self.settings.refused.connect(self.show_text)
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
        self._put(dataclasses.replace(self._draft.with_own("leave_out", ""), source=source))
        if not self.folder.isModified():
            self.folder.setText(_free_name(self._runs, source.stem))
        self.pictures.show_source(source)
        self.show_text("")
        self.source_chosen.emit(source)
        self._offer()

    def show_progress(self, done: int, total: int) -> None:
        """How many pictures have been looked at."""
        self.pictures.show_progress(done, total)

    def show_survey(self, survey: Survey) -> None:
        """What the pictures are; the resolution follows them until a person has chosen one."""
        self._survey = survey
        self.pictures.show_survey(survey)
        most = WATCHED_SIDE if self._draft.preset == THREE_MINUTES else 64
        resolution = min(most, survey.resolution)
        draft = dataclasses.replace(self._draft, resolution=resolution)
        self._put(draft if self._augment_chosen else self._augmented(draft))
        self._offer()

    def _augmented(self, draft: Draft) -> Draft:
        """The draft with the augmentation that so many pictures want."""
        if self._survey is None:
            return draft
        return draft.with_own("augment", augmentation_for(self._survey.pictures))

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

    def look_at_start(self, name: str) -> None:
        """What the run is to start from is being opened; until then it cannot begin."""
        self._opening = name
        self.show_text(f"Looking at {Path(name).name}…")
        self._offer()

    def show_start(self, name: str, found: ModelInfo | str) -> None:
        """Begin with what was opened; where it did not open, with what was chosen before, and say why."""
        if name != self._opening:
            return
        self._opening = ""
        if isinstance(found, str):
            self.network.show_draft(self._draft)
            self.show_text(found)
            self._offer()
        else:
            self.start_from(found.path, found)

    def _on_model(self, info: ModelInfo) -> None:
        if info.architecture in TRAINABLE:
            self.start_from(info.path, info)
        else:
            self.show_text(f"{info.title or info.name} is of a kind that ganlab cannot train.")

    def _on_draft(self, draft: Draft) -> None:
        self.show_text("")
        if draft.preset == THREE_MINUTES != self._draft.preset:
            draft = replace(draft, resolution=min(draft.resolution, WATCHED_SIDE))
        self._put(draft)
        self.network.show_estimate("")
        config = self._config()
        if config is not None:
            self.cost_wanted.emit(config)

    def _on_setting(self, name: str, value: object) -> None:
        self._augment_chosen |= name == "augment"
        self._draft = self._draft.with_own(name, value)
        self.network.show_draft(self._draft)
        config = self._config()
        if config is not None:
            self.pictures.show_config(config)
        self._offer()
        self.network.show_estimate("")

    def _on_setting_reset(self, name: str) -> None:
        self._augment_chosen &= name != "augment"
        draft = self._draft.without_own(name)
        self._on_draft(self._augmented(draft) if name == "augment" else draft)

    def _on_how(self, name: str, value: object) -> None:
        self._augment_chosen |= name == "augment"
        self._on_draft(self._draft.with_own(name, value))

    def _on_left_out(self, names: frozenset[str]) -> None:
        self._on_draft(self._draft.with_own("leave_out", "\n".join(sorted(names))))

    def _put(self, draft: Draft) -> None:
        """Show a draft; one whose settings do not go together leaves a sentence, and the draft."""
        self._draft = draft
        self._show()

    def _show(self) -> None:
        self.network.show_draft(self._draft)
        config = self._config()
        if config is not None:
            self.settings.show_config(config, self._planned())
            self.pictures.show_config(config)
        self._offer()

    def _planned(self) -> TrainConfig | None:
        """The config that nothing was changed in by hand; None where there can be none."""
        try:
            return self._augmented(replace(self._draft, own=())).config()
        except TrainingError:
            return None

    def _config(self) -> TrainConfig | None:
        try:
            config = self._draft.config()
        except TrainingError as error:
            self._impossible = str(error)
            self.show_text(self._impossible)
            return None
        self._impossible = ""
        return config

    # --- measuring and starting ----------------------------------------------------------------------

    def show_text(self, sentence: str) -> None:
        """Say what is wrong, above the buttons; nothing that was chosen is lost."""
        self.words.setText(sentence)
        self.words.setVisible(bool(sentence))
        while (item := self.ways.takeAt(0)) is not None:
            button = item.widget()
            if button is not None:
                button.hide()
                button.deleteLater()
        if self._impossible and sentence == self._impossible:
            for words, draft in self._draft.ways_out():
                way = _button(words, "Settle it so.")
                way.clicked.connect(partial(self._on_draft, draft))
                self.ways.addWidget(way)
            self.ways.addStretch(1)

    def show_daunting(self, sentence: str) -> None:
        """Say that a run is nothing for this machine; Start then asks for a second thought."""
        self._daunting = sentence
        self._warned = False
        self.start.setText(START)
        self.network.show_daunting(sentence)

    def show_estimate(self, found: dict[str, object]) -> None:
        """Tell what was measured."""
        self.network.show_estimate(estimate_text(found))

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
            self.show_text(f"There is already a run called {name}. Give this one another name.")
            return
        if self._daunting and not self._warned:
            self._warned = True
            self.show_text(self._daunting)
            self.start.setText("Start all the same")
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
        elif (
            len(str(dict(self._draft.own).get("leave_out", "")).splitlines())
            >= self._survey.pictures
        ):
            reason = "Every picture is left out; take some in again."
        elif not self.folder.text().strip():
            reason = "Give the run a name."
        elif self._opening:
            reason = f"{Path(self._opening).name} is still being looked at."
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
