"""What every view of the inside is: it shows a Recipe, and asks about it only while it is seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
    qRgba,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, Segmented, by_keyboard, to_image
from ganlab.recipe_widget import RecipeWidget
from ganlab.style import COLOUR, FOCUS, RADIUS, STEP
from ganlab_core.inspection import Answer, Question
from ganlab_core.recipe import Capabilities
from ganlab_core.rendering import Frame


class Asker(QObject):
    """Asks the newest question of its topic when the hand has rested, each question once.

    Parameters
    ----------
    topic
        What answers are told apart by.
    rest_ms
        How long no newer question must have come before one is asked.

    Signals
    -------
    asked(str, Question), dropped(str)
        A question, and that the answer is not wanted any more.
    """

    asked = Signal(str, object)
    dropped = Signal(str)

    def __init__(self, topic: str, rest_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self.topic = topic
        self._request: Question | None = None
        self._asked: Question | None = None
        self._open = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(rest_ms)
        self._timer.timeout.connect(self._on_rested)

    def want(self, question: Question | None) -> None:
        """Want this answered; an equal question is not asked again, None wants nothing."""
        if question is None:
            self.drop()
        elif question != self._asked:
            self._request = question
            self._timer.start()

    def drop(self) -> None:
        """Want nothing any more; an answer that is still on its way will have to be asked for again."""
        self._timer.stop()
        self._request = None
        if self._open:
            self._open = False
            self._asked = None
            self.dropped.emit(self.topic)

    def forget(self) -> None:
        """Know nothing, as after another model came: its answers are not those."""
        self._timer.stop()
        self._request = self._asked = None
        self._open = False

    def close(self) -> None:
        """Take note that the question is answered."""
        self._open = False

    def _on_rested(self) -> None:
        if self._request is not None:
            self._asked, self._request = self._request, None
            self._open = True
            self.asked.emit(self.topic, self._asked)


QUICK_MS = 0
SLOW_MS = 350
"""How long a picture must have stayed before something slow is asked about it."""


class LiveView(RecipeWidget):
    """Hears of every frame, and asks its questions while it is on the screen.

    Signals
    -------
    asked(str, Question), dropped(str)
        From its askers.
    """

    asked = Signal(str, object)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.can: Capabilities | None = None
        self.frame: Frame | None = None
        self.askers: dict[str, Asker] = {}

    def add_asker(self, topic: str, rest_ms: int) -> Asker:
        """An asker whose questions and answers pass through here."""
        asker = self.askers[topic] = Asker(topic, rest_ms, self)
        asker.asked.connect(self.asked)
        asker.dropped.connect(self.dropped)
        return asker

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Take what the model can do, and offer what that means."""
        self.can = can
        self.offer()

    def offer(self) -> None:
        """Offer what the model can do; by default nothing depends on it."""

    def refresh(self) -> None:
        """Bring every control to what `recipe` says; by default there are none."""

    def show_frame(self, frame: Frame) -> None:
        """Take the picture that is shown now."""
        self.frame = frame
        if self.isVisible():
            self.look()

    def look(self) -> None:
        """Ask what is to be known about the picture now shown; called while on the screen."""
        raise NotImplementedError

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Take an answer to one of this view's questions."""
        raise NotImplementedError

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far an answer is; by default it comes when it comes."""

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        self.frame = None
        for asker in self.askers.values():
            asker.forget()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask what was not asked while nobody looked."""
        super().showEvent(event)
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Give up what nobody sees."""
        for asker in self.askers.values():
            asker.drop()
        super().hideEvent(event)


class PartsView(LiveView):
    """Several views, one at a time, with words above to choose by.

    Parameters
    ----------
    name
        What is chosen.
    parts
        The word of each view, what it shows, its colour, and the view.
    """

    def __init__(
        self,
        name: str,
        parts: Sequence[tuple[str, str, str, LiveView]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._by_name = {word: view for word, _, _, view in parts}
        self.which = Segmented(
            name,
            [(word, tip) for word, tip, _, _ in parts],
            {word: colour for word, _, colour, _ in parts},
        )
        self._stack = QStackedWidget()
        layout = column(self)
        layout.setContentsMargins(0, STEP, 0, 0)
        head = QHBoxLayout()
        head.setContentsMargins(2 * STEP, 0, 2 * STEP, 0)
        head.addWidget(self.which)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        for view in self.views:
            self._stack.addWidget(view)
            view.asked.connect(self.asked)
            view.dropped.connect(self.dropped)
            view.edited.connect(self.edited)
            self.forward_drags(view)
            self.askers |= view.askers
        self.which.edited.connect(self.show_part)

    @property
    def views(self) -> tuple[LiveView, ...]:
        """The parts."""
        return tuple(self._by_name.values())

    @property
    def topics(self) -> tuple[str, ...]:
        """What the parts ask about."""
        return tuple(self.askers)

    def show_part(self, name: str) -> None:
        """Turn to one of them."""
        self.which.set_value(name)
        self._stack.setCurrentWidget(self._by_name[name])

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do."""
        for view in self.views:
            view.set_capabilities(can)

    def refresh(self) -> None:
        """Show the Recipe in every part."""
        for view in self.views:
            view.show_recipe(self.recipe)

    def show_frame(self, frame: Frame) -> None:
        """Pass the picture on."""
        for view in self.views:
            view.show_frame(frame)

    def look(self) -> None:
        """The parts look for themselves."""

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Bring an answer to the part that asked."""
        self._owner(topic).show_answer(topic, answer)

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Bring word to the part that asked."""
        self._owner(topic).show_progress(topic, fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        for view in self.views:
            view.forget()

    def _owner(self, topic: str) -> LiveView:
        return next(view for view in self.views if topic in view.askers)


# Small things the views of the inside share: words, buttons, and the bar of a long search.


def text_label(text: str = "", tooltip: str = "") -> Label:
    """A quiet line that wraps."""
    label = Label(text)
    label.setFont(style.font("small"))
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    style.set_tone(label, "muted")
    if tooltip:
        style.set_tip(label, tooltip)
    return label


class Button(QPushButton):
    """A small button that can say why it does nothing."""

    def __init__(self, text: str, tooltip: str) -> None:
        super().__init__(text)
        self._tooltip = tooltip
        self.setFont(style.font("small"))
        self.setAutoDefault(False)
        self.setProperty("raised", "true")
        self.setAccessibleName(text)
        style.set_tip(self, tooltip)

    def set_available(self, reason: str = "") -> None:
        """Grey it out and say why; without a reason it works again."""
        self.setEnabled(not reason)
        style.set_tip(self, reason or self._tooltip)


class ViewChoice(QComboBox):
    """A list to choose one from; `chosen` tells a person's choice and nothing else."""

    chosen = Signal(int)

    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFont(style.font("small"))
        style.set_tip(self, tooltip)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(20 * STEP)
        self.activated.connect(self.chosen)

    def show_items(self, items: Sequence[str]) -> None:
        """Offer these; what was chosen stays where it is still there."""
        if [self.itemText(i) for i in range(self.count())] == list(items):
            return
        at = self.currentIndex()
        self.clear()
        self.addItems(items)
        self.setCurrentIndex(min(max(at, 0), len(items) - 1))


class SearchBar(QWidget):
    """How far a search is, with a way to stop it; not there while nothing is searched.

    Signals
    -------
    stopped()
        A person wants no more of it.
    """

    stopped = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * STEP)
        self.bar.setAccessibleName(name)
        self.stop = Button("Stop", "Give this search up; what is known stays.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        self.stop.clicked.connect(self.stopped)
        self.hide()

    def show_fraction(self, fraction: float | None) -> None:
        """Tell how far it is; None: it has ended."""
        self.setVisible(fraction is not None)
        self.bar.setValue(0 if fraction is None else round(100 * fraction))


def column(owner: QWidget, *, spacing: int = 2 * STEP) -> QVBoxLayout:
    """The layout of a view: one thing below the other."""
    layout = QVBoxLayout(owner)
    layout.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
    layout.setSpacing(spacing)
    return layout


def scrolling_column(owner: QWidget) -> QVBoxLayout:
    """The layout of a view that scrolls as a whole where it is too low for everything."""
    inner = QWidget()
    outer = QVBoxLayout(owner)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(scrolled(inner))
    return column(inner)


def scrolled(content: QWidget) -> QScrollArea:
    """`content` in an area that scrolls up and down."""
    content.setProperty("plain", "true")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


# Pictures of numbers: colour tables, and a box that shows one picture with words below.

GREYS = [qRgba(level, level, level, 255) for level in range(256)]
"""0 black, 255 white."""

_BELOW, _ABOVE = (96, 160, 224), (240, 176, 96)


def _signed(level: int) -> int:
    """128 is black; below it grows blue, above it orange."""
    share = abs(level - 128) / 127
    hue = _BELOW if level < 128 else _ABOVE
    red, green, blue = (min(255, round(channel * share)) for channel in hue)
    return qRgba(red, green, blue, 255)


SIGNED = [_signed(level) for level in range(256)]

VEIL = [qRgba(0, 0, 0, round(215 * (1 - level / 255) ** 1.5)) for level in range(256)]
"""A shade over a picture: 255 leaves it as bright as it is."""


def indexed(levels: NDArray[np.uint8], colours: list[int]) -> QImage:
    """Levels (h, w), uint8, as a picture in these 256 colours."""
    rows = np.ascontiguousarray(levels)
    height, width = rows.shape
    image = QImage(rows.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(colours)
    return image.copy()


def as_image(picture: NDArray[np.uint8]) -> QImage:
    """uint8 RGB (h, w, 3), or levels (h, w) in greys, as an image of its own."""
    return indexed(picture, GREYS) if picture.ndim == 2 else to_image(picture)


class PictureBox(QWidget):
    """A picture as large as its square, with a word or two below; it may be pressed.

    Signals
    -------
    pressed()
        It was clicked, or chosen with Enter or Space.
    """

    pressed = Signal()

    def __init__(
        self,
        name: str,
        tooltip: str,
        *,
        pressable: bool = False,
        most: int = 320,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._caption = name
        self._pressable = pressable
        self._lit = self._ring = False
        self._lamp = COLOUR.TEXT
        self._most = most
        self.setAccessibleName(name)
        style.set_tip(self, tooltip)
        self.setFont(style.font("small"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if pressable:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_image(self, image: QImage) -> None:
        """Show a picture; a null one leaves the square dark."""
        self._image = image
        self.update()

    def set_caption(self, caption: str) -> None:
        """Say something below the picture; it is the accessible description too."""
        self._caption = caption
        self.setAccessibleDescription(caption)
        self.update()

    def set_lit(self, lit: bool, colour: str = COLOUR.TEXT) -> None:
        """Frame the picture: it is the one at hand."""
        if (lit, colour) != (self._lit, self._lamp):
            self._lit, self._lamp = lit, colour
            self.update()

    @property
    def image(self) -> QImage:
        """What is shown."""
        return self._image

    @property
    def caption(self) -> str:
        """What is said below."""
        return self._caption

    def hasHeightForWidth(self) -> bool:
        """As high as it is wide, and a line more."""
        return True

    def heightForWidth(self, width: int) -> int:
        """A square and the line below it."""
        return min(width, self._most) + self._line()

    def sizeHint(self) -> QSize:
        """A small square and its line."""
        return QSize(96, 96 + self._line())

    def minimumSizeHint(self) -> QSize:
        """Enough to see something."""
        return QSize(48, 48 + self._line())

    def square(self) -> QRectF:
        """Where the picture stands."""
        side = float(min(self.width(), self.height() - self._line(), self._most))
        return QRectF((self.width() - side) / 2, 0, side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture, the words, and the frame."""
        with QPainter(self) as painter:
            square = self.square()
            painter.fillRect(square, QColor(COLOUR.GROUND))
            if not self._image.isNull():
                ratio = self.devicePixelRatioF()
                smooth = self._image.width() > square.width() * ratio
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
                painter.drawImage(square, self._image)
            self.paint_over(painter, square)
            self._paint_text(painter, square)
            if self._lit or (self._ring and self.hasFocus()):
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                ringed = self._ring and self.hasFocus()
                painter.setPen(QPen(QColor(FOCUS if ringed else self._lamp), 2.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(square.adjusted(1, 1, -1, -1), RADIUS / 2, RADIUS / 2)

    def paint_over(self, painter: QPainter, square: QRectF) -> None:
        """Paint something on the picture; by default nothing."""

    def _paint_text(self, painter: QPainter, square: QRectF) -> None:
        painter.setPen(QColor(COLOUR.TEXT if self._lit else COLOUR.MUTED))
        box = QRectF(0, square.bottom(), self.width(), self._line())
        words = self.fontMetrics().elidedText(
            self._caption, Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _line(self) -> int:
        return self.fontMetrics().height() + 4

    def share_at(self, point: QPointF) -> tuple[float, float]:
        """Where a point lies on the picture: (row, column), shares from 0 to just below 1."""
        square = self.square()
        side = max(1.0, square.width())
        inside = (point.y() - square.y()) / side, (point.x() - square.x()) / side
        row, column = (min(0.999, max(0.0, share)) for share in inside)
        return row, column

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a picture that may be pressed."""
        if self._pressable and event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space press it."""
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if self._pressable and event.key() in keys:
            self.pressed.emit()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the keyboard brought the focus."""
        self._ring = by_keyboard(event)
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Hide the ring."""
        self._ring = False
        self.update()
