"""The base of buttons that paint themselves: hover, focus ring, keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from ganlab import style
from ganlab.controls.sliders import KeyboardRing
from ganlab.style import COLOUR, DISABLED, FOCUS, HOVER, RADIUS, blend, lit


class PaintedButton(KeyboardRing, QPushButton):
    """A push button that draws its own ground and content, with a ring for the keyboard's focus."""

    def __init__(self, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tooltip = tooltip
        self.setFont(style.font("small"))
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setAccessibleDescription(tooltip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAutoDefault(False)

    def set_available(self, reason: str = "") -> None:
        """Grey the button out and say why in its tooltip; without a reason it works again."""
        self.setEnabled(not reason)
        style.set_tip(self, reason or self._tooltip)

    def set_tooltip(self, tooltip: str) -> None:
        """Say what the button does."""
        self._tooltip = tooltip
        style.set_tip(self, tooltip)
        self.setAccessibleDescription(tooltip)

    def ground(self) -> str:
        """The colour behind the content, empty for none."""
        return HOVER if self.underMouse() and self.isEnabled() else ""

    def paint_content(self, painter: QPainter) -> None:
        """Draw what is on the button."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the content, and the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ground = self.ground()
            if ground:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(COLOUR.LINE if self.isDown() else ground))
                painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            self.paint_content(painter)
            if self._ring and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(FOCUS), 1.0))
                edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
                painter.drawRoundedRect(edge, RADIUS, RADIUS)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter press it; everything else is left to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Select):
            super().keyPressEvent(event)
        else:
            event.ignore()


# Small buttons with a painted sign: dice, clear, reset, more.

Sign = Literal["dice", "clear", "reset", "lock", "bend"]

_PIPS = ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.3, 0.7), (0.7, 0.7))


class IconButton(PaintedButton):
    """A square button; `name` and `tooltip` say in words what the sign means."""

    def __init__(
        self,
        sign: Sign,
        name: str,
        tooltip: str,
        *,
        side: int = 24,
        framed: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, tooltip, parent)
        self._sign = sign
        self._side = side
        self._framed = framed
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(self._side, self._side)

    def minimumSizeHint(self) -> QSize:
        """The same square."""
        return self.sizeHint()

    def ground(self) -> str:
        """A little light under the pointer, less where framed."""
        if self.underMouse() and self.isEnabled():
            return blend(COLOUR.TEXT, COLOUR.STRIP, 0.14)
        return blend(COLOUR.TEXT, COLOUR.STRIP, 0.04) if self._framed else ""

    def paint_content(self, painter: QPainter) -> None:
        """Draw the sign, brighter under the pointer or with the focus."""
        bright = self.underMouse() or self.hasFocus()
        colour = QColor(COLOUR.TEXT if bright else COLOUR.MUTED)
        pen = QPen(colour if self.isEnabled() else QColor(DISABLED), 1.4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        side = min(14.0, self._side - 8.0)
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        if self._sign == "lock":
            _lock(painter, box, self.isChecked())
        elif self._sign == "bend":
            _bend(painter, box, self.isChecked())
        else:
            {"dice": _dice, "clear": _clear, "reset": _reset}[self._sign](painter, box)


def _dice(painter: QPainter, box: QRectF) -> None:
    painter.drawRoundedRect(box, 3, 3)
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)
    radius = box.width() * 0.085
    for x, y in _PIPS:
        centre = QPointF(box.x() + x * box.width(), box.y() + y * box.height())
        painter.drawEllipse(centre, radius, radius)


def _bend(painter: QPainter, box: QRectF, bent: bool) -> None:
    """A line: straight, or in the colour of styles bent to a wave."""
    inner = box.adjusted(0.5, 2, -0.5, -2)
    path = QPainterPath(QPointF(inner.left(), inner.center().y()))
    reach = inner.height() * (1.0 if bent else 0.45)
    first, last = inner.left() + inner.width() / 3, inner.right() - inner.width() / 3
    path.cubicTo(
        QPointF(first, inner.center().y() - reach), QPointF(last, inner.center().y() + reach),
        QPointF(inner.right(), inner.center().y()),
    )  # fmt: skip
    if bent:
        painter.setPen(QPen(QColor(COLOUR.STYLE), 2.0))
    painter.drawPath(path)


def _clear(painter: QPainter, box: QRectF) -> None:
    inner = box.adjusted(2, 2, -2, -2)
    painter.drawLine(inner.topLeft(), inner.bottomRight())
    painter.drawLine(inner.topRight(), inner.bottomLeft())


def _lock(painter: QPainter, box: QRectF, closed: bool) -> None:
    """A padlock; its bow stands open, and its body is empty, unless it is closed."""
    inner = box.adjusted(1.5, 0, -1.5, -0.5)
    body = QRectF(inner.left(), inner.center().y() - 1, inner.width(), inner.height() / 2 + 1)
    bow = QPainterPath()
    lift = 0.0 if closed else 2.0
    ring = QRectF(body.left() + 2, inner.top() + 0.5, body.width() - 4, body.height() + 2)
    bow.moveTo(ring.left(), body.top())
    bow.lineTo(ring.left(), ring.center().y() - lift)
    bow.arcTo(ring.translated(0, -lift / 2), 180, -180)
    if closed:
        bow.lineTo(ring.right(), body.top())
    painter.drawPath(bow)
    if closed:
        painter.setBrush(painter.pen().color())
    painter.drawRoundedRect(body, 1.5, 1.5)


def _reset(painter: QPainter, box: QRectF) -> None:
    """Three quarters of a circle, against the clock, with an arrow head."""
    ring = box.adjusted(1.5, 1.5, -1.5, -1.5)
    path = QPainterPath()
    path.arcMoveTo(ring, 150)
    path.arcTo(ring, 150, -300)
    painter.drawPath(path)
    tip = QPainterPath()
    tip.arcMoveTo(ring, 150)
    at = tip.currentPosition()
    painter.drawLine(at, at + QPointF(0.2, -4.0))
    painter.drawLine(at, at + QPointF(4.0, 0.2))


class NameButton(QPushButton):
    """A quiet button that may be narrower than its text, which then ends in an ellipsis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("quiet", "true")
        self.setAutoDefault(False)
        self.setFont(style.font("small"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tail = self._short = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_short(self, short: str) -> None:
        """Write this where there is no room for the whole text."""
        if short != self._short:
            self._short = short
            self.update()

    def set_tail(self, tail: str) -> None:
        """Write this behind the name, and keep it where the name is cut."""
        if tail != self._tail:
            self._tail = tail
            self.update()

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        return QSize(40, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as much of the text as there is room for."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        metrics = self.fontMetrics()
        room = self.width() - (18 if self.property("framed") else 10)
        room -= metrics.horizontalAdvance(self._tail)
        fits = metrics.horizontalAdvance(self.text()) <= room
        whole = self.text() if fits else self._short or self.text()
        name = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, room)
        option.text = (name + self._tail).replace("&", "&&")
        with QPainter(self) as painter:
            self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)


class WordButton(QPushButton):
    """A plain button; its tooltip says what it does, or why it cannot now.

    Parameters
    ----------
    text
        The words on it.
    tooltip
        What it does, in one sentence.
    name
        How a screen reader calls it; the words when empty.
    """

    def __init__(
        self, text: str, tooltip: str, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._tooltip = tooltip
        self.setFont(style.font("small"))
        self.setAccessibleName(name or text)
        self.setAccessibleDescription(tooltip)
        self.setAutoDefault(False)
        style.set_tip(self, tooltip)

    def set_available(self, reason: str = "") -> None:
        """Grey the button out and say why in its tooltip; without a reason it works again."""
        self.setEnabled(not reason)
        style.set_tip(self, reason or self._tooltip)


# A switch with a name, a lamp, and room for a note and a menu.

_ARROW = 16
_LAMP = 18


class Toggle(PaintedButton):
    """On: its colour and a filled lamp; off: dark with an empty one.

    With `has_menu` an arrow at the right edge, a right click, the menu key or the Down key emit
    `menu_asked`.
    """

    edited = Signal(bool)
    menu_asked = Signal()

    def __init__(
        self,
        text: str,
        colour: str,
        tooltip: str,
        *,
        has_menu: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, tooltip, parent)
        self.setText(text)
        self._colour = colour
        self._has_menu = has_menu
        self._muted = False
        self._mark = ""
        self._note = ""
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.edited)

    def set_value(self, on: bool) -> None:
        """Show on or off; emits nothing that means a person's change."""
        self.setChecked(on)

    def set_muted(self, muted: bool) -> None:
        """Draw in grey what another setting keeps from having an effect; still editable."""
        if muted != self._muted:
            self._muted = muted
            self.update()

    def set_mark(self, colour: str = "") -> None:
        """Make the lamp a diamond of this colour: there is more to see in the menu."""
        if colour != self._mark:
            self._mark = colour
            self.update()

    def set_note(self, note: str = "") -> None:
        """Write a short word behind the name, where there is room for it."""
        if note != self._note:
            self._note = note
            self.update()

    def sizeHint(self) -> QSize:
        """Room for lamp, name and arrow."""
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(words + 28 + (_ARROW if self._has_menu else 0), 24)

    def minimumSizeHint(self) -> QSize:
        """Room for a short name."""
        return QSize(60, 24)

    def ground(self) -> str:
        """Its colour when on, grey when that has no effect."""
        if not self.isEnabled():
            return COLOUR.PANEL
        on = COLOUR.LINE if self._muted else lit(self._colour)
        ground = on if self.isChecked() else COLOUR.PANEL
        return blend(COLOUR.TEXT, ground, 0.07) if self.underMouse() else ground

    def paint_content(self, painter: QPainter) -> None:
        """Draw the lamp, the name with its note, and the arrow."""
        quiet = COLOUR.TEXT if self.isChecked() and not self._muted else COLOUR.MUTED
        ink = QColor(quiet if self.isEnabled() else DISABLED)
        self._paint_lamp(painter, ink)
        right = self.width() - (_ARROW if self._has_menu else 6)
        words = QRect(_LAMP, 0, right - _LAMP, self.height())
        painter.setPen(ink)
        shown = self._fitting_text(words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if self._has_menu:
            self._paint_arrow(painter, ink)

    def _fitting_text(self, room: int) -> str:
        """The name, with the note where there is room for it."""
        metrics = self.fontMetrics()
        both = f"{self.text()} {self._note}".strip()
        if metrics.horizontalAdvance(both) <= room:
            return both
        return metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def _paint_lamp(self, painter: QPainter, ink: QColor) -> None:
        """A round lamp, or a diamond where the menu holds more; filled when on."""
        on = self.isChecked() and self.isEnabled()
        lamp = QColor(self._mark or self._colour) if on and not self._muted else ink
        painter.setPen(QPen(lamp, 1.2))
        painter.setBrush(lamp if on else Qt.BrushStyle.NoBrush)
        centre = QPointF(10, self.height() / 2)
        if self._mark:
            offsets = ((0, -3.8), (3.8, 0), (0, 3.8), (-3.8, 0))
            painter.drawPolygon(QPolygonF([centre + QPointF(x, y) for x, y in offsets]))
        else:
            painter.drawEllipse(centre, 3, 3)

    def _paint_arrow(self, painter: QPainter, ink: QColor) -> None:
        centre = QPointF(self.width() - _ARROW / 2 - 1, self.height() / 2 + 0.5)
        pen = QPen(ink, 1.3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        tip = centre + QPointF(0, 1.8)
        painter.drawLine(centre + QPointF(-3, -1.4), tip)
        painter.drawLine(centre + QPointF(3, -1.4), tip)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the menu at the arrow; press the button elsewhere."""
        left = event.button() == Qt.MouseButton.LeftButton
        if self._has_menu and left and event.position().x() >= self.width() - _ARROW - 2:
            self.menu_asked.emit()
            return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu."""
        if self._has_menu:
            self.menu_asked.emit()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for the menu with Down."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if self._has_menu and plain and event.key() == Qt.Key.Key_Down:
            self.menu_asked.emit()
            return
        super().keyPressEvent(event)


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

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be chosen."""
        return tuple(self._options)

    def set_value(self, value: str) -> None:
        """Show a choice; emits nothing."""
        chosen = self._options.get(value)
        if value == self._value and chosen is not None and chosen.isChecked():
            return
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
