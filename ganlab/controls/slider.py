"""A slider with its title and its value, which can be typed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls.label import Label
from ganlab.controls.span import Readout, Span, plain
from ganlab.controls.track import Track
from ganlab.controls.value_field import ValueField


class ValueSlider(QWidget):
    """Title left, value right, a track below.

    Dragging, arrow keys, Page Up/Down, Home, End and, with the focus, the wheel move it; Shift makes
    drag and arrows fine; a double click or Delete asks for the default. `edited` tells a person's
    change and nothing else: `set_value` never emits.

    Parameters
    ----------
    default
        What a double click or Delete gives; None leaves the answer to whoever hears
        `default_asked`.
    step, decimals
        One arrow key, and the grid that dragging and typing keep to.
    readout
        How the value is written and read; by default a plain number with `suffix`.
    origin
        From where the groove is filled; its low end when None.
    """

    edited = Signal(float)
    drag_started = Signal()
    drag_finished = Signal()
    default_asked = Signal()

    def __init__(
        self,
        title: str,
        low: float,
        high: float,
        default: float | None,
        step: float,
        decimals: int,
        colour: str,
        tooltip: str,
        suffix: str = "",
        *,
        readout: Readout | None = None,
        origin: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._default = default
        self._tooltip = tooltip
        self._readout = readout or plain(decimals, suffix)
        self.track = Track(Span(low, high, step, decimals), colour)
        self.track.origin = origin
        self.field = ValueField()
        self._label = Label(title)
        self._build()
        self._connect()
        self.set_value(low if default is None else default)

    def _build(self) -> None:
        self._label.setFont(style.font("small"))
        style.set_tone(self._label, "muted")
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.track.setAccessibleName(self._title)
        self.field.setAccessibleName(f"{self._title}, value")
        self.setAccessibleName(self._title)
        self._fit_field()
        self.field.setFixedHeight(self.field.fontMetrics().height() + 2)
        self._top = top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        top.addWidget(self._label, 1)
        top.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.track)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.track)
        self.set_tooltip(self._tooltip)

    def _fit_field(self) -> None:
        """Make room for the widest value, so that nothing moves while it changes."""
        span = self.track.span
        values = [span.low, span.high, *(span.at(k / 7) for k in range(1, 7))]
        metrics = self.field.fontMetrics()
        widest = max(metrics.horizontalAdvance(self._readout.write(value)) for value in values)
        self.field.setFixedWidth(widest + 12)

    def _connect(self) -> None:
        self.track.edited.connect(self._on_track_edited)
        self.track.drag_started.connect(self.drag_started)
        self.track.drag_finished.connect(self.drag_finished)
        self.track.default_asked.connect(self._on_default_asked)
        self.track.typed.connect(self.field.begin)
        self.field.committed.connect(self._on_committed)
        self.field.left.connect(self._on_left)

    @property
    def value(self) -> float:
        """The value shown, which may lie beyond the ends."""
        return self.track.number

    def set_value(self, value: float) -> None:
        """Show a value, also one beyond the ends; emits nothing."""
        self.track.show_number(value)
        self.field.show_text(self._readout.write(value))

    def set_span(self, low: float, high: float, readout: Readout | None = None) -> None:
        """Offer another range, and write values in another way; the value shown stays."""
        span = self.track.span
        self._readout = readout or self._readout
        self.track.set_span(Span(low, high, span.step, span.decimals))
        self._fit_field()
        self.field.show_text(self._readout.write(self.value))

    def set_default(self, default: float) -> None:
        """What a double click or Delete gives from now on."""
        self._default = default

    def lead_with(self, widget: QWidget) -> None:
        """Put a widget where the title stands; the title stays the slider's accessible name.

        The keyboard comes to it first.
        """
        self._label.hide()
        self._top.insertWidget(0, widget, 1)
        self.setFocusProxy(widget)

    def end_with(self, widget: QWidget) -> None:
        """Put a widget behind the value."""
        self._top.addWidget(widget)

    def set_muted(self, muted: bool, note: str = "") -> None:
        """Draw in grey what follows another setting, with a word that says so; still editable."""
        self.track.set_muted(muted)
        self._label.setText(f"{self._title} · {note}" if muted and note else self._title)
        style.set_tone(self.field, "muted" if muted else "text")

    def set_available(self, reason: str = "") -> None:
        """Grey the slider out and say why in its tooltip; without a reason it works again."""
        self.setEnabled(not reason)
        self._show_tooltip(reason or self._tooltip)

    def set_tooltip(self, tooltip: str) -> None:
        """Say what the slider does, wherever the pointer rests on it."""
        self._tooltip = tooltip
        self._show_tooltip(tooltip)

    def _show_tooltip(self, tooltip: str) -> None:
        for part in (self, self.track, self.field, self._label):
            style.set_tip(part, tooltip)
        self.track.setAccessibleDescription(tooltip)

    def _on_track_edited(self, value: float) -> None:
        self.field.show_text(self._readout.write(value))
        self.edited.emit(value)

    def _on_default_asked(self) -> None:
        if self._default is not None:
            self.track.propose(self._default)
        self.default_asked.emit()

    def _on_committed(self, text: str) -> None:
        value = self._readout.read(text)
        if value is not None:
            self.track.propose(self.track.span.settle(value))

    def _on_left(self) -> None:
        self.track.setFocus(Qt.FocusReason.OtherFocusReason)
