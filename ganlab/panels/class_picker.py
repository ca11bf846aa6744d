"""Finding one class among many: a line to type in, and the names that match."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QStringListModel, Qt, Signal
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
from ganlab.controls.label import Label
from ganlab.controls.popup import place_below
from ganlab_core.class_names import matching

_WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


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
        self._model = QStringListModel(self)
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
