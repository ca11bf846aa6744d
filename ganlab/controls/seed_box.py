"""Entry of numbers: a seed, 0 to 4294967295, with a dice, a count in its range, a line with a default."""

from __future__ import annotations

import secrets

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QValidator,
)
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QSpinBox, QWidget

from ganlab import style
from ganlab.controls.buttons import IconButton
from ganlab.controls.sliders import RESETS, Resettable

SEED_MAX = 2**32 - 1
DICE_LIMIT = 1_000_000
"""Seeds from the dice stay below this, short enough to tell somebody; larger ones can be typed."""


def thrown() -> int:
    """A random seed of at most six digits: short enough to read, note down and say aloud."""
    return secrets.randbelow(DICE_LIMIT)


SEED_RESETS = "Delete goes back to where it began."
"""What a seed's tooltip ends with: a double click marks it, to be copied."""


def _stands_whole(line: QLineEdit, number: str) -> bool:
    """Whether all of a number is marked and nothing typed: Delete means it, and not its digits."""
    return bool(number) and not line.isModified() and line.selectedText() == number


def _menu_with_reset(line: QLineEdit, control: Resettable) -> QMenu:
    """What one does with a line's text, below the way back of what it belongs to."""
    menu = line.createStandardContextMenu()
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    first = menu.actions()[0]
    reset = menu.addAction("Reset")
    reset.setEnabled(line.isEnabled())
    reset.triggered.connect(control.ask_default)
    menu.insertAction(first, reset)
    menu.insertSeparator(first)
    return menu


class SeedValidator(QValidator):
    """Lets only whole numbers from 0 to 4294967295 be typed; spaces around them are forgiven."""

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Judge what stands in the line so far."""
        digits = text.strip()
        if not digits:
            return QValidator.State.Intermediate, text, position
        if digits.isascii() and digits.isdigit() and int(digits) <= SEED_MAX:
            return QValidator.State.Acceptable, text, position
        return QValidator.State.Invalid, text, position


class SeedField(QLineEdit, Resettable):
    """A line for a seed; `edited` tells an int once a person is done, None when it was emptied.

    Up and Down walk to the next seeds, Escape brings back what was shown, Delete on the whole of it
    goes back to the default: 0, or what `set_default` said. Empty is a value only with `optional`,
    and then the default; the placeholder says what is there instead. A `prefix` stands before the
    digits while nobody types and there is room.
    """

    edited = Signal(object)

    def __init__(
        self,
        name: str,
        tooltip: str,
        *,
        optional: bool = False,
        prefix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._optional = optional
        self._prefix = prefix
        self._value: int | None = None
        self._default: int | None = None if optional else 0
        self.setValidator(SeedValidator(self))
        self.setMaxLength(16)
        self.set_names(name, tooltip)

    def set_names(self, name: str, tooltip: str) -> None:
        """Call the field by another name, and explain it anew."""
        self._tooltip = tooltip
        self.setAccessibleName(name)
        self.setAccessibleDescription(tooltip)
        style.set_tip(self, f"{tooltip} {SEED_RESETS}")

    def set_default(self, seed: int) -> None:
        """What Delete gives from now on."""
        self._default = seed

    def ask_default(self) -> None:
        """Take the default, as Delete does."""
        self.propose(self._default)
        self.selectAll()

    @property
    def value(self) -> int | None:
        """The seed shown, None when there is none."""
        return self._value

    def set_value(self, value: int | None, placeholder: str = "") -> None:
        """Show a seed, or for None the placeholder; what is being typed stays; emits nothing."""
        if value == self._value and placeholder == self.placeholderText() and not self.isModified():
            return  # measuring whether the prefix fits takes longer than all else
        self._value = value
        self.setPlaceholderText(placeholder)
        if not (self.hasFocus() and self.isModified()):
            self._show()

    def set_available(self, reason: str = "") -> None:
        """Grey the field out and say why in its tooltip; without a reason it works again."""
        self.setEnabled(not reason)
        style.set_tip(self, reason or f"{self._tooltip} {SEED_RESETS}")

    def propose(self, value: int | None) -> None:
        """Show a person's choice and tell it, when it is another one."""
        changed = value != self._value
        self._value = value
        self._show()
        if changed:
            self.edited.emit(value)

    def event(self, event: QEvent) -> bool:
        """Leave keys that no seed can use, such as Space, to the window while nothing is typed."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not self.isModified()
            and event.text().isprintable()
            and event.text()
            and not event.text().isdigit()
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, give up, or take what was typed."""
        steps: dict[int, int] = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            start = int(self.text()) if self.hasAcceptableInput() else (self._value or 0)
            self.propose(min(SEED_MAX, max(0, start + steps[event.key()])))
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self._show()
        elif event.key() == Qt.Key.Key_Delete and _stands_whole(self, self.text()):
            self.ask_default()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._commit()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the way back, and what one does with text."""
        _menu_with_reset(self, self).popup(event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the bare number, selected, ready to be typed over."""
        super().focusInEvent(event)
        if not self.isModified():
            self._show()
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take what was typed."""
        self._commit()
        super().focusOutEvent(event)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the prefix where there is room for it now."""
        super().resizeEvent(event)
        if not self.isModified():
            self._show()

    def _commit(self) -> None:
        if not self.isModified():
            return
        if self.hasAcceptableInput():
            self.propose(int(self.text()))
        elif self._optional:
            self.propose(None)
        else:
            self._show()

    def _show(self) -> None:
        written = self._written()
        if written != self.text() or self.isModified():
            self.setText(written)
            self.setCursorPosition(0)
            self.setModified(False)

    def _written(self) -> str:
        if self._value is None:
            return ""
        full = f"{self._prefix}{self._value}"
        fits = self.fontMetrics().horizontalAdvance(full) <= self.width() - 12
        return full if fits and not self.hasFocus() else str(self._value)


class SeedBox(QWidget, Resettable):
    """A seed and a dice that throws a new one; `edited` carries an int (a seed may exceed 2**31)."""

    edited = Signal(object)

    def __init__(
        self,
        name: str,
        tooltip: str,
        dice_tooltip: str,
        *,
        prefix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.field = SeedField(name, tooltip, prefix=prefix)
        self.dice = IconButton("dice", f"{name}, dice", dice_tooltip, side=28, framed=True)
        self.setAccessibleName(name)
        self.field.setFixedHeight(28)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.STEP)
        row.addWidget(self.field, 1)
        row.addWidget(self.dice)
        self.setFocusProxy(self.field)
        self.field.edited.connect(self.edited)
        self.dice.clicked.connect(self._on_dice)

    def set_names(self, name: str, tooltip: str) -> None:
        """Call the seed by another name, and explain it anew."""
        self.setAccessibleName(name)
        self.field.set_names(name, tooltip)
        self.dice.setAccessibleName(f"{name}, dice")

    def set_default(self, seed: int) -> None:
        """What Delete and Reset give from now on."""
        self.field.set_default(seed)

    def ask_default(self) -> None:
        """Take the default, as Delete does."""
        self.field.ask_default()

    @property
    def value(self) -> int | None:
        """The seed shown, None when there is none."""
        return self.field.value

    def set_value(self, value: int | None, placeholder: str = "") -> None:
        """Show a seed, or for None the placeholder; emits nothing."""
        self.field.set_value(value, placeholder)

    def set_available(self, reason: str = "") -> None:
        """Grey both out and say why in their tooltips; without a reason they work again."""
        self.setEnabled(not reason)
        self.field.set_available(reason)
        self.dice.set_available(reason)

    def _on_dice(self) -> None:
        self.field.propose(thrown())


class NumberBox(QSpinBox, Resettable):
    """A whole number in a range; Delete on the whole of it, or a double click, resets it to `default`."""

    def __init__(
        self,
        name: str,
        tooltip: str,
        low: int,
        high: int,
        default: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._default = default
        self.setRange(low, high)
        self.setValue(default)
        self.setAccessibleName(name)
        self.setAccessibleDescription(tooltip)
        style.set_tip(self, f"{tooltip} {RESETS}")
        self.lineEdit().installEventFilter(self)
        self.editingFinished.connect(self._on_finished)

    def ask_default(self) -> None:
        """Take the default, and mark it to be typed over."""
        self.setValue(self._default)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back on Delete; what is being typed is the line's own."""
        if event.key() == Qt.Key.Key_Delete and _stands_whole(self.lineEdit(), self.cleanText()):
            self.ask_default()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go back on a double click into the line."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.ask_default()
            return True
        return super().eventFilter(watched, event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the way back, and what one does with text."""
        _menu_with_reset(self.lineEdit(), self).popup(event.globalPos())

    def _on_finished(self) -> None:
        self.lineEdit().setModified(False)


class ResettableLine(QLineEdit, Resettable):
    """A line of numbers that is read when a person is done; it goes back to a default.

    Delete on the whole of it, a double click, or Reset in its menu put the default there.

    Signals
    -------
    reset()
        A person went back: the default stands there.
    """

    reset = Signal()

    def __init__(
        self, name: str, tooltip: str, default: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(default, parent)
        self._default = default
        self.setAccessibleName(name)
        self.setAccessibleDescription(tooltip)
        style.set_tip(self, f"{tooltip} {RESETS}")
        self.editingFinished.connect(self._on_finished)

    def set_default(self, text: str) -> None:
        """What it goes back to from now on."""
        self._default = text

    def ask_default(self) -> None:
        """Take the default, and mark it to be typed over."""
        self.setText(self._default)
        self.reset.emit()
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back on Delete; what is being typed is edited as any text."""
        if event.key() == Qt.Key.Key_Delete and _stands_whole(self, self.text()):
            self.ask_default()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Go back."""
        self.ask_default()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the way back, and what one does with text."""
        _menu_with_reset(self, self).popup(event.globalPos())

    def _on_finished(self) -> None:
        self.setModified(False)
