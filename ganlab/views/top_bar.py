"""The bar at the head of the window: menus, what is on the desk, and what is needed most."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenuBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ganlab.style import STEP, font, set_surface, set_tone
from ganlab.views.elided_label import ElidedLabel
from ganlab_core.model_info import ModelInfo


class TopBar(QFrame):
    """The program's name, its menus, the model on the desk, and a few buttons.

    Parameters
    ----------
    buttons
        The actions to show as buttons at the right.
    """

    def __init__(self, buttons: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self.menus = QMenuBar(self)
        self.menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        name = QLabel("ganlab")
        name.setFont(font("large", bold=True))
        self._model = ElidedLabel()
        self._model.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_tone(self._model, "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4 * STEP, STEP, 3 * STEP, STEP)
        layout.setSpacing(2 * STEP)
        layout.addWidget(name)
        layout.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._model, 1)
        for action in buttons:
            layout.addWidget(_button(action))

    @property
    def model_text(self) -> str:
        """What is told about the model."""
        return self._model.text()

    def show_model(self, info: ModelInfo | None) -> None:
        """Tell which model is on the desk."""
        self._model.setText(describe_model(info) if info else "")
        self._model.setToolTip(info.attribution if info else "")


def describe_model(info: ModelInfo) -> str:
    """Name, architecture and size: `"Adventurers  ·  StyleGAN  ·  64 px"`."""
    return "  \N{MIDDLE DOT}  ".join(
        (info.title or info.name, architecture_name(info.architecture), f"{info.resolution} px")
    )


def architecture_name(architecture: str) -> str:
    """As the papers write it."""
    written = {
        "progan": "ProGAN",
        "stylegan": "StyleGAN",
        "stylegan2": "StyleGAN2",
        "biggan": "BigGAN",
        "biggan-deep": "BigGAN-deep",
    }
    return written.get(architecture, architecture)


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setText(action.text().replace("&", "").replace("…", ""))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
