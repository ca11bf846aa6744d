"""Every field of a training config as a form, made from the metadata the fields carry."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.slices import Slices
from ganlab.style import COLOUR, STEP, font, set_tip, set_tone
from ganlab_core.errors import TrainingError
from ganlab_core.training.config import TrainConfig, chosen

ELSEWHERE = (
    "data", "architecture", "resolution", "start_from", "growth_speed_at", "growth_images",
    "renamed_classes", "unknown",
)  # fmt: skip
"""Chosen on the other pages, or made while a run trains or is taken up again."""

ROWS_AT_ONCE = 6

Editor = QCheckBox | QComboBox | QLineEdit


class SettingsForm(QWidget):
    """A row per setting: its name, its value, its unit; a field says in red what it cannot be.

    Signals
    -------
    changed(str, object)
        A setting and the value a person gave it, which the config has accepted.
    refused(str)
        What a setting cannot be, in one sentence; empty when all is well again.
    """

    changed = Signal(str, object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._config = TrainConfig()
        self._editors: dict[str, Editor] = {}
        self._rows: dict[str, list[QWidget]] = {}
        self._find = QLineEdit()
        self._find.setPlaceholderText("Find a setting")
        self._find.setAccessibleName("Find a setting")
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(self._on_find)
        area = QScrollArea()
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
                self._show(self._editors[item.name], getattr(self._config, item.name))
            self._hide_foreign([item.name for item in some])
            if not self._rest:
                self._grid.setRowStretch(self._grid.rowCount(), 1)
            yield

    def show_config(self, config: TrainConfig) -> None:
        """Show every value; emits nothing."""
        self._config = config
        for name, editor in self._editors.items():
            self._show(editor, getattr(config, name))
            editor.setProperty("tone", "")
        self._hide_foreign()

    def _add(self, item: dataclasses.Field[Any]) -> None:
        row = self._grid.rowCount()
        metadata = item.metadata
        words = _words(item.name)
        label = Label(words)
        label.setFont(font("small"))
        editor = self._editor(item)
        editor.setAccessibleName(words)
        tip = _about(metadata)
        about = Label(_about(metadata))
        about.setFont(font("small"))
        about.setWordWrap(True)
        set_tone(about, "muted")
        for words_beside in (label, about):  # on one line with the words in the field
            words_beside.setContentsMargins(0, STEP, 0, 0)
        for widget in (label, editor):
            set_tip(widget, tip)
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
        line = QLineEdit()
        line.setFixedWidth(45 * STEP)
        line.editingFinished.connect(lambda: self._on_line(name, line))
        return line

    def _show(self, editor: Editor, value: object) -> None:
        editor.blockSignals(True)
        if isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        elif isinstance(editor, QComboBox):
            editor.setCurrentText(str(value))
        else:
            editor.setText(_written(value))
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
            said = f"{_words(item.name)} {item.metadata['help']}".lower()
            for widget in self._rows[item.name]:
                widget.setVisible(fits and sought in said)

    def _on_find(self) -> None:
        self._hide_foreign()

    def _on_line(self, name: str, line: QLineEdit) -> None:
        if line.text() != _written(getattr(self._config, name)):
            self._on_edited(name, line.text())

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


def _words(name: str) -> str:
    """`"learning_rate_at"` as a person would read it."""
    if name.endswith("_at"):
        return f"{name[:-3].replace('_', ' ')}, by resolution"
    return name.replace("_", " ")


def _about(metadata: Any) -> str:
    """Help, range and unit in a line."""
    unit = f" {metadata['unit']}" if metadata["unit"] else ""
    if metadata["low"] is not None:
        return f"{metadata['help']} {metadata['low']:g} to {metadata['high']:g}{unit}."
    return f"{metadata['help']} In{unit}." if unit else str(metadata["help"])


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
        raise TrainingError(f"Write {_words(name)} as 8=64, 16=32.")
    return {key.strip(): number.strip() for key, _, number in pairs}
