"""Reads training runs off the window's thread: the one that is followed, and the cards of all of them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QFile, QIODevice, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QImageReader

from ganlab.engine.background_tasks import Background
from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.export import BROKEN
from ganlab_core.files import ConfinedFolder, runs_dir
from ganlab_core.models import read_info
from ganlab_core.recipe import Recipe
from ganlab_core.training import (
    BIGGANS,
    REALS,
    Finding,
    LogReader,
    RunFacts,
    RunHistory,
    RunReader,
    Runs,
    RunStatus,
    TrainConfig,
    applied,
    delete_run,
    findings,
    held_for_removal,
    kept_in,
    known_runs,
    open_run,
    read_record,
    read_sheet,
    seconds_left,
    seconds_per_image,
    unlink_run,
    variety_of_sheet,
)

PNG = b"\x89PNG"

Stamp = tuple[str, int, int]
"""Path, modification time in nanoseconds, size in bytes: equal stamps, equal file."""


@dataclass(frozen=True, slots=True)
class RunNews:
    """What a look at the folder showed.

    Attributes
    ----------
    status
        How far it is.
    model
        The newest model file, or None.
    model_stamp, sheet_stamp
        What tells a changed file from the same one.
    sheet
        The newest sample sheet when it is not the one seen last, else None.
    """

    status: RunStatus
    model: Path | None
    model_stamp: Stamp | None
    sheet_stamp: Stamp | None
    sheet: QImage | None


class RunWatcher(QObject):
    """Looks at a run's folder every few seconds, off the window's thread.

    Signals
    -------
    model_saved(Path)
        There is a newer model file.
    sheet_drawn(QImage), progressed(RunStatus)
        There is a newer sample sheet, or the run went on.
    failed(GanlabError)
        The folder cannot be read (any more); the watching has ended.
    """

    model_saved = Signal(object)
    sheet_drawn = Signal(object)
    progressed = Signal(object)
    failed = Signal(object)

    def __init__(self, interval_ms: int = 2000, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Background(self)
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.look)
        self._folder: Path | None = None
        self._news: RunNews | None = None
        self._reader.done.connect(self._on_looked)

    @property
    def folder(self) -> Path | None:
        """The folder that is watched, None when there is none."""
        return self._folder

    @property
    def model(self) -> Path | None:
        """The newest model file that was seen."""
        return self._news.model if self._news else None

    @property
    def status(self) -> RunStatus | None:
        """Where the run stood at the last look."""
        return self._news.status if self._news else None

    @property
    def is_looking(self) -> bool:
        """Whether a look is under way or not yet told."""
        return self._reader.is_busy

    def watch(self, folder: Path) -> None:
        """Look at this folder now and from now on."""
        self.let_go()
        self._folder = folder
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Look once, unless a look is still under way."""
        if self._folder is None or self._reader.is_busy:
            return
        seen = self._news.sheet_stamp if self._news else None
        self._reader.start(self._folder, partial(_look, self._folder, seen))

    def let_go(self) -> None:
        """Watch no longer; a look that is under way is left behind."""
        self._timer.stop()
        self._folder = None
        self._news = None
        self._reader.leave()

    def stop(self) -> None:
        """Watch no longer; returns when no look is under way, or when one has waited too long."""
        self._reader.wait()
        self.let_go()

    def finish_looking(self) -> None:
        """Wait for a look that is under way; what it showed is told by the event loop."""
        self._reader.wait(60.0)

    def _on_looked(self, _folder: Path, result: RunNews | Exception) -> None:
        if isinstance(result, Exception):
            self._timer.stop()
            self._folder = None
            self.failed.emit(result)
        else:
            self._tell(result)

    def _tell(self, news: RunNews) -> None:
        before, self._news = self._news, news
        if before is None or news.status != before.status:
            self.progressed.emit(news.status)
        if news.sheet is not None:
            self.sheet_drawn.emit(news.sheet)
        if news.model and (before is None or news.model_stamp != before.model_stamp):
            self.model_saved.emit(news.model)


def _look(folder: Path, seen: Stamp | None) -> RunNews:
    """What a look at the folder shows; raises `GanlabError`."""
    try:
        return _news_of(open_run(folder), seen)
    except OSError as error:
        raise GanlabError(explain_os_error(error, f"reading the run {folder.name}")) from None


def _news_of(run: RunReader, seen: Stamp | None) -> RunNews:
    model = run.model_path()
    sheet = run.newest_sheet()
    sheet_stamp = _stamp(run, sheet)
    image = (
        QImage()
        if sheet is None or sheet_stamp == seen
        else sheet_image(run.root, _name(run, sheet))
    )
    return RunNews(
        run.status(),
        model,
        _stamp(run, model),
        seen if image.isNull() else sheet_stamp,
        None if image.isNull() else image,
    )


def sheet_image(root: Path, name: str) -> QImage:
    """The picture in the file of a run's sheet; a null one where there is none."""
    try:
        data = read_sheet(root, name)
    except OSError:
        return QImage()
    return QImage.fromData(data) if data.startswith(PNG) else QImage()


def _stamp(run: RunReader, path: Path | None) -> Stamp | None:
    """The file's stamp; None when it is not there (any more)."""
    try:
        facts = run.files.stat(_name(run, path)) if path else None
    except OSError:
        return None
    return (str(path), facts.st_mtime_ns, facts.st_size) if facts else None


def _name(run: RunReader, path: Path) -> str:
    return path.relative_to(run.root).as_posix()


# Follows the event log of one run off the window's thread: curves, findings, sheets on demand.

MOST_SHEETS = 96
"""Sheets whose variety is measured; of longer runs every n-th."""


@dataclass(frozen=True, slots=True, eq=False)
class RunSnapshot:
    """What a look at a run showed.

    Attributes
    ----------
    history
        Everything so far.
    diversity
        (images, variety) of sheets.
    findings
        What is wrong.
    models
        (images, path) of the snapshots and checkpoints that were kept, oldest first.
    left
        Seconds of training that are left, later resolutions counted; None while nothing was timed.
    classes
        What the network has learned to tell apart; empty where there are none, or no model yet.
    config
        As the run began; None for one that cannot be read.
    reals
        Some of the data's pictures side by side; a null image where there are none.
    """

    history: RunHistory
    diversity: tuple[tuple[int, float], ...]
    findings: tuple[Finding, ...]
    models: tuple[tuple[int, Path], ...]
    left: float | None = None
    classes: tuple[str, ...] = ()
    config: TrainConfig | None = None
    reals: QImage = field(default_factory=QImage)

    @property
    def classified(self) -> bool:
        """Whether the losses hold the part of an auxiliary classifier."""
        config = self.config
        weighs = config is not None and config.architecture == "progan" and config.label_weight > 0
        return weighs and len(self.classes) > 1

    @property
    def class_by_row(self) -> bool:
        """Whether each row of a sheet is of one class; else they take turns."""
        return self.config is not None and self.config.architecture in BIGGANS


class RunFollower(QObject):
    """Looks at one run every second or so; nothing here ever waits.

    Signals
    -------
    told(RunSnapshot)
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

    def _on_looked(self, _reading: _Reading, told: RunSnapshot | Exception | None) -> None:
        """Tell; a failure is no news: the folder may come and go, and the run watcher tells of it."""
        if isinstance(told, RunSnapshot):
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
        self._history: LogReader | None = None
        self._diversity: dict[int, float] = {}
        self._models: tuple[tuple[int, Path], ...] = ()
        self._classes: tuple[str, ...] = ()
        self._reals = QImage()

    def look(self) -> RunSnapshot | None:
        """What is new; None for nothing."""
        if self._history is None:
            self._history = LogReader(self._folder, open_run(self._folder).config)
        changed = self._history.update()
        models = _kept_models(self._folder)
        if not changed and models == self._models:
            return None
        self._models = models
        story = self._history.history()
        self._measure(story)
        diversity = tuple(sorted(self._diversity.items()))
        self._look_around()
        config = _steered_config(self._folder)
        left = _left(config, story) if config is not None else None
        found = findings(story, diversity)
        return RunSnapshot(
            story, diversity, found, models, left, self._classes, config, self._reals
        )

    def _look_around(self) -> None:
        """What comes once and stays: the network's classes, some of the data's pictures."""
        if not self._classes:
            with contextlib.suppress(GanlabError, OSError):
                self._classes = read_info(self._folder / MODEL).classes
        if self._reals.isNull():
            self._reals = sheet_image(self._folder, REALS)

    def _measure(self, story: RunHistory) -> None:
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


MODEL = "model.safetensors"


def _steered_config(folder: Path) -> TrainConfig | None:
    """A run's config with everything that was steered so far; None for one that cannot be read."""
    try:
        config = TrainConfig.from_json(ConfinedFolder(folder).read("config.json").decode())
        for change in read_record(folder):
            config = applied(config, change)
    except (OSError, ValueError, GanlabError):
        return None
    return config


def _left(config: TrainConfig, story: RunHistory) -> float | None:
    return seconds_left(config, seconds_per_image(story), story.last_images)


def recipe_of_sample(folder: Path, index: int, classes: int) -> Recipe:
    """The Recipe of a sample of the run's sheets, by its place; raises `GanlabError`."""
    from ganlab_core.training import sample_recipe  # torch

    config = _steered_config(folder)
    if config is None:
        raise GanlabError(f"The config of {folder.name} cannot be read.")
    return sample_recipe(config, index, classes)


def _kept_models(folder: Path) -> tuple[tuple[int, Path], ...]:
    """Checkpoints and snapshots by the images they have seen; of both, the snapshot opens faster."""
    found: dict[int, Path] = {}
    for name in ("checkpoints", "snapshots"):
        found |= {one.images: one.path for one in kept_in(folder / name)}
    return tuple(sorted(found.items()))


FACE = QSize(480, 240)
"""Most pixels kept of a face: twice those of a card, for screens of twice the density."""

MOST_ACROSS = 4
"""Samples of a sheet that a face shows side by side; more would be too small to tell apart."""

LARGEST_PICTURE = 64 * 2**20


@dataclass(frozen=True, slots=True)
class RunCard:
    """One run in the overview; `face` is None while it has no samples."""

    facts: RunFacts
    face: QImage | None = None


class CardReader:
    """Reads cards, and again: only samples that are new are decoded. Used by one thread at a time."""

    def __init__(self) -> None:
        self._runs = Runs()
        self._faces: dict[tuple[str, int, int], QImage | None] = {}

    def read(self, places: Iterable[Path], listed: Iterable[Path] = ()) -> list[RunCard]:
        """The cards of all runs in these places, and of those in the listed folders."""
        known, self._faces = self._faces, {}
        found = self._runs.look(places, listed)
        return [RunCard(facts, self._face(facts, known)) for facts in found]

    def _face(
        self, facts: RunFacts, known: dict[tuple[str, int, int], QImage | None]
    ) -> QImage | None:
        if facts.sheet is None:
            return None
        try:
            about = facts.sheet.lstat()
        except OSError:
            return None
        stamp = (str(facts.sheet), about.st_mtime_ns, about.st_size)
        face = known[stamp] if stamp in known else face_of(facts)
        self._faces[stamp] = face
        return face


def face_of(facts: RunFacts) -> QImage | None:
    """A run's first samples, about twice as wide as high; None for what cannot be read."""
    image = _decoded(facts)
    if image.isNull():
        return None
    rows, columns = facts.grid
    if image.width() % columns == 0 and image.height() % rows == 0:
        wide, high = image.width() // columns, image.height() // rows
        across = min(columns, MOST_ACROSS)
        down = max(1, min(rows, across * wide // (2 * high)))
        image = image.copy(0, 0, across * wide, down * high)
    if image.width() <= FACE.width() and image.height() <= FACE.height():
        return image
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(FACE, keep, smooth)


def _decoded(facts: RunFacts) -> QImage:
    """The newest sheet; a null one for what is no picture, or one larger than any sheet."""
    if facts.sheet is None:
        return QImage()
    data = QBuffer()
    try:
        data.setData(read_sheet(facts.folder, facts.sheet.relative_to(facts.folder).as_posix()))
    except OSError:
        return QImage()
    data.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(data, QByteArray(b"png"))
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > LARGEST_PICTURE:
        return QImage()
    return reader.read()


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
