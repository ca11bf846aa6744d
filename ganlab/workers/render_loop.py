"""What the render thread does with its jobs, as plain Python: latest wins, nothing starves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ganlab.workers.looking import Looking, Looks, Seen, look
from ganlab.workers.mailbox import (
    Draw,
    Fade,
    FindVectors,
    Job,
    Load,
    Look,
    Mailbox,
    Sketch,
    Source,
    Stop,
)
from ganlab_core.capabilities import Capabilities
from ganlab_core.frame import Frame
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Classes, Latent, Recipe
from ganlab_core.rendering.fade import FadeParts

CHEAP_PREVIEWS = 0.025
"""Seconds: previews that cost less are made with every frame, dearer ones when nothing waits."""

FITTING_SHARE = 0.05
"""Part of the time that read-outs are fitted in beside a training: nobody has asked for them."""

MOST_REST = 2.0
"""Seconds between two frames, however small the share of drawing."""


class Engine(Looks, Protocol):
    """What can load a model and draw with it."""

    def load(self, name: str) -> tuple[ModelInfo, Capabilities]:
        """Put the named model in the last one's place; raises, and then keeps the last."""

    def draw(self, recipe: Recipe, *, previews: bool) -> Frame:
        """Render a Recipe."""

    def source(self, recipe: Recipe) -> NDArray[np.uint8]:
        """A small picture of where a style comes from, uint8 (64, 64, 3)."""

    def fade(self, recipe: Recipe) -> FadeParts | None:
        """The parts of the newest block's picture; None where there is no block before it."""

    def sketch(
        self, recipe: Recipe, side: int, go_on: Callable[[], bool]
    ) -> NDArray[np.uint8] | None:
        """A small picture of a Recipe, uint8 (side, side, 3); None when `go_on` answered False."""

    def vectors(
        self, latents: Sequence[Latent], classes: Classes, threshold: float | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The latents' untruncated w (or z), float32 (N, D), and the centre of truncation, (D,)."""

    def wants_readouts(self) -> bool:
        """Whether previews would be better after `fit_readouts`."""

    def fit_readouts(self, progress: Callable[[float], bool]) -> None:
        """Fit the read-outs; `progress` is told the fraction done and answers False to stop."""


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
class Sketched:
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
class Failed:
    """A job failed; `loading` when it was to load a model."""

    generation: int
    error: Exception
    loading: bool


Result = (
    Loaded
    | Drawn
    | SourceDrawn
    | FadeDrawn
    | Sketched
    | VectorsFound
    | Fitting
    | Seen
    | Looking
    | Failed
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
        self._previews_cost = float("inf")
        self._last: tuple[Draw, Frame] | None = None
        self._may_fit = False
        self.share = 1.0
        self._fitted_at = 0.0

    def run(self) -> None:
        """Work until a `Stop` comes."""
        while True:
            job = self._mailbox.take(self._idle_seconds if self._may_fit else None)
            began = time.perf_counter()
            match job:
                case Stop():
                    return
                case Load():
                    self._guard(partial(self._load, job), job.generation, loading=True)
                case None:
                    self._guard(self._fit_readouts, self._generation)
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
        if isinstance(job, Stop | Load) or job.generation != self._generation:
            return
        self._guard(partial(self._done, job), job.generation)

    def _done(self, job: Draw | Fade | FindVectors | Source | Look | Sketch) -> None:
        match job:
            case Draw():
                self._draw(job)
            case Source():
                self._source(job)
            case Fade():
                self._fade(job)
            case FindVectors():
                self._find_vectors(job)
            case Look():
                look(job, self._engine, self._mailbox, self._tell, self._do)
            case Sketch():
                self._sketch(job)

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

    def _fade(self, job: Fade) -> None:
        self._tell(FadeDrawn(job.generation, self._engine.fade(job.recipe)))

    def _source(self, job: Source) -> None:
        self._tell(SourceDrawn(job.generation, job.recipe, self._engine.source(job.recipe)))

    def _find_vectors(self, job: FindVectors) -> None:
        vectors, centre = self._engine.vectors(job.latents, job.classes, job.threshold)
        self._tell(VectorsFound(job, vectors, centre))

    def _sketch(self, job: Sketch) -> None:
        """A small picture, unless something more urgent comes meanwhile: then it waits again."""
        pixels = self._engine.sketch(job.recipe, job.side, self._may_sketch)
        if pixels is None:
            self._mailbox.put_back(job)
        else:
            self._tell(Sketched(job.generation, job.owner, job.recipe, pixels))

    def _may_sketch(self) -> bool:
        return not self._mailbox.wants_more_than_sketches()

    def _fit_readouts(self) -> None:
        """Fit until something is asked for; a fitting that failed is not tried again."""
        self._may_fit = False
        self._fitted_at = time.perf_counter()
        try:
            self._engine.fit_readouts(self._on_fitting)
        finally:
            self._tell(Fitting(self._generation, None))
        self._may_fit = self._engine.wants_readouts()
        if not self._may_fit and self._last is not None and not self._mailbox.pressing():
            self._add_previews(*self._last)

    def _on_fitting(self, fraction: float) -> bool:
        self._tell(Fitting(self._generation, fraction))
        taken = time.perf_counter() - self._fitted_at
        if self.share < 1.0:
            self._mailbox.doze(min(MOST_REST, taken * (1.0 / FITTING_SHARE - 1.0)))
        self._fitted_at = time.perf_counter()
        return not self._mailbox.waiting()
