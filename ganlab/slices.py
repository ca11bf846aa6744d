"""Long work of the window's thread, a slice each turn of its loop: between two slices hands are heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer


class Slices(QObject):
    """Does one piece of work at a time; the newest takes the place of the one before.

    A piece of work is a generator that yields after each slice. One that is given up is closed, and
    takes back in its `finally` what it began.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._on_turn)
        self._work: Iterator[None] = iter(())
        self._then: Callable[[], None] | None = None

    def start(self, work: Iterator[None], then: Callable[[], None] | None = None) -> None:
        """Do this from the next turn on, and `then` when all is done."""
        self.stop()
        self._work, self._then = work, then
        self._timer.start()

    def stop(self) -> None:
        """Give up what is under way."""
        self._timer.stop()
        work, self._work, self._then = self._work, iter(()), None
        close = getattr(work, "close", None)
        if close is not None:
            close()

    def _on_turn(self) -> None:
        try:
            next(self._work)
        except StopIteration:
            then = self._then
            self.stop()
            if then is not None:
                then()
