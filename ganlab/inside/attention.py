"""The attention viewer: point at the picture, and see where that place looks."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganlab.controls.sliders import ValueSlider
from ganlab.inside.views import (
    QUICK_MS,
    VEIL,
    LiveView,
    PictureBox,
    ViewChoice,
    as_image,
    indexed,
    scrolling_column,
    text_label,
)
from ganlab.recipe_widget import NO_MODEL
from ganlab.style import COLOUR, STEP
from ganlab_core.inspection import Answer, AttentionHeat, SeeAttention
from ganlab_core.recipe import Layer
from ganlab_core.rendering import Frame

TOPIC = "attention"
NO_ATTENTION = (
    "This model has no self-attention: BigGAN has one at 64 px (32 px in small ones), where every place"
    " can look at every other."
)
STEPS = 32
"""How many key presses lead across the picture."""


class PointedPicture(PictureBox):
    """A picture with a crosshair; what is not attended to lies in shade.

    Signals
    -------
    pointed(float, float)
        The row and the column a person points at, shares from 0 to 1.
    """

    pointed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__(
            "Where it looks",
            "Point at a place, or walk with the arrow keys: the bright parts are where it looks"
            " (SAGAN, Zhang et al. 2019, fig. 5).",
            most=640,
        )
        self.at = (0.5, 0.5)
        self.heat = QImage()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(40 * STEP, 44 * STEP)

    def show_heat(self, heat: QImage) -> None:
        """Lay this shade over the picture; a null one takes it away."""
        self.heat = heat
        self.update()

    def paint_over(self, painter: QPainter, square: QRectF) -> None:
        """Paint the shade and the crosshair."""
        if self.image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self.heat.isNull():
            painter.drawImage(square, self.heat.convertToFormat(QImage.Format.Format_ARGB32))
        row, column_ = self.at
        x, y = square.x() + column_ * square.width(), square.y() + row * square.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 200), 3.5), (QColor(COLOUR.TEXT), 1.5)):
            painter.setPen(QPen(colour, width))
            for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                near, far = 4, 12
                painter.drawLine(
                    round(x + dx * near), round(y + dy * near), round(x + dx * far),
                    round(y + dy * far),
                )  # fmt: skip

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Point there."""
        self._point(*self.share_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point(*self.share_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stay there."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys walk."""
        ways: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
        }  # fmt: skip
        if event.key() not in ways:
            event.ignore()
            return
        down, right = ways[event.key()]
        row, column_ = self.at
        places = (row + down / STEPS, column_ + right / STEPS)
        self._point(*(min(0.999, max(0.0, share)) for share in places))

    def _point(self, row: float, column_: float) -> None:
        self.at = (row, column_)
        self.update()
        self.pointed.emit(row, column_)


class AttentionView(LiveView):
    """A copy of the picture to point at, the heat map over it, and the strength of the attention."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, QUICK_MS)
        self._layers: tuple[Layer, ...] = ()
        self.stages = ViewChoice("Attention layer", "Which self-attention layer is looked at.")
        self.picture = PointedPicture()
        self.told = text_label()
        self.factor = ValueSlider(
            "Attention", 0, 3, 1.0, 0.05, 2, COLOUR.TEXT,
            "A factor on gamma, the strength of the self-attention: 0 leaves it out, 1 is as trained"
            " (SAGAN, Zhang et al. 2019, eq. 3).",
        )  # fmt: skip
        self.lacking = text_label(NO_MODEL)
        layout = scrolling_column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self.stages)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.told)
        layout.addWidget(self.factor)
        layout.addStretch(0)
        self.stages.chosen.connect(self.look)
        self.picture.pointed.connect(self.look)
        self.factor.edited.connect(self._on_factor)
        self.forward_drags(self.factor)
        self.offer()

    def offer(self) -> None:
        """Be there for a model with self-attention; else say that there is none."""
        self._layers = (
            tuple(layer for layer in self.can.layers if layer.attention) if self.can else ()
        )
        self.lacking.setText(NO_ATTENTION if self.can else NO_MODEL)
        self.lacking.setVisible(not self._layers)
        self.stages.show_items([layer.name for layer in self._layers])
        self.stages.setVisible(len(self._layers) > 1)
        for part in (self.picture, self.told, self.factor):
            part.setVisible(bool(self._layers))

    def refresh(self) -> None:
        """Show the factor."""
        self.factor.set_value(self.recipe.attention)

    def show_frame(self, frame: Frame) -> None:
        """Copy the picture."""
        if self._layers:
            self.picture.show_image(as_image(frame.pixels))
        super().show_frame(frame)

    def look(self) -> None:
        """Ask where the place pointed at looks."""
        if self.frame is None or not self._layers:
            return
        layer = self._layers[max(0, self.stages.currentIndex())]
        self._asker.want(SeeAttention(self.frame.recipe, layer.index, *self.picture.at))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Lay the heat map over the picture."""
        if isinstance(answer, AttentionHeat):
            self.picture.show_heat(indexed(answer.heat, VEIL))
            row, column_ = (
                int(share * answer.side) for share in (answer.asked.row, answer.asked.column)
            )
            even = 4.0 / answer.side**2
            self.told.setText(
                f"Position {column_}, {row} of {answer.side} x {answer.side}; its brightest place gets"
                f" {100 * answer.peak:.1f} % of its attention ({answer.peak / even:.0f} times an even"
                f" share). gamma = {answer.gamma:.3f}."
            )
            self.picture.set_caption("bright = attended to")

    def forget(self) -> None:
        """Forget the picture of the model before."""
        super().forget()
        self.picture.show_image(QImage())
        self.picture.show_heat(QImage())
        self.told.setText("")

    def _on_factor(self, factor: float) -> None:
        self.propose(replace(self.recipe, attention=factor), "attention")
