"""The newest sample sheet of a training run, and how far the run is."""

from __future__ import annotations

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ganlab.controls.label import Label
from ganlab.style import STEP, font, set_surface, set_tone
from ganlab.views.canvas import Canvas
from ganlab_core.training.run_reader import RunStatus


class SheetView(QFrame):
    """Shows one run: its name, its samples, its progress."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self._name = Label()
        self._name.setFont(font("body", bold=True))
        self._progress = Label()
        self._progress.setFont(font("small"))
        self._progress.setWordWrap(True)
        set_tone(self._progress, "muted")
        self.sheet = Canvas()
        self.sheet.setAccessibleName("Sample sheet")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * STEP, 3 * STEP, 3 * STEP, 3 * STEP)
        layout.setSpacing(2 * STEP)
        layout.addWidget(self._name)
        layout.addWidget(self.sheet, 1)
        layout.addWidget(self._progress)

    def set_bare(self) -> None:
        """Show the samples alone: name and progress are told elsewhere."""
        self._name.hide()
        self._progress.hide()
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(0, 0, 0, 0)

    def show_run(self, name: str) -> None:
        """Begin with another run, before anything is known about it."""
        self._name.setText(name)
        self._progress.setText("")
        self.sheet.show_message("The first samples are on their way.")

    def show_sheet(self, image: QImage) -> None:
        """Show a sample sheet in the place of the one before."""
        self.sheet.show_image(image)

    def show_status(self, status: RunStatus) -> None:
        """Tell how far the run is."""
        self._progress.setText(describe_run(status))


def describe_run(status: RunStatus) -> str:
    """How far a run is: `"412 000 of 1 200 000 images, 64 px fading in at 37 %. Training."`."""
    resolution = f"{status.resolution} px"
    if status.alpha < 1:
        resolution += f" fading in at {100 * status.alpha:.0f} %"
    images = f"{_thousands(status.images)} of {_thousands(status.images_total)} images"
    state = status.message or ("Training." if status.running else "Training has ended.")
    return f"{images}, {resolution}. {state}"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")
