"""The bar at the head of the window: menus, what is on the desk, and what is needed most."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QMenuBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.controls.name_button import NameButton
from ganlab.model_cards import architecture_name
from ganlab.style import STEP, font, plain_words, set_surface, set_tip
from ganlab_core.model_info import ModelInfo
from ganlab_core.starting import Pick, picks

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
            action = self._picks.addAction(plain_words(pick.name))
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
