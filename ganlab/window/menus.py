"""The head of the window: the menus, built from the table of actions, and the model on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMenu,
    QMenuBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ganlab.controls.buttons import NameButton
from ganlab.controls.label import Label
from ganlab.style import STEP, font, menu_text, plain_tip, set_surface, set_tip
from ganlab.window.actions import Actions
from ganlab_core.models import ModelInfo, Pick, architecture_name, picks

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

    def __init__(self, bar: QMenuBar, actions: Actions) -> None:
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
        action = menu.addAction(menu_text(title))
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


ROOM_FOR_NAME = 225 * STEP
"""A bar this wide has room for the program's own name, in device-independent pixels."""


class TopBar(QFrame):
    """The program's name, its menus, the model on the desk, and a few buttons.

    Parameters
    ----------
    buttons
        The actions to show as buttons at the right.

    Signals
    -------
    models_wanted()
        The model's name was pressed: others are to be offered.
    pick_chosen(Pick)
        One of the model's hand-picked Recipes was chosen.
    """

    models_wanted = Signal()
    pick_chosen = Signal(object)

    def __init__(self, buttons: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self.menus = QMenuBar(self)
        self.menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._name = name = Label("ganlab")
        name.setFont(font("large", bold=True))
        self._text = ""
        self.model = NameButton()
        self.model.setProperty("centred", "true")
        self.model.setFont(font("body"))
        self.model.set_tail("  \N{BLACK DOWN-POINTING SMALL TRIANGLE}")
        self.model.clicked.connect(self.models_wanted)
        self._picks = QMenu(self)
        self.picks = QToolButton()
        self.picks.setText("Picks")
        self.picks.setMenu(self._picks)
        self.picks.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.picks.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.picks.setAccessibleName("Picks of this model")
        set_tip(self.picks, "Pictures that were chosen to show what this model can do.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4 * STEP, STEP, 3 * STEP, STEP)
        layout.setSpacing(2 * STEP)
        layout.addWidget(name)
        layout.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.model, 1)
        layout.addWidget(self.picks)
        for action in buttons:
            layout.addWidget(_button(action))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out our name where the model's would have no room beside it."""
        self._name.setVisible(event.size().width() >= ROOM_FOR_NAME)
        super().resizeEvent(event)

    @property
    def model_text(self) -> str:
        """What is told about the model."""
        return self._text

    def show_model(self, info: ModelInfo | None) -> None:
        """Tell which model is on the desk, and offer its picks."""
        self._text = describe_model(info) if info else ""
        shown = self._text or "Choose a model"
        self.model.setText(shown)
        self.model.setAccessibleName(f"Model: {shown}. Choose another")
        credit = f"{info.attribution} " if info and info.attribution else ""
        set_tip(self.model, f"{credit}Press to choose among the models (Ctrl+M).")
        self._show_picks(picks(info) if info else ())

    def _show_picks(self, found: tuple[Pick, ...]) -> None:
        self._picks.clear()
        for pick in found:
            action = self._picks.addAction(menu_text(pick.name))
            action.setData(pick)
            action.triggered.connect(self._on_pick)
        self.picks.setVisible(bool(found))

    @property
    def pick_actions(self) -> list[QAction]:
        """What the menu of picks offers."""
        return self._picks.actions()

    def _on_pick(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.pick_chosen.emit(action.data())


def describe_model(info: ModelInfo) -> str:
    """Name, architecture and size: `"Adventurers  ·  StyleGAN  ·  64 px"`."""
    return "  \N{MIDDLE DOT}  ".join(
        (info.title or info.name, architecture_name(info.architecture), f"{info.resolution} px")
    )


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setText(action.text().replace("&", "").replace("…", ""))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
