"""Favourites: pictures that are kept in files, found again by name and tag, and shown again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Cell, Label, PictureGrid, WordButton
from ganlab.engine import BackgroundTasks
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.style import STEP
from ganlab.window import Messages
from ganlab_core.export import Favourite, favourites
from ganlab_core.files import favourites_dir
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import latent_text
from ganlab_core.rendering import Frame

EMPTY = "Nothing kept yet. Ctrl+D keeps the picture on the desk."
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
    restore_asked()
        To bring the last deleted one back.
    """

    keep_asked = Signal()
    chosen = Signal(object)
    compared = Signal(object)
    deleted = Signal(object)
    renamed = Signal(object, str, object)
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
        self._words = Label(EMPTY)
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
        self._words.setText(NONE_FOUND if self._all else EMPTY)
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
