"""What waits for the render thread: at most one model, one Recipe, and a few sources."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ganlab_core.inspection.questions import Question
from ganlab_core.recipe import Latent, Recipe


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
class Source:
    """Make a small picture of a latent with the model of that generation."""

    generation: int
    latent: Latent


@dataclass(frozen=True, slots=True)
class Look:
    """Answer a question about the inside of the model of that generation, for `topic`."""

    generation: int
    topic: str
    question: Question


@dataclass(frozen=True, slots=True)
class Stop:
    """End the thread."""


Job = Load | Draw | Source | Look | Stop


class Mailbox:
    """Jobs for one thread; the newest of a kind takes the place of what waited.

    A `Draw` or `Load` replaces the one that waits, a `Look` that of its topic; sources queue up, each
    latent once. They come out in the order Stop, Load, Draw, Source, Look, quick looks first.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stopped = False
        self._load: Load | None = None
        self._draw: Draw | None = None
        self._sources: OrderedDict[Latent, Source] = OrderedDict()
        self._looks: dict[str, Look] = {}
        self._dropped: set[str] = set()

    def put(self, job: Job) -> None:
        """Leave a job; never waits for the thread."""
        with self._changed:
            match job:
                case Stop():
                    self._stopped = True
                case Load():
                    self._load = job
                    self._sources.clear()
                    self._looks.clear()
                case Draw():
                    self._draw = job
                case Source():
                    self._sources[job.latent] = job
                case Look():
                    self._looks[job.topic] = job
            self._changed.notify()

    def take(self, timeout: float | None = None) -> Job | None:
        """The most urgent job, waiting at most `timeout` seconds for one; else None."""
        with self._changed:
            self._changed.wait_for(self._any, timeout)
            if self._stopped:
                return Stop()
            if self._load is not None:
                load, self._load = self._load, None
                return load
            return self._next_drawing() or self._next_look(slow=True)

    def take_between(self) -> Draw | Source | Look | None:
        """What may be done in the middle of a slow look: anything quick that waits."""
        with self._changed:
            return self._next_drawing() or self._next_look(slow=False)

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

    def waiting(self) -> bool:
        """Whether any job waits."""
        with self._changed:
            return self._any()

    def pressing(self) -> bool:
        """Whether a job waits that is more urgent than a source."""
        with self._changed:
            return self._stopped or self._load is not None or self._draw is not None

    def _any(self) -> bool:
        return self._stopped or bool(self._load or self._draw or self._sources or self._looks)

    def _next_drawing(self) -> Draw | Source | None:
        if self._draw is not None:
            draw, self._draw = self._draw, None
            return draw
        return self._sources.popitem(last=False)[1] if self._sources else None

    def _next_look(self, *, slow: bool) -> Look | None:
        """The quick question that waited longest, else, where that is allowed, the slow one."""
        waiting = sorted(self._looks.values(), key=lambda look: not look.question.quick)
        if not waiting or not (slow or waiting[0].question.quick):
            return None
        self._dropped.discard(waiting[0].topic)
        return self._looks.pop(waiting[0].topic)
