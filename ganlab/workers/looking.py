"""Answering questions about the inside of a model on the render thread, the canvas always first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ganlab.workers.mailbox import Job, Look, Mailbox
from ganlab_core.inspection.answers import Answer
from ganlab_core.inspection.questions import Question

TOLD_EVERY = 0.01
"""Progress is told when it has risen by this much, so that the window is not flooded."""


class Looks(Protocol):
    """What can look into the model it has loaded."""

    def look(self, question: Question, progress: Callable[[float], bool]) -> Answer | None:
        """What is asked about the inside of the model; None when `progress` answered False."""


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


def look(
    job: Look,
    engine: Looks,
    mailbox: Mailbox,
    tell: Callable[[Seen | Looking], None],
    do: Callable[[Job], None],
) -> None:
    """Answer a question; between its slices `do` is handed whatever else waits and is quick."""
    told = 0.0

    def go_on(fraction: float) -> bool:
        nonlocal told
        if fraction - told >= TOLD_EVERY:
            told = fraction
            tell(Looking(job.generation, job.topic, fraction))
        while (other := mailbox.take_between()) is not None:
            do(other)
        return not mailbox.overtaken(job)

    answer = None
    try:
        answer = engine.look(job.question, go_on)
    finally:
        tell(Looking(job.generation, job.topic, None))
    if answer is not None:
        tell(Seen(job.generation, job.topic, answer))
