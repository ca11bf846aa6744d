"""One piece of reading at a time on a thread that can be left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

CLOSING_SECONDS = 1.0
"""How long a closing window waits for a piece of reading; what still reads then is left behind."""


class Background(QObject):
    """Does work on another thread, one piece at a time, and never makes the window wait for it.

    A thread that waits in the system, for a disk on the network that is gone say, cannot be ended.
    It is left behind then: it ends with the process at the latest, and what it finds is not told.

    Signals
    -------
    done(subject, result)
        A piece of work that was not left behind is done; the result is the exception it raised.
    """

    done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._piece: _Piece | None = None
        self._left: list[_Piece] = []

    @property
    def is_busy(self) -> bool:
        """Whether work is under way or not yet told."""
        return self._piece is not None

    def start(self, subject: object, work: Callable[[], object]) -> None:
        """Begin a piece of work, and leave behind the one that is under way."""
        self.leave()
        self._piece = piece = _Piece(subject, work)
        piece.told.connect(self._on_told)
        piece.runner.start()

    def leave(self) -> None:
        """Let what is under way come to nothing; returns at once."""
        self._left = [piece for piece in self._left if piece.runner.is_alive()]
        if self._piece is not None:
            self._left.append(self._piece)
        self._piece = None

    def wait(self, seconds: float | None = None) -> None:
        """Wait so long at most for every piece, else as long as a window that closes does.

        What one that was not left behind has found is told by the event loop.
        """
        until = time.monotonic() + (CLOSING_SECONDS if seconds is None else seconds)
        for piece in (*self._left, *([self._piece] if self._piece else [])):
            piece.runner.join(max(0.0, until - time.monotonic()))

    def _on_told(self, piece: _Piece, result: object) -> None:
        if piece is self._piece:
            self._piece = None
            piece.runner.join(CLOSING_SECONDS)  # it has nothing left to do
            self.done.emit(piece.subject, result)


class _Piece(QObject):
    """A piece of work; belongs to its thread as well, so that it is there as long as that runs."""

    told = Signal(object, object)

    def __init__(self, subject: object, work: Callable[[], object]) -> None:
        super().__init__()
        self.subject = subject
        self._work = work
        self.runner = threading.Thread(target=self._run, name="run-reader", daemon=True)

    def _run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - the thread's edge
            result = error
        self.told.emit(self, result)
