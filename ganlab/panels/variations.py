"""A sheet of variations of the picture on the desk; a click travels to one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.picture_grid import Cell, PictureGrid
from ganlab.controls.segmented import Segmented
from ganlab.controls.slider import ValueSlider
from ganlab.controls.word_button import WordButton
from ganlab.panels.sections import NO_MODEL, section_title
from ganlab.style import COLOUR
from ganlab_core.capabilities import Capabilities

SIZES = {"3 × 3": 3, "5 × 5": 5}


class VariationsPanel(QFrame):
    """The sheet, how far its pictures stray at coarse, middle and fine scales, and a dice.

    `changed` tells that other pictures are wanted, `diced` that others of the same kind are, `chosen`
    the index of the picture to travel to, `shown` that the panel came into view or went.
    """

    changed = Signal()
    diced = Signal()
    chosen = Signal(int)
    shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Variations")
        self.sheet_size = Segmented(
            "Size of the sheet",
            [(word, f"Show {count * count} pictures; the one on the desk is in the middle.")
             for word, count in SIZES.items()],
            COLOUR.STYLE,
        )  # fmt: skip
        self.dice = WordButton("Others", "Throw the dice for other variations of the same reach.")
        self.radii = {
            group: ValueSlider(
                f"{group}", 0, 1, default, 0.05, 2, COLOUR.STYLE,
                f"How far the variations stray at the {group} scales, {sizes} px; 1 is as far as"
                " pictures differ from the average (Karras et al. 2019, sec. 3.1).",
            )
            for group, sizes, default in (
                ("coarse", "4 to 8", 0.35), ("middle", "16 to 32", 0.35), ("fine", "from 64", 0.35)
            )
        }  # fmt: skip
        for group, slider in self.radii.items():
            slider.track.setAccessibleName(f"Reach at {group} scales")
        self.grid = PictureGrid(
            "Variations", "Click a picture to travel there; the one in the middle is the desk's.",
            columns=3,
        )  # fmt: skip
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(
            section_title("VARIATIONS", "Pictures around the one on the desk; click to travel.")
        )
        top.addStretch(1)
        top.addWidget(self.sheet_size)
        top.addWidget(self.dice)
        sliders = QHBoxLayout()
        sliders.setSpacing(12)
        for slider in self.radii.values():
            sliders.addWidget(slider)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.grid)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(sliders)
        column.addWidget(scroll, 1)
        self.setMinimumWidth(260)

    def _connect(self) -> None:
        self.sheet_size.edited.connect(self._on_size)
        self.dice.clicked.connect(self.diced)
        self.grid.chosen.connect(self.chosen)
        for slider in self.radii.values():
            slider.edited.connect(self.changed)

    @property
    def side(self) -> int:
        """How many pictures stand side by side."""
        return SIZES[self.sheet_size.value]

    def radius(self, group: str) -> float:
        """How far the variations stray at a group of scales, 0 to 1."""
        return self.radii[group].value

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        reason = NO_MODEL if can is None else ""
        self.sheet_size.set_available(reason)
        self.dice.set_available(reason)
        for slider in self.radii.values():
            slider.set_available(reason)
        if can is None:
            return
        if not can.has_mixing:
            for group in ("middle", "fine"):
                self.radii[group].set_available("This model takes one latent for all scales.")
        if can.resolution < 64:
            self.radii["fine"].set_available("This model has no scales this fine.")

    def show_empty(self) -> None:
        """Make room for the pictures; the one in the middle is marked."""
        count = self.side**2
        self.grid.set_columns(self.side)
        self.grid.set_cells([Cell(caption=f"variation {n + 1}") for n in range(count)])
        self.grid.set_marked(count // 2)

    def _on_size(self) -> None:
        self.show_empty()
        self.changed.emit()

    def showEvent(self, event: object) -> None:
        """Tell that there is something to fill in for."""
        self.shown.emit(True)

    def hideEvent(self, event: object) -> None:
        """Tell that nobody looks."""
        self.shown.emit(False)
