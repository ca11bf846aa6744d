"""What waits for the render thread: at most one model, one Recipe, and errands that give way to both."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from ganlab_core.inspection.questions import Question
from ganlab_core.recipe import Classes, Latent, Recipe

SOURCES_WAITING = 64
"""More sources than any desk shows; the oldest were asked for by a hand that has moved on."""

QUIET = 0.08
"""Seconds without a new Recipe after which the canvas counts as idle."""

PATIENCE = 0.4
"""Seconds after which one small picture is made even though the canvas is never idle."""


@dataclass(frozen=True, slots=True)
class Load:
    """Put the model of this name or path on the desk, as generation `generation`."""

    generation: int
    name: str


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
class Source:
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
class Sketch:
    """Make a small picture of a Recipe, `side` pixels square, when the canvas needs nothing."""

    generation: int
    owner: str
    recipe: Recipe
    side: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End the thread."""


Job = Load | Draw | Fade | FindVectors | Source | Look | Sketch | Stop


class Mailbox:
    """Jobs for one thread; the newest of a kind takes the place of what waited.

    A `Draw`, `Fade` or `Load` replaces the one that waits, `FindVectors` that of the same owner,
    `Look` that of its topic; sources queue up, each Recipe once. They come out in the order Stop,
    Load, Draw, Fade, FindVectors, Source, Look (quick ones first), Sketch; sketches wait until no
    Recipe has come for `QUIET` seconds, or since the last sketch for `PATIENCE`, and each of their
    owners gets its turn.

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
        self._draw: Draw | None = None
        self._fade: Fade | None = None
        self._vectors: dict[str, FindVectors] = {}
        self._sources: OrderedDict[Recipe, Source] = OrderedDict()
        self._looks: dict[str, Look] = {}
        self._dropped: set[str] = set()
        self._sketches: OrderedDict[str, deque[Sketch]] = OrderedDict()
        self._drawn_at = self._sketched_at = float("-inf")

    def put(self, job: Job) -> None:
        """Leave a job; never waits for the thread."""
        with self._changed:
            match job:
                case Stop():
                    self._stopped = True
                case Load():
                    self._load = job
                    self._sources.clear()
                    self._sketches.clear()
                    self._looks.clear()
                    self._vectors.clear()
                case Draw():
                    self._draw = job
                    self._drawn_at = self._clock()
                case Fade():
                    self._fade = job
                case FindVectors():
                    self._vectors[job.owner] = job
                case Source():
                    self._sources[job.recipe] = job
                    while len(self._sources) > SOURCES_WAITING:
                        self._sources.popitem(last=False)
                case Look():
                    self._looks[job.topic] = job
                case Sketch():
                    self._sketches.setdefault(job.owner, deque()).append(job)
            self._changed.notify()

    def put_back(self, sketch: Sketch) -> None:
        """Return a sketch that something more urgent interrupted; it comes first of its owner's."""
        with self._changed:
            if self._load is None:
                self._sketches.setdefault(sketch.owner, deque()).appendleft(sketch)

    def cancel_sketches(self, owner: str) -> None:
        """Forget the sketches that wait for an owner."""
        with self._changed:
            self._sketches.pop(owner, None)

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
            return self._next_drawing() or self._next_look(slow=False) or self._next_sketch()

    def take(self, timeout: float | None = None) -> Job | None:
        """The most urgent job, waiting at most `timeout` seconds for one; else None.

        While sketches wait for the canvas to be idle it goes on waiting.
        """
        until = None if timeout is None else self._clock() + timeout
        with self._changed:
            while True:
                job = self._next()
                if job is not None:
                    return job
                left = None if until is None else until - self._clock()
                held = self._sketch_in() if self._sketches else None
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
                self._fade or self._vectors or self._sources or self._looks or self._sketches
            )

    def pressing(self) -> bool:
        """Whether a job waits that is more urgent than a source."""
        with self._changed:
            return self._urgent()

    def wants_more_than_sketches(self) -> bool:
        """Whether a job waits that a sketch gives way to."""
        with self._changed:
            quick = any(look.question.quick for look in self._looks.values())
            return self._urgent() or bool(self._fade or self._vectors or self._sources or quick)

    def _urgent(self) -> bool:
        return self._stopped or self._load is not None or self._draw is not None

    def _next(self) -> Job | None:
        if self._stopped:
            return Stop()
        if self._load is not None:
            load, self._load = self._load, None
            return load
        return self._next_drawing() or self._next_look(slow=True) or self._next_sketch()

    def _next_drawing(self) -> Draw | Fade | FindVectors | Source | None:
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

    def _next_sketch(self) -> Sketch | None:
        """The first sketch of the owner who has waited longest for a turn."""
        if not self._sketches or self._sketch_in() > 0:
            return None
        owner, queue = self._sketches.popitem(last=False)
        sketch = queue.popleft()
        if queue:
            self._sketches[owner] = queue
        self._sketched_at = self._clock()
        return sketch

    def _sketch_in(self) -> float:
        """Seconds until a sketch may be made."""
        return min(self._drawn_at + QUIET, self._sketched_at + PATIENCE) - self._clock()
