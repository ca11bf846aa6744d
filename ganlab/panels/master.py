"""The master panel: the strip that all other strips follow."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ganlab import style
from ganlab.panels.class_section import ClassSection
from ganlab.panels.noise_section import NoiseSection
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.style_section import StyleSection
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Recipe

WIDTH = 232


class MasterPanel(RecipeWidget):
    """Latent, truncation, growth, classes and noise of the whole picture; scrolls where it is low.

    A section is there when the model can do it. `reset_asked` tells that everything but the seed
    should go back to the model's own start.
    """

    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Master")
        self.style_section = StyleSection()
        self.class_section = ClassSection()
        self.noise_section = NoiseSection()
        content = QWidget()
        content.setProperty("plain", "true")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 4, 16, 8)
        column.setSpacing(12)
        for section in self._sections:
            column.addWidget(section)
        column.addStretch(1)
        self._content = content
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.setMinimumWidth(WIDTH)
        self._connect()
        self.set_capabilities(None)

    def _connect(self) -> None:
        for section in self._sections:
            section.edited.connect(self.edited)
            self.forward_drags(section)
        self.style_section.reset_asked.connect(self.reset_asked)

    def sizeHint(self) -> QSize:
        """All controls without scrolling."""
        return QSize(WIDTH, self._content.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Enough to scroll in."""
        return QSize(WIDTH, 160)

    @property
    def _sections(self) -> tuple[RecipeWidget, ...]:
        return self.style_section, self.class_section, self.noise_section

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        for section in self._sections:
            section.set_capabilities(can)

    def show_start(self, start: Recipe) -> None:
        """Let the defaults be where the model on the desk starts."""
        self.style_section.show_start(start)

    def refresh(self) -> None:
        """Show the Recipe in every section."""
        for section in self._sections:
            section.show_recipe(self.recipe)
