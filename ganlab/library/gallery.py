"""Favourites: pictures that are kept, found again by name and tag."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl, Signal
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
from ganlab.controls.buttons import WordButton
from ganlab.controls.label import Label
from ganlab.controls.picture_grid import Cell, PictureGrid
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.style import STEP
from ganlab_core.export import Favourite
from ganlab_core.recipe import latent_text

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
        self.tags = self._line("Tags", "ControlNames to find it by, with commas between them.")
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
