"""Shelves of what is kept in files: favourites and presets.

Favourites are pictures, found again by name and tag, and shown again. Presets are named parts of a
Recipe, to lay over whatever is on the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Cell, Label, PictureGrid, Toggle, WordButton
from ganlab.engine import BackgroundTasks
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.session import Session
from ganlab.style import COLOUR, STEP
from ganlab.window import Messages
from ganlab_core.errors import GanlabError
from ganlab_core.export import Favourite, Preset, favourites, read_presets, write_preset
from ganlab_core.files import favourites_dir, presets_dir
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import PARTS, latent_text
from ganlab_core.rendering import Frame

NO_FAVOURITE = "Nothing kept yet. Ctrl+D keeps the picture on the desk."
NONE_FOUND = "No favourite answers this search."


class GalleryPanel(QFrame):
    """The favourites as pictures; a click shows one, dragging it onto a strip mixes its style in.

    Signals
    -------
    keep_asked()
        To keep the picture on the desk.
    chosen(Favourite), mix_asked(Favourite), deleted(Favourite), compared(Favourite)
        What to do with one.
    renamed(Favourite, name, tuple of tags)
        What to call it from now on.
    labelled(Favourite, bool)
        It is liked, or not, for a slider to be made.
    restore_asked()
        To bring the last deleted one back.
    """

    keep_asked = Signal()
    chosen = Signal(object)
    compared = Signal(object)
    deleted = Signal(object)
    renamed = Signal(object, str, object)
    labelled = Signal(object, bool)
    restore_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Favourites")
        self._all: list[tuple[Favourite, QImage]] = []
        self._shown: list[Favourite] = []
        self._editing: Favourite | None = None
        self.keep = WordButton("Keep", "Keep the picture on the desk among the favourites.")
        self.restore = WordButton("Undelete", "Bring back what was deleted last.")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search names, tags, models")
        self.search.setAccessibleName("Search the favourites")
        self.search.setClearButtonEnabled(True)
        style.set_tip(
            self.search, "Show the favourites whose name, tags or model have these words."
        )
        self.grid = PictureGrid(
            "Favourites",
            "Click to show one, drag it onto a strip to mix its style in, Delete takes it away,"
            " F2 names it, a right click offers more.",
            captions=True,
        )  # fmt: skip
        self._words = Label(NO_FAVOURITE)
        self._words.setWordWrap(True)
        style.set_tone(self._words, "muted")
        self.name = self._line("Name", "What to call this favourite.")
        self.tags = self._line("Tags", "Words to find it by, with commas between them.")
        self._build()
        self._connect()
        self.restore.set_available("Nothing was deleted yet.")
        self.set_available(NO_MODEL)

    def _line(self, name: str, tooltip: str) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText(name.lower())
        line.setAccessibleName(f"{name} of the favourite")
        style.set_tip(line, tooltip)
        return line

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(section_title("FAVOURITES", "Pictures you kept, each with its Recipe."))
        top.addStretch(1)
        top.addWidget(self.restore)
        top.addWidget(self.keep)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.grid)
        self._editor = QWidget()
        edit = QHBoxLayout(self._editor)
        edit.setContentsMargins(0, 0, 0, 0)
        edit.setSpacing(8)
        edit.addWidget(self.name, 1)
        edit.addWidget(self.tags, 1)
        self._editor.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        column.addLayout(top)
        column.addWidget(self.search)
        column.addWidget(self._words)
        column.addWidget(scroll, 1)
        column.addWidget(self._editor)
        self.setMinimumWidth(260)

    def _connect(self) -> None:
        self.keep.clicked.connect(self.keep_asked)
        self.restore.clicked.connect(self.restore_asked)
        self.search.textChanged.connect(self._refresh)
        self.grid.chosen.connect(self._on_chosen)
        self.grid.deleted.connect(self._on_deleted)
        self.grid.menu_asked.connect(self._on_menu)
        self.grid.edit_asked.connect(lambda index: self.edit(self._shown[index]))
        for line in (self.name, self.tags):
            line.editingFinished.connect(self._on_edited)

    def set_available(self, reason: str = "") -> None:
        """Whether there is a picture to keep; without a reason there is."""
        self.keep.set_available(reason)

    def set_restorable(self, restorable: bool) -> None:
        """Whether something was deleted that can be brought back."""
        self.restore.set_available("" if restorable else "Nothing was deleted yet.")

    def show_favourites(self, favourites: Sequence[tuple[Favourite, QImage]]) -> None:
        """Show these, in this order."""
        self._all = list(favourites)
        self._refresh()

    @property
    def shown(self) -> list[Favourite]:
        """The favourites that answer the search."""
        return self._shown

    def edit(self, favourite: Favourite) -> None:
        """Let a person say the name and the tags of one."""
        self._editing = None
        self.name.setText(favourite.name)
        self.tags.setText(", ".join(favourite.tags))
        self._editing = favourite
        self._editor.show()
        self.name.setFocus()

    def _refresh(self) -> None:
        found = [pair for pair in self._all if pair[0].answers(self.search.text())]
        self._shown = [favourite for favourite, _ in found]
        self.grid.set_cells([_cell(favourite, image) for favourite, image in found])
        self._words.setText(NONE_FOUND if self._all else NO_FAVOURITE)
        self._words.setVisible(not found)

    def _on_chosen(self, index: int) -> None:
        self.chosen.emit(self._shown[index])

    def _on_deleted(self, index: int) -> None:
        if index < len(self._shown):
            self.deleted.emit(self._shown[index])

    def _on_menu(self, index: int, at: QPoint) -> None:
        favourite = self._shown[index]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show", lambda: self.chosen.emit(favourite))
        menu.addAction("Compare with the desk", lambda: self.compared.emit(favourite))
        menu.addAction("Like, for a slider", lambda: self.labelled.emit(favourite, True))
        menu.addAction("Not, for a slider", lambda: self.labelled.emit(favourite, False))
        menu.addAction("Name and tags", lambda: self.edit(favourite))
        menu.addAction("Delete", lambda: self.deleted.emit(favourite))
        menu.popup(at)

    def _on_edited(self) -> None:
        favourite = self._editing
        if favourite is None:
            return
        tags = tuple(tag.strip() for tag in self.tags.text().split(",") if tag.strip())
        name = self.name.text().strip()
        if (name, tags) != (favourite.name, favourite.tags):
            self._editing = None
            self.renamed.emit(favourite, name, tags)


def _cell(favourite: Favourite, image: QImage) -> Cell:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(favourite.path))])
    return Cell(
        favourite.name or latent_text(favourite.recipe.latent),
        image,
        mime,
        ", ".join(favourite.tags),
    )


Shown = tuple[Favourite, QImage]


class FavouriteShelf(QObject):
    """Knows the favourites, and lets the panel show them.

    Parameters
    ----------
    panel, tasks, messages
        Where they are seen, who reads and writes files, and where failures are told.
    on_desk
        Tells the frame that is shown and its model; None when there is none.
    show
        Puts a favourite on the desk.
    """

    def __init__(
        self,
        panel: GalleryPanel,
        tasks: BackgroundTasks,
        messages: Messages,
        on_desk: Callable[[], tuple[Frame, ModelInfo] | None],
        show: Callable[[Favourite], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._tasks = tasks
        self._messages = messages
        self._on_desk = on_desk
        self._known: list[Shown] = []
        self._deleted: list[Path] = []
        panel.keep_asked.connect(self.keep)
        panel.chosen.connect(show)
        panel.deleted.connect(self.delete)
        panel.restore_asked.connect(self.restore)
        panel.renamed.connect(self._on_renamed)

    @property
    def known(self) -> list[Favourite]:
        """All favourites, newest first."""
        return [favourite for favourite, _ in self._known]

    def load(self) -> None:
        """Read the favourites of other days, and forget for good what was deleted then."""
        self._tasks.start(partial(_read_all, favourites_dir()), self._on_read)

    def keep(self) -> None:
        """Keep the picture on the desk."""
        found = self._on_desk()
        if found is None:
            self._messages.tell("There is no picture to keep yet.")
            return
        frame, info = found
        self._tasks.start(partial(_keep, favourites_dir(), frame, info), self._on_kept)

    def delete(self, favourite: Favourite) -> None:
        """Take a favourite away; `restore` brings it back."""
        self._tasks.start(
            partial(favourites.delete, favourite), partial(self._on_deleted, favourite)
        )

    def restore(self) -> None:
        """Bring back what was deleted last."""
        if self._deleted:
            self._tasks.start(partial(_restore, self._deleted.pop()), self._on_kept)

    def _on_read(self, found: list[Shown]) -> None:
        self._known = found
        self._refresh()

    def _on_kept(self, shown: Shown) -> None:
        self._known.append(shown)
        self._refresh()
        self._messages.tell("Kept among the favourites.", passing=True)

    def _on_deleted(self, favourite: Favourite, aside: Path) -> None:
        self._deleted.append(aside)
        self._known = [pair for pair in self._known if pair[0].path != favourite.path]
        self._refresh()

    def _on_renamed(self, favourite: Favourite, name: str, tags: tuple[str, ...]) -> None:
        self._tasks.start(partial(favourites.rename, favourite, name, tags), self._on_new_name)

    def _on_new_name(self, renamed: Favourite) -> None:
        self._known = [
            (renamed, image) if known.path == renamed.path else (known, image)
            for known, image in self._known
        ]
        self._refresh()

    def _refresh(self) -> None:
        self._known.sort(key=lambda pair: pair[0].path.name, reverse=True)
        self._panel.show_favourites(self._known)
        self._panel.set_restorable(bool(self._deleted))


def _read_all(folder: Path) -> list[Shown]:
    favourites.empty_bin(folder)
    return [(kept, QImage(str(kept.path))) for kept in favourites.read_favourites(folder)]


def _keep(folder: Path, frame: Frame, info: ModelInfo) -> Shown:
    kept = favourites.keep(folder, frame.pixels, frame.recipe, info)
    return kept, QImage(str(kept.path))


def _restore(aside: Path) -> Shown:
    kept = favourites.restore(aside)
    return kept, QImage(str(kept.path))


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
    "second": ("Hold how much of the second model is where.", COLOUR.GROWTH),
    "bends": ("Hold the bends of feature maps.", COLOUR.TEXT),
    "pushes": ("Hold pushes along directions, feature maps and attention.", COLOUR.STYLE),
}
NO_PRESET = "No preset yet. Choose below what one holds, name it, and save."
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
        self.empty = Label(NO_PRESET)
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
