"""The class mixer: which classes, how much of each, and others to choose from."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import IconButton, Label, NameButton, ValueSlider, place_below, set_controls
from ganlab.style import COLOUR
from ganlab_core.recipe import Classes, class_name, matching

# Finding one class among many: a line to type in, and the names that match.

_WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Names(QStringListModel):
    """Names that a list may cut; their tooltips do not."""

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The name, also for the pointer that rests on it."""
        if role == Qt.ItemDataRole.ToolTipRole:
            return style.plain_tip(str(super().data(index, Qt.ItemDataRole.DisplayRole)))
        return super().data(index, role)


class ClassPicker(QFrame):
    """A popup: type to filter, Up and Down to walk, Enter to choose, Escape to leave.

    `chosen` tells the number of a class; `chosen_alone` the same when it should be the only one
    (the second button, or Ctrl+Enter).
    """

    chosen = Signal(int)
    chosen_alone = Signal(int)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self.setAccessibleName("Classes")
        self._names = tuple(names)
        self._shown: list[int] = []
        self.line = QLineEdit()
        self.line.setPlaceholderText(f"Find one of {len(self._names)} classes")
        self.line.setAccessibleName("Find a class by name or number")
        style.set_tip(self.line, "Type a part of a class's name, or its number.")
        self._model = _Names(self)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setAccessibleName("Classes that match")
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = Label("No class is called so.")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style.set_tone(self._nothing, "muted")
        self.take = QPushButton("Mix in")
        self.alone = QPushButton("Only this")
        self._build()
        self._connect()

    def _build(self) -> None:
        style.set_tip(
            self.take, "Take this class (Enter; class mixing, BigGAN, Brock et al. 2019)."
        )
        style.set_tip(self.alone, "Show this class and no other (Ctrl+Enter).")
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.take, self.alone):
            button.setAutoDefault(False)
            button.setProperty("raised", "true")
            button.setAccessibleName(f"{button.text()}: the class at hand")
            row.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.line)
        column.addWidget(self._nothing, 1)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self.setFixedSize(280, 320)

    def _connect(self) -> None:
        self.line.textEdited.connect(self._filter)
        self.line.installEventFilter(self)
        self.list.clicked.connect(self._on_clicked)
        self.take.clicked.connect(self._on_take)
        self.alone.clicked.connect(self._on_alone)

    def open_below(self, widget: QWidget, taking: str) -> None:
        """Show all classes under a widget; `taking` is what the first button does."""
        self.take.setText(taking)
        self.line.clear()
        self._filter("")
        place_below(self, widget)
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def at_hand(self) -> int | None:
        """The number of the class marked in the list, None when nothing matches."""
        row = self.list.currentIndex().row()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _filter(self, text: str) -> None:
        self._shown = matching(text, self._names)
        self._model.setStringList([f"{index}  {self._names[index]}" for index in self._shown])
        self.list.setCurrentIndex(self._model.index(0))
        found = bool(self._shown)
        self.list.setVisible(found)
        self._nothing.setVisible(not found)
        for button in (self.take, self.alone):
            button.setEnabled(found)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the keys of the line walk the list and choose from it."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.key() in _WALKING:
            QApplication.sendEvent(self.list, event)
            return True
        if event.key() in _ENTER:
            alone = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._choose(alone=alone)
            return True
        return super().eventFilter(watched, event)

    def _choose(self, *, alone: bool) -> None:
        index = self.at_hand
        if index is not None:
            self.close()
            (self.chosen_alone if alone else self.chosen).emit(index)

    def _on_clicked(self, _index: QModelIndex) -> None:
        self._choose(alone=False)

    def _on_take(self) -> None:
        self._choose(alone=False)

    def _on_alone(self) -> None:
        self._choose(alone=True)


# One class of a mix: its name, its weight, and the way out.

PAPER = "(class mixing; BigGAN, Brock et al. 2019, sec. 4)"


class ClassRow(QWidget):
    """A name that asks for another class when pressed, a weight slider, and a button to remove it."""

    name_pressed = Signal(int)
    weighed = Signal(int, float)
    removed = Signal(int)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, index: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = NameButton()
        self.name.setProperty("flush", "true")
        style.set_tone(self.name, "class")
        self.weight = ValueSlider(
            "Weight", -1, 2, None, 0.05, 2, COLOUR.CLASS,
            f"How much of this class's embedding is taken, as it is: weights need not sum to 1 {PAPER}.",
        )  # fmt: skip
        self.remove = IconButton("clear", "Remove", "Take it out of the mix.", side=20)
        self.show_class(index, name)
        self.weight.lead_with(self.name)
        self.weight.end_with(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.weight)
        QWidget.setTabOrder(self.name, self.weight.track)
        QWidget.setTabOrder(self.weight.track, self.remove)
        self.name.clicked.connect(self._on_name)
        self.weight.edited.connect(self._on_weight)
        self.weight.default_asked.connect(self._on_default)
        self.weight.drag_started.connect(self.drag_started)
        self.weight.drag_finished.connect(self.drag_finished)
        self.remove.clicked.connect(self._on_remove)

    def show_class(self, index: int, name: str) -> None:
        """Be the row of this class."""
        self.index = index
        self.name.setText(name)
        self.name.setAccessibleName(f"Class {name}: choose another")
        style.set_tip(
            self.name, f"{name} (class {index}): press to put another class in its place {PAPER}."
        )
        self.weight.set_title(f"Weight of {name}")
        set_controls(self.weight, f"class@{index}")
        self.remove.setAccessibleName(f"Remove {name}")
        self.remove.set_tooltip(f"Take {name} out of the mix.")

    def show_weight(self, weight: float, *, implied: bool, muted: bool) -> None:
        """Show the weight; `implied` where nobody chose this class, `muted` where another mix rules."""
        self.weight.set_value(weight)
        self.weight.set_muted(implied or muted)
        style.set_tone(self.name, "muted" if implied or muted else "class")
        self.remove.set_available("This is the model's first class, shown until you choose one."
                                  if implied else "")  # fmt: skip

    def _on_name(self) -> None:
        self.name_pressed.emit(self.index)

    def _on_weight(self, weight: float) -> None:
        self.weighed.emit(self.index, weight)

    def _on_default(self) -> None:
        self.weight.track.propose(1.0)

    def _on_remove(self) -> None:
        self.removed.emit(self.index)


# Edits of a class mix: each gives a new one.

FIRST: Classes = ((0, 1.0),)
"""What an empty mix means: the model's first class alone."""


def with_weight(mix: Classes, index: int, weight: float) -> Classes:
    """The mix with one class's weight set."""
    return tuple(sorted({**dict(mix), index: weight}.items()))


def without(mix: Classes, index: int) -> Classes:
    """The mix without a class."""
    return tuple(pair for pair in mix if pair[0] != index)


def replaced(mix: Classes, old: int, new: int) -> Classes:
    """The mix with a class in another's place, with that one's weight."""
    return with_weight(without(mix, old), new, dict(mix)[old])


def added(mix: Classes, index: int) -> Classes:
    """The mix with one class more, which takes an equal share; the sum of the weights stays."""
    if index in dict(mix):
        return mix
    share = 1.0 / (len(mix) + 1)
    total = sum(weight for _, weight in mix)
    others = {key: round(weight * (1.0 - share), 4) for key, weight in mix}
    return with_weight(tuple(others.items()), index, round(total * share, 4))


def evened(mix: Classes) -> Classes:
    """The mix with weights that sum to 1; one whose sum is 0 gets equal weights."""
    total = sum(weight for _, weight in mix)
    if abs(total) < 1e-6:
        return tuple((key, round(1.0 / len(mix), 4)) for key, _ in mix)
    return tuple((key, round(weight / total, 4)) for key, weight in mix)


MOST_ROWS = 24
"""Rows drawn; a mix of more classes (a soft label) shows its largest weights."""


class ClassMixer(QWidget):
    """Rows of classes with their weights; `edited` carries the class mix a person wants.

    The weights are shown as they are; the line below says what they sum to.
    """

    edited = Signal(object)
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._mix: Classes = FIRST
        self._replacing: int | None = None
        self._picker: ClassPicker | None = None
        self.rows: dict[int, ClassRow] = {}
        self.add = QPushButton("Mix in…")
        self.add.setAccessibleName("Mix in a class")
        style.set_tip(self.add, f"Find a class and mix it in, or show it alone {PAPER}.")
        self.dice = IconButton(
            "dice",
            "Random class",
            f"Show one class, thrown by the dice {PAPER}.",
            side=28,
            framed=True,
        )
        self.total = Label()
        self.even = QPushButton("make 1")
        self.even.setAccessibleName("Make the weights sum to 1")
        style.set_tip(self.even, "Divide all weights by their sum, so that they sum to 1.")
        self._build()
        self._connect()

    def _build(self) -> None:
        self.total.setFont(style.font("small"))
        style.set_tone(self.total, "muted")
        style.set_tip(self.total, f"The weights go into the network as they are {PAPER}.")
        self.even.setProperty("quiet", "true")
        self.even.setFont(style.font("small"))
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.total, 1)
        below.addWidget(self.even)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        self.add.setFixedHeight(28)
        self.add.setProperty("raised", "true")
        for button in (self.add, self.even):
            button.setAutoDefault(False)
        buttons.addWidget(self.add, 1)
        buttons.addWidget(self.dice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._list)
        column.addLayout(below)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self.add.clicked.connect(self._on_add)
        self.dice.clicked.connect(self._on_dice)
        self.even.clicked.connect(self._on_even)

    def set_names(self, names: Sequence[str]) -> None:
        """Offer the classes of a model; rows are named anew when next shown."""
        if self._names != tuple(names):
            self._clear_rows()
        self._names = tuple(names)
        if self._picker is not None:
            self._picker.close()
            self._picker.deleteLater()
            self._picker = None

    @property
    def picker(self) -> ClassPicker:
        """The list of all classes, made when it is first asked for."""
        if self._picker is None:
            self._picker = ClassPicker(self._names, self)
            self._picker.chosen.connect(self._on_chosen)
            self._picker.chosen_alone.connect(self._on_chosen_alone)
        return self._picker

    def show_mix(self, classes: Classes, *, muted: bool = False) -> None:
        """Show a mix, an empty one as the first class; `muted` where it follows another; emits nothing."""
        known = tuple(pair for pair in classes if pair[0] < len(self._names))
        self._mix = known or FIRST
        largest = sorted(self._mix, key=lambda pair: -abs(pair[1]))[:MOST_ROWS]
        self._show_rows(sorted(index for index, _ in largest))
        for index, row in self.rows.items():
            row.show_weight(dict(self._mix)[index], implied=not known, muted=muted)
        self._show_total(implied=not known)

    def _show_rows(self, wanted: list[int]) -> None:
        """As many rows as wanted, made when they are more than before; a drag keeps its slider."""
        if wanted == list(self.rows):
            return
        named = [(index, class_name(index, self._names)) for index in wanted]
        if len(wanted) == len(self.rows):
            kept = list(self.rows.values())
            for row, (index, name) in zip(kept, named, strict=True):
                if row.index != index:
                    row.show_class(index, name)
            self.rows = dict(zip(wanted, kept, strict=True))
            return
        self._clear_rows()
        self.rows = {index: ClassRow(index, name) for index, name in named}
        for row in self.rows.values():
            self._list.addWidget(row)
            row.name_pressed.connect(self._on_name)
            row.weighed.connect(self._on_weight)
            row.removed.connect(self._on_removed)
            row.drag_started.connect(self.drag_started)
            row.drag_finished.connect(self.drag_finished)
        self._order_tabs()

    def _clear_rows(self) -> None:
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows = {}

    def _order_tabs(self) -> None:
        """Rows made later come before the buttons below them."""
        last = list(self.rows.values())[-1].remove
        for before, after in pairwise((last, self.even, self.add, self.dice)):
            QWidget.setTabOrder(before, after)

    def _show_total(self, *, implied: bool) -> None:
        hidden = len(self._mix) - len(self.rows)
        total = sum(weight for _, weight in self._mix)
        words = f"weights as they are, sum {total:.2f}"
        if implied:
            words = "the first class, until you choose"
        elif hidden:
            words = f"and {hidden} more, sum {total:.2f}"
        self.total.setText(words)
        self.even.setVisible(not implied and abs(total - 1.0) >= 0.005)

    # --- propose -------------------------------------------------------------------------------------

    def _on_name(self, index: int) -> None:
        self._replacing = index
        self.picker.open_below(self.rows[index], "Put here")

    def _on_add(self) -> None:
        self._replacing = None
        self.picker.open_below(self.add, "Mix in")

    def _on_chosen(self, index: int) -> None:
        old = self._replacing
        if old is None or old not in dict(self._mix):
            self.edited.emit(added(self._mix, index))
        elif index not in dict(self._mix):
            self.edited.emit(replaced(self._mix, old, index))

    def _on_chosen_alone(self, index: int) -> None:
        self.edited.emit(((index, 1.0),))

    def _on_weight(self, index: int, weight: float) -> None:
        self.edited.emit(with_weight(self._mix, index, weight))

    def _on_removed(self, index: int) -> None:
        self.edited.emit(without(self._mix, index))

    def _on_dice(self) -> None:
        self.edited.emit(((secrets.randbelow(max(1, len(self._names))), 1.0),))

    def _on_even(self) -> None:
        self.edited.emit(evened(self._mix))
