"""The window's own dialogs: facts under headings, and what a person prefers.

Facts are the keys, a model, the program itself. Preferred is how the network runs, how things look and
move, and in which folders they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QImage, QKeySequence, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls import ElidedLabel, FormDialog, Label, muted, resize_on_screen
from ganlab.settings import Kind, Settings
from ganlab.style import STEP, font, set_tip, set_tone
from ganlab.window.actions import Actions
from ganlab.window.glossary import Term
from ganlab_core.models import DIRECTIONS, PICKS, THUMBNAIL, ModelInfo
from ganlab_core.recipe import Capabilities, short_name
from ganlab_core.rendering import CHOICES

CLASSES_LISTED = 20
"""Class names listed; a thousand would bury the rest."""

PAPERS = {
    "progan": "ProGAN (Karras et al. 2018)",
    "stylegan": "StyleGAN (Karras et al. 2019)",
    "stylegan2": "StyleGAN2 (Karras et al. 2020)",
    "stylegan3": "StyleGAN3 (Karras et al. 2021)",
    "stylegan2-lucid": "StyleGAN2 as lucidrains wrote it (after Karras et al. 2020)",
    "biggan": "BigGAN (Brock et al. 2019)",
    "biggan-deep": "BigGAN-deep (Brock et al. 2019)",
    "gan": "GAN (Goodfellow et al. 2014)",
    "cgan": "CGAN (Mirza & Osindero 2014)",
    "dcgan": "DCGAN (Radford et al. 2016)",
    "wgan": "WGAN (Arjovsky et al. 2017)",
    "wgan-gp": "WGAN-GP (Gulrajani et al. 2017)",
    "sagan": "SAGAN (Zhang et al. 2019)",
    "cogan": "CoGAN (Liu & Tuzel 2016)",
    "cyclegan": "CycleGAN (Zhu et al. 2017)",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the pairs (what, how) under it."""

    heading: str
    rows: tuple[tuple[str, str], ...]


class FactsDialog(QDialog):
    """Two columns of words under headings, and a Close button.

    The words are written by `filling`, a section at each step, or all at once by `open`.
    """

    def __init__(
        self, title: str, sections: Sequence[Section], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._buttons = buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        self._page = page = QWidget()
        page.setProperty("plain", "true")
        area.setWidget(
            page
        )  # before it is filled: a full one would get its looks anew in its place
        self._grid = grid = QGridLayout(page)
        grid.setHorizontalSpacing(6 * STEP)
        grid.setVerticalSpacing(STEP)
        grid.setColumnStretch(1, 1)
        self._rest = list(sections)

    def filling(self) -> Iterator[None]:
        """Write one section after the other."""
        while self._rest:
            _add_section(self._grid, self._rest.pop(0))
            yield

    def open(self) -> None:
        """Write what is not written yet, and show it."""
        for _ in self.filling():
            pass
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        wanted = self._page.sizeHint().height() + self._buttons.sizeHint().height() + 16 * STEP
        resize_on_screen(self, QSize(160 * STEP, min(wanted, 150 * STEP)))
        super().open()


class TermCard(QDialog):
    """What a word of the field is: a sentence or two, the formula, two pictures that differ by it.

    The pictures come later, from whoever draws with the model on the desk; without one there are none.
    """

    def __init__(self, term: Term, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.term = term
        self.setWindowTitle(term.name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5 * STEP, 4 * STEP, 5 * STEP, 4 * STEP)
        layout.setSpacing(3 * STEP)
        title = Label(term.name)
        title.setFont(font("large", bold=True))
        layout.addWidget(title)
        layout.addWidget(_paragraph(term.text))
        if term.formula:
            formula = _paragraph(term.formula)
            formula.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
            formula.setAccessibleName("Formula")
            layout.addWidget(formula)
        self.pictures = [_CardPicture() for _ in range(2)]
        row = QHBoxLayout()
        row.setSpacing(4 * STEP)
        for picture in self.pictures:
            row.addWidget(picture)
        row.addStretch(1)
        layout.addLayout(row)
        paper = _paragraph(term.paper)
        set_tone(paper, "muted")
        layout.addWidget(paper)
        layout.addStretch(1)
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.resize(CARD_WIDTH, 10)

    def showEvent(self, event: QShowEvent) -> None:
        """Be as high as the words, which have their fonts by now."""
        super().showEvent(event)
        self._fit()

    def show_picture(self, place: int, image: QImage, caption: str) -> None:
        """Show the picture before (0) or after (1), and say under what."""
        self.pictures[place].show_image(image, caption)
        self._fit()

    def _fit(self) -> None:
        """Give every line its height: Qt measures wrapped words by a width of its own."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        width = max(self.width(), layout.minimumSize().width())
        self.resize(width, layout.totalHeightForWidth(width))


CARD_SIDE, CARD_WIDTH = 40 * STEP, 110 * STEP


class _CardPicture(QWidget):
    """A picture with a line below; nothing is there until it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.image, self.caption = Label(""), Label("")
        set_tone(self.caption, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(STEP)
        column.addWidget(self.image)
        column.addWidget(self.caption)
        self.hide()

    def show_image(self, image: QImage, caption: str) -> None:
        smooth = Qt.TransformationMode.SmoothTransformation
        crisp = Qt.TransformationMode.FastTransformation
        keep = Qt.AspectRatioMode.KeepAspectRatio
        way = smooth if image.width() > CARD_SIDE else crisp
        self.image.setPixmap(QPixmap.fromImage(image.scaled(CARD_SIDE, CARD_SIDE, keep, way)))
        self.image.setAccessibleName(caption)
        self.caption.setText(caption)
        self.show()


def _paragraph(text: str) -> Label:
    label = Label(text)
    label.setWordWrap(True)
    return label


def key_sections(actions: Actions) -> list[Section]:
    """Every action that has a key, under its menu's heading."""
    sections = []
    for group in actions.groups():
        rows = tuple(
            (_keys(action.shortcuts()), action.statusTip())
            for action in actions.group(group)
            if action.shortcuts()
        )
        sections.append(Section(group, rows))
    pointer = (
        ("Wheel", "Zoom about the pointer."),
        ("Drag", "Move a picture that is larger than the view."),
        ("Double click", "Go between the whole picture and its actual size."),
        ("Drop", "Open a model, a run folder, a Recipe, or a PNG saved by ganlab."),
    )
    numbers = (
        ("Arrows, Page Up and Down", "Move it; Home and End go to its ends."),
        ("Shift", "Move it ten times finer, by drag or arrow."),
        ("A digit, Enter", "Type a value."),
        ("Delete, or double click", "Back to where it began; a seed by Delete alone."),
    )
    return [
        *sections,
        Section("Pointer on the picture", pointer),
        Section("Sliders and numbers", numbers),
    ]


def model_sections(info: ModelInfo, can: Capabilities) -> list[Section]:
    """What is known about a model."""
    facts = (
        ("Name", info.title or info.name),
        ("Architecture", PAPERS.get(info.architecture, info.architecture)),
        ("Size", f"{info.resolution} x {info.resolution} px, {len(can.layers)} layers"),
        ("Classes", _classes(info.classes)),
        ("Licence", info.licence),
        ("Made from", info.attribution),
        ("Fingerprint", info.fingerprint),
        ("File", str(info.path)),
    )
    abilities = (
        ("Style", _yes(can.has_w, f"W of {can.w_dim} dimensions")),
        ("Latent", f"z of {can.z_dim} dimensions"),
        ("Truncation", _yes(can.has_truncation, "about the mean of W" if can.has_w else "of z")),
        (
            "Mixing",
            _yes(can.has_mixing, "styles per layer" if can.has_w else "parts of z per block"),
        ),
        ("Noise", _yes(can.has_noise, "in every layer that adds it")),
        ("Growth", _yes(can.has_growth, "block by block")),
        ("Attention", _yes(can.has_attention, "its strength can be changed")),
        ("Classes", _yes(bool(can.classes), f"{len(can.classes)}, which can be mixed")),
    )
    history = tuple(
        (key, _plain(value))
        for key, value in sorted(info.provenance.items())
        if key not in (DIRECTIONS, PICKS, THUMBNAIL)
    )
    sections = [Section("Model", _filled(facts)), Section("What it can do", abilities)]
    return [*sections, Section("How it was made", history)] if history else sections


def _add_section(grid: QGridLayout, section: Section) -> None:
    row = grid.rowCount()
    heading = Label(section.heading.upper())
    heading.setFont(font("small", bold=True))
    heading.setContentsMargins(0, 2 * STEP if row > 1 else 0, 0, 0)
    set_tone(heading, "section")
    grid.addWidget(heading, row, 0, 1, 2)
    for index, (what, how) in enumerate(section.rows, row + 1):
        left, right = Label(what), Label(how)
        set_tone(left, "muted")
        right.setWordWrap(True)
        right.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (left, right):
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(left, index, 0)
        grid.addWidget(right, index, 1)
        for label in (left, right):
            label.sizeHint()  # kept by the label: the window asks for all of them at once


def _keys(shortcuts: Sequence[QKeySequence]) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return " or ".join(shortcut.toString(native) for shortcut in shortcuts)


def _filled(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((what, how) for what, how in rows if how)


def _yes(able: bool, how: str) -> str:
    return how if able else "no"


def _classes(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(short_name(name) for name in names[:CLASSES_LISTED])
    more = len(names) - CLASSES_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _plain(value: object) -> str:
    return value if isinstance(value, str) else str(value)


# A window with one sentence and a text that can be copied: details of a failure, or a report.

REPORT_SENTENCE = (
    "Something went wrong that ganlab did not expect. Your desk is saved. "
    "Copy this report and send it to the makers; then you can go on."
)


class TextDialog(QDialog):
    """Shows a text that was not written for reading aloud.

    Parameters
    ----------
    title
        Of the window.
    sentence
        What the text is, in plain words.
    text
        The text itself; the Copy button copies it.
    """

    def __init__(self, title: str, sentence: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._text = QPlainTextEdit(text)
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        said = Label(sentence)
        said.setWordWrap(True)
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip("Copy the text to the clipboard.")
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        layout.setSpacing(3 * STEP)
        layout.addWidget(said)
        layout.addWidget(self._text, 1)
        layout.addWidget(buttons)
        resize_on_screen(self, QSize(160 * STEP, 100 * STEP))

    def copy(self) -> None:
        """Put the text on the clipboard."""
        QGuiApplication.clipboard().setText(self._text.toPlainText())


DEVICES = {
    "": "the fastest there is",
    "cpu": "CPU",
    "cuda": "NVIDIA or AMD GPU",
    "mps": "Apple GPU",
}
BUDGETS = {20: "20 ms, coarser and smoother", 45: "45 ms", 100: "100 ms, finer and slower"}
SIZES = {100: "100 %", 115: "115 %", 125: "125 %", 150: "150 %", 175: "175 %", 200: "200 %"}
FOLDERS: tuple[tuple[Kind, str], ...] = (
    ("pictures", "Pictures go to"),
    ("videos", "Films go to"),
    ("documents", "Other files go to"),
)
AT_NEXT_START = "Device and interface size take effect at the next start."


K = TypeVar("K", str, int)


class PreferencesDialog(FormDialog):
    """All preferences; nothing changes before Save.

    Signals
    -------
    saved()
        They were written to the settings.
    """

    saved = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("Preferences", "Save", parent)
        self._settings = settings
        self._folders: dict[Kind, Path] = {}
        self.device = _choice(DEVICES, settings.device)
        self.precision = _choice(CHOICES, settings.precision)
        self.budget = _choice(BUDGETS, settings.preview_budget)
        self.smooth = QCheckBox("Smooth pixels when the picture is enlarged")
        self.smooth.setChecked(settings.smooth)
        self.size_of_things = _choice(SIZES, settings.interface_size)
        self.motion = QCheckBox("Reduce motion: nothing moves by itself")
        self.motion.setChecked(settings.reduced_motion)
        self._add("Network runs on", self.device, "Where pictures are computed.")
        self._add(
            "Precision",
            self.precision,
            "With how many bits the network counts. What the device has not is drawn in 32 bits.",
        )
        self._add(
            "While the hand moves",
            self.budget,
            "How long a frame may take before a coarser preview is shown in its place.",
        )
        self._add("Picture", self.smooth, "Squares show what the network really drew.")
        self._add("Size of the interface", self.size_of_things, "How large words and controls are.")
        self._add("Motion", self.motion, "The first picture then stands still until you move it.")
        for kind, words in FOLDERS:
            self._add_folder(kind, words)
        self.rows.addRow(muted(AT_NEXT_START))
        self.accepted.connect(self.save)
        set_tip(self.do, "Keep these preferences.")
        self.fit()

    def _add(self, words: str, control: QWidget, tip: str) -> None:
        control.setAccessibleName(words)
        set_tip(control, tip)
        self.rows.addRow(words, control)

    def _add_folder(self, kind: Kind, words: str) -> None:
        shown = ElidedLabel()
        shown.setText(str(self._settings.saving_folder(kind)))
        button = QPushButton("Choose…")
        button.setAutoDefault(False)
        button.setAccessibleName(f"{words}: choose a folder")
        set_tip(button, "Choose the folder that is offered when something is saved.")
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2 * STEP)
        line.addWidget(shown, 1)
        line.addWidget(button)
        self.rows.addRow(words, row)
        button.clicked.connect(lambda: self._ask_folder(kind, words, shown.setText))

    def _ask_folder(self, kind: Kind, words: str, show: Callable[[str], object]) -> None:
        before = self._folders.get(kind, self._settings.saving_folder(kind))
        found = QFileDialog.getExistingDirectory(self, words, str(before))
        if found:
            self.choose_folder(kind, Path(found))
            show(found)

    def choose_folder(self, kind: Kind, folder: Path) -> None:
        """Offer this folder for the next file of the kind, once saved."""
        self._folders[kind] = folder

    def save(self) -> None:
        """Write everything to the settings."""
        settings = self._settings
        settings.device = self.device.currentData()
        settings.precision = self.precision.currentData()
        settings.preview_budget = self.budget.currentData()
        settings.smooth = self.smooth.isChecked()
        settings.interface_size = self.size_of_things.currentData()
        settings.reduced_motion = self.motion.isChecked()
        for kind, folder in self._folders.items():
            settings.keep_saving_folder(kind, folder)
        settings.save()
        self.saved.emit()


def _choice(choices: Mapping[K, str], chosen: K) -> QComboBox:
    box = QComboBox()
    for key, words in choices.items():
        box.addItem(words, key)
    box.setCurrentIndex(max(0, list(choices).index(chosen) if chosen in choices else 0))
    return box
