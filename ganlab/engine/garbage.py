"""Cyclic garbage is collected on the window's thread, between two events, and nowhere else."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 250
LIMITS = (2000, 10, 10)
"""Objects that were made, collections of the youngest, and of the middle ones, before the next."""


class Garbage(QObject):
    """Takes Python's own collector's place, which works on whatever thread makes an object just then.

    There it would take apart a widget that belongs to a cycle while Qt paints on this thread, and it
    would hold the interpreter lock whenever it likes. What the large libraries made is frozen
    (`torch_loading`), so a whole collection takes a millisecond or two.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = False
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Collect here from now on."""
        self._was_on = self._was_on or gc.isenabled()
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        if self._was_on:
            gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation whose turn it is; those younger go with it."""
        counts = gc.get_count()
        due = [age for age, limit in enumerate(LIMITS) if counts[age] > limit]
        if due:
            gc.collect(due[-1])
