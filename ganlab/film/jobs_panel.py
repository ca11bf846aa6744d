"""The list of exports: how far each is, and buttons to rest, give up, or look at what it made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import ElidedLabel, Label, WordButton
from ganlab.recipe_widget import section_title
from ganlab.style import STEP

EMPTY = "Nothing is being exported."


@dataclass(frozen=True, slots=True)
class JobShown:
    """One export as it is shown.

    Attributes
    ----------
    number
        Which one, for the signals.
    title, detail
        What it is; how it goes, or why it failed.
    fraction
        Done, 0 to 1; None while unknown.
    state
        waiting, running, paused, stopping, done, failed, cancelled or interrupted.
    """

    number: int
    title: str
    detail: str
    fraction: float | None
    state: str


class JobsPanel(QFrame):
    """Shows the exports.

    `pause_asked`, `go_asked`, `cancel_asked`, `folder_asked`, `again_asked` and `forget_asked` tell the
    number of the job a button belongs to; `film_asked` and `pictures_asked` that something is to be
    exported.
    """

    pause_asked = Signal(int)
    go_asked = Signal(int)
    cancel_asked = Signal(int)
    folder_asked = Signal(int)
    again_asked = Signal(int)
    forget_asked = Signal(int)
    film_asked = Signal()
    pictures_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Exports")
        self.rows: dict[int, JobRow] = {}
        self._empty = Label(EMPTY)
        self._empty.setWordWrap(True)
        style.set_tone(self._empty, "muted")
        page = QWidget()
        page.setProperty("plain", "true")
        self._list = QVBoxLayout(page)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(2 * STEP)
        self._list.addWidget(self._empty)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 2 * STEP, 4 * STEP, 3 * STEP)
        column.addWidget(section_title("EXPORTS", "Films and pictures being written, in order."))
        column.addWidget(scroll, 1)
        column.addLayout(self._asking())
        self.setMinimumWidth(60 * STEP)

    def _asking(self) -> QHBoxLayout:
        """Buttons to export something."""
        film = WordButton("Export Film…", "Write the film of the timeline to a file (Ctrl+E).")
        pictures = WordButton(
            "Export Pictures…", "Write pictures, contact sheets, comparisons (Ctrl+Shift+E)."
        )
        film.clicked.connect(self.film_asked)
        pictures.clicked.connect(self.pictures_asked)
        row = QHBoxLayout()
        row.setSpacing(STEP)
        row.addWidget(film)
        row.addWidget(pictures)
        row.addStretch(1)
        return row

    def show_jobs(self, jobs: Sequence[JobShown]) -> None:
        """Show these, in this order."""
        numbers = {job.number for job in jobs}
        for number in [number for number in self.rows if number not in numbers]:
            row = self.rows.pop(number)
            row.hide()
            row.deleteLater()
        for index, job in enumerate(jobs):
            row = self.rows[job.number] if job.number in self.rows else self._made(job.number)
            if self._list.indexOf(row) != index:
                self._list.insertWidget(index, row)
            row.show_job(job)
        self._empty.setVisible(not jobs)

    def _made(self, number: int) -> JobRow:
        row = self.rows[number] = JobRow()
        for button, signal in (
            (row.folder, self.folder_asked), (row.cancel, self.cancel_asked),
            (row.again, self.again_asked), (row.forget, self.forget_asked),
        ):  # fmt: skip
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(number))
        row.pause.clicked.connect(lambda: self._on_pause(row, number))
        return row

    def _on_pause(self, row: JobRow, number: int) -> None:
        (self.go_asked if row.state == "paused" else self.pause_asked).emit(number)


class JobRow(QFrame):
    """One export."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "strip")
        self.state = ""
        self.title = ElidedLabel()
        self.detail = Label()
        self.detail.setWordWrap(True)
        self.detail.setFont(style.font("small"))
        style.set_tone(self.detail, "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * STEP)
        self.bar.setMaximum(1000)
        self.bar.setAccessibleName("Progress")
        self.pause = WordButton("Pause", "Let this export rest; it goes on where it was.")
        self.cancel = WordButton("Cancel", "Give this export up and clear away what it began.")
        self.folder = WordButton("Open Folder", "Show the folder that the export lies in.")
        self.again = WordButton("Try Again", "Export the same once more, to the same place.")
        self.forget = WordButton("Remove", "Take it from the list; the file stays.")
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        for button in (self.pause, self.cancel, self.folder, self.again, self.forget):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        column.setSpacing(STEP)
        for part in (self.title, self.bar, self.detail):
            column.addWidget(part)
        column.addLayout(buttons)

    def show_job(self, job: JobShown) -> None:
        """Show how it goes; the buttons are those that make sense now."""
        self.state = job.state
        over = job.state in ("done", "failed", "cancelled", "interrupted")
        self.title.setText(job.title)
        self.setAccessibleName(f"{job.title}: {job.detail}")
        self.detail.setText(job.detail)
        self.bar.setVisible(not over)
        known = job.fraction is not None or job.state != "running"
        self.bar.setMaximum(1000 if known else 0)
        self.bar.setValue(round(1000 * (job.fraction or 0.0)))
        self.pause.setVisible(job.state in ("running", "paused"))
        self.pause.setText("Go On" if job.state == "paused" else "Pause")
        self.cancel.setVisible(not over)
        self.cancel.setEnabled(job.state != "stopping")
        self.folder.setVisible(job.state == "done")
        self.again.setVisible(job.state in ("failed", "cancelled", "interrupted"))
        self.forget.setVisible(over)
