"""The time machine of a run: its averaged generators in order, with their weights morphed between.

The weights of two moments of one training lie on a path on which the straight line between them makes
pictures as good as theirs, which is why averages of weights work at all (Izmailov et al. 2018).
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ganlab_core.errors import TrainingError
from ganlab_core.files import ConfinedFolder
from ganlab_core.models import with_second
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Frame, Renderer
from ganlab_core.training.model_export import open_any

KEPT = 2
"""Pairs of neighbours that are kept open."""


def moments_of(run: Path) -> tuple[Path, ...]:
    """The kept generators of a run, oldest first: its snapshots, and checkpoints of other moments.

    Raises `TrainingError` where there are not two.
    """
    found: dict[int, Path] = {}
    folder = ConfinedFolder(run)
    for kind in ("checkpoints", "snapshots"):
        try:
            files = folder.files(kind, ".safetensors")
        except OSError:
            continue
        numbered = [entry for entry in files if entry.path.stem.isdecimal()]
        found |= {int(entry.path.stem): entry.path for entry in numbered}
    if len(found) < 2:
        raise TrainingError(
            f"{run} has kept no two moments to go between.",
            "Choose the folder of a run that has written two checkpoints or snapshots.",
        )
    return tuple(found[images] for images in sorted(found))


class RunMorph:
    """Draws the moments of a run: a Recipe's `second` of 0 is the first, of 1 the last, all evenly between.

    At a moment the picture is that of its own generator, bit for bit. Between one that has grown and the
    one before, what they share is morphed; the new resolution stays that of the larger.
    """

    def __init__(
        self, moments: Sequence[Path], device: str | None = None, precision: str = "fp32"
    ) -> None:
        self._moments = tuple(moments)
        self._machine = device, precision
        self._pairs: OrderedDict[int, tuple[Renderer, bool]] = OrderedDict()
        last = open_any(self._moments[-1])
        can = dataclasses.replace(last.capabilities, blendable=last.capabilities.resolutions)
        self.model = dataclasses.replace(last, capabilities=can)

    @property
    def moments(self) -> tuple[Path, ...]:
        """The files in order."""
        return self._moments

    def render(self, recipe: Recipe) -> Frame:
        """The picture of the moment that `second` tells; smaller ones have their pixels repeated."""
        place = recipe.second * (len(self._moments) - 1)
        index = min(int(place), len(self._moments) - 2)
        renderer, turned = self._pair(index)
        amount = place - index
        own = dataclasses.replace(
            recipe, second=1.0 - amount if turned else amount, second_at=(), second_mapping=None
        )
        return self._enlarged(renderer.render(own))

    def _enlarged(self, frame: Frame) -> Frame:
        times = self.model.capabilities.size[0] // frame.pixels.shape[0]
        if times <= 1:
            return frame
        pixels = np.repeat(np.repeat(frame.pixels, times, axis=0), times, axis=1)
        return dataclasses.replace(frame, pixels=pixels, channels=None)

    def _pair(self, index: int) -> tuple[Renderer, bool]:
        """Two neighbours, and whether the later is the first of the pair, because it is larger."""
        if index not in self._pairs:
            before, after = (open_any(path) for path in self._moments[index : index + 2])
            turned = after.capabilities.resolution > before.capabilities.resolution
            pair = with_second(after, before) if turned else with_second(before, after)
            self._pairs[index] = Renderer(pair, *self._machine), turned
        self._pairs.move_to_end(index)
        while len(self._pairs) > KEPT:
            self._pairs.popitem(last=False)
        return self._pairs[index]
