"""Looks through the folders of runs off the window's thread, as long as somebody sees the list."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QTimer, Signal

from ganlab.engine.background_tasks import Background
from ganlab.run_cards import CardReader, RunCard
from ganlab_core.files import runs_dir
from ganlab_core.training import delete_run, held_for_removal, known_runs, unlink_run


class RunLister(QObject):
    """Tells what runs there are, every few seconds.

    The person's own folder of runs and the runs that lie elsewhere are looked at apart, so that a disk
    that is gone keeps nobody from the others.

    Signals
    -------
    listed(list of RunCard)
        What the last looks found, the run that began last first.
    failed(Exception)
        A look found something nobody thought of.
    """

    listed = Signal(object)
    failed = Signal(object)

    def __init__(self, interval_ms: int = 2000, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: dict[str, list[RunCard]] = {}
        self._late = False
        self._again: set[str] = set()
        self._readers = {"own": Background(self), "elsewhere": Background(self)}
        self._cards = {place: CardReader() for place in self._readers}
        for reader in self._readers.values():
            reader.done.connect(self._on_done)
        self._timer = QTimer(self, interval=interval_ms)
        self._timer.timeout.connect(self._on_time)

    @property
    def is_following(self) -> bool:
        """Whether it looks again and again."""
        return self._timer.isActive()

    def follow(self) -> None:
        """List the runs now and from now on."""
        self._late = False
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Look now, and where a look is under way once more after it."""
        for place, reader in self._readers.items():
            if reader.is_busy:
                self._again.add(place)
            else:
                self._start(place)

    def rest(self) -> None:
        """Look no more until there is somebody to see it."""
        self._timer.stop()
        self._again.clear()

    def stop(self) -> None:
        """Look no more; returns when no look is under way, or when one has waited too long."""
        self.rest()
        for reader in self._readers.values():
            reader.wait()
            reader.leave()

    def _start(self, place: str) -> None:
        cards, own = self._cards[place], runs_dir()
        work = partial(_own, cards, own) if place == "own" else partial(_elsewhere, cards, own)
        self._readers[place].start(place, work)

    def _on_time(self) -> None:
        """Begin what is at rest; what has taken so long is not waited for any more."""
        for place, reader in self._readers.items():
            if not reader.is_busy:
                self._start(place)
        if not self._late:
            self._late = True
            self._tell()

    def _on_done(self, place: str, result: object) -> None:
        if isinstance(result, Exception):
            self.failed.emit(result)
        elif isinstance(result, list):
            self._found[place] = result
            self._tell()
        if place in self._again:
            self._again.discard(place)
            self._start(place)

    def _tell(self) -> None:
        """Tell when every place has answered, or had the time to."""
        if self._found and (self._late or len(self._found) == len(self._readers)):
            cards = [card for found in self._found.values() for card in found]
            self.listed.emit(sorted(cards, key=_newest_first))


def _own(cards: CardReader, own: Path) -> list[RunCard]:
    return cards.read([own])


def _elsewhere(cards: CardReader, own: Path) -> list[RunCard]:
    return cards.read([], [folder for folder in known_runs() if folder.parent != own])


def _newest_first(card: RunCard) -> tuple[float, str]:
    return (-card.facts.began, card.facts.name)


# ------------------------------------------------------------------------------------------------
# Removing runs from the window: to the system's trash, or for good.


def trash_run(folder: Path) -> bool:
    """Move a run's folder to the trash; a link to one is taken away, and the run it leads to stays.

    False where the system has no trash for it. Raises `GanlabError`.
    """
    with held_for_removal(folder):
        return unlink_run(folder) or QFile(str(folder)).moveToTrash()


def delete_for_good(folder: Path) -> bool:
    """Delete a run's folder; raises `GanlabError`."""
    delete_run(folder)
    return True
