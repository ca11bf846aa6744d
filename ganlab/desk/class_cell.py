"""The classes of one block: as the master's, or its own mix."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.label import Label
from ganlab.controls.name_button import NameButton
from ganlab.controls.popup import place_below
from ganlab.controls.segmented import Segmented
from ganlab.panels.class_mixer import ClassMixer
from ganlab.panels.mixing import FIRST
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities
from ganlab_core.class_names import class_name
from ganlab_core.recipe import Classes

AS_MASTER, OWN = "as master", "own"
_PAPER = "(class-conditional batch norm; BigGAN, Brock et al. 2019, sec. 3)"


class ClassCell(RecipeWidget):
    """The name of what this block shows; pressing it opens the block's own class mixer."""

    def __init__(self, resolution: int, can: Capabilities, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._resolution = resolution
        self._names = can.classes
        self._popup: ClassPopup | None = None
        title = Label("class")
        title.setFont(style.font("small"))
        style.set_tone(title, "muted")
        at = f"at {resolution} px"
        self.button = NameButton()
        self.button.setAccessibleName(f"Classes {at}")
        self.button.setProperty("framed", "true")
        self.button.setFixedHeight(24)
        self.clear = IconButton(
            "clear",
            f"Master's classes {at}",
            f"Follow the master's classes {at} again {_PAPER}.",
            side=20,
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(title)
        row.addWidget(self.button, 1)
        row.addWidget(self.clear)
        self.button.clicked.connect(self.open_popup)
        self.clear.clicked.connect(self._on_clear)
        style.set_tip(title, f"What this block is told to paint {_PAPER}.")

    @property
    def popup(self) -> ClassPopup:
        """The block's own class mixer, made when it is first asked for."""
        if self._popup is None:
            self._popup = ClassPopup(self._resolution, self._names, self)
            self._popup.edited.connect(self.edited)
            self.forward_drags(self._popup)
            self._popup.show_recipe(self.recipe)
        return self._popup

    def open_popup(self) -> None:
        """Show the class mixer below the name."""
        place_below(self.popup, self.button)
        self.popup.mode.button(self.popup.mode.value).setFocus(Qt.FocusReason.PopupFocusReason)

    def refresh(self) -> None:
        """Show the name of what this block paints, in colour where it is its own."""
        own = dict(self.recipe.classes_at).get(self._resolution)
        words = mix_words(self.recipe.classes if own is None else own, self._names)
        self.button.setText(words if own is not None else AS_MASTER)
        style.set_tone(self.button, "class" if own is not None else "muted")
        style.set_tip(
            self.button, f"This block paints {words}; press to give it classes of its own {_PAPER}."
        )
        self.clear.set_available("" if own is not None else "It follows the master already.")
        if self._popup is not None:
            self._popup.show_recipe(self.recipe)

    def _on_clear(self) -> None:
        self.propose(
            self.recipe.with_classes_at(self._resolution, None), f"classes at {self._resolution} px"
        )


class ClassPopup(RecipeWidget):
    """As master or own, and a class mixer for the own ones."""

    def __init__(
        self, resolution: int, names: tuple[str, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self._resolution = resolution
        self.setAccessibleName(f"Classes at {resolution} px")
        title = Label(f"{resolution} × {resolution} · classes")
        title.setFont(style.font("body", bold=True))
        self.mode = Segmented(
            f"Classes at {resolution} px",
            (
                (AS_MASTER, f"This block paints what the master panel says {_PAPER}."),
                (OWN, f"This block has a class mix of its own {_PAPER}."),
            ),
            COLOUR.CLASS,
        )
        self.mixer = ClassMixer()
        self.mixer.set_names(names)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for part in (title, self.mode, self.mixer):
            column.addWidget(part)
        self.setFixedWidth(260)
        self.mode.edited.connect(self._on_mode)
        self.mixer.edited.connect(self._on_mix)
        self.mixer.drag_started.connect(self.drag_started)
        self.mixer.drag_finished.connect(self.drag_finished)

    def refresh(self) -> None:
        """Show the block's own mix, or in grey the master's; the window fits its rows."""
        own = dict(self.recipe.classes_at).get(self._resolution)
        self.mode.set_value(AS_MASTER if own is None else OWN)
        before = len(self.mixer.rows)
        self.mixer.show_mix(self.recipe.classes if own is None else own, muted=own is None)
        if self.isVisible() and len(self.mixer.rows) != before:
            self.adjustSize()

    def _on_mode(self, word: str) -> None:
        self._on_mix((self.recipe.classes or FIRST) if word == OWN else ())

    def _on_mix(self, mix: Classes) -> None:
        changed = self.recipe.with_classes_at(self._resolution, mix or None)
        self.propose(changed, f"classes at {self._resolution} px")


def mix_words(classes: Classes, names: tuple[str, ...]) -> str:
    """A mix in a few words: `"tench"`, or `"tench 60 %, goldfish 40 %"`."""
    mix = [(i, w) for i, w in classes if i < len(names)] or list(FIRST)
    if len(mix) == 1:
        return class_name(mix[0][0], names)
    ranked = sorted(mix, key=lambda pair: -abs(pair[1]))
    shown = [f"{class_name(index, names)} {weight:.2g}" for index, weight in ranked[:3]]
    return ", ".join([*shown, "…"] if len(ranked) > 3 else shown)
