"""The render thread as the window sees it: ask, and be told; nothing here ever waits."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal

from ganlab.engine.threads import end
from ganlab_core.inspection import Answer, Question
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Classes, Latent, Recipe
from ganlab_core.rendering import DraftPicture, FadeParts, Frame, GreyError

# What waits for the render thread: at most one model, one Recipe, and tasks that give way to
# both.

STYLES_WAITING = 64
"""More styles than any desk shows; the oldest were asked for by a hand that has moved on."""

QUIET = 0.08
"""Seconds without a new Recipe after which the canvas counts as idle."""

PATIENCE = 0.4
"""Seconds after which one small picture is made even though the canvas is never idle."""


@dataclass(frozen=True, slots=True)
class Load:
    """Put the model of this name or path on the desk, as generation `generation`; a second beside it."""

    generation: int
    name: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class UsePrecision:
    """Count in this precision, and tell what it costs the picture of a Recipe."""

    generation: int
    name: str
    recipe: Recipe | None


@dataclass(frozen=True, slots=True)
class Draw:
    """Render a Recipe with the model of that generation, and with no other."""

    generation: int
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class FindVectors:
    """Compute the vectors of latents with the model of that generation, for `owner`."""

    generation: int
    owner: str
    latents: tuple[Latent, ...]
    classes: Classes = ()
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class StyleRequest:
    """Make a small picture of where a style comes from, with the model of that generation."""

    generation: int
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Fade:
    """Take the newest block's picture of a Recipe apart, with the model of that generation."""

    generation: int
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Look:
    """Answer a question about the inside of the model of that generation, for `topic`."""

    generation: int
    topic: str
    question: Question


@dataclass(frozen=True, slots=True)
class ThumbnailRequest:
    """Make a small picture of a Recipe, `side` pixels square, when the canvas needs nothing."""

    generation: int
    owner: str
    recipe: Recipe
    side: int


@dataclass(frozen=True, slots=True)
class StopRequest:
    """End the thread."""


Job = (
    Load
    | UsePrecision
    | Draw
    | Fade
    | FindVectors
    | StyleRequest
    | Look
    | ThumbnailRequest
    | StopRequest
)


class Mailbox:
    """Jobs for one thread; the newest of a kind takes the place of what waited.

    A `Draw`, `Fade` or `Load` replaces the one that waits, `FindVectors` that of the same owner,
    `Look` that of its topic; styles queue up, each Recipe once. They come out in the order Stop,
    Load, UsePrecision, Draw, Fade, FindVectors, StyleRequest, Look (quick ones first), ThumbnailRequest;
    thumbnails wait until no Recipe has come for `QUIET` seconds, or since the last thumbnail for
    `PATIENCE`, and each of their owners gets its turn.

    Parameters
    ----------
    clock
        Tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._changed = threading.Condition()
        self._clock = clock
        self._stopped = False
        self._load: Load | None = None
        self._precision: UsePrecision | None = None
        self._draw: Draw | None = None
        self._fade: Fade | None = None
        self._vectors: dict[str, FindVectors] = {}
        self._sources: OrderedDict[Recipe, StyleRequest] = OrderedDict()
        self._looks: dict[str, Look] = {}
        self._dropped: set[str] = set()
        self._thumbnails: OrderedDict[str, deque[ThumbnailRequest]] = OrderedDict()
        self._drawn_at = self._thumbnail_at = float("-inf")

    def put(self, job: Job) -> None:
        """Leave a job; never waits for the thread."""
        with self._changed:
            match job:
                case StopRequest():
                    self._stopped = True
                case Load():
                    self._load = job
                    self._sources.clear()
                    self._thumbnails.clear()
                    self._looks.clear()
                    self._vectors.clear()
                case UsePrecision():
                    self._precision = job
                case Draw():
                    self._draw = job
                    self._drawn_at = self._clock()
                case Fade():
                    self._fade = job
                case _:
                    self._queue(job)
            self._changed.notify()

    def _queue(self, job: FindVectors | StyleRequest | Look | ThumbnailRequest) -> None:
        """Keep what there may be several of."""
        match job:
            case FindVectors():
                self._vectors[job.owner] = job
            case StyleRequest():
                self._sources[job.recipe] = job
                while len(self._sources) > STYLES_WAITING:
                    self._sources.popitem(last=False)
            case Look():
                self._looks[job.topic] = job
            case ThumbnailRequest():
                self._thumbnails.setdefault(job.owner, deque()).append(job)

    def put_back(self, thumbnail: ThumbnailRequest) -> None:
        """Return a thumbnail that something more urgent interrupted; it comes first of its owner's."""
        with self._changed:
            if self._load is None:
                self._thumbnails.setdefault(thumbnail.owner, deque()).appendleft(thumbnail)

    def cancel_thumbnails(self, owner: str) -> None:
        """Forget the thumbnails that wait for an owner."""
        with self._changed:
            self._thumbnails.pop(owner, None)

    def drop_look(self, topic: str) -> None:
        """Forget a topic's question, and give it up where it is being answered."""
        with self._changed:
            self._looks.pop(topic, None)
            self._dropped.add(topic)

    def overtaken(self, look: Look) -> bool:
        """Whether the answer to a question being worked on is not wanted any more."""
        with self._changed:
            waits = look.topic in self._looks or look.topic in self._dropped
            return waits or self._stopped or self._load is not None

    def take_between(self) -> Job | None:
        """What may be done in the middle of a slow look: anything quick that waits."""
        with self._changed:
            if self._stopped or self._load is not None:
                return None
            return self._next_drawing() or self._next_look(slow=False) or self._next_thumbnail()

    def take(self, timeout: float | None = None) -> Job | None:
        """The most urgent job, waiting at most `timeout` seconds for one; else None.

        While thumbnails wait for the canvas to be idle it goes on waiting.
        """
        until = None if timeout is None else self._clock() + timeout
        with self._changed:
            while True:
                job = self._next()
                if job is not None:
                    return job
                left = None if until is None else until - self._clock()
                held = self._thumbnail_in() if self._thumbnails else None
                if held is None and left is not None and left <= 0:
                    return None
                self._changed.wait(held if left is None or held is not None else left)

    def poll(self) -> Job | None:
        """The most urgent job that may be done now, None when there is none."""
        with self._changed:
            return self._next()

    def rest(self, seconds: float) -> None:
        """Wait so long, but no longer than until a model is asked for or all is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._load is not None, seconds)

    def doze(self, seconds: float) -> None:
        """Wait so long, but no longer than until something urgent is asked for."""
        with self._changed:
            self._changed.wait_for(self._urgent, seconds)

    def waiting(self) -> bool:
        """Whether any job waits."""
        with self._changed:
            return self._urgent() or bool(
                self._fade or self._vectors or self._sources or self._looks or self._thumbnails
            )

    def pressing(self) -> bool:
        """Whether a job waits that is more urgent than a source."""
        with self._changed:
            return self._urgent()

    def wants_more_than_thumbnails(self) -> bool:
        """Whether a job waits that a thumbnail gives way to."""
        with self._changed:
            quick = any(look.question.quick for look in self._looks.values())
            return self._urgent() or bool(self._fade or self._vectors or self._sources or quick)

    def _urgent(self) -> bool:
        waiting = (self._load, self._precision, self._draw)
        return self._stopped or any(job is not None for job in waiting)

    def _next(self) -> Job | None:
        if self._stopped:
            return StopRequest()
        if self._load is not None:
            load, self._load = self._load, None
            return load
        if self._precision is not None:
            precision, self._precision = self._precision, None
            return precision
        return self._next_drawing() or self._next_look(slow=True) or self._next_thumbnail()

    def _next_drawing(self) -> Draw | Fade | FindVectors | StyleRequest | None:
        if self._draw is not None:
            draw, self._draw = self._draw, None
            return draw
        if self._fade is not None:
            fade, self._fade = self._fade, None
            return fade
        if self._vectors:
            return self._vectors.pop(next(iter(self._vectors)))
        if self._sources:
            return self._sources.popitem(last=False)[1]
        return None

    def _next_look(self, *, slow: bool) -> Look | None:
        """The quick question that waited longest, else, where that is allowed, the slow one."""
        waiting = sorted(self._looks.values(), key=lambda look: not look.question.quick)
        if not waiting or not (slow or waiting[0].question.quick):
            return None
        self._dropped.discard(waiting[0].topic)
        return self._looks.pop(waiting[0].topic)

    def _next_thumbnail(self) -> ThumbnailRequest | None:
        """The first thumbnail of the owner who has waited longest for a turn."""
        if not self._thumbnails or self._thumbnail_in() > 0:
            return None
        owner, queue = self._thumbnails.popitem(last=False)
        thumbnail = queue.popleft()
        if queue:
            self._thumbnails[owner] = queue
        self._thumbnail_at = self._clock()
        return thumbnail

    def _thumbnail_in(self) -> float:
        """Seconds until a thumbnail may be made."""
        return min(self._drawn_at + QUIET, self._thumbnail_at + PATIENCE) - self._clock()


# Answering questions about the inside of a model on the render thread, the canvas always first.

TOLD_EVERY = 0.01
"""Progress is told when it has risen by this much, so that the window is not flooded."""


class Looks(Protocol):
    """What can look into the model it has loaded."""

    def look(self, question: Question, progress: Callable[[float], bool]) -> Answer | None:
        """What is asked about the inside of the model; None when `progress` answered False."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A question about the inside of the model is answered."""

    generation: int
    topic: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Looking:
    """A topic's question is answered up to this fraction; None: that has ended."""

    generation: int
    topic: str
    fraction: float | None


def look(
    job: Look,
    engine: Looks,
    mailbox: Mailbox,
    tell: Callable[[Seen | Looking], None],
    do: Callable[[Job], None],
) -> None:
    """Answer a question; between its slices `do` is handed whatever else waits and is quick."""
    told = 0.0

    def go_on(fraction: float) -> bool:
        nonlocal told
        if fraction - told >= TOLD_EVERY:
            told = fraction
            tell(Looking(job.generation, job.topic, fraction))
        while (other := mailbox.take_between()) is not None:
            do(other)
        return not mailbox.overtaken(job)

    answer = None
    try:
        answer = engine.look(job.question, go_on)
    finally:
        tell(Looking(job.generation, job.topic, None))
    if answer is not None:
        tell(Seen(job.generation, job.topic, answer))


# What the render thread does with its jobs, as plain Python: latest wins, nothing starves.

PREVIEWS_SHARE = 0.1
"""Part of a moving hand's time that the scales' own pictures may take; when it rests they are made."""

PREVIEWS_EVERY = 0.05
"""Seconds between two sets of them at least: painting them takes the window's time."""

FITTING_SHARE = 0.05
"""Part of the time that read-outs are fitted in beside a training: nobody has asked for them."""

DRAFT_SECONDS = 0.045
"""A frame that takes longer is preceded by a draft that does not: twenty a second."""

MOST_REST = 2.0
"""Seconds between two frames, however small the share of drawing."""


class Engine(Looks, Protocol):
    """What can load a model and draw with it."""

    def load(self, name: str, second: str = "") -> tuple[ModelInfo, Capabilities]:
        """Put the named model in the last one's place; raises, and then keeps the last.

        `second` names another one whose weights are blended in; empty = none.
        """

    def use_precision(self, name: str, recipe: Recipe | None) -> GreyError | None:
        """Count in another precision from now on; what that costs a picture, None for nothing."""

    def draw(self, recipe: Recipe, *, previews: bool) -> Frame:
        """Render a Recipe."""

    def draft(self, recipe: Recipe, seconds: float) -> DraftPicture | None:
        """A picture read early, within that time; None where the frame itself is as quick."""

    def draw_unless(self, recipe: Recipe, go_on: Callable[[], bool]) -> Frame | None:
        """Render a Recipe; None when `go_on`, asked between stages, answered False."""

    def style_thumbnail(self, recipe: Recipe) -> NDArray[np.uint8]:
        """A small picture of where a style comes from, uint8 (64, 64, 3)."""

    def fade(self, recipe: Recipe) -> FadeParts | None:
        """The parts of the newest block's picture; None where there is no block before it."""

    def thumbnail(
        self, recipe: Recipe, side: int, go_on: Callable[[], bool]
    ) -> NDArray[np.uint8] | None:
        """A small picture of a Recipe, uint8 (side, side, 3); None when `go_on` answered False."""

    def vectors(
        self, latents: Sequence[Latent], classes: Classes, threshold: float | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The latents' untruncated w (or z), float32 (N, D), and the centre of truncation, (D,)."""

    def wants_probes(self) -> bool:
        """Whether previews would be better after `fit_probes`."""

    def fit_probes(self, progress: Callable[[float], bool]) -> None:
        """Fit the read-outs; `progress` is told the fraction done and answers False to stop."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model is ready."""

    generation: int
    info: ModelInfo
    can: Capabilities


@dataclass(frozen=True, slots=True)
class Counted:
    """What the precision in use costs the picture in grey levels; None = nothing, or none was drawn."""

    generation: int
    error: GreyError | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame is ready."""

    generation: int
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Drafted:
    """A picture read early is ready; the frame follows when the hand rests."""

    generation: int
    draft: DraftPicture


@dataclass(frozen=True, slots=True, eq=False)
class StyleThumbnailDrawn:
    """A small picture of where a style comes from is ready."""

    generation: int
    recipe: Recipe
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class FadeDrawn:
    """The newest block's picture is taken apart; None where there is nothing to take apart."""

    generation: int
    parts: FadeParts | None


@dataclass(frozen=True, slots=True, eq=False)
class ThumbnailDrawn:
    """A small picture of a Recipe is ready."""

    generation: int
    owner: str
    recipe: Recipe
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class VectorsFound:
    """The vectors of latents, float32 (N, D), and the centre of truncation, (D,)."""

    asked: FindVectors
    vectors: NDArray[np.float32]
    centre: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fitting:
    """The read-outs are fitted up to this fraction; None: the fitting has ended or paused."""

    generation: int
    fraction: float | None


@dataclass(frozen=True, slots=True)
class RenderFailed:
    """A job failed; `loading` when it was to load a model."""

    generation: int
    error: Exception
    loading: bool


Result = (
    Loaded
    | Counted
    | Drawn
    | Drafted
    | StyleThumbnailDrawn
    | FadeDrawn
    | ThumbnailDrawn
    | VectorsFound
    | Fitting
    | Seen
    | Looking
    | RenderFailed
)


class RenderLoop:
    """Takes jobs from a mailbox until told to stop, and tells what came of them.

    Parameters
    ----------
    engine
        What loads and draws.
    mailbox
        Where the jobs come from.
    tell
        Called, on the thread that runs the loop, with each result.
    idle_seconds
        How long nothing must have been asked for before the read-outs are fitted.

    Attributes
    ----------
    share
        Part of the time that the work here may take, above 0 to 1; the rest is left to other
        programs. The number of threads stays, because the last bit of a picture hangs on it.
    """

    def __init__(
        self,
        engine: Engine,
        mailbox: Mailbox,
        tell: Callable[[Result], None],
        idle_seconds: float = 1.0,
    ) -> None:
        self._engine = engine
        self._mailbox = mailbox
        self._tell = tell
        self._idle_seconds = idle_seconds
        self._generation = 0
        self._previews_cost, self._previews_at = float("inf"), 0.0
        self._last: tuple[Draw, Frame] | None = None
        self._may_fit = False
        self.share = 1.0
        self.draft_seconds = DRAFT_SECONDS
        self._fitted_at = 0.0

    def run(self) -> None:
        """Work until a `Stop` comes."""
        while True:
            job = self._mailbox.take(self._idle_seconds if self._may_fit else None)
            began = time.perf_counter()
            match job:
                case StopRequest():
                    return
                case Load():
                    self._guard(partial(self._load, job), job.generation, loading=True)
                case UsePrecision():
                    self._guard(partial(self._use_precision, job), job.generation)
                case None:
                    self._guard(self._fit_probes, self._generation)
                    continue  # which rests between its own steps
                case _:
                    self._do(job)
            self._leave_room(time.perf_counter() - began)

    def _leave_room(self, taken: float) -> None:
        """Rest after a piece of work as long as the share asks for."""
        if self.share < 1.0:
            self._mailbox.rest(min(MOST_REST, taken * (1.0 / self.share - 1.0)))

    def _do(self, job: Job) -> None:
        """One job for the model on the desk; one for any other model is passed over."""
        if isinstance(job, StopRequest | Load | UsePrecision) or job.generation != self._generation:
            return
        self._guard(partial(self._done, job), job.generation)

    def _done(
        self, job: Draw | Fade | FindVectors | StyleRequest | Look | ThumbnailRequest
    ) -> None:
        match job:
            case Draw():
                self._draw(job)
            case StyleRequest():
                self._style_thumbnail(job)
            case Fade():
                self._fade(job)
            case FindVectors():
                self._find_vectors(job)
            case Look():
                look(job, self._engine, self._mailbox, self._tell, self._do)
            case ThumbnailRequest():
                self._thumbnail(job)

    def _guard(self, work: Callable[[], None], generation: int, *, loading: bool = False) -> None:
        """Do one job; this is the thread's edge, where any error becomes a result."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the thread's edge
            self._tell(RenderFailed(generation, error, loading))

    def _load(self, job: Load) -> None:
        named = (job.name, job.second) if job.second else (job.name,)
        info, can = self._engine.load(*named)
        self._generation = job.generation
        self._previews_cost, self._previews_at = float("inf"), 0.0
        self._last = None
        self._may_fit = self._engine.wants_probes()
        self._tell(Loaded(job.generation, info, can))

    def _use_precision(self, job: UsePrecision) -> None:
        """Count otherwise from now on, and draw the picture that is shown again."""
        shown = job.recipe if job.generation == self._generation else None
        error = self._engine.use_precision(job.name, shown)
        self._tell(Counted(job.generation, error))
        if shown is not None and not self._mailbox.pressing():
            self._draw_at_once(Draw(job.generation, shown))

    def _draw(self, job: Draw) -> None:
        """A quick frame at once; before a slow one a draft, and the frame when the hand rests."""
        draft = self._engine.draft(job.recipe, self.draft_seconds)
        if draft is None:
            self._draw_at_once(job)
            return
        self._tell(Drafted(job.generation, draft))
        self._mailbox.doze(QUIET)
        frame = self._engine.draw_unless(job.recipe, self._may_go_on)
        if frame is not None:
            self._last = (job, frame)
            self._tell(Drawn(job.generation, frame))
            if not self._mailbox.pressing():
                self._add_previews(job, frame)

    def _may_go_on(self) -> bool:
        return not self._mailbox.pressing()

    def _draw_at_once(self, job: Draw) -> None:
        """The picture at once; previews with it if their turn has come, else when nothing newer waits."""
        began = time.perf_counter()
        since = began - self._previews_at
        with_previews = since >= max(PREVIEWS_EVERY, self._previews_cost / PREVIEWS_SHARE)
        if with_previews:
            self._previews_at = began
        frame = self._engine.draw(job.recipe, previews=with_previews)
        self._last = (job, frame)
        self._tell(Drawn(job.generation, frame))
        if not with_previews and not self._mailbox.pressing():
            self._add_previews(job, frame)

    def _add_previews(self, job: Draw, frame: Frame) -> None:
        """Draw again for the previews alone; the stages are still known, so only these cost."""
        began = time.perf_counter()
        again = self._engine.draw(job.recipe, previews=True)
        self._previews_at = time.perf_counter()
        self._previews_cost = self._previews_at - began
        self._tell(Drawn(job.generation, replace(frame, previews=again.previews)))

    def _fade(self, job: Fade) -> None:
        self._tell(FadeDrawn(job.generation, self._engine.fade(job.recipe)))

    def _style_thumbnail(self, job: StyleRequest) -> None:
        self._tell(
            StyleThumbnailDrawn(
                job.generation, job.recipe, self._engine.style_thumbnail(job.recipe)
            )
        )

    def _find_vectors(self, job: FindVectors) -> None:
        vectors, centre = self._engine.vectors(job.latents, job.classes, job.threshold)
        self._tell(VectorsFound(job, vectors, centre))

    def _thumbnail(self, job: ThumbnailRequest) -> None:
        """A small picture, unless something more urgent comes meanwhile: then it waits again."""
        pixels = self._engine.thumbnail(job.recipe, job.side, self._may_thumbnail)
        if pixels is None:
            self._mailbox.put_back(job)
        else:
            self._tell(ThumbnailDrawn(job.generation, job.owner, job.recipe, pixels))

    def _may_thumbnail(self) -> bool:
        return not self._mailbox.wants_more_than_thumbnails()

    def _fit_probes(self) -> None:
        """Fit until something is asked for; a fitting that failed is not tried again."""
        self._may_fit = False
        self._fitted_at = time.perf_counter()
        try:
            self._engine.fit_probes(self._on_fitting)
        finally:
            self._tell(Fitting(self._generation, None))
        self._may_fit = self._engine.wants_probes()
        if not self._may_fit and self._last is not None and not self._mailbox.pressing():
            self._add_previews(*self._last)

    def _on_fitting(self, fraction: float) -> bool:
        self._tell(Fitting(self._generation, fraction))
        taken = time.perf_counter() - self._fitted_at
        if self.share < 1.0:
            self._mailbox.doze(min(MOST_REST, taken * (1.0 / FITTING_SHARE - 1.0)))
        self._fitted_at = time.perf_counter()
        return not self._mailbox.waiting()


STACK_BYTES = 16 * 2**20
STYLES_KEPT = 256


class RenderWorker(QThread):
    """Loads models and renders Recipes in a thread of its own.

    Every model asked for begins a generation; what was made for another generation than the one
    that is shown is dropped, so a picture of a closed model never appears.

    Parameters
    ----------
    engine
        What loads and draws; used on the thread only.
    idle_seconds
        How long nothing must have been asked for before the read-outs are fitted.
    parent
        The Qt owner.

    Attributes
    ----------
    make_ready
        Called with a model that was loaded and with what shows it, so that the window can make its
        controls before. None = it is shown at once. A newer one takes its place.

    Signals
    -------
    loaded(Loaded), rendered(Frame), drafted(DraftPicture), style_thumbnail_rendered(Recipe, uint8 pixels),
    thumbnail_rendered(owner, Recipe, uint8 pixels), vectors_found(VectorsFound),
    probes_progressed(float or None), seen(topic, Answer), looking(topic, float or None),
    counted(GreyError or None), failed(Exception)
        All are sent on the thread this object was made on.
    """

    loaded = Signal(object)
    rendered = Signal(object)
    drafted = Signal(object)
    style_thumbnail_rendered = Signal(object, object)
    faded = Signal(object)
    thumbnail_rendered = Signal(str, object, object)
    vectors_found = Signal(object)
    probes_progressed = Signal(object)
    seen = Signal(str, object)
    looking = Signal(str, object)
    counted = Signal(object)
    failed = Signal(object)
    _produced = Signal(object)

    def __init__(
        self, engine: Engine, idle_seconds: float = 1.0, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._mailbox = Mailbox()
        self._loop = RenderLoop(engine, self._mailbox, self._produced.emit, idle_seconds)
        self._generations = 0
        self._asked = 0
        self._shown = 0
        self._stopped = False
        self.make_ready: Callable[[Loaded, Callable[[], None]], None] | None = None
        self._recipe: Recipe | None = None
        self._sources: OrderedDict[Recipe, NDArray[np.uint8]] = OrderedDict()
        self.setStackSize(STACK_BYTES)
        self._produced.connect(self._on_produced)

    def run(self) -> None:
        """The thread itself."""
        self._loop.run()

    @property
    def draft_time(self) -> float:
        """How many seconds a frame may take before a draft is shown in its place."""
        return self._loop.draft_seconds

    def set_draft_time(self, seconds: float) -> None:
        """How long a frame may take before a draft is shown in its place."""
        self._loop.draft_seconds = seconds

    def open_model(self, name: str, second: str = "") -> None:
        """Ask for a model by name or path, and for a second one; `loaded` or `failed` follows."""
        self._generations += 1
        self._asked = self._generations
        self._mailbox.put(Load(self._asked, name, second))

    def request(self, recipe: Recipe) -> None:
        """Ask for a frame; only the newest Recipe that waits is rendered, and none without a model."""
        self._recipe = recipe
        if self._shown:
            self._mailbox.put(Draw(self._shown, recipe))

    def use_precision(self, name: str) -> None:
        """Count in this precision; `counted` tells what it costs the picture, which is drawn again."""
        self._mailbox.put(UsePrecision(self._shown, name, self._recipe))

    def request_style_thumbnail(self, recipe: Recipe) -> None:
        """Ask for a small picture of where a style comes from; one made before comes at once."""
        known = self._sources.get(recipe)
        if known is None:
            self._mailbox.put(StyleRequest(self._shown, recipe))
        else:
            self._sources.move_to_end(recipe)
            self.style_thumbnail_rendered.emit(recipe, known)

    def request_fade(self, recipe: Recipe) -> None:
        """Ask for the newest block's picture taken apart; only the newest that waits is made."""
        if self._shown:
            self._mailbox.put(Fade(self._shown, recipe))

    def set_share(self, share: float) -> None:
        """Let all work here take this part of the machine, above 0 to 1; a training has the rest."""
        self._loop.share = min(1.0, max(0.01, share))

    def request_thumbnails(self, owner: str, recipes: Iterable[Recipe], side: int = 64) -> None:
        """Ask for small pictures, made in this order while the canvas needs nothing.

        They take the place of those that still wait for the same owner, so an empty list cancels.
        Another model cancels all. Each comes by `thumbnail_rendered`.
        """
        self._mailbox.cancel_thumbnails(owner)
        if self._is_current(self._shown):
            for recipe in recipes:
                self._mailbox.put(ThumbnailRequest(self._shown, owner, recipe, side))

    def request_vectors(
        self,
        owner: str,
        latents: Iterable[Latent],
        classes: Classes = (),
        threshold: float | None = None,
    ) -> None:
        """Ask for latents' untruncated w, or z without a W; the newest question of an owner counts."""
        asked = FindVectors(self._shown, owner, tuple(latents), classes, threshold)
        self._mailbox.put(asked)

    def look(self, topic: str, question: Question) -> None:
        """Ask about the inside of the model that is shown; a newer question of the topic wins.

        `looking` tells how far it is and with None that it has ended, `seen` brings the answer.
        Another model ends all questions.
        """
        if self._is_current(self._shown):
            self._mailbox.put(Look(self._shown, topic, question))

    def drop_look(self, topic: str) -> None:
        """Give a topic's question up."""
        self._mailbox.drop_look(topic)

    def stop(self) -> None:
        """Finish the stage at hand, end the thread and tell nothing more; waits, but not for ever."""
        self._stopped = True
        self._mailbox.put(StopRequest())
        end(self)

    def _on_produced(self, result: Result) -> None:
        if not self._stopped:
            self._tell(result)

    def _tell(self, result: Result) -> None:
        match result:
            case Loaded():
                self._on_loaded(result)
            case RenderFailed():
                self._on_failed(result)
            case Drawn() | Drafted() if self._is_current(result.generation):
                self._on_drawn(result)
            case StyleThumbnailDrawn() if self._is_current(result.generation):
                self._keep_style(result)
                self.style_thumbnail_rendered.emit(result.recipe, result.pixels)
            case FadeDrawn() if self._is_current(result.generation):
                self.faded.emit(result.parts)
            case ThumbnailDrawn() if self._is_current(result.generation):
                self.thumbnail_rendered.emit(result.owner, result.recipe, result.pixels)
            case VectorsFound() if self._is_current(result.asked.generation):
                self.vectors_found.emit(result)
            case Fitting() if self._is_current(result.generation):
                self.probes_progressed.emit(result.fraction)
            case Seen() | Looking() | Counted() if self._is_current(result.generation):
                self._on_looked(result)

    def _on_drawn(self, result: Drawn | Drafted) -> None:
        if isinstance(result, Drawn):
            self.rendered.emit(result.frame)
        else:
            self.drafted.emit(result.draft)

    def _on_looked(self, result: Seen | Looking | Counted) -> None:
        match result:
            case Seen():
                self.seen.emit(result.topic, result.answer)
            case Looking():
                self.looking.emit(result.topic, result.fraction)
            case Counted():
                self.counted.emit(result.error)

    def _is_current(self, generation: int) -> bool:
        return generation == self._shown == self._asked

    def _on_loaded(self, result: Loaded) -> None:
        """Until the model is shown, all that is asked for belongs to the one before, and is dropped."""
        if self.make_ready is None:
            self._show_loaded(result)
        else:
            self.make_ready(result, partial(self._show_loaded, result))

    def _show_loaded(self, result: Loaded) -> None:
        """Show the model even if a newer one is asked for: it stays, should that one fail."""
        self._shown = result.generation
        self._asked = max(self._asked, self._shown)
        self._sources.clear()
        self.loaded.emit(result)

    def _on_failed(self, result: RenderFailed) -> None:
        """After a model that could not be loaded, go on with the one that is shown."""
        if result.loading and result.generation == self._asked:
            self._asked = self._shown
            if self._recipe is not None:
                self.request(self._recipe)
        self.failed.emit(result.error)

    def _keep_style(self, drawn: StyleThumbnailDrawn) -> None:
        self._sources[drawn.recipe] = drawn.pixels
        while len(self._sources) > STYLES_KEPT:
            self._sources.popitem(last=False)
