"""Follows the event log of one run off the window's thread: curves, findings, sheets on demand."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from ganlab.workers.background import Background
from ganlab.workers.run_watcher import sheet_image
from ganlab_core.export.png import BROKEN
from ganlab_core.training.health_monitor import Finding, findings
from ganlab_core.training.keeping import kept_in
from ganlab_core.training.run_history import RunHistory, Story
from ganlab_core.training.run_reader import open_run, read_sheet
from ganlab_core.training.variety import variety_of_sheet

MOST_SHEETS = 96
"""Sheets whose variety is measured; of longer runs every n-th."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a look at a run showed.

    Attributes
    ----------
    story
        Everything so far.
    diversity
        (images, variety) of sheets.
    findings
        What is wrong.
    models
        (images, path) of the snapshots and checkpoints that were kept, oldest first.
    """

    story: Story
    diversity: tuple[tuple[int, float], ...]
    findings: tuple[Finding, ...]
    models: tuple[tuple[int, Path], ...]


class StoryTeller(QObject):
    """Looks at one run every second or so; nothing here ever waits.

    Signals
    -------
    told(Told)
        There is something new.
    sheet_loaded(Path, QImage)
        What `load_sheet` asked for.
    """

    told = Signal(object)
    sheet_loaded = Signal(object, object)

    def __init__(self, interval_ms: int = 1000, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Background(self)
        self._sheets = Background(self)
        self._timer = QTimer(self, interval=interval_ms)
        self._timer.timeout.connect(self.look)
        self._reading: _Reading | None = None
        self._wanted: Path | None = None
        self._reader.done.connect(self._on_looked)
        self._sheets.done.connect(self._on_loaded)

    def follow(self, folder: Path) -> None:
        """Tell of this run now and from now on."""
        self.let_go()
        self._reading = _Reading(folder)
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Look once, unless a look is under way."""
        if self._reading is not None and not self._reader.is_busy:
            self._reader.start(self._reading, self._reading.look)

    def rest(self, on: bool) -> None:
        """Look no more while nobody sees it; afterwards look at once and go on."""
        if on:
            self._timer.stop()
        elif self._reading is not None:
            self._timer.start()
            self.look()

    def load_sheet(self, path: Path) -> None:
        """Read a sheet; while one is being read, only the last one asked for is kept."""
        self._wanted = path
        if not self._sheets.is_busy:
            self._load_wanted()

    def let_go(self) -> None:
        """Follow no run; a look that is under way is left behind."""
        self._timer.stop()
        self._reading = None
        self._wanted = None
        self._reader.leave()
        self._sheets.leave()

    def stop(self) -> None:
        """Follow no run; returns when no look is under way, or when one has waited too long."""
        self._reader.wait()
        self._sheets.wait()
        self.let_go()

    def _on_looked(self, _reading: _Reading, told: Told | Exception | None) -> None:
        """Tell; a failure is no news: the folder may come and go, and the run watcher tells of it."""
        if isinstance(told, Told):
            self.told.emit(told)

    def _load_wanted(self) -> None:
        path, self._wanted = self._wanted, None
        if path is not None:
            self._sheets.start(
                path, partial(sheet_image, path.parents[1], f"{path.parent.name}/{path.name}")
            )

    def _on_loaded(self, path: Path, image: QImage | Exception) -> None:
        if isinstance(image, QImage) and not image.isNull():
            self.sheet_loaded.emit(path, image)
        self._load_wanted()


class _Reading:
    """What is known of one run between two looks; used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history: RunHistory | None = None
        self._diversity: dict[int, float] = {}
        self._models: tuple[tuple[int, Path], ...] = ()

    def look(self) -> Told | None:
        """What is new; None for nothing."""
        if self._history is None:
            self._history = RunHistory(self._folder, open_run(self._folder).config)
        changed = self._history.update()
        models = _kept_models(self._folder)
        if not changed and models == self._models:
            return None
        self._models = models
        story = self._history.story()
        self._measure(story)
        diversity = tuple(sorted(self._diversity.items()))
        return Told(story, diversity, findings(story, diversity), models)

    def _measure(self, story: Story) -> None:
        """The variety of every sheet, of a long run of every n-th, and of the newest."""
        known = {sheet.images for sheet in story.sheets}
        self._diversity = {at: value for at, value in self._diversity.items() if at in known}
        every = max(1, len(story.sheets) // MOST_SHEETS)
        for sheet in (*story.sheets[::every], *story.sheets[-1:]):
            if sheet.images in self._diversity:
                continue
            try:
                picture = io.BytesIO(read_sheet(story.root, sheet.path))
                value = variety_of_sheet(picture, story.grid)
            except BROKEN:
                continue
            self._diversity[sheet.images] = value


def _kept_models(folder: Path) -> tuple[tuple[int, Path], ...]:
    """Checkpoints and snapshots by the images they have seen; of both, the snapshot opens faster."""
    found: dict[int, Path] = {}
    for name in ("checkpoints", "snapshots"):
        found |= {one.images: one.path for one in kept_in(folder / name)}
    return tuple(sorted(found.items()))
