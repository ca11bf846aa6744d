"""What waits for the render thread: at most one model, one Recipe, and a few sources."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

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
class Fade:
    """Take the newest block's picture of a Recipe apart, with the model of that generation."""

    generation: int
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Stop:
    """End the thread."""


Job = Load | Draw | Source | Fade | Stop


class Mailbox:
    """Jobs for one thread; the newest of a kind takes the place of what waited.

    A `Draw`, `Fade` or `Load` replaces the one that waits; sources queue up, each latent once. They come
    out in the order Stop, Load, Draw, Fade, Source.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stopped = False
        self._load: Load | None = None
        self._draw: Draw | None = None
        self._fade: Fade | None = None
        self._sources: OrderedDict[Latent, Source] = OrderedDict()

    def put(self, job: Job) -> None:
        """Leave a job; never waits for the thread."""
        with self._changed:
            match job:
                case Stop():
                    self._stopped = True
                case Load():
                    self._load = job
                    self._sources.clear()
                case Draw():
                    self._draw = job
                case Fade():
                    self._fade = job
                case Source():
                    self._sources[job.latent] = job
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
            if self._draw is not None:
                draw, self._draw = self._draw, None
                return draw
            if self._fade is not None:
                fade, self._fade = self._fade, None
                return fade
            return self._sources.popitem(last=False)[1] if self._sources else None

    def rest(self, seconds: float) -> None:
        """Wait so long, but no longer than until a model is asked for or all is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._load is not None, seconds)

    def waiting(self) -> bool:
        """Whether any job waits."""
        with self._changed:
            return self._any()

    def pressing(self) -> bool:
        """Whether a job waits that is more urgent than a source."""
        with self._changed:
            return self._stopped or self._load is not None or self._draw is not None

    def _any(self) -> bool:
        return self._stopped or bool(self._load or self._draw or self._fade or self._sources)
