"""Choosing pictures for a training, and what the dataset doctor says about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPixmap
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.dialogs.picture_settings import PictureSettings
from ganlab.style import STEP, font, plain_tip, set_surface, set_tone
from ganlab.views.elided_label import ElidedLabel
from ganlab_core.dataset.survey import Survey

NOT_CHOSEN = "Which pictures to train on"
INVITATION = "Drop a folder or zip of pictures here, or choose one above."
COLUMNS = 12
SHOWN = 50


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
    """

    chosen = Signal(object)
    browse_wanted = Signal(str)
    cancelled = Signal()

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
        self.facts = _words()
        self.advice = _words()
        self.refused = _words()
        set_tone(self.advice, "growth")
        set_tone(self.refused, "muted")
        self.refused.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.how = PictureSettings()
        self._thumbnails = QGridLayout()
        self._thumbnails.setSpacing(STEP)
        self._area = self._findings()
        self._place()
        self._area.hide()
        self.show_progress(0, 0)

    def _findings(self) -> QScrollArea:
        """What is said about the pictures, to scroll in."""
        page = QWidget()
        page.setProperty("plain", "true")
        column = QVBoxLayout(page)
        column.setSpacing(2 * STEP)
        column.addWidget(self.facts)
        column.addLayout(self._thumbnails)
        column.addWidget(self.advice)
        column.addWidget(self.how)
        column.addWidget(self.refused)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        return area

    def _place(self) -> None:
        folder = _button("Choose folder…", "Train on the pictures of a folder.")
        zip_ = _button("Choose zip…", "Train on the pictures in a zip.")
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
        self._show_words()
        self.source.setText(str(source))
        self.source.setToolTip(plain_tip(str(source)))
        for label in (self.facts, self.advice, self.refused):
            label.setText("")
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
        self.facts.setText(facts_of(survey))
        self.advice.setText(" ".join(survey.advice))
        refused = [f"{bad.name} {bad.reason}" for bad in survey.refused]
        copies = [f"{copy} is {first} once more" for copy, first in survey.copies]
        lines = [*_listed("Left out:", refused), *_listed("Exact copies, which stay in:", copies)]
        self.refused.setText("\n".join(lines))
        self._show_thumbnails(survey.thumbnails)

    def show_failure(self, sentence: str) -> None:
        """Say why these pictures cannot be used."""
        self._show_words()
        self.show_progress(0, 0)
        self.facts.setText(sentence)

    def _show_words(self) -> None:
        """Make room for what is said about the pictures."""
        self._invitation.hide()
        self._area.show()

    def _show_thumbnails(
        self, pictures: tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], ...]
    ) -> None:
        while (item := self._thumbnails.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for index, pixels in enumerate(pictures):
            height, width, _ = pixels.shape
            data = np.ascontiguousarray(pixels)
            image = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            label = Label()
            label.setPixmap(QPixmap.fromImage(image))
            self._thumbnails.addWidget(label, index // COLUMNS, index % COLUMNS)
        self._thumbnails.setColumnStretch(COLUMNS, 1)

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


def facts_of(survey: Survey) -> str:
    """What there is, in a few sentences."""
    said = [f"{survey.pictures} pictures can be used"]
    if survey.refused:
        said.append(f"{len(survey.refused)} cannot")
    words = ", ".join(said) + "."
    if survey.pictures:
        words += f" Their shorter sides are {survey.smallest}"
        words += f" to {survey.largest} px" if survey.largest > survey.smallest else " px"
        words += (
            f", half of them below {survey.middle}." if survey.middle > survey.smallest else "."
        )
    if survey.classes:
        listed = ", ".join(f"{name} ({count})" for name, count in survey.classes[:12])
        more = f" and {len(survey.classes) - 12} more" if len(survey.classes) > 12 else ""
        words += f" {len(survey.classes)} classes: {listed}{more}."
    return words


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


def _words() -> Label:
    label = Label()
    label.setWordWrap(True)
    label.setFont(font("body"))
    return label
