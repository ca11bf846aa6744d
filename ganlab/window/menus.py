"""The menus, built from the table of actions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMenu, QMenuBar, QWidget

from ganlab.style import plain_tip, plain_words
from ganlab.window.actions import Actions
from ganlab_core.models import ModelInfo

ON_PICTURE = (
    ("copy_picture", "copy_recipe", "paste_recipe"),
    ("save_png", "export_pictures"),
    ("keep", "keyframe", "take_a"),
    ("dice", "random_class", "reroll_coarse", "reroll_middle", "reroll_fine"),
    ("undo", "redo", "reset"),
    ("fit", "actual_size", "smooth", "picture_alone"),
)
"""What one does with a picture, by its own menu."""


def picture_menu(actions: Actions, panels: Sequence[QAction], parent: QWidget) -> QMenu:
    """The menu of the picture; `panels` show what is made of it, such as variations."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for index, names in enumerate(ON_PICTURE):
        if index:
            menu.addSeparator()
        menu.addActions([actions[name] for name in names])
        if "take_a" in names:
            menu.addActions(list(panels))
    return menu


class Menus(QObject):
    """Fills a menu bar, and keeps the lists of models and recent files up to date.

    Signals
    -------
    path_chosen(Path)
        A model or a recent file was chosen.
    """

    path_chosen = Signal(object)

    def __init__(self, bar: QMenuBar, actions: Actions, docks: Sequence[QDockWidget]) -> None:
        super().__init__(bar)
        self._models = QMenu("&Models", bar)
        self._models.setToolTipsVisible(True)
        self._recent = QMenu("Rece&nt", bar)
        self._view = QMenu(bar)
        for group in actions.groups():
            menu = bar.addMenu(f"&{group}")
            menu.setToolTipsVisible(True)
            for action in actions.group(group):
                menu.addAction(action)
            if group == "File":
                before = actions["save_png"]
                menu.insertMenu(before, self._models)
                menu.insertMenu(before, self._recent)
                menu.insertSeparator(before)
                menu.insertSeparator(actions["copy_picture"])
                menu.insertSeparator(actions["quit"])
            if group == "View":
                menu.addSeparator()
                self._view = menu
        for dock in docks:
            self.add_dock(dock)
        self.show_models([])
        self.show_recent([])

    def add_dock(self, dock: QDockWidget) -> None:
        """List a panel that can be shown and hidden."""
        self._view.addAction(dock.toggleViewAction())

    @property
    def recent_names(self) -> list[str]:
        """What the list of recent files offers."""
        return [action.text() for action in self._recent.actions() if action.data()]

    def show_models(self, models: Sequence[ModelInfo]) -> None:
        """List the models of the library."""
        _fill(self._models, "No models found")
        for info in models:
            title = f"{info.title or info.name}  ({info.resolution} px)"
            self._add(self._models, title, info.path).setToolTip(plain_tip(info.attribution))

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List the files that were opened last."""
        _fill(self._recent, "Nothing opened yet")
        for path in paths:
            self._add(self._recent, path.name, path).setToolTip(plain_tip(str(path)))

    def _add(self, menu: QMenu, title: str, path: Path) -> QAction:
        menu.actions()[0].setVisible(False)
        action = menu.addAction(plain_words(title))
        action.setData(str(path))
        action.triggered.connect(self._on_chosen)
        return action

    def _on_chosen(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.path_chosen.emit(Path(action.data()))


def _fill(menu: QMenu, otherwise: str) -> None:
    """Empty a menu but for one line that says why it is empty."""
    menu.clear()
    menu.addAction(otherwise).setEnabled(False)
