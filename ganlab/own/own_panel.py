"""The panel of an own picture: what is aimed at, what it has become so far, and how far it came."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, Thumbnail, ValueSlider, WordButton, muted
from ganlab.recipe_widget import section_title
from ganlab.style import COLOUR

SIDE = 128
"""Of the two pictures, in pixels of the screen."""

EMPTY = "Drop any picture on the window: it is brought into the model as a Recipe."


class OwnPanel(QFrame):
    """Watches an own picture on its way into the model.

    Signals
    -------
    again_asked(), pause_asked(bool), longer_asked(), cancel_asked(), use_asked(), keyframe_asked()
        Begin once more with these settings; wait or go on; go on when the time is over; leave it; put
        what it is now on the desk; keep it as a keyframe of the film.
    """

    again_asked = Signal()
    pause_asked = Signal(bool)
    longer_asked = Signal()
    cancel_asked = Signal()
    use_asked = Signal()
    keyframe_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Own picture")
        self.target = Thumbnail(
            "Your picture", "What is aimed at, cut to the model's square.", SIDE
        )
        self.now = Thumbnail("What it became", "The picture of the Recipe as it is now.", SIDE)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName("How much of the time is over")
        self.likeness = Label()
        self.how_far = muted(EMPTY)
        self.editable = ValueSlider(
            "Editable", 0, 1, 0.25, 0.05, 2, COLOUR.STYLE,
            "0 keeps close to the picture; 1 keeps to where the model's own pictures lie, so that all"
            " that edits those edits it (Tov et al. 2021, sec. 3).",
        )  # fmt: skip
        self.seconds = ValueSlider(
            "Time", 1, 300, 30, 1, 0, COLOUR.STYLE, "Seconds of work, pauses not counted.", " s"
        )
        self.crop_x = _crop_slider(
            "Right", "Moves the square right, in shares of the shorter side."
        )
        self.crop_y = _crop_slider("Down", "Moves the square down, in shares of the shorter side.")
        self.crop_side = ValueSlider(
            "Square", 0.2, 2, 1, 0.02, 2, COLOUR.STYLE,
            "Side of the square; 1 is as large as fits. Outside the picture is the model's ground.",
        )  # fmt: skip
        self.again = WordButton("Again", "Begin once more, with this square and these settings.")
        self.pause = WordButton("Pause", "Wait before the next step, or go on.")
        self.longer = WordButton("Longer", "Go on for the same time again.")
        self.cancel = WordButton("Cancel", "Leave it; the desk stays as it is.")
        self.use = WordButton("To the desk", "Put the Recipe as it is now on the desk.")
        self.keyframe = WordButton("Keyframe", "Keep what it is now as a keyframe of the film.")
        self._is_paused = False
        self._build()
        self._connect()
        self.show_empty()

    def _build(self) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(8)
        for thumbnail in (self.target, self.now):
            pictures.addWidget(thumbnail)
        pictures.addStretch(1)
        way, kept = QHBoxLayout(), QHBoxLayout()  # all in one row would widen a small window
        for row, placed_there in (
            (way, (self.pause, self.longer, self.cancel)), (kept, (self.use, self.keyframe))
        ):  # fmt: skip
            row.setSpacing(6)
            for button in placed_there:
                row.addWidget(button)
            row.addStretch(1)
        sliders = QGridLayout()
        sliders.setSpacing(8)
        placed = (self.editable, self.seconds, self.crop_x, self.crop_y, self.crop_side, self.again)
        for index, widget in enumerate(placed):
            sliders.addWidget(widget, index // 2, index % 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        title = section_title("OWN PICTURE", "Projection (Abdal et al. 2019, Image2StyleGAN).")
        column.addWidget(title)
        column.addLayout(pictures)
        column.addWidget(self.bar)
        column.addLayout(way)
        column.addLayout(kept)
        column.addWidget(self.likeness)
        column.addWidget(self.how_far)
        column.addLayout(sliders)
        column.addStretch(1)
        self.setMinimumWidth(300)

    def _connect(self) -> None:
        self.again.clicked.connect(self.again_asked)
        self.pause.clicked.connect(self._on_pause)
        self.longer.clicked.connect(self.longer_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        self.use.clicked.connect(self.use_asked)
        self.keyframe.clicked.connect(self.keyframe_asked)

    # --- what it shows ---------------------------------------------------------------------------

    def show_empty(self, sentence: str = EMPTY) -> None:
        """Nothing is on its way."""
        for thumbnail in (self.target, self.now):
            thumbnail.show_picture(None)
        self.bar.setValue(0)
        self.likeness.setText("")
        self.how_far.setText(sentence)
        self._offer(running=False, begun=False, known=False)

    def show_prepared(self, target: NDArray[np.uint8] | None, share: float) -> None:
        """The model's seeds are drawn so far; and then the square that is aimed at."""
        if target is not None:
            self.target.show_picture(target)
        self.bar.setValue(round(1000 * share))
        self.likeness.setText("")
        self.how_far.setText("Looking for the nearest of many seeds…")
        self._offer(running=True, begun=False, known=True)

    def show_progress(
        self, pixels: NDArray[np.uint8], share: float, psnr: float, steps: int, sentence: str
    ) -> None:
        """What it has become, 0 to 1 of the time, in dB and words."""
        self.now.show_picture(pixels)
        self.bar.setValue(round(1000 * share))
        told = "the same picture" if math.isinf(psnr) else f"{psnr:.1f} dB"
        self.likeness.setText(f"{told} after {steps} steps")
        self.how_far.setText(sentence)
        self._offer(running=True, begun=True, known=True)

    def show_finished(self) -> None:
        """The time is over; it may go on."""
        self.bar.setValue(1000)
        self._offer(running=False, begun=True, known=True)

    @property
    def is_paused(self) -> bool:
        """Whether a person asked to wait."""
        return self._is_paused

    def _offer(self, *, running: bool, begun: bool, known: bool) -> None:
        self.pause.set_available("" if running else "Nothing is under way.")
        self.cancel.set_available("" if running else "Nothing is under way.")
        self.longer.set_available("" if begun and not running else "Its time is not over yet.")
        for button in (self.use, self.keyframe):
            button.set_available("" if begun else "There is nothing to put there yet.")
        self.again.set_available("" if known else "Drop a picture first.")
        if not running:
            self._set_paused(False)

    def _on_pause(self) -> None:
        self._set_paused(not self._is_paused)
        self.pause_asked.emit(self._is_paused)

    def _set_paused(self, paused: bool) -> None:
        self._is_paused = paused
        self.pause.setText("Go on" if paused else "Pause")


def _crop_slider(title: str, tooltip: str) -> ValueSlider:
    return ValueSlider(title, -1, 1, 0, 0.02, 2, COLOUR.STYLE, tooltip, origin=0.0)
