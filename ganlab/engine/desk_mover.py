"""The desk's picture led on by a gradient: its points dragged, its discriminator pleased."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from ganlab.engine.threads import StepThread
from ganlab.engine.torch_engine import opened
from ganlab_core.recipe import Recipe

if TYPE_CHECKING:
    from ganlab_core.inspection import Drag
    from ganlab_core.models import Model

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
