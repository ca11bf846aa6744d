"""Looks through the folders of runs off the window's thread, as long as somebody sees the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal

from ganlab.run_cards import CardReader


class RunLister(QObject):
    """Tells what runs there are, every few seconds.

    Signals
    -------
    listed(list of RunCard)
        What the last look found.
    failed(Exception)
        A look found something nobody thought of.
    """

    listed = Signal(object)
    failed = Signal(object)
    _looked = Signal(object)

    def __init__(self, interval_ms: int = 2000, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._reader = CardReader()
        self._places: tuple[Path, ...] = ()
        self._looking = self._again = False
        self._timer = QTimer(self, interval=interval_ms)
        self._timer.timeout.connect(self._on_time)
        self._looked.connect(self._on_looked)

    def follow(self, places: Sequence[Path]) -> None:
        """List the runs in these places now and from now on."""
        self._places = tuple(places)
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Look now, or once more when a look is under way."""
        if self._looking:
            self._again = True
            return
        self._looking, self._again = True, False
        self._pool.start(_Look(self._reader, self._places, self._looked.emit))

    def rest(self) -> None:
        """Look no more until there is somebody to see it."""
        self._timer.stop()
        self._again = False

    def stop(self) -> None:
        """Look no more; returns when no look is under way."""
        self.rest()
        self._pool.waitForDone()

    def _on_time(self) -> None:
        if not self._looking:
            self.look()

    def _on_looked(self, result: object) -> None:
        self._looking = False
        (self.failed if isinstance(result, Exception) else self.listed).emit(result)
        if self._again:
            self.look()


class _Look(QRunnable):
    """One look; what it found goes out through a signal."""

    def __init__(
        self, reader: CardReader, places: Sequence[Path], tell: Callable[[object], None]
    ) -> None:
        super().__init__()
        self._reader, self._places, self._tell = reader, places, tell

    def run(self) -> None:
        try:
            result: object = self._reader.read(self._places)
        except Exception as error:  # noqa: BLE001 - the thread's edge
            result = error
        self._tell(result)
