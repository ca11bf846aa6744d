"""The panel of point drag: what the hand does on the picture, and how far the points have come."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, PictureMarks, Segmented, ValueSlider, WordButton, muted
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.style import COLOUR

HOW = (
    "Press on the picture and pull to where that point shall go. Paint what may move; without paint, all"
    " may. Then Start."
)
NO_POINTS = "Set a point on the picture first, and pull it to where it shall go."
NOTHING_DRAGGED = "Nothing has been dragged yet."


class DragPanel(QFrame):
    """Chooses what the hand does on the picture, starts and stops, and tells how far it is.

    Parameters
    ----------
    marks
        What lies on the picture while this is seen.

    Signals
    -------
    start_asked(), stop_asked(), film_asked()
        Drag what is marked; stay where it is; put the way it took on the timeline.
    """

    start_asked = Signal()
    stop_asked = Signal()
    film_asked = Signal()

    def __init__(self, marks: PictureMarks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Drag")
        self._marks = marks
        self._has_model = self._is_running = self._has_way = False
        self.tool = Segmented(
            "The hand on the picture",
            (
                ("points", "Press on a point and pull it where it shall go; a right click takes it away."),
                ("paint", "Paint what may move; the rest is held."),
                ("erase", "Take paint away."),
            ),
            COLOUR.STYLE,
        )  # fmt: skip
        self.brush = ValueSlider(
            "Brush", 0.02, 0.3, marks.brush, 0.01, 2, COLOUR.STYLE,
            "Radius of what is painted at a time, in shares of the picture.",
        )  # fmt: skip
        self.start = WordButton(
            "Start", "Move the points to their targets, as one step of the history."
        )
        self.stop = WordButton("Stop", "Stay where it is now.")
        self.clear = WordButton("Clear", "Take all points and all paint away.")
        self.film = WordButton(
            "To the timeline",
            "Put the way that the last drag took on the timeline, as a film of it.",
        )
        self.how_far = Label()
        self.said = muted(HOW)
        self._build()
        self.tool.edited.connect(marks.set_tool)
        self.brush.edited.connect(self._on_brush)
        self.start.clicked.connect(self.start_asked)
        self.stop.clicked.connect(self.stop_asked)
        self.clear.clicked.connect(self._on_clear)
        self.film.clicked.connect(self.film_asked)
        marks.changed.connect(self._offer)
        self._offer()

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.start, self.stop, self.clear, self.film):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(section_title("DRAG", "Point drag (Pan et al. 2023, DragGAN)."))
        column.addWidget(self.said)
        for widget in (self.tool, self.brush):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addWidget(self.how_far)
        column.addStretch(1)
        self.setMinimumWidth(300)

    # --- what it shows ---------------------------------------------------------------------------

    def set_model(self, *, present: bool) -> None:
        """Whether there is a picture to drag."""
        self._has_model = present
        self._offer()

    def show_running(self, *, running: bool) -> None:
        """Whether points are on their way; nobody marks meanwhile."""
        self._is_running = running
        self._marks.set_locked(running)
        self._offer()

    def show_progress(self, steps: int, left: float) -> None:
        """How many steps were made, and how many pixels the farthest point has still to go."""
        told = "arrived" if left <= 0.0 else f"{left:.1f} px to go"
        self.how_far.setText(f"Step {steps}: {told}")
        self._has_way = True

    def show_sentence(self, sentence: str) -> None:
        """Say what happened."""
        self.how_far.setText(sentence)

    def forget_way(self) -> None:
        """The way of the last drag belongs to another model."""
        self._has_way = False
        self.how_far.setText("")
        self._offer()

    def _offer(self) -> None:
        reason = NO_MODEL if not self._has_model else "" if self._marks.arrows else NO_POINTS
        self.start.set_available(reason or ("It is under way." if self._is_running else ""))
        self.stop.set_available("" if self._is_running else "Nothing is under way.")
        self.clear.set_available("It is under way." if self._is_running else "")
        ready = self._has_way and not self._is_running
        self.film.set_available("" if ready else NOTHING_DRAGGED)

    def _on_brush(self, radius: float) -> None:
        self._marks.brush = radius

    def _on_clear(self) -> None:
        self._marks.clear()
        self._offer()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the picture into the hand."""
        super().showEvent(event)
        self._marks.show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the picture as it is."""
        super().hideEvent(event)
        self._marks.hide()
