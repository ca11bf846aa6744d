"""Which style a strip takes: style A of the master, or another one mixed in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.seed_box import SeedField, thrown
from ganlab.controls.thumbnail import Picture, Thumbnail
from ganlab.desk.sources import named
from ganlab_core.recipe import Latent, Mix

_PAPER = "(style mixing; StyleGAN, Karras et al. 2019, sec. 3.1)"
_NOTHING = f"This scale shows style A already: nothing is mixed in {_PAPER}."


class StyleSource(QWidget):
    """A seed entry, the source's picture, dice and clear.

    `edited` tells the `Latent` to mix in, None for style A; `file_dropped` the `Path` of a PNG whose
    Recipe should become the source.
    """

    edited = Signal(object)
    file_dropped = Signal(object)

    def __init__(self, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        at = f"at {resolution} px"
        self.field = SeedField(
            f"Style {at}",
            f"Type a seed to mix its style in {at}; empty is style A {_PAPER}.",
            optional=True,
            prefix="seed ",
        )
        self.picture = Thumbnail(
            f"Source of the style {at}",
            f"The picture this style comes from; drop a seed or a saved PNG here {_PAPER}.",
            40,
            accepts_drops=True,
        )
        self.dice = IconButton(
            "dice", f"Random style {at}", f"Mix a random style in {at} {_PAPER}.", side=20
        )
        self.clear = IconButton(
            "clear", f"Style A {at}", f"Return to style A {at} {_PAPER}.", side=20
        )
        self._build()
        self._connect()

    def _build(self) -> None:
        self.field.setFont(style.font("small"))
        self.field.setFixedHeight(24)
        self.field.setMinimumWidth(40)
        self.field.setProperty("compact", "true")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(4)
        top = Qt.AlignmentFlag.AlignTop
        right = top | Qt.AlignmentFlag.AlignRight
        grid.addWidget(self.field, 0, 0, 1, 2)
        grid.addWidget(self.picture, 1, 0, 2, 1, top | Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.dice, 1, 1, right)
        grid.addWidget(self.clear, 2, 1, right)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(0, 1)

    def _connect(self) -> None:
        self.field.edited.connect(self._on_seed)
        self.dice.clicked.connect(self._on_dice)
        self.clear.clicked.connect(self._on_clear)
        self.picture.clicked.connect(self.field.setFocus)
        self.picture.dropped.connect(self.take)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture takes what width and height the entry and the buttons leave."""
        super().resizeEvent(event)
        room = min(self.width() - 24, self.height() - 28)
        self.picture.set_side(max(32, room // 4 * 4))

    def show_mix(self, mix: Mix | None, master: Latent) -> None:
        """Show what is mixed in, None for style A; emits nothing."""
        latent = master if mix is None else mix.latent
        if mix is None:
            self.field.set_value(None, "style A")
        elif latent.vector:
            self.field.set_value(None, f"in {latent.space.upper()}")
        else:
            self.field.set_value(latent.seed)
        style.set_tone(self.field, "muted" if mix is None else "style")
        self.clear.set_available(_NOTHING if mix is None else "")
        self.picture.set_drag_seed(None if latent.vector else latent.seed)
        words = "style A" if mix is None else f"{mix.amount:.0%} of {named(latent)}"
        self.field.setAccessibleDescription(f"This scale shows {words} {_PAPER}.")

    def show_picture(self, picture: Picture | None) -> None:
        """Show the source's picture."""
        self.picture.show_picture(picture)

    def take(self, found: int | Path) -> None:
        """Use what was dropped: a seed at once, a file by asking for it."""
        if isinstance(found, int):
            self.edited.emit(Latent(found))
        else:
            self.file_dropped.emit(found)

    def _on_seed(self, seed: int | None) -> None:
        self.edited.emit(None if seed is None else Latent(seed))

    def _on_dice(self) -> None:
        self.edited.emit(Latent(thrown()))

    def _on_clear(self) -> None:
        self.edited.emit(None)
