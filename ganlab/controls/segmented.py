"""One choice of a few, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ganlab.controls.painted_button import PaintedButton
from ganlab.style import COLOUR, DISABLED, blend, lit


class Segmented(QWidget):
    """Exclusive options; the arrow keys walk through them, `edited` tells the word chosen."""

    edited = Signal(str)

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str]],
        colour: str | Mapping[str, str],
        parent: QWidget | None = None,
    ) -> None:
        """Take pairs (word, tooltip), the first shown until `set_value`; one colour or one by word."""
        super().__init__(parent)
        self._options = {
            word: _Segment(
                word,
                f"{name}: {word}",
                tooltip,
                colour if isinstance(colour, str) else colour[word],
            )
            for word, tooltip in options
        }
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for word, segment in self._options.items():
            row.addWidget(segment, 1)
            segment.chosen.connect(self._on_chosen)
            segment.walked.connect(self._on_walked)
            segment.setProperty("word", word)
        self._value = ""
        self.set_value(options[0][0])

    @property
    def value(self) -> str:
        """The word shown as chosen."""
        return self._value

    def set_value(self, value: str) -> None:
        """Show a choice; emits nothing."""
        self._value = value
        for word, segment in self._options.items():
            segment.setChecked(word == value)
            tabbed = word == value or value not in self._options
            policy = Qt.FocusPolicy.StrongFocus if tabbed else Qt.FocusPolicy.ClickFocus
            segment.setFocusPolicy(policy)

    def button(self, word: str) -> PaintedButton:
        """The button of one option."""
        return self._options[word]

    def set_available(self, reason: str = "") -> None:
        """Grey all options out and say why; without a reason they work again."""
        self.setEnabled(not reason)
        for segment in self._options.values():
            segment.set_available(reason)

    def _on_chosen(self, word: str) -> None:
        changed = word != self._value
        self.set_value(word)
        if changed:
            self.edited.emit(word)

    def _on_walked(self, by: int) -> None:
        words = list(self._options)
        at = words.index(self._value) + by if self._value in words else 0
        if 0 <= at < len(words):
            self._on_chosen(words[at])
            self._options[words[at]].setFocus(Qt.FocusReason.TabFocusReason)


class _Segment(PaintedButton):
    """One option."""

    chosen = Signal(str)
    walked = Signal(int)

    def __init__(self, word: str, name: str, tooltip: str, colour: str) -> None:
        super().__init__(name, tooltip)
        self.setText(word)
        self._colour = colour
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 20, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 8, 24)

    def ground(self) -> str:
        if not self.isEnabled():
            return COLOUR.LINE if self.isChecked() else COLOUR.GROUND
        ground = lit(self._colour) if self.isChecked() else COLOUR.GROUND
        return blend(COLOUR.TEXT, ground, 0.07) if self.underMouse() else ground

    def paint_content(self, painter: QPainter) -> None:
        ink = COLOUR.TEXT if self.isChecked() else COLOUR.MUTED
        painter.setPen(QColor(ink if self.isEnabled() else DISABLED))
        box = QRect(0, 0, self.width(), self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.modifiers() == Qt.KeyboardModifier.NoModifier and event.key() in steps:
            self.walked.emit(steps[event.key()])
            return
        super().keyPressEvent(event)

    def _on_clicked(self) -> None:
        self.chosen.emit(self.text())
