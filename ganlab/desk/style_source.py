"""Which latent a strip takes: the master's, or another one mixed in; a style of W, or a part of z."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from ganlab import style
from ganlab.controls.icon_button import IconButton
from ganlab.controls.seed_box import SeedField, thrown
from ganlab.controls.thumbnail import Picture, Thumbnail
from ganlab.panels.words import Words
from ganlab_core.recipe import Latent, Mix
from ganlab_core.recipe_kinds import latent_words


class StyleSource(QWidget):
    """A seed entry, the source's picture, dice and clear.

    `edited` tells the `Latent` to mix in, None for the master's; `file_dropped` the `Path` of a PNG whose
    Recipe should become the source.
    """

    edited = Signal(object)
    file_dropped = Signal(object)

    def __init__(self, resolution: int, words: Words, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        at = f"at {resolution} px"
        other, master, paper = words.other, words.master, words.mix_paper
        self.field = SeedField(
            f"{_capital(other)} {at}",
            f"Type a seed to mix its {other} in {at}; empty is {master} {paper}.",
            optional=True,
            prefix="seed ",
        )
        self.picture = Thumbnail(
            f"Source of the {other} {at}",
            f"The picture this {other} comes from; drop a seed or a saved PNG here {paper}.",
            40,
            accepts_drops=True,
        )
        self.dice = IconButton(
            "dice", f"Random {other} {at}", f"Mix a random {other} in {at} {paper}.", side=20
        )
        self.clear = IconButton(
            "clear", f"{_capital(master)} {at}", f"Return to {master} {at} {paper}.", side=20
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
        """Show what is mixed in, None for the master's; emits nothing."""
        words = self._words
        latent = master if mix is None else mix.latent
        if mix is None:
            self.field.set_value(None, words.master)
        elif latent.is_seed:
            self.field.set_value(latent.seed)
        else:
            self.field.set_value(None, f"in {latent.space.upper()}")
        style.set_tone(self.field, "muted" if mix is None else "style")
        nothing = f"This scale shows {words.master} already: nothing is mixed in {words.mix_paper}."
        self.clear.set_available(nothing if mix is None else "")
        self.picture.set_drag_seed(latent.seed if latent.is_seed else None)
        shown = words.master if mix is None else f"{mix.amount:.0%} of {latent_words(latent)}"
        self.field.setAccessibleDescription(f"This scale shows {shown} {words.mix_paper}.")

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


def _capital(words: str) -> str:
    """The words as a name: `"style A"` is written `"Style A"`."""
    return words[:1].upper() + words[1:]
