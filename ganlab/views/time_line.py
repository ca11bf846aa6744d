"""A run's time as a slider: look back at any moment, and come back to now."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ganlab.controls.slider import ValueSlider
from ganlab.style import COLOUR, STEP, font, set_tip
from ganlab_core.training.run_history import SheetMark, Story


class TimeLine(QWidget):
    """From the run's first sheet to its newest.

    Signals
    -------
    scrubbed(float)
        A person looks at this kimg.
    load_wanted(float)
        The model nearest to it is to be put on the desk.
    live_wanted()
        Back to the newest.
    """

    scrubbed = Signal(float)
    load_wanted = Signal(float)
    live_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._end = 0.0
        self._live = True
        self._sheets: tuple[SheetMark, ...] = ()
        self.slider = ValueSlider(
            "Time", 0, 1, None, 0.001, 3, COLOUR.MUTED,
            "Look back through the run: the samples and the curves follow.",
            suffix=" kimg",
        )  # fmt: skip
        self.load = _button("To the desk", "Put the model kept nearest to this moment on the desk.")
        self.live = _button("Now", "Follow the run's newest samples and model again.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP)
        row.addWidget(self.slider, 1)
        row.addWidget(self.load)
        row.addWidget(self.live)
        self.slider.edited.connect(self._on_edited)
        self.load.clicked.connect(self._on_load)
        self.live.clicked.connect(self.go_live)
        self.forget()

    @property
    def is_live(self) -> bool:
        """Whether the newest moment is shown."""
        return self._live

    @property
    def kimg(self) -> float:
        """The moment shown."""
        return self.slider.value

    def forget(self) -> None:
        """Begin with another run."""
        self._sheets = ()
        self._end = 0.0
        self._live = True
        self._offer()

    def show_story(self, story: Story) -> None:
        """Take the run's length; the moment looked at stays."""
        self._sheets = story.sheets
        end = story.last_images / 1000.0
        if end > 0 and end != self._end:
            self._end = end
            self.slider.set_span(0.0, end)
        if self._live:
            self.slider.set_value(self._end)
        self._offer()

    def sheet_at(self, kimg: float) -> SheetMark | None:
        """The sheet drawn nearest to a moment."""
        return min(self._sheets, key=lambda sheet: abs(sheet.images / 1000.0 - kimg), default=None)

    def leave_now(self, kimg: float) -> None:
        """Look at this moment."""
        self._live = False
        self.slider.set_value(kimg)
        self._offer()

    def go_live(self) -> None:
        """Show the newest moment."""
        self._live = True
        self.slider.set_value(self._end)
        self._offer()
        self.live_wanted.emit()

    def _offer(self) -> None:
        reason = "" if self._end > 0 else "The run has no samples yet."
        self.slider.set_available(reason)
        self.load.setEnabled(self._end > 0)
        self.live.setEnabled(not self._live)

    def _on_edited(self, kimg: float) -> None:
        self._live = False
        self._offer()
        self.scrubbed.emit(kimg)

    def _on_load(self) -> None:
        self._live = False
        self._offer()
        self.load_wanted.emit(self.kimg)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setFont(font("small"))
    button.setAutoDefault(False)
    set_tip(button, tip)
    return button
