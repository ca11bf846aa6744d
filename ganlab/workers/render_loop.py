"""What the render thread does with its jobs, as plain Python: latest wins, nothing starves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ganlab.workers.mailbox import Draw, Load, Look, Mailbox, Source, Stop
from ganlab_core.capabilities import Capabilities
from ganlab_core.frame import Frame
from ganlab_core.inspection.answers import Answer
from ganlab_core.inspection.questions import Question
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Latent, Recipe

CHEAP_PREVIEWS = 0.025
"""Seconds: previews that cost less are made with every frame, dearer ones when nothing waits."""

TOLD_EVERY = 0.01
"""Progress is told when it has risen by this much, so that the window is not flooded."""


class Engine(Protocol):
    """What can load a model and draw with it."""

    def load(self, name: str) -> tuple[ModelInfo, Capabilities]:
        """Put the named model in the last one's place; raises, and then keeps the last."""

    def draw(self, recipe: Recipe, *, previews: bool) -> Frame:
        """Render a Recipe."""

    def source(self, latent: Latent) -> NDArray[np.uint8]:
        """A small picture of a latent, uint8 (64, 64, 3)."""

    def wants_readouts(self) -> bool:
        """Whether previews would be better after `fit_readouts`."""

    def fit_readouts(self, progress: Callable[[float], bool]) -> None:
        """Fit the read-outs; `progress` is told the fraction done and answers False to stop."""

    def look(self, question: Question, progress: Callable[[float], bool]) -> Answer | None:
        """What is asked about the inside of the model; None when `progress` answered False."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model is ready."""

    generation: int
    info: ModelInfo
    can: Capabilities


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame is ready."""

    generation: int
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class SourceDrawn:
    """A small picture of a latent is ready."""

    generation: int
    latent: Latent
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fitting:
    """The read-outs are fitted up to this fraction; None: the fitting has ended or paused."""

    generation: int
    fraction: float | None


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


@dataclass(frozen=True, slots=True)
class Failed:
    """A job failed; `loading` when it was to load a model."""

    generation: int
    error: Exception
    loading: bool


Result = Loaded | Drawn | SourceDrawn | Fitting | Seen | Looking | Failed


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
        self._previews_cost = float("inf")
        self._last: tuple[Draw, Frame] | None = None
        self._may_fit = False

    def run(self) -> None:
        """Work until a `Stop` comes."""
        while True:
            job = self._mailbox.take(self._idle_seconds if self._may_fit else None)
            match job:
                case Stop():
                    return
                case Load():
                    self._guard(partial(self._load, job), job.generation, loading=True)
                case None:
                    self._guard(self._fit_readouts, self._generation)
                case _ if job.generation == self._generation:
                    self._do(job)

    def _do(self, job: Draw | Source | Look) -> None:
        """One job for the model on the desk."""
        match job:
            case Draw():
                self._guard(partial(self._draw, job), job.generation)
            case Source():
                self._guard(partial(self._source, job), job.generation)
            case Look():
                self._guard(partial(self._look, job), job.generation)

    def _guard(self, work: Callable[[], None], generation: int, *, loading: bool = False) -> None:
        """Do one job; this is the thread's edge, where any error becomes a result."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the thread's edge
            self._tell(Failed(generation, error, loading))

    def _load(self, job: Load) -> None:
        info, can = self._engine.load(job.name)
        self._generation = job.generation
        self._previews_cost = float("inf")
        self._last = None
        self._may_fit = self._engine.wants_readouts()
        self._tell(Loaded(job.generation, info, can))

    def _draw(self, job: Draw) -> None:
        """The picture at once; previews with it if cheap, else as soon as nothing newer waits."""
        with_previews = self._previews_cost <= CHEAP_PREVIEWS
        frame = self._engine.draw(job.recipe, previews=with_previews)
        self._last = (job, frame)
        self._tell(Drawn(job.generation, frame))
        if not with_previews and not self._mailbox.pressing():
            self._add_previews(job, frame)

    def _add_previews(self, job: Draw, frame: Frame) -> None:
        """Draw again for the previews alone; the stages are still known, so only these cost."""
        began = time.perf_counter()
        again = self._engine.draw(job.recipe, previews=True)
        self._previews_cost = time.perf_counter() - began
        self._tell(Drawn(job.generation, replace(frame, previews=again.previews)))

    def _source(self, job: Source) -> None:
        self._tell(SourceDrawn(job.generation, job.latent, self._engine.source(job.latent)))

    def _look(self, job: Look) -> None:
        """Answer a question; the canvas, and what is quick, is served between its slices."""
        told = 0.0

        def go_on(fraction: float) -> bool:
            nonlocal told
            if fraction - told >= TOLD_EVERY:
                told = fraction
                self._tell(Looking(job.generation, job.topic, fraction))
            while (other := self._mailbox.take_between()) is not None:
                if other.generation == self._generation:
                    self._do(other)
            return not self._mailbox.overtaken(job)

        answer = None
        try:
            answer = self._engine.look(job.question, go_on)
        finally:
            self._tell(Looking(job.generation, job.topic, None))
        if answer is not None:
            self._tell(Seen(job.generation, job.topic, answer))

    def _fit_readouts(self) -> None:
        """Fit until something is asked for; a fitting that failed is not tried again."""
        self._may_fit = False
        try:
            self._engine.fit_readouts(self._on_fitting)
        finally:
            self._tell(Fitting(self._generation, None))
        self._may_fit = self._engine.wants_readouts()
        if not self._may_fit and self._last is not None and not self._mailbox.pressing():
            self._add_previews(*self._last)

    def _on_fitting(self, fraction: float) -> bool:
        self._tell(Fitting(self._generation, fraction))
        return not self._mailbox.waiting()
