"""The render thread as the window sees it: ask, and be told; nothing here ever waits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal

from ganlab.workers.lanes import end
from ganlab.workers.looking import Looking, Seen
from ganlab.workers.mailbox import (
    Draw,
    Fade,
    FindVectors,
    Load,
    Look,
    Mailbox,
    Sketch,
    Source,
    Stop,
)
from ganlab.workers.render_loop import (
    Drawn,
    Engine,
    FadeDrawn,
    Failed,
    Fitting,
    Loaded,
    RenderLoop,
    Result,
    Sketched,
    SourceDrawn,
    VectorsFound,
)
from ganlab_core.inspection.questions import Question
from ganlab_core.recipe import Classes, Latent, Recipe

STACK_BYTES = 16 * 2**20
SOURCES_KEPT = 256


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
    loaded(Loaded), rendered(Frame), source_rendered(Recipe, uint8 pixels),
    sketched(owner, Recipe, uint8 pixels), vectors_found(VectorsFound),
    readouts_progressed(float or None), seen(topic, Answer), looking(topic, float or None),
    failed(Exception)
        All are sent on the thread this object was made on.
    """

    loaded = Signal(object)
    rendered = Signal(object)
    source_rendered = Signal(object, object)
    faded = Signal(object)
    sketched = Signal(str, object, object)
    vectors_found = Signal(object)
    readouts_progressed = Signal(object)
    seen = Signal(str, object)
    looking = Signal(str, object)
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

    def open_model(self, name: str) -> None:
        """Ask for a model by name or path; `loaded` or `failed` follows."""
        self._generations += 1
        self._asked = self._generations
        self._mailbox.put(Load(self._asked, name))

    def request(self, recipe: Recipe) -> None:
        """Ask for a frame; only the newest Recipe that waits is rendered, and none without a model."""
        self._recipe = recipe
        if self._shown:
            self._mailbox.put(Draw(self._shown, recipe))

    def request_source(self, recipe: Recipe) -> None:
        """Ask for a small picture of where a style comes from; one made before comes at once."""
        known = self._sources.get(recipe)
        if known is None:
            self._mailbox.put(Source(self._shown, recipe))
        else:
            self._sources.move_to_end(recipe)
            self.source_rendered.emit(recipe, known)

    def request_fade(self, recipe: Recipe) -> None:
        """Ask for the newest block's picture taken apart; only the newest that waits is made."""
        if self._shown:
            self._mailbox.put(Fade(self._shown, recipe))

    def set_share(self, share: float) -> None:
        """Let all work here take this part of the machine, above 0 to 1; a training has the rest."""
        self._loop.share = min(1.0, max(0.01, share))

    def request_sketches(self, owner: str, recipes: Iterable[Recipe], side: int = 64) -> None:
        """Ask for small pictures, made in this order while the canvas needs nothing.

        They take the place of those that still wait for the same owner, so an empty list cancels.
        Another model cancels all. Each comes by `sketched`.
        """
        self._mailbox.cancel_sketches(owner)
        if self._is_current(self._shown):
            for recipe in recipes:
                self._mailbox.put(Sketch(self._shown, owner, recipe, side))

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
        self._mailbox.put(Stop())
        end(self)

    def _on_produced(self, result: Result) -> None:
        if not self._stopped:
            self._tell(result)

    def _tell(self, result: Result) -> None:
        match result:
            case Loaded():
                self._on_loaded(result)
            case Failed():
                self._on_failed(result)
            case Drawn() if self._is_current(result.generation):
                self.rendered.emit(result.frame)
            case SourceDrawn() if self._is_current(result.generation):
                self._keep_source(result)
                self.source_rendered.emit(result.recipe, result.pixels)
            case FadeDrawn() if self._is_current(result.generation):
                self.faded.emit(result.parts)
            case Sketched() if self._is_current(result.generation):
                self.sketched.emit(result.owner, result.recipe, result.pixels)
            case VectorsFound() if self._is_current(result.asked.generation):
                self.vectors_found.emit(result)
            case Fitting() if self._is_current(result.generation):
                self.readouts_progressed.emit(result.fraction)
            case Seen() | Looking() if self._is_current(result.generation):
                self._on_looked(result)

    def _on_looked(self, result: Seen | Looking) -> None:
        if isinstance(result, Seen):
            self.seen.emit(result.topic, result.answer)
        else:
            self.looking.emit(result.topic, result.fraction)

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

    def _on_failed(self, result: Failed) -> None:
        """After a model that could not be loaded, go on with the one that is shown."""
        if result.loading and result.generation == self._asked:
            self._asked = self._shown
            if self._recipe is not None:
                self.request(self._recipe)
        self.failed.emit(result.error)

    def _keep_source(self, drawn: SourceDrawn) -> None:
        self._sources[drawn.recipe] = drawn.pixels
        while len(self._sources) > SOURCES_KEPT:
            self._sources.popitem(last=False)
