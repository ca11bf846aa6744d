"""What a person prefers, in one window: how the network runs, how things look and move, and folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from ganlab.controls import ElidedLabel, FormDialog, muted
from ganlab.settings import Kind, Settings
from ganlab.style import STEP, set_tip

DEVICES = {
    "": "the fastest there is",
    "cpu": "CPU",
    "cuda": "NVIDIA or AMD GPU",
    "mps": "Apple GPU",
}
PRECISIONS = {
    "fp32": "32 bits, exact",
    "auto": "whichever is fastest here",
    "bf16": "16 bits (bfloat16)",
    "fp16": "16 bits (float16)",
}
BUDGETS = {20: "20 ms, coarser and smoother", 45: "45 ms", 100: "100 ms, finer and slower"}
SIZES = {100: "100 %", 115: "115 %", 125: "125 %", 150: "150 %", 175: "175 %", 200: "200 %"}
FOLDERS: tuple[tuple[Kind, str], ...] = (
    ("pictures", "Pictures go to"),
    ("videos", "Films go to"),
    ("documents", "Other files go to"),
)
AT_NEXT_START = "Device, precision and interface size take effect at the next start."


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
        self.precision = _choice(PRECISIONS, settings.precision)
        self.budget = _choice(BUDGETS, settings.preview_budget)
        self.smooth = QCheckBox("Smooth pixels when the picture is enlarged")
        self.smooth.setChecked(settings.smooth)
        self.size_of_things = _choice(SIZES, settings.interface_size)
        self.motion = QCheckBox("Reduce motion: nothing moves by itself")
        self.motion.setChecked(settings.reduced_motion)
        self._add("Network runs on", self.device, "Where pictures are computed.")
        self._add("Precision", self.precision, "With how many bits the network counts.")
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
