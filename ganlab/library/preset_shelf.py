"""Presets: named parts of a Recipe, kept in files, to lay over whatever is on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, Toggle, WordButton
from ganlab.engine import BackgroundTasks
from ganlab.recipe_widget import section_title
from ganlab.session import Session
from ganlab.style import COLOUR
from ganlab.window import Messages
from ganlab_core.errors import GanlabError
from ganlab_core.files import presets_dir
from ganlab_core.recipe import PARTS, Preset, read_presets, write_preset

TIPS = {
    "truncation": (
        "Hold psi, its values per scale, the cutoff and z's threshold.",
        COLOUR.TRUNCATION,
    ),
    "noise": ("Hold the noise of all layers.", COLOUR.NOISE),
    "growth": ("Hold the growth.", COLOUR.GROWTH),
    "classes": ("Hold the mix of classes.", COLOUR.CLASS),
    "styles": ("Hold what the strips mix in.", COLOUR.STYLE),
    "placement": ("Hold how the picture is shifted and turned.", COLOUR.STYLE),
    "pushes": ("Hold pushes along directions, feature maps and attention.", COLOUR.STYLE),
}
EMPTY = "No preset yet. Choose below what one holds, name it, and save."
NO_NAME = "Write a name first."
NO_PART = "Choose what the preset should hold."
NONE_CHOSEN = "Choose a preset in the list first."


class PresetsPanel(QFrame):
    """The list of presets, and what to save as a new one.

    `chosen` tells the preset to apply, `saved` the name and the parts of one to make of the desk,
    `deleted` the one to take away.
    """

    chosen = Signal(object)
    saved = Signal(str, object)
    deleted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Presets")
        self.list = QListWidget()
        self.list.setAccessibleName("Presets")
        self.empty = Label(EMPTY)
        self.empty.setWordWrap(True)
        self.empty.setFont(style.font("small"))
        style.set_tone(self.empty, "muted")
        style.set_tip(self.list, "Double-click or press Enter to lay a preset over the desk.")
        self.apply = WordButton("Apply", "Lay the chosen preset over the desk; the latent stays.")
        self.delete = WordButton("Delete", "Delete the chosen preset.")
        self.name = QLineEdit()
        self.name.setPlaceholderText("name of a new preset")
        self.name.setAccessibleName("Name of a new preset")
        style.set_tip(self.name, "A name; one that is taken replaces that preset.")
        self.parts = {part: Toggle(part, TIPS[part][1], TIPS[part][0]) for part in PARTS}
        for part in ("truncation", "noise"):
            self.parts[part].set_value(True)
        self.save = WordButton("Save", "Make a preset of these settings of the desk.")
        self._presets: list[Preset] = []
        self._build()
        self._connect()
        self._settle()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.delete)
        row.addWidget(self.apply)
        grid = QGridLayout()
        grid.setSpacing(4)
        for index, toggle in enumerate(self.parts.values()):
            grid.addWidget(toggle, index // 3, index % 3)
        name = QHBoxLayout()
        name.setSpacing(8)
        name.addWidget(self.name, 1)
        name.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(section_title("PRESETS", "Settings without the picture's latent."))
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(section_title("SAVE FROM THE DESK", "What a new preset holds."))
        column.addLayout(grid)
        column.addLayout(name)
        self.setMinimumWidth(240)

    def _connect(self) -> None:
        self.list.itemActivated.connect(self._on_activated)
        self.list.currentRowChanged.connect(self._settle)
        self.apply.clicked.connect(self._on_apply)
        self.delete.clicked.connect(self._on_delete)
        self.save.clicked.connect(self._on_save)
        self.name.returnPressed.connect(self._on_save)
        self.name.textChanged.connect(self._settle)
        for toggle in self.parts.values():
            toggle.edited.connect(self._settle)

    def show_presets(self, presets: Sequence[Preset]) -> None:
        """List these."""
        self._presets = list(presets)
        self.empty.setVisible(not self._presets)
        self.list.clear()
        for preset in self._presets:
            item = QListWidgetItem(f"{preset.name}   ({', '.join(preset.parts)})")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, preset.name)
            self.list.addItem(item)
        self._settle()

    def _settle(self) -> None:
        chosen = 0 <= self.list.currentRow() < len(self._presets)
        for button in (self.apply, self.delete):
            button.set_available("" if chosen else NONE_CHOSEN)
        named = bool(self.name.text().strip())
        self.save.set_available("" if named and self._chosen_parts() else self._why_not(named))

    def _why_not(self, named: bool) -> str:
        return NO_PART if named else NO_NAME

    def _chosen_parts(self) -> tuple[str, ...]:
        return tuple(part for part, toggle in self.parts.items() if toggle.isChecked())

    def _on_activated(self) -> None:
        self._on_apply()

    def _on_apply(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._presets):
            self.chosen.emit(self._presets[row])

    def _on_delete(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._presets):
            self.deleted.emit(self._presets[row])

    def _on_save(self) -> None:
        if self.save.isEnabled():
            self.saved.emit(self.name.text().strip(), self._chosen_parts())
            self.name.clear()


Found = list[tuple[Path, Preset]]


class PresetShelf(QObject):
    """Knows the presets, and lets the panel show them.

    Parameters
    ----------
    session, panel, tasks, messages
        What presets are laid over, where they are seen, who handles files, where failures are told.
    """

    def __init__(
        self,
        session: Session,
        panel: PresetsPanel,
        tasks: BackgroundTasks,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._tasks = tasks
        self._messages = messages
        self._found: Found = []
        panel.chosen.connect(self.apply)
        panel.saved.connect(self.save)
        panel.deleted.connect(self.delete)

    @property
    def known(self) -> list[Preset]:
        """All presets, by name."""
        return [preset for _, preset in self._found]

    def load(self) -> None:
        """Read what is there."""
        self._tasks.start(partial(read_presets, presets_dir()), self._on_read)

    def apply(self, preset: Preset) -> None:
        """Lay a preset over the desk."""
        laid = preset.applied_to(self._session.recipe)
        self._session.edit(laid, f"preset {preset.name}")

    def save(self, name: str, parts: tuple[str, ...]) -> None:
        """Make a preset of some parts of the desk."""
        try:
            preset = Preset(name, parts, self._session.recipe)
        except GanlabError as error:
            self._messages.show_error(error)
            return
        self._tasks.start(partial(_save, presets_dir(), preset), self._on_read)

    def delete(self, preset: Preset) -> None:
        """Delete a preset's file."""
        paths = [path for path, known in self._found if known == preset]
        self._tasks.start(partial(_delete, presets_dir(), paths), self._on_read)

    def _on_read(self, found: Found) -> None:
        self._found = found
        self._panel.show_presets(self.known)


def _save(folder: Path, preset: Preset) -> Found:
    write_preset(folder, preset)
    return read_presets(folder)


def _delete(folder: Path, paths: list[Path]) -> Found:
    for path in paths:
        path.unlink(missing_ok=True)
    return read_presets(folder)
