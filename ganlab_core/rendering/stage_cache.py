"""The activations of the last frame, and how far they still hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from ganlab_core.rendering.stage_inputs import StageInputs

RunStage = Callable[[int, Tensor | None, StageInputs], Tensor]


class StageCache:
    """Runs a chain of stages, each only when it or a stage before it has a new condition.

    Kept stages form a chain: the features of stage i were always computed from the kept features of
    stage i - 1. Running a stage anew therefore drops all that follow; stages that are merely not
    asked for (while the growth is low) stay, and hold again when the growth comes back.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[StageInputs, Tensor]] = []

    def reach(self, inputs: Sequence[StageInputs], run: RunStage) -> list[int]:
        """Make the features of stages 0 .. len(inputs) - 1 hold; tells which had to be run.

        `run` computes a stage's features from its number, the features before it and its inputs. It is
        not kept: a cache that knew its owner would keep a closed model until the garbage is collected.
        """
        first = self._first_change(inputs)
        for stage in range(first, len(inputs)):
            before = self._kept[stage - 1][1] if stage else None
            features = run(stage, before, inputs[stage])
            del self._kept[stage:]
            self._kept.append((inputs[stage], features))
        return list(range(first, len(inputs)))

    def features(self, stage: int) -> Tensor:
        """What `stage` gave, (1, C, r, r); it must have been reached."""
        return self._kept[stage][1]

    def forget(self) -> None:
        """Drop everything."""
        self._kept.clear()

    def _first_change(self, inputs: Sequence[StageInputs]) -> int:
        for stage, (before, _) in enumerate(self._kept[: len(inputs)]):
            if before != inputs[stage]:
                return stage
        return min(len(self._kept), len(inputs))
