"""The map of the network: every stage with its shape, its time and its weights."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ganlab.controls import PaintedButton
from ganlab.inside.views import SLOW_MS, Button, LiveView, column, scrolled, text_label
from ganlab.recipe_widget import NO_MODEL
from ganlab.style import COLOUR, HOVER, STEP
from ganlab_core.inspection import Answer, MapNetwork, NetworkFacts, StageFacts
from ganlab_core.recipe import Layer, Recipe
from ganlab_core.rendering import Frame

TOPIC = "map"
_LAMP = 16


class StageRow(PaintedButton):
    """One stage: a lamp, its name, what is known of it, and a bar as long as its time."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(
            layer.name, f"{layer.name}: open its feature maps. Lit = it ran for the last picture."
        )
        self.layer = layer
        self.facts: StageFacts | None = None
        self.lit = False
        self.share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_facts(self, facts: StageFacts | None, slowest: float) -> None:
        """Show what is known, and its time as a share of the slowest stage's."""
        self.facts = facts
        self.share = facts.milliseconds / max(slowest, 1e-9) if facts else 0.0
        self.setAccessibleDescription(self.described())
        self.update()

    def set_lit(self, lit: bool) -> None:
        """Light the lamp: the stage ran for the last picture."""
        if lit != self.lit:
            self.lit = lit
            self.update()

    def described(self) -> str:
        """Shape, type, time and weights in a line."""
        if self.facts is None:
            return f"{self.layer.channels} maps, {self.layer.resolution} px"
        shape = " x ".join(str(size) for size in self.facts.shape)
        weights = f"{self.facts.parameters:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        return f"{shape}  {self.facts.dtype}  {weights} weights"

    def sizeHint(self) -> QSize:
        """Two lines."""
        return QSize(160, 2 * self.fontMetrics().height() + 2 * STEP)

    def minimumSizeHint(self) -> QSize:
        """The same height, narrower."""
        return QSize(80, self.sizeHint().height())

    def ground(self) -> str:
        """A strip's ground, lighter under the pointer."""
        return HOVER if self.underMouse() else COLOUR.STRIP

    def paint_content(self, painter: QPainter) -> None:
        """Draw lamp, words, time and bar."""
        line = self.fontMetrics().height()
        self._paint_lamp(painter, QPointF(10, STEP + line / 2))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        box = QRectF(_LAMP + STEP, STEP, self.width() - _LAMP - 3 * STEP, line)
        painter.setPen(QColor(COLOUR.TEXT if self.lit else COLOUR.MUTED))
        painter.drawText(box, left, self.layer.name)
        if self.facts is not None:
            painter.drawText(box, right, f"{self.facts.milliseconds:.2f} ms")
        painter.setPen(QColor(COLOUR.MUTED))
        told = self.fontMetrics().elidedText(
            self.described(), Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box.translated(0, line), left, told)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOUR.MUTED))
        painter.drawRect(QRectF(box.x(), self.height() - 3, self.share * box.width(), 2))

    def _paint_lamp(self, painter: QPainter, centre: QPointF) -> None:
        painter.setPen(QColor(COLOUR.TEXT if self.lit else COLOUR.MUTED))
        painter.setBrush(QColor(COLOUR.TEXT) if self.lit else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, 3.5, 3.5)


class MapView(LiveView):
    """All stages from the coarsest to the picture; pressing one opens its feature maps.

    Signals
    -------
    stage_chosen(int)
        The number of the stage.
    """

    stage_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, SLOW_MS)
        self.facts: NetworkFacts | None = None
        self.rows: list[StageRow] = []
        self.note = text_label(NO_MODEL)
        self.again = Button("Measure again", "Run every stage anew and take the times.")
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 2 * STEP, 0)
        self._list.setSpacing(STEP)
        self._list.addStretch(1)
        layout = column(self)
        layout.addWidget(self.note)
        layout.addWidget(scrolled(inner), 1)
        layout.addWidget(self.again)
        self.again.clicked.connect(self._on_again)
        self.offer()

    def offer(self) -> None:
        """List the stages of this model."""
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        layers = self.can.layers if self.can else ()
        self.rows = [StageRow(layer) for layer in layers]
        for place, row in enumerate(self.rows):
            row.clicked.connect(partial(self.stage_chosen.emit, row.layer.index))
            self._list.insertWidget(place, row)
        self.again.set_available("" if self.can else NO_MODEL)
        self.note.setText("" if self.can else NO_MODEL)

    def show_frame(self, frame: Frame) -> None:
        """Light the stages that had to run; a frame that ran none only brought its previews."""
        super().show_frame(frame)
        if frame.stages_run:
            for row in self.rows:
                row.set_lit(row.layer.name in frame.stages_run)

    def look(self) -> None:
        """Ask once for each model: shapes and times hardly depend on the picture."""
        if self.frame is not None and self.facts is None:
            self._asker.want(MapNetwork(Recipe()))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show what is known of every stage."""
        if not isinstance(answer, NetworkFacts):
            return
        self.facts = answer
        slowest = max((one.milliseconds for one in answer.stages), default=0.0)
        by_name = {one.name: one for one in answer.stages}
        for row in self.rows:
            row.show_facts(by_name.get(row.layer.name), slowest)
        own = sum(one.parameters for one in answer.stages)
        total = sum(one.milliseconds for one in answer.stages)
        self.note.setText(
            f"{_millions(answer.parameters)} weights, {_millions(answer.parameters - own)} of them in"
            f" the mapping or shared by stages; {total:.1f} ms for all stages."
        )

    def forget(self) -> None:
        """Forget the times of the model before."""
        super().forget()
        self.facts = None
        for row in self.rows:
            row.show_facts(None, 0.0)
            row.set_lit(False)

    def _on_again(self) -> None:
        self.facts = None
        self._asker.forget()
        self.look()


def _millions(count: int) -> str:
    """`"1.25 M"`, `"12 k"` or the number itself."""
    if count >= 1_000_000:
        return f"{count / 1e6:.2f} M"
    return f"{count / 1e3:.0f} k" if count >= 10_000 else str(count)
