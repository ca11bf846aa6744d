"""The film being made, and the way back: every change of it is a step that can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ganlab_core.errors import GanlabError
from ganlab_core.timeline import Timeline

LIMIT = 500


@dataclass(frozen=True, slots=True)
class Film:
    """What is on the timeline.

    Attributes
    ----------
    timeline
        Its one keyframe stands for nothing while `empty`.
    empty
        Whether there is no keyframe yet.
    selected
        Index of the keyframe that the desk edits; -1 for none.
    place
        Where the playhead is, in seconds.
    """

    timeline: Timeline = Timeline(loop=True)
    empty: bool = True
    selected: int = -1
    place: float = 0.0


@dataclass(frozen=True, slots=True)
class FilmRow:
    """A step of a film as it is kept from one day to the next; `timeline` is JSON."""

    number: int
    stamp: int
    label: str
    empty: bool
    timeline: str

    def read(self) -> Film:
        """The film; one without keyframes where this cannot be read."""
        try:
            return Film(Timeline.from_json(self.timeline), self.empty)
        except GanlabError:
            return Film()


@dataclass(slots=True, eq=False)
class FilmStep:
    """A state of the film, or the row of it as long as nobody has looked at one of another day.

    `number` counts the steps, and `version` the timelines that this one has had.
    """

    kept: Film | FilmRow
    label: str
    stamp: int
    number: int = 0
    version: int = 0

    @property
    def film(self) -> Film:
        """The film after this step."""
        if isinstance(self.kept, FilmRow):
            self.kept = self.kept.read()
        return self.kept

    @film.setter
    def film(self, film: Film) -> None:
        same = film.timeline is self.film.timeline and film.empty == self.film.empty
        self.version += not same
        self.kept = film


class Stamps:
    """Numbers that say which of two steps was made later, whichever history holds it.

    Parameters
    ----------
    of_desk
        Those that steps of the desk's history have from another day.
    last
        The highest that was ever given.
    """

    def __init__(self, of_desk: dict[int, int] | None = None, last: int = 0) -> None:
        self._of_desk = of_desk or {}
        self._last = max(last, 0, *self._of_desk.values())

    def new(self) -> int:
        """A number higher than any before."""
        self._last += 1
        return self._last

    def of_desk(self, number: int) -> int:
        """The number of a step of the desk's history, given when it is first asked for."""
        if number not in self._of_desk:
            self._of_desk[number] = self.new()
        return self._of_desk[number]


class FilmHistory:
    """Every film there was, in a line, and which of them is on the timeline."""

    def __init__(self) -> None:
        self._steps = [FilmStep(Film(), "", 0)]
        self._now = 0
        self._newest = 0

    @staticmethod
    def rebuilt(rows: Sequence[FilmRow], now: int) -> FilmHistory | None:
        """The history that was kept, with the step `now` shown; None without any row."""
        if not rows:
            return None
        history = FilmHistory()
        steps = [FilmStep(row, row.label, row.stamp, row.number) for row in rows]
        history._steps = sorted(steps, key=lambda step: step.number)[-LIMIT:]
        numbers = [step.number for step in history._steps]
        history._now = numbers.index(now) if now in numbers else len(numbers) - 1
        history._newest = numbers[-1]
        return history

    def steps(self) -> Iterator[FilmStep]:
        """All steps, in the order in which they were made."""
        return iter(self._steps)

    @property
    def now(self) -> FilmStep:
        """The step that is on the timeline."""
        return self._steps[self._now]

    def shorten(self, count: int) -> None:
        """Forget so many of the oldest steps, never the one that is shown."""
        count = min(count, self._now)
        del self._steps[:count]
        self._now -= count

    @property
    def film(self) -> Film:
        """What is on the timeline now."""
        return self._steps[self._now].film

    def put(self, film: Film) -> None:
        """Change what needs no undoing: the selection, the playhead."""
        self._steps[self._now].film = film

    def push(self, film: Film, label: str, stamp: int) -> None:
        """Make a step; one with the stamp of the step before melts into it."""
        del self._steps[self._now + 1 :]
        if self._now and self._steps[-1].stamp == stamp:
            self._steps[-1].film = film
            if film.timeline == self._steps[-2].film.timeline:
                self.drop(stamp)
            return
        self._newest += 1
        self._steps.append(FilmStep(film, label, stamp, self._newest))
        del self._steps[:-LIMIT]
        self._now = len(self._steps) - 1

    def drop(self, stamp: int) -> None:
        """Take the step of this stamp away, if it is the last, as if it had never been."""
        if self._now and self._steps[-1].stamp == stamp:
            gone = self._steps.pop().film
            self._now -= 1
            self.put(replace(self.film, selected=gone.selected, place=gone.place))

    @property
    def undo_stamp(self) -> int:
        """Of the step that `undo` takes back; 0 when there is none."""
        return self._steps[self._now].stamp if self._now else 0

    @property
    def undo_label(self) -> str:
        """What `undo` takes back; empty when there is nothing."""
        return self._steps[self._now].label if self._now else ""

    @property
    def redo_stamp(self) -> int:
        """Of the step that `redo` makes again; 0 when there is none."""
        return self._steps[self._now + 1].stamp if self._now + 1 < len(self._steps) else 0

    @property
    def redo_label(self) -> str:
        """What `redo` makes again; empty when there is nothing."""
        return self._steps[self._now + 1].label if self._now + 1 < len(self._steps) else ""

    def undo(self) -> None:
        """Go back a step, if there is one."""
        self._now = max(0, self._now - 1)

    def redo(self) -> None:
        """Go on a step, if there is one."""
        self._now = min(len(self._steps) - 1, self._now + 1)
