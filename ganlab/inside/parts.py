"""Small things the views of the inside share: words, buttons, and the bar of a long search."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls.label import Label
from ganlab.style import STEP


def words(text: str = "", tooltip: str = "") -> Label:
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


class Choice(QComboBox):
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
