"""The ideas from the first GAN on, each with what came of it in equal time on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, WordButton
from ganlab.recipe_widget import section_title
from ganlab.style import STEP

if TYPE_CHECKING:
    from ganlab_core.lessons import Idea, IdeaRun, IdeasReport

MISSING = "There is no comparison of ideas here. `ganlab ideas --out DIR` makes one."


def paragraph(text: str, *, bold: bool = False, size: style.Size = "body", tone: str = "") -> Label:
    """A paragraph."""
    label = Label(text)
    label.setWordWrap(True)
    label.setFont(style.font(size, bold=bold or size != "body"))
    if tone:
        style.set_tone(label, tone)  # type: ignore[arg-type]
    return label


class SheetView(QWidget):
    """A sheet of samples as wide as there is room, its pixels kept crisp where they are enlarged."""

    def __init__(self, image: QImage, name: str) -> None:
        super().__init__()
        self._image = image
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """The sheet's own proportions."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as the sheet is at this width."""
        return round(width * self._image.height() / max(1, self._image.width()))

    def sizeHint(self) -> QSize:
        """The sheet's own size."""
        return QSize(self._image.width(), self._image.height())

    def minimumSizeHint(self) -> QSize:
        """Half of it."""
        return QSize(self._image.width() // 2, self._image.height() // 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the sheet."""
        with QPainter(self) as painter:
            shrinks = self.width() * self.devicePixelRatioF() < self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
            painter.drawImage(self.rect(), self._image)


class IdeasPanel(QFrame):
    """One idea below the other: year, name, what it was to bring, samples, figures, paper.

    Signals
    -------
    another_asked()
        A comparison of one's own is to be shown.
    """

    another_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Ideas")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        self._column.setSpacing(2 * STEP)
        self._column.addWidget(
            section_title("IDEAS", "What each idea since the first GAN brings in equal time.")
        )
        self.note = paragraph(MISSING, tone="muted")
        self._column.addWidget(self.note)
        self.another = WordButton(
            "Another\N{HORIZONTAL ELLIPSIS}",
            "Show a comparison of your own: the folder that `ganlab ideas --out` made.",
            "Another comparison",
        )
        self.another.clicked.connect(self.another_asked)
        self._column.addWidget(self.another, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addStretch(1)
        self.rows: list[QWidget] = []

    def show_report(self, report: IdeasReport, ideas: tuple[Idea, ...], real: str) -> None:
        """Show a comparison, the pictures themselves first."""
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        by_name = {one.architecture: one for one in ideas}
        self.note.setText(
            f"Each was trained for {report.seconds:g} seconds of CPU time, one thread, at"
            f" {report.resolution} px on {report.pictures}, one seed; sheets are what it draws then. The"
            " distance is the sliced Wasserstein distance to the pictures (x 1000, lower is nearer), the"
            " variety 1 where samples differ as the pictures do."
        )
        for run in report.runs:
            image = QImage(str(report.sheet(run.architecture)))
            self._add(run, by_name.get(run.architecture), image, run.architecture == real)

    def _add(self, run: IdeaRun, idea: Idea | None, image: QImage, is_real: bool) -> None:
        row = QFrame()
        style.set_surface(row, "strip")
        column = QVBoxLayout(row)
        column.setSpacing(STEP)
        title = "The pictures" if is_real or idea is None else f"{idea.year}  {idea.title}"
        column.addWidget(paragraph(title, bold=True))
        if idea is not None:
            column.addWidget(paragraph(idea.bought))
        column.addWidget(SheetView(image, f"Samples of {title}"))
        column.addWidget(paragraph(_figures(run, is_real), tone="muted"))
        if idea is not None:
            column.addWidget(paragraph(idea.paper, tone="muted"))
        self.rows.append(row)
        self._column.insertWidget(self._column.count() - 1, row)


def _figures(run: IdeaRun, is_real: bool) -> str:
    if is_real:
        return f"{run.images} pictures; one half is {run.distance:.0f} from the other."
    return (
        f"Distance {run.distance:.0f}, variety {run.variety:.2f}; {run.images} pictures seen,"
        f" {run.weights / 1000:.0f} thousand weights."
    )
