"""The engine of the render thread: the one place where the window's program meets torch."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganlab_core.errors import GanlabError, RenderError
from ganlab_core.inspection import Answer, Question
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Classes, Latent, Recipe
from ganlab_core.rendering import DraftPicture, Frame

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


if TYPE_CHECKING:
    from ganlab_core.inspection import Inspector
    from ganlab_core.models import Model
    from ganlab_core.rendering import FadeParts, ProbeFit, Renderer


class TorchEngine:
    """Loads model files and renders with them; every method belongs to the render thread.

    Parameters
    ----------
    device
        `"cpu"`, `"cuda"`, `"mps"`; the best there is when None.
    precision
        `"fp32"`, `"fp16"`, `"bf16"`, or `"auto"` for whichever is fastest here.
    """

    def __init__(self, device: str | None = None, precision: str = "fp32") -> None:
        self._device = device
        self._precision = precision
        self._renderer: Renderer | None = None
        self._inspector: Inspector | None = None
        self._fit: ProbeFit | None = None

    def load(self, name: str) -> tuple[ModelInfo, Capabilities]:
        """Load by name or path; raises `GanlabError` and then keeps the last model."""
        import_torch()
        from ganlab_core.models import resolve
        from ganlab_core.rendering import ProbeFit, Renderer, load_saved_probes

        model = _opened(resolve(name))
        self._renderer = Renderer(model, self._device, self._precision)
        self._inspector = None
        self._fit = None if load_saved_probes(model) else ProbeFit(model)
        return model.info, model.capabilities

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


def _opened(path: Path) -> Model:
    """The model in a file; what reads a run's checkpoints is loaded with the first one."""
    if path.parent.name == "checkpoints":
        from ganlab_core.training import open_any

        return open_any(path)
    from ganlab_core.importers import open_model

    return open_model(path)
