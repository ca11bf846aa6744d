"""The classes of the whole picture, which every block follows unless it has a mix of its own."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ganlab.panels.class_mixer import ClassMixer
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.panels.sections import section_title
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Classes


class ClassSection(RecipeWidget):
    """The class mixer of the master panel; there only for a model that knows classes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mixer = ClassMixer()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(
            section_title(
                "CLASSES",
                "What the picture shows: one class, or several mixed (BigGAN, Brock et al. 2019).",
            )
        )
        column.addWidget(self.mixer)
        self.mixer.edited.connect(self._on_edited)
        self.mixer.drag_started.connect(self.drag_started)
        self.mixer.drag_finished.connect(self.drag_finished)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be there for a model that knows classes."""
        names = () if can is None else can.classes
        self.mixer.set_names(names)
        self.setVisible(bool(names))
        self.refresh()

    def refresh(self) -> None:
        """Show the class mix."""
        self.mixer.show_mix(self.recipe.classes)

    def _on_edited(self, classes: Classes) -> None:
        self.propose(replace(self.recipe, classes=classes), "classes")
