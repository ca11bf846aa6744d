"""The hands on a run between two steps: pause, single steps, stop, and settings that change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ganlab_core.errors import TrainingError
from ganlab_core.training.events import Event, Steered
from ganlab_core.training.state import TrainState
from ganlab_core.training.steering import LOOK_SECONDS, Change, Wheel, applied, to_words


class Hands:
    """Does what is wished in the run folder, always at the boundary of a step.

    Parameters
    ----------
    root, state
        The run; the state's config is replaced when settings change.
    tell
        Logs an event and gives it back.
    show
        Tells how the run looks right now, for a person who has paused it.
    interrupted
        Whether the process was asked to end by other means.

    Attributes
    ----------
    stopping
        Whether the run was asked to end.
    """

    def __init__(
        self,
        root: Path,
        state: TrainState,
        tell: Callable[[Event], Event],
        show: Callable[[], Iterator[Event]],
        interrupted: Callable[[], bool],
    ) -> None:
        self._state, self._tell, self._show = state, tell, show
        self._interrupted = interrupted
        self._wheel = Wheel(root, state.step)
        self.stopping = False
        self._paused = False
        self._shown_at = -1
        self._steps_done = 0
        self._rest = 0.0
        self._untold: list[Change] = []

    def take_changes(self) -> bytes:
        """What has changed since the last call, for the other processes of a team."""
        words = to_words(self._untold)
        self._untold.clear()
        return words

    def take_rest(self) -> float:
        """Seconds spent waiting since the last call."""
        rest, self._rest = self._rest, 0.0
        return rest

    def before_step(self) -> Iterator[Event]:
        """Whatever is to happen before the next step; returns when that may be done."""
        self._wheel.look()
        yield from self._change()
        while self._holds():
            if not self._paused:
                self._paused = True
                yield self._told({"paused": True})
            if self._shown_at != self._state.step:
                self._shown_at = self._state.step
                yield from self._show()
            if self._interrupted():
                yield Steered(self._state.images, self._state.step, {"interrupted": True})
            time.sleep(LOOK_SECONDS)
            self._rest += LOOK_SECONDS
            self._wheel.look()
            yield from self._change()
        self.stopping = self._wheel.wishes.stop
        if self.stopping:
            yield self._told({"stop": True})
        elif self._paused and not self._wheel.wishes.paused:
            self._paused = False
            yield self._told({"paused": False})

    def _holds(self) -> bool:
        """Whether the run stands still; uses up one single step when one was asked for."""
        wishes = self._wheel.wishes
        if not wishes.paused or wishes.stop:
            self._steps_done = wishes.steps
            return False
        if wishes.steps > self._steps_done and self._paused:
            self._steps_done += 1
            return False
        return True

    def _change(self) -> Iterator[Event]:
        for change in self._wheel.changes(self._state.step, self._state.images):
            yield self._told(self._apply(change))

    def _apply(self, change: Change) -> dict[str, object]:
        """Let a change hold from here on; one that cannot be is refused in words."""
        try:
            self._state.config = applied(self._state.config, change)
        except TrainingError as error:
            return {"refused": str(error)}
        self._wheel.keep(change)
        self._untold.append(change)
        return dict(change.settings)

    def _told(self, changes: dict[str, object]) -> Event:
        return self._tell(Steered(self._state.images, self._state.step, changes))
