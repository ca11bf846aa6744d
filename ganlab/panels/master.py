"""The master panel: the strip that all other strips follow."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ganlab import style
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.sections import NoiseSection, StyleSection
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Recipe

WIDTH = 232


class MasterPanel(RecipeWidget):
    """Style A, truncation, growth and noise for the whole picture; scrolls where height is short."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Master")
        self.style_section = StyleSection()
        self.noise_section = NoiseSection()
        content = QWidget()
        content.setProperty("plain", "true")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 4, 16, 8)
        column.setSpacing(12)
        column.addWidget(self.style_section)
        column.addWidget(self.noise_section)
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
        for section in (self.style_section, self.noise_section):
            section.edited.connect(self.edited)
            self.forward_drags(section)
        self.style_section.reset_asked.connect(self._on_reset)

    def sizeHint(self) -> QSize:
        """All controls without scrolling."""
        return QSize(WIDTH, self._content.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Enough to scroll in."""
        return QSize(WIDTH, 160)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        self.style_section.set_capabilities(can)
        self.noise_section.set_capabilities(can)

    def refresh(self) -> None:
        """Show the Recipe in both halves."""
        self.style_section.show_recipe(self.recipe)
        self.noise_section.show_recipe(self.recipe)

    def _on_reset(self) -> None:
        fresh = Recipe(latent=self.recipe.latent, extra=self.recipe.extra)
        self.propose(fresh, "reset all")
