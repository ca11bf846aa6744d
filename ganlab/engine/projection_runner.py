"""Own pictures brought into the model on a thread of their own, watched, paused, led on and left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ganlab.engine.threads import tell
from ganlab_core.errors import GanlabError

if TYPE_CHECKING:
    from ganlab_core.inspection import Beginnings, Crop, Pixels, Projection, Sight

JOIN_SECONDS = 5.0
"""How long a closing window waits for a step that is under way."""


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """What is to be brought where.

    Attributes
    ----------
    model, picture
        The model's file and the picture's.
    crop
        The picture's square.
    editable
        0 = close to the picture, 1 = easy to edit.
    seconds
        Of work.
    """

    model: Path
    picture: Path
    crop: Crop
    editable: float = 0.25
    seconds: float = 30.0


@dataclass(slots=True, eq=False)
class Ready:
    """What a model needs for any picture, kept for the next one."""

    model: Path
    beginnings: Beginnings
    through: tuple[Sight, ...]


@dataclass(slots=True, eq=False)
class Piece:
    """One piece of work on its thread, and what it is told."""

    task: OwnPicture
    seconds: float
    projection: Projection | None = None
    may_go: threading.Event = field(default_factory=threading.Event)
    is_left: bool = False


class ProjectionRunner(QObject):
    """Brings one picture at a time into a model, on a copy of the model that belongs to it alone.

    Signals
    -------
    prepared(Pixels, float)
        The square that is aimed at, None while seeds are still drawn; and the share of the seeds drawn.
    progressed(Projected), finished(Projected)
        How far it is; and that the time is over. `go_longer` goes on from there.
    failed(Exception)
        It ended with this.
    """

    prepared = Signal(object, float)
    progressed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    _news = Signal(object, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._piece: Piece | None = None
        self._threads: list[threading.Thread] = []
        self._ready: Ready | None = None
        self._lock = threading.Lock()
        self._is_over = True
        self._news.connect(self._on_news)

    @property
    def is_running(self) -> bool:
        """Whether a picture is on its way, paused or not."""
        return self._piece is not None and not self._is_over

    @property
    def can_go_longer(self) -> bool:
        """Whether there is a picture whose time is over and that could go on."""
        return self._is_over and self._piece is not None and self._piece.projection is not None

    def start(self, task: OwnPicture) -> None:
        """Begin, and leave the picture that is on its way."""
        self._begin(Piece(task, task.seconds))

    def go_longer(self, seconds: float) -> None:
        """Go on with the picture whose time is over."""
        if self.can_go_longer and self._piece is not None:
            before = self._piece
            self._begin(Piece(before.task, seconds, before.projection))

    def set_paused(self, paused: bool) -> None:
        """Wait before the next step, or go on."""
        if self._piece is not None:
            (self._piece.may_go.clear if paused else self._piece.may_go.set)()

    def cancel(self) -> None:
        """Leave the picture; nothing more is told of it."""
        if self._piece is not None:
            self._piece.is_left = True
            self._piece.may_go.set()
        self._piece, self._is_over = None, True

    def finish(self) -> None:
        """Leave everything, and wait for the step that is under way."""
        self.cancel()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _begin(self, piece: Piece) -> None:
        self.cancel()
        self._piece, self._is_over = piece, False
        piece.may_go.set()
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._work, args=(piece,), name="projection", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _on_news(self, piece: Piece, kind: str, what: object) -> None:
        """Hand on what the piece of now has to tell."""
        if piece is not self._piece:
            return
        self._is_over = kind in ("finished", "failed")
        if kind == "prepared":
            self.prepared.emit(*what)  # type: ignore[misc]
        else:
            {"progressed": self.progressed, "finished": self.finished, "failed": self.failed}[
                kind
            ].emit(what)

    # --- on the other thread ---------------------------------------------------------------------

    def _work(self, piece: Piece) -> None:
        with self._lock:  # the seeds of a model are drawn once, whoever waits for them
            try:
                for kind, what in self._steps(piece):
                    if piece.is_left:
                        return
                    tell(self._news.emit, piece, kind, what)
                    piece.may_go.wait()
            except Exception as error:  # noqa: BLE001 - the thread's edge
                tell(self._news.emit, piece, "failed", error)

    def _steps(self, piece: Piece) -> Iterator[tuple[str, object]]:
        from ganlab_core.inspection import Effort

        if piece.projection is None:
            yield from self._prepare(piece)
        if piece.projection is None:
            return
        last = None
        for last in piece.projection.run(Effort(None, piece.seconds), every=4):
            yield "progressed", last
        yield "finished", last

    def _prepare(self, piece: Piece) -> Iterator[tuple[str, object]]:
        from ganlab_core.inspection import Projection, cut_square, read_own_picture

        task = piece.task
        if self._ready is None or self._ready.model != task.model:
            self._ready = _made_ready(task.model)
        beginnings = self._ready.beginnings
        side = beginnings.chain.side
        whole = read_own_picture(task.picture, side)
        for done in beginnings.draw():
            yield "prepared", (None, done / beginnings.count)
        target: Pixels = cut_square(whole, side, beginnings.ground, task.crop)
        yield "prepared", (target, 1.0)
        piece.projection = Projection(beginnings, target, self._ready.through, task.editable)


def _made_ready(path: Path) -> Ready:
    from ganlab_core.evaluation import general_sight
    from ganlab_core.inspection import Beginnings, read_critic, sights
    from ganlab_core.training import open_any

    model = open_any(path)
    try:
        critic = read_critic(model.info)
    except GanlabError:  # pixels lead without it
        critic = None
    return Ready(path, Beginnings(model, 300), sights(critic, general_sight()))
