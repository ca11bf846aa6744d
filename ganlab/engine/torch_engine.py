"""The threads on which the window's program meets torch, and the only place where it does.

The engine of the render thread; and beside it, each on a thread of its own that can be watched and left:
own pictures brought into the model, the desk's picture led on by a gradient, half steps of a run.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import math
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from ganlab.engine.threads import StepThread
from ganlab_core.errors import GanlabError, RenderError
from ganlab_core.inspection import Answer, Question
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Classes, Latent, Recipe
from ganlab_core.rendering import DraftPicture, Frame, GreyError

if TYPE_CHECKING:
    from ganlab_core.inspection import (
        Beginnings,
        Crop,
        Drag,
        Inspector,
        Pixels,
        Projected,
        Projection,
        RealPictures,
        Sight,
        TunedSoFar,
    )
    from ganlab_core.models import Model
    from ganlab_core.rendering import FadeParts, ProbeFit, Renderer
    from ganlab_core.training import HalfStep, HalfSteps

# Importing torch on a thread without holding the window up.

_LIBRARIES = ("libtorch_global_deps", "libtorch_cpu")
"""In the order in which torch itself loads them; the first one's symbols are for all."""


def import_torch() -> None:
    """Import torch and leave one processor to the window; raises `GanlabError` when it is broken."""
    _load_libraries()
    try:
        with contextlib.nullcontext() if "torch" in sys.modules else _long_lived():
            device = importlib.import_module("ganlab_core.device")
    except (ImportError, OSError) as error:
        raise GanlabError(
            "PyTorch cannot be loaded.", "Install it again: pip install --force-reinstall torch."
        ) from error
    device.leave_a_core()


@contextlib.contextmanager
def _long_lived() -> Iterator[None]:
    """Spare the garbage collector what is made inside: it stays as long as the program.

    Looking through torch's hundred thousands of objects holds the interpreter lock for some 50 ms.
    Once only: whatever is garbage at that moment stays for ever as well.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _load_libraries() -> None:
    """Load torch's large libraries without the interpreter lock.

    The import statement holds the lock while the system loads a library, and libtorch_cpu takes
    a fifth of a second: the window would stand still. A foreign function called through ctypes
    runs without the lock. Where this does not work nothing is lost, the import loads them itself.
    """
    folder = _library_folder()
    if folder is None or sys.platform == "win32":
        return
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    for name in _LIBRARIES:
        scope = os.RTLD_GLOBAL if name == _LIBRARIES[0] else os.RTLD_LOCAL
        dlopen(os.fsencode(folder / f"{name}{suffix}"), os.RTLD_NOW | scope)


def _library_folder() -> Path | None:
    if "torch" in sys.modules:
        return None
    spec = importlib.util.find_spec("torch")
    return Path(spec.origin).parent / "lib" if spec and spec.origin else None


class TorchEngine:
    """Loads model files and renders with them; every method belongs to the render thread.

    Parameters
    ----------
    device
        `"cpu"`, `"cuda"`, `"mps"`; the best there is when None.
    precision
        One of `ganlab_core.rendering.CHOICES`; fp32 takes the place of one that the device has not.
    """

    def __init__(self, device: str | None = None, precision: str = "fp32") -> None:
        self._device = device
        self._precision = precision
        self._renderer: Renderer | None = None
        self._inspector: Inspector | None = None
        self._fit: ProbeFit | None = None

    def load(self, name: str, second: str = "") -> tuple[ModelInfo, Capabilities]:
        """Load by name or path; raises `GanlabError` and then keeps the last model.

        With a second model its weights are at hand, and both show the read-outs fitted to them before.
        """
        import_torch()
        from ganlab_core.models import resolve, with_second
        from ganlab_core.rendering import ProbeFit, load_saved_probes

        model = opened(resolve(name))
        if second:
            other = opened(resolve(second))
            for one in (model, other):
                load_saved_probes(one)
            model = with_second(model, other)
            self._renderer = self._renderer_of(model)
            self._inspector = self._fit = None
            return model.info, model.capabilities
        self._renderer = self._renderer_of(model)
        self._inspector = None
        self._fit = None if load_saved_probes(model) else ProbeFit(model)
        return model.info, model.capabilities

    def use_precision(self, name: str, recipe: Recipe | None) -> GreyError | None:
        """Count in another precision from now on; tells what that costs the picture of a Recipe.

        None where there is no picture, or it is drawn in fp32.
        """
        self._precision = name
        if self._renderer is None:
            return None
        self._renderer = self._renderer_of(self._renderer.model)
        if recipe is None or self._renderer.precision == "fp32":
            return None
        return self._renderer.grey_error([recipe])

    def _renderer_of(self, model: Model) -> Renderer:
        """A renderer in the precision asked for, as far as the device has it."""
        from ganlab_core.device import choose_device
        from ganlab_core.rendering import Renderer, counts_in

        device = choose_device(self._device)
        precision = self._precision if counts_in(self._precision, device.type) else "fp32"
        return Renderer(model, str(device), precision)

    def draw(self, recipe: Recipe, *, previews: bool) -> Frame:
        """Render a Recipe."""
        return self._ready().render(recipe, previews=previews)

    def draft(self, recipe: Recipe, seconds: float) -> DraftPicture | None:
        """A picture read early, within that time; None where the frame itself is as quick."""
        return self._ready().draft(recipe, seconds)

    def draw_unless(self, recipe: Recipe, go_on: Callable[[], bool]) -> Frame | None:
        """Render a Recipe; None when `go_on`, asked between stages, answered False."""
        return self._ready().render_unless(recipe, go_on)

    def style_thumbnail(self, recipe: Recipe) -> NDArray[np.uint8]:
        """A small picture of where a style comes from, uint8 (64, 64, 3)."""
        pixels = self._ready().small(recipe)
        assert pixels is not None  # nobody interrupts
        return pixels

    def fade(self, recipe: Recipe) -> FadeParts | None:
        """The parts of the newest block's picture."""
        return self._ready().fade(recipe)

    def thumbnail(
        self, recipe: Recipe, side: int, go_on: Callable[[], bool]
    ) -> NDArray[np.uint8] | None:
        """A small picture of a Recipe, uint8 (side, side, 3); None when `go_on` answered False."""
        return self._ready().small(recipe, side, go_on)

    def vectors(
        self, latents: Sequence[Latent], classes: Classes, threshold: float | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The latents' untruncated w (or z), float32 (N, D), and the centre of truncation, (D,)."""
        renderer = self._ready()
        return renderer.vectors(latents, classes, threshold), renderer.centre

    def wants_probes(self) -> bool:
        """Whether the model has no fitted read-outs yet."""
        return self._fit is not None

    def fit_probes(self, progress: Callable[[float], bool]) -> None:
        """Go on with the fit of the read-outs; `progress` answers False to stop.

        Once known they are kept for the next start, except those of a run's newest model, which
        the trainer will soon replace.
        """
        from ganlab_core.rendering import save_probes

        if self._fit is None or not self._fit.run(progress):
            return
        self._fit = None
        model = self._ready().model
        if not (model.info.path.parent / "events.jsonl").exists():
            save_probes(model)

    def look(self, question: Question, progress: Callable[[float], bool]) -> Answer | None:
        """What is asked about the inside of the model; None when `progress` answered False.

        It has a cache of its own, made with the first question, so that the canvas keeps its.
        """
        from ganlab_core.inspection import Inspector

        if self._inspector is None:
            self._inspector = Inspector(self._ready().model, self._device)
        return self._inspector.answer(question, progress)

    def _ready(self) -> Renderer:
        if self._renderer is None:
            raise RenderError("There is no model to render with.", "Open a model first.")
        return self._renderer


def opened(path: Path) -> Model:
    """The model in a file; what reads a run's checkpoints is loaded with the first one."""
    if path.parent.name == "checkpoints":
        from ganlab_core.training import open_any

        return open_any(path)
    from ganlab_core.importers import open_model

    return open_model(path)


NO_GROUND = (0, 0, 0)
"""What fills a square outside the picture until the colour at the borders of the model's own is known."""


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
    editable: float
    seconds: float


@dataclass(slots=True, eq=False)
class Ready:
    """What a model needs for any picture, kept for the next one."""

    model: Path
    beginnings: Beginnings
    through: tuple[Sight, ...]


@dataclass(slots=True, eq=False)
class Piece:
    """A picture on its way, and how far it is."""

    task: OwnPicture
    projection: Projection | None = None
    now: Projected | None = None
    target: Pixels | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What a model's own pictures have in common.

    Attributes
    ----------
    ground
        The colour around their subject, 0 to 255 each.
    presence
        How often each place is unlike that, 0 to 1, float32 (256, 256).
    """

    ground: tuple[int, int, int]
    presence: NDArray[np.float32]


Drawn = tuple[NDArray[np.uint8] | None, float]
"""The square that is aimed at, where it is new, and the share of the seeds drawn."""


class ProjectionRunner(QObject):
    """Brings one picture at a time into a model, on a copy of the model that belongs to it alone.

    Signals
    -------
    read(Pixels)
        The whole picture, uint8 (H, W, 4).
    prepared(Pixels, float)
        The square that is aimed at, None where it is as told before; and the share of the seeds drawn.
    surveyed(Surroundings)
        What the model's own pictures have around their subject, and where that stands.
    progressed(Projected), finished(Projected)
        How far it is; and that the time is over. `go_longer` goes on from there.
    tuning(TunedSoFar), tuned(ModelInfo)
        How far the weights are tuned to the picture; and the model that was kept of it.
    failed(Exception)
        It ended with this.
    """

    read = Signal(object)
    prepared = Signal(object, float)
    surveyed = Signal(object)
    progressed = Signal(object)
    finished = Signal(object)
    tuning = Signal(object)
    tuned = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: ModelInfo | None = None
        self._piece: Piece | None = None
        self._ready: Ready | None = None
        self._steps = StepThread(self)
        self._steps.stepped.connect(self._on_stepped)
        self._steps.ended.connect(self._on_ended)
        self._steps.failed.connect(self.failed)

    @property
    def is_running(self) -> bool:
        """Whether a picture is on its way, paused or not."""
        return self._steps.is_running

    @property
    def can_go_longer(self) -> bool:
        """Whether there is a picture whose time is over and that could go on."""
        return not self.is_running and self._piece is not None and self._piece.now is not None

    def start(self, task: OwnPicture) -> None:
        """Begin, and leave the picture that is on its way."""
        self._piece = piece = Piece(task)
        self._steps.start(partial(self._made, piece, task.seconds))

    def go_longer(self, seconds: float) -> None:
        """Go on with the picture whose time is over."""
        if self.can_go_longer and self._piece is not None:
            self._steps.start(partial(self._made, self._piece, seconds))

    def tune(self, seconds: float) -> None:
        """Tune the weights to the picture whose time is over, and keep them as one of one's own models."""
        if self.can_go_longer and self._piece is not None:
            self._steps.start(partial(self._tuned, self._piece, seconds))

    def set_paused(self, paused: bool) -> None:
        """Wait before the next step, or go on."""
        self._steps.set_paused(paused)

    def cancel(self) -> None:
        """Leave the picture; nothing more is told of it."""
        self._steps.leave()
        self._piece = None

    def finish(self) -> None:
        """Leave everything, and wait for the step that is under way."""
        self.cancel()
        self._steps.finish()

    def _on_stepped(
        self, step: Projected | TunedSoFar | ModelInfo | Surroundings | Pixels | Drawn
    ) -> None:
        from ganlab_core.inspection import TunedSoFar

        if isinstance(step, tuple):
            self.prepared.emit(*step)
        elif isinstance(step, np.ndarray):
            self.read.emit(step)
        elif isinstance(step, Surroundings):
            self.surveyed.emit(step)
        elif isinstance(step, TunedSoFar):
            self.tuning.emit(step)
        elif isinstance(step, ModelInfo):
            self._kept = step
        elif self._piece is not None:
            self._piece.now = step
            self.progressed.emit(step)

    def _on_ended(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            self.tuned.emit(kept)
        elif self._piece is not None:
            self.finished.emit(self._piece.now)

    # --- on the other thread ---------------------------------------------------------------------

    def _made(self, piece: Piece, seconds: float) -> Generator[object, None, None]:
        from ganlab_core.inspection import Effort

        if piece.projection is None:
            yield from self._prepare(piece)
        assert piece.projection is not None
        yield from piece.projection.run(Effort(None, seconds), every=4)

    def _tuned(self, piece: Piece, seconds: float) -> Generator[object, None, None]:
        from ganlab_core.inspection import Effort, Tuning
        from ganlab_core.models import keep_tuning, tunable_base, tuning_name

        assert piece.now is not None
        assert piece.target is not None
        assert self._ready is not None
        model = self._ready.beginnings.model
        tunable_base(model.info)  # so that nobody waits for what cannot be kept
        tuning = Tuning(model, piece.now.recipe, piece.target, self._ready.through[:1])
        yield from tuning.run(Effort(None, seconds), every=2)
        name = tuning_name(model.info, piece.task.picture.stem)
        yield keep_tuning(model, tuning.change, name).info

    def _prepare(self, piece: Piece) -> Iterator[Pixels | Drawn | Surroundings]:
        from ganlab_core.inspection import Projection, cut_square, read_own_picture

        task = piece.task
        if self._ready is None or self._ready.model != task.model:
            self._ready = _made_ready(task.model)
        beginnings = self._ready.beginnings
        side = beginnings.chain.side
        whole = read_own_picture(task.picture, side)
        yield whole
        yield (
            cut_square(whole, side, NO_GROUND, task.crop),
            0.0,
        )  # the ground is known with the seeds
        for done in beginnings.draw():
            yield None, done / beginnings.count
        target: Pixels = cut_square(whole, side, beginnings.ground, task.crop)
        yield Surroundings(beginnings.ground, beginnings.presence())
        yield target, 1.0
        piece.target = target
        piece.projection = Projection(beginnings, target, self._ready.through, task.editable)


def _made_ready(path: Path) -> Ready:
    from ganlab_core.evaluation import general_sight
    from ganlab_core.inspection import Beginnings, read_critic, sights

    model = opened(path)
    try:
        critic = read_critic(model.info)
    except GanlabError:  # pixels lead without it
        critic = None
    return Ready(path, Beginnings(model, 300), sights(critic, general_sight()))


Arrow = tuple[float, float, float, float]
"""A handle and its target, x, y and x, y, in shares of the picture's side."""

MOST_STEPS = 400
"""A handle that has not arrived by then does not."""


@dataclass(frozen=True, slots=True, eq=False)
class DragPoints:
    """Handles of a Recipe's picture that are to go to their targets.

    Attributes
    ----------
    model
        The model's file.
    recipe
        Whose picture it is.
    arrows
        At least one.
    mask
        What may move, float32 (m, m) from 0 to 1; None = everything.
    """

    model: Path
    recipe: Recipe
    arrows: tuple[Arrow, ...]
    mask: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class PleaseCritic:
    """A Recipe whose picture is to please the model's discriminator, for so many steps."""

    model: Path
    recipe: Recipe
    steps: int = 40


@dataclass(frozen=True, slots=True)
class Moved:
    """How far it is.

    Attributes
    ----------
    recipe
        Of the picture it has now.
    steps
        Steps made.
    arrows
        Where the handles are now; empty where nothing is dragged.
    left
        How far the farthest handle has still to go, in pixels of the picture; 0 = all have arrived.
    score
        What the discriminator said before this step; None where nobody asked it.
    """

    recipe: Recipe
    steps: int
    arrows: tuple[Arrow, ...] = ()
    left: float = 0.0
    score: float | None = None


class DeskMover(QObject):
    """Moves one Recipe at a time, on a copy of the model that belongs to it alone.

    Signals
    -------
    moved(Moved)
        One step was made.
    ended()
        It is where it was to go, or goes no farther.
    failed(Exception)
        It ended with this.
    """

    moved = Signal(object)
    ended = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._copy: tuple[tuple[Path, int], Model] | None = None
        self._steps = StepThread(self)
        self._steps.stepped.connect(self.moved)
        self._steps.ended.connect(self.ended)
        self._steps.failed.connect(self.failed)

    @property
    def is_running(self) -> bool:
        """Whether there is more to come."""
        return self._steps.is_running

    def start(self, task: DragPoints | PleaseCritic) -> None:
        """Begin, and leave what is under way."""
        if isinstance(task, DragPoints):
            self._steps.start(partial(self._dragged, task))
        else:
            self._steps.start(partial(self._pleased, task))

    def leave(self) -> None:
        """Stay where it is; nothing more is told."""
        self._steps.leave()

    def finish(self) -> None:
        """Leave it, and wait for the step that is under way."""
        self._steps.finish()

    # --- on the other thread ---------------------------------------------------------------------

    def _dragged(self, task: DragPoints) -> Generator[Moved, None, None]:
        from ganlab_core.inspection import DifferentiableChain, Drag, DragPoint

        model = self._own_copy(task.model)
        side = DifferentiableChain(model).side
        points = [DragPoint(*(side * share - 0.5 for share in arrow)) for arrow in task.arrows]
        drag = Drag(model, task.recipe, points, task.mask)
        while not drag.arrived and drag.steps < MOST_STEPS:
            drag.step()
            yield _moved(drag, side)

    def _pleased(self, task: PleaseCritic) -> Generator[Moved, None, None]:
        from ganlab_core.errors import RenderError
        from ganlab_core.inspection import NO_CRITIC, Pleasing, read_critic

        model = self._own_copy(task.model)
        critic = read_critic(model.info)
        if critic is None:
            raise RenderError(*NO_CRITIC)
        pleasing = Pleasing(model, task.recipe, critic)
        for step in range(task.steps):
            score = pleasing.step()
            yield Moved(pleasing.recipe, step + 1, score=score)

    def _own_copy(self, path: Path) -> Model:
        """The model in a file, loaded again only where the file has changed."""
        key = (path, path.stat().st_mtime_ns if path.exists() else 0)
        if self._copy is None or self._copy[0] != key:
            self._copy = None  # not two at a time
            self._copy = (key, opened(path))
        return self._copy[1]


def _moved(drag: Drag, side: int) -> Moved:
    def share(pixel: float) -> float:
        return (pixel + 0.5) / side

    arrows = tuple(
        (share(point.x), share(point.y), share(point.to_x), share(point.to_y))
        for point in drag.points
    )
    left = 0.0 if drag.arrived else max(point.distance for point in drag.points)
    assert math.isfinite(left)
    return Moved(drag.recipe, drag.steps, arrows, left)


def carries_critic(info: ModelInfo) -> bool:
    """Whether a model's file has a discriminator that can be asked."""
    from ganlab_core.errors import GanlabError
    from ganlab_core.inspection import read_critic

    try:
        return read_critic(info) is not None
    except GanlabError:
        return False


def real_pictures_at_hand(
    info: ModelInfo, can: Capabilities, source: Path | None = None
) -> RealPictures | None:
    """Those of a folder or zip, else of the model's own run; None where there are none."""
    from ganlab_core.training import real_pictures

    return real_pictures(info, can.resolution, source, can.img_channels)


def run_of_model(model: Path) -> Path | None:
    """The folder of the run whose model this is."""
    from ganlab_core.training import run_folder_of

    return run_folder_of(model)


class HalfStepper(QObject):
    """Takes the next steps of a run in halves, on a thread of its own; the run itself is not touched.

    Signals
    -------
    taken(HalfStep)
        One half.
    failed(Exception)
        It could not be.
    """

    taken = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: Path | None = None
        self._halves: HalfSteps | None = None
        self._steps = StepThread(self)
        self._steps.stepped.connect(self.taken)
        self._steps.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether a half is being taken."""
        return self._steps.is_running

    def take(self, run: Path) -> None:
        """Take the next half of a run; of another one than before, from its newest checkpoint on."""
        if not self.is_running:
            if run != self._run:
                self.begin_again()
                self._run = run
            self._steps.start(self._taken)

    def begin_again(self) -> None:
        """Begin with the newest checkpoint of whatever run comes next."""
        self._steps.leave()
        self._run, self._halves = None, None

    def finish(self) -> None:
        """Leave it, and wait for what is under way."""
        self._steps.finish()

    def _on_failed(self, error: Exception) -> None:
        self.begin_again()
        self.failed.emit(error)

    # --- on the other thread ---------------------------------------------------------------------

    def _taken(self) -> Generator[HalfStep, None, None]:
        from ganlab_core.training import HalfSteps

        run, halves = self._run, self._halves
        if halves is None and run is not None:
            halves = HalfSteps(run)
            if run == self._run:
                self._halves = halves
        if halves is not None:
            yield halves.take()
