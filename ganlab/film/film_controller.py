"""Editing a film: keyframes, the playhead, and the desk that shows and edits them."""

from __future__ import annotations

import json
import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from ganlab.controls import DICE_LIMIT, to_image
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.film.timeline_panel import FillChoice, TimelinePanel
from ganlab.film.timeline_view import UNITS, Counting, on_frame
from ganlab.session import Session
from ganlab.window import Messages
from ganlab_core.errors import GanlabError
from ganlab_core.files import canonical_json
from ganlab_core.recipe import Capabilities, Latent, Recipe, fit
from ganlab_core.rendering import Frame
from ganlab_core.timeline import (
    MEASURED_SIDE,
    PARTS,
    Keyframe,
    Pace,
    Timeline,
    arc_of,
    circle,
    class_tour,
    growing,
    psi_sweep,
    walk,
)

# The film being made, and the way back: every change of it is a step that can be undone.

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


# What a person does to a film: pure functions, each gives a new one.

APART = 2.0
"""Seconds from the last keyframe to a new one; in beats, this many beats and twice as many again."""

FASTEST_BPM, SLOWEST_BPM = 400.0, 10.0


# --- keyframes ------------------------------------------------------------------------------------------


def with_recipe(film: Film, recipe: Recipe) -> Film:
    """Keep a Recipe as a keyframe at the playhead, or after the last one if one stands there already."""
    if film.empty:
        return replace(_only(film, recipe), place=0.0)
    times = [keyframe.time for keyframe in film.timeline.keyframes]
    place = film.place
    if any(abs(place - time) < _half_frame(film) for time in times):
        place = on_frame(times[-1] + apart(film), film.timeline.fps)
    return with_recipe_at(film, recipe, place)


def with_recipe_at(film: Film, recipe: Recipe, time: float) -> Film:
    """Keep a Recipe as a keyframe at a moment, in place of one that stands there."""
    if film.empty:
        return replace(_only(film, recipe), place=0.0)
    line = film.timeline
    near = line.keyframes[-1] if time > line.keyframes[-1].time else line.keyframes[0]
    longer = time >= line.duration if line.loop else time > line.duration
    if longer:
        line = replace(line, duration=time + (apart(film) if line.loop else 0.0))
    line = line.with_keyframe(Keyframe(time, recipe, near.easing, near.lanes))
    return replace(film, timeline=line, place=time, selected=-1)


def apart(film: Film) -> float:
    """Seconds between keyframes that are added one after the other."""
    counting = counting_of(film.timeline)
    return 4 * counting.seconds if counting.unit == "beats" else APART


def edited(film: Film, recipe: Recipe) -> Film:
    """Give the selected keyframe another Recipe."""
    own = film.timeline.keyframes[film.selected]
    line = film.timeline.with_keyframe_at(film.selected, replace(own, recipe=recipe))
    return replace(film, timeline=line)


def moved(film: Film, index: int, time: float) -> Film:
    """Put a keyframe at another moment; where one stands already, just beside it."""
    line = film.timeline
    own = line.keyframes[index]
    others = line.keyframes[:index] + line.keyframes[index + 1 :]
    time = _free(others, _inside(line, time), line)
    keyframes = tuple(sorted((*others, replace(own, time=time)), key=lambda k: k.time))
    line = replace(line, keyframes=keyframes)
    selected = next(i for i, k in enumerate(keyframes) if k.time == time)
    return replace(film, timeline=line, selected=selected, place=time)


def copied(film: Film, index: int, time: float) -> Film:
    """Put a copy of a keyframe at a moment."""
    line = film.timeline
    time = _free(line.keyframes, _inside(line, time), line)
    line = line.with_keyframe(replace(line.keyframes[index], time=time))
    return _selecting(replace(film, timeline=line), time)


def repeated(film: Film, index: int) -> Film:
    """Put a copy of a keyframe halfway to the next one, or after the last."""
    times = [keyframe.time for keyframe in film.timeline.keyframes]
    if index + 1 < len(times):
        middle = on_frame((times[index] + times[index + 1]) / 2, film.timeline.fps)
        return copied(film, index, middle)
    grown = with_recipe_at(film, film.timeline.keyframes[index].recipe, times[index] + apart(film))
    return _selecting(grown, grown.place)


def without(film: Film, index: int) -> Film:
    """Take a keyframe out; without the last one the film is empty."""
    if len(film.timeline.keyframes) == 1:
        return replace(film, empty=True, selected=-1, place=0.0)
    return replace(film, timeline=film.timeline.without_keyframe(index), selected=-1)


def eased(film: Film, index: int, easing: str) -> Film:
    """Let a keyframe go on to the next one in another way."""
    own = film.timeline.keyframes[index]
    line = film.timeline.with_keyframe_at(index, replace(own, easing=easing))
    return replace(film, timeline=line)


def all_eased(film: Film, easing: str) -> Film:
    """Let every keyframe go on in one way."""
    keyframes = tuple(replace(keyframe, easing=easing) for keyframe in film.timeline.keyframes)
    return replace(film, timeline=replace(film.timeline, keyframes=keyframes))


def lane_eased(film: Film, index: int, lane: str, easing: str) -> Film:
    """Let one lane of a keyframe, -1 for all, go on in its own way; empty: as the keyframe does."""
    own = () if not easing else ((lane, easing),)
    keyframes = tuple(
        replace(key, lanes=(*(pair for pair in key.lanes if pair[0] != lane), *own))
        if index in (-1, at)
        else key
        for at, key in enumerate(film.timeline.keyframes)
    )
    return replace(film, timeline=replace(film.timeline, keyframes=keyframes))


def _only(film: Film, recipe: Recipe) -> Film:
    line = replace(film.timeline, keyframes=(Keyframe(0.0, recipe, "even"),))
    return replace(film, timeline=line, empty=False, selected=-1)


def _selecting(film: Film, time: float) -> Film:
    keyframes = film.timeline.keyframes
    nearest = min(range(len(keyframes)), key=lambda i: abs(keyframes[i].time - time))
    return replace(film, selected=nearest, place=keyframes[nearest].time)


def _half_frame(film: Film) -> float:
    return float(1 / film.timeline.fps) / 2


def _inside(line: Timeline, time: float) -> float:
    last = line.duration - (float(1 / line.fps) if line.loop else 0.0)
    return min(max(0.0, time), max(0.0, last))


def _free(others: Sequence[Keyframe], time: float, line: Timeline) -> float:
    """The moment nearest to `time`, by whole frames, where no other keyframe stands."""
    frame, taken = float(1 / line.fps), {round(k.time * line.fps) for k in others}
    wanted = round(time * line.fps)
    if wanted not in taken:
        return time
    ways = (wanted + way * step for step in range(1, len(taken) + 2) for way in (1, -1))
    free = (at for at in ways if at not in taken and 0 <= at * frame <= _inside(line, 1e9) + 1e-9)
    return float(next(free, wanted) / line.fps)


# --- the whole ------------------------------------------------------------------------------------------


def suited(film: Film, can: Capabilities | None) -> Film:
    """An empty film with the defaults that suit a model: latents blend in W where there is one."""
    if can is None or not film.empty:
        return film
    space = "w" if can.has_w else "z"
    line = replace(film.timeline, latent_space=space, mix_space=space, full_growth=full_growth(can))
    return replace(film, timeline=line)


def full_growth(can: Capabilities) -> float | None:
    """What a growth of None counts as between keyframes."""
    return float(can.full_growth) if can.has_growth else None


def fitted(line: Timeline, can: Capabilities | None) -> Timeline:
    """The nearest film this model can show."""
    if can is None:
        return line
    keyframes = tuple(own.with_recipe(fit(own.recipe, can)) for own in line.keyframes)
    return replace(line, keyframes=keyframes, full_growth=full_growth(can))


def lasting(film: Film, seconds: float) -> Film:
    """Stretch or squeeze the film to a length."""
    line = film.timeline.with_duration(seconds)
    share = film.place / film.timeline.duration
    return replace(film, timeline=line, place=on_frame(share * seconds, line.fps))


def evened_out(film: Film, line: Timeline) -> Film:
    """The film with its keyframes where `line`, itself with its ways measured, changes evenly.

    They stand on frames; a film that is counted in beats keeps its own.
    """
    even = line.with_even_times()
    places = [on_frame(key.time, line.fps) for key in even.keyframes]
    whole = len(set(places)) == len(places) and max(places) <= _inside(line, line.duration)
    if even == line or not whole or counting_of(line).unit == "beats":
        return film
    keys = zip(film.timeline.keyframes, places, strict=True)
    moved = tuple(replace(key, time=place) for key, place in keys)
    return replace(film, timeline=replace(film.timeline, keyframes=moved))


def looping(film: Film, *, on: bool) -> Film:
    """Close the loop or open it."""
    return replace(film, timeline=film.timeline.with_loop(on=on))


def at_rate(film: Film, fps: Fraction) -> Film:
    """The film with so many frames a second."""
    return replace(film, timeline=replace(film.timeline, fps=fps))


def with_noise(film: Film, noise: str) -> Film:
    """Noise frozen, fresh each frame, or going round."""
    return replace(film, timeline=replace(film.timeline, noise=noise))


def lane_in_space(film: Film, lane: str, space: str) -> Film:
    """The latents of one lane, latent or mix, blend in W or in Z."""
    line = film.timeline
    if lane == "mix":
        return replace(film, timeline=replace(line, mix_space=space))
    return replace(film, timeline=replace(line, latent_space=space))


def in_space(film: Film, space: str) -> Film:
    """Latents, and those of mixes, blend in W or in Z."""
    return replace(film, timeline=replace(film.timeline, latent_space=space, mix_space=space))


# --- how it is counted ------------------------------------------------------------------------------------


def counting_of(line: Timeline) -> Counting:
    """How a film's ruler counts; kept in its file beside what the core knows."""
    extra = json.loads(line.extra)
    unit, bpm = extra.get("unit"), extra.get("bpm")
    known = next((own for own in UNITS if own == unit), UNITS[0])
    sane = isinstance(bpm, int | float) and SLOWEST_BPM <= bpm <= FASTEST_BPM
    return Counting(known, line.fps, float(bpm) if sane else 120.0)


def counted(film: Film, unit: str, bpm: float) -> Film:
    """The film with its ruler counting in another way."""
    bpm = min(max(bpm, SLOWEST_BPM), FASTEST_BPM)
    extra = {**json.loads(film.timeline.extra), "unit": unit, "bpm": bpm}
    return replace(film, timeline=replace(film.timeline, extra=canonical_json(extra)))


class FilmHolder(Protocol):
    """Who holds the film."""

    @property
    def film(self) -> Film:
        """What is on the timeline."""

    def change(self, film: Film, label: str) -> None:
        """Put another film on the timeline as a step to undo."""

    def stop(self) -> None:
        """Stop playing."""


class FilmDrops(QObject):
    """Makes keyframes of what is dropped.

    Parameters
    ----------
    keeper, session
        Who holds the film; whose Recipe a dropped seed takes the place in.
    tasks
        Who reads the files.
    panel
        What things are dropped on.
    """

    def __init__(
        self, keeper: FilmHolder, session: Session, tasks: BackgroundTasks, panel: TimelinePanel
    ) -> None:
        super().__init__(panel)
        self._keeper = keeper
        self._session = session
        self._tasks = tasks
        panel.view.dropped.connect(self._on_dropped)

    def _on_dropped(self, found: int | Path, time: float) -> None:
        if isinstance(found, int):
            recipe = replace(self._session.recipe, latent=Latent(found))
            self._drop(time, recipe)
        else:
            self._tasks.start(partial(_recipe_in, found), partial(self._drop, time))

    def _drop(self, time: float, recipe: Recipe) -> None:
        self._keeper.stop()
        film = suited(self._keeper.film, self._session.capabilities)
        self._keeper.change(with_recipe_at(film, recipe, time), "keyframe")


def _recipe_in(path: Path) -> Recipe:
    """The Recipe of a picture saved by ganlab; the decoders are loaded with the first one."""
    from ganlab_core.export import read_picture

    return read_picture(path).recipe


class FilmMaker(Protocol):
    """Who holds the film."""

    stamps: Stamps

    @property
    def film(self) -> Film:
        """What is on the timeline."""

    def apply(self, edit: Callable[..., Film], label: str, *values: object) -> None:
        """Change the film by one of the edits, as a step to undo."""

    def change(self, film: Film, label: str, stamp: int | None = None) -> None:
        """Put another film on the timeline as a step to undo."""


class FilmRequests(QObject):
    """Hears the panel and asks the maker; a dragged keyframe is one step, however far it goes.

    Parameters
    ----------
    maker
        Who holds the film; lives as long as this.
    panel
        Whose controls are heard.
    """

    def __init__(self, maker: FilmMaker, panel: TimelinePanel) -> None:
        super().__init__(panel)
        self._maker = maker
        self._drag: tuple[Film, int] | None = None
        view, settings = panel.view, panel.settings
        settings.length_asked.connect(self._on_length)
        settings.counting_asked.connect(self._on_counting)
        settings.rate_asked.connect(self._on_rate)
        settings.loop_asked.connect(self._on_loop)
        settings.noise_asked.connect(self._on_noise)
        settings.space_asked.connect(self._on_space)
        panel.easing_chosen.connect(self._on_easing)
        panel.space_chosen.connect(self._on_lane_space)
        panel.repeat_asked.connect(self._on_repeat)
        view.move_started.connect(self._on_move_started)
        view.moved.connect(self._on_moved)
        view.move_finished.connect(self._on_move_finished)
        view.copied.connect(self._on_copied)
        view.deleted.connect(self._on_deleted)

    # --- the whole -------------------------------------------------------------------------------

    def _on_length(self, seconds: float) -> None:
        self._maker.apply(lasting, "film length", seconds)

    def _on_counting(self, unit: str, bpm: float) -> None:
        self._maker.apply(counted, "ruler", unit, bpm)

    def _on_rate(self, fps: Fraction) -> None:
        self._maker.apply(at_rate, "frame rate", fps)

    def _on_loop(self, on: bool) -> None:
        self._maker.apply(lambda film: looping(film, on=on), "loop")

    def _on_noise(self, name: str) -> None:
        self._maker.apply(with_noise, "film noise", name)

    def _on_space(self, name: str) -> None:
        self._maker.apply(in_space, "film space", name)

    def _on_lane_space(self, lane: str, name: str) -> None:
        self._maker.apply(lane_in_space, "lane space", lane, name)

    # --- keyframes -------------------------------------------------------------------------------

    def _on_easing(self, index: int, lane: str, easing: str) -> None:
        if lane:
            self._maker.apply(lane_eased, "lane easing", index, lane, easing)
        elif index < 0:
            self._maker.apply(all_eased, "easing", easing)
        else:
            self._maker.apply(eased, "easing", index, easing)

    def _on_repeat(self, index: int) -> None:
        self._maker.apply(repeated, "copy keyframe", index)

    def _on_copied(self, index: int, time: float) -> None:
        self._maker.apply(copied, "copy keyframe", index, time)

    def _on_deleted(self, index: int) -> None:
        self._maker.apply(without, "delete keyframe", index)

    def _on_move_started(self) -> None:
        self._drag = (self._maker.film, self._maker.stamps.new())

    def _on_moved(self, index: int, time: float) -> None:
        if self._drag is not None:
            base, stamp = self._drag
            self._maker.change(moved(base, index, time), "move keyframe", stamp)

    def _on_move_finished(self) -> None:
        self._drag = None


# Films made by rule from the picture on the desk, as the Fill menu offers them.

SECONDS_EACH = 2.0
SHORTEST = 4.0
LONGEST_TOUR = 60


def filled(
    film: Film, fill: FillChoice, base: Recipe, can: Capabilities, source: random.Random
) -> Film:
    """The film by a rule; the rate, and how it is counted, stay. Raises `TimelineError`."""
    old = film.timeline
    count = max(2.0, fill.amount) if fill.kind in ("walk", "classes") else 3.0
    easing = "smooth" if fill.kind == "growth" else "even"
    pace = Pace(max(SHORTEST, SECONDS_EACH * count), True, old.fps, easing)
    seeds = [source.randrange(DICE_LIMIT) for _ in range(max(2, int(fill.amount)))]
    line = _made(fill, base, can, seeds, pace)
    if line.latent_space != "z" and not can.has_w:
        line = replace(line, latent_space="z")
    mix_space = "w" if can.has_w else "z"
    line = replace(line, mix_space=mix_space, full_growth=full_growth(can), extra=old.extra)
    return replace(film, timeline=line, empty=False, selected=-1, place=0.0)


def _made(
    fill: FillChoice, base: Recipe, can: Capabilities, seeds: list[int], pace: Pace
) -> Timeline:
    match fill.kind:
        case "circle":
            return circle(base, seeds[0], seeds[1], fill.amount, pace)
        case "round":
            return circle(base, seeds[0], seeds[1], None, pace)
        case "noise":
            still = Timeline((Keyframe(0.0, base),), pace.seconds, True, pace.fps)
            return replace(still, noise="loop")
        case "psi":
            return psi_sweep(base, 0.0, base.psi or 1.0, pace)
        case "growth":
            return growing(replace(base, growth=None), can, replace(pace, loop=False))
        case "classes":
            return class_tour(base, _classes(base, can, int(fill.amount)), pace)
        case _:
            others = [Latent(seed) for seed in seeds[: int(fill.amount) - 1]]
            return walk(base, [base.latent, *others], pace)


def _classes(base: Recipe, can: Capabilities, count: int) -> list[int]:
    """So many classes, from the desk's own on."""
    first = max(base.classes, key=lambda pair: pair[1])[0] if base.classes else 0
    count = min(count or LONGEST_TOUR, len(can.classes), LONGEST_TOUR)
    return [(first + step) % len(can.classes) for step in range(count)]


# The small pictures of the keyframes, asked of the render thread while the canvas needs nothing.

OWNER = "timeline"
SIDE = 64
KEPT = 512


class FilmPictures(QObject):
    """Knows the pictures of Recipes, and asks for those that are shown and not known."""

    def __init__(
        self, worker: RenderWorker, panel: TimelinePanel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._panel = panel
        self._known: OrderedDict[Recipe, QImage] = OrderedDict()
        self._asked: list[Recipe] = []
        self._shown: tuple[Recipe, ...] = ()
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        panel.shown.connect(self._ask)

    def fill(self, line: Timeline | None) -> None:
        """Show the pictures of a film's keyframes as they come."""
        self._shown = () if line is None else tuple(key.recipe for key in line.keyframes)
        for index, recipe in enumerate(self._shown):
            if recipe in self._known:
                self._panel.view.show_picture(index, self._known[recipe])
        self._ask()

    def forget(self) -> None:
        """Another model draws other pictures."""
        self._known.clear()
        self._asked = []
        for index in range(len(self._shown)):
            self._panel.view.show_picture(index, None)

    def _ask(self) -> None:
        missing = [own for own in dict.fromkeys(self._shown) if own not in self._known]
        wanted = missing if self._panel.isVisible() else []
        if wanted != self._asked:
            self._asked = wanted
            self._worker.request_thumbnails(OWNER, wanted, SIDE)

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER:
            return
        self._known[recipe] = image = to_image(pixels)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        self._asked = [own for own in self._asked if own != recipe]
        for index, own in enumerate(self._shown):
            if own == recipe:
                self._panel.view.show_picture(index, image)


Way = tuple[Recipe, Recipe, str, str, float | None]
"""From a Recipe to another, through these spaces of latents and mixes; the full growth where it grows."""

MOST_ARCS = 4096


class FilmMotion(QObject):
    """Measures how the picture changes on the ways between keyframes, while the canvas needs nothing.

    What is measured lies beside the film, so that an edit drops nothing that still holds, and undoing
    it measures nothing anew.

    Signals
    -------
    measured()
        Another way is known.
    """

    OWNER = "motion"
    measured = Signal()

    def __init__(self, worker: RenderWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.version = 0
        self._worker = worker
        self._arcs: OrderedDict[Way, tuple[float, ...]] = OrderedDict()
        self._line: Timeline | None = None
        self._asked: tuple[Way, list[Recipe]] | None = None
        self._drawn: dict[Recipe, NDArray[np.uint8]] = {}
        worker.thumbnail_rendered.connect(self._on_thumbnail)

    def fill(self, line: Timeline | None) -> None:
        """Measure the ways of this film that are even and not known; None = of none."""
        if line is not self._line:
            self._line = line
            self._ask()

    def known(self, line: Timeline) -> Timeline:
        """The film with what is known of its ways."""
        ways = {index: _way(line, index) for index in line.unmeasured}
        arcs = {i: self._arcs[way] for i, way in ways.items() if way in self._arcs}
        return line.with_arcs(arcs) if arcs else line

    def learn(self, line: Timeline) -> Timeline:
        """Take over what a film of a file has measured; the film without it."""
        for index, key in enumerate(line.keyframes):
            if key.arc:
                self._keep(_way(line, index), key.arc)
        return line.with_arcs(dict.fromkeys(range(len(line.keyframes)), ()))

    def forget(self) -> None:
        """Another model goes other ways."""
        self._arcs.clear()
        self._line = self._asked = None
        self.version += 1

    def _keep(self, way: Way, arc: tuple[float, ...]) -> None:
        self._arcs[way] = arc
        self.version += 1
        while len(self._arcs) > MOST_ARCS:
            self._arcs.popitem(last=False)

    def _ask(self) -> None:
        """Have the next way drawn, unless it is being drawn."""
        line = self._line
        missing = () if line is None else self.known(line).unmeasured
        if line is None or not missing:
            if self._asked is not None:
                self._asked = None
                self._worker.request_thumbnails(self.OWNER, [])
            return
        way = _way(line, missing[0])
        if self._asked is None or self._asked[0] != way:
            self._asked, self._drawn = (way, line.way_from(missing[0], PARTS)), {}
            wanted = list(dict.fromkeys(self._asked[1]))
            self._worker.request_thumbnails(self.OWNER, wanted, MEASURED_SIDE)

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != self.OWNER or self._asked is None:
            return
        self._drawn[recipe] = pixels
        way, recipes = self._asked
        if all(own in self._drawn for own in recipes):
            self._keep(way, arc_of(self._drawn[own] for own in recipes))
            self._asked, self._drawn = None, {}
            self.measured.emit()
            self._ask()


def _way(line: Timeline, index: int) -> Way:
    start, end = line.keyframes[index], line.keyframes[(index + 1) % len(line.keyframes)]
    grows = start.recipe.growth is not None or end.recipe.growth is not None
    full = line.full_growth if grows else None
    return (start.recipe, end.recipe, line.latent_space, line.mix_space, full)


class FilmPreview(QObject):
    """Puts moments of a film on the desk as one step of its history, however long it plays.

    Signals
    -------
    edited(Recipe)
        A person, or a walk, changed the desk's Recipe; the step of it is on the desk.
    vanished(int)
        A movement of the hand came back to where it began; the step of this number is no more.
    left()
        The desk went back or on in its history, away from the film.
    """

    edited = Signal(object)
    vanished = Signal(int)
    left = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._own: set[int] = set()
        self._shown: Recipe | None = None
        self._quiet = False
        self._newest = self._last = session.history.now.number
        session.recipe_changed.connect(self._on_recipe_changed)

    @property
    def step(self) -> int:
        """The number of the step on the desk."""
        return self._session.history.now.number

    def is_on(self) -> bool:
        """Whether the step on the desk belongs to the film, so that it may go on changing."""
        return self.step in self._own

    def stays(self) -> bool:
        """Whether the moment that was put on the desk is still there."""
        return self._session.recipe == self._shown

    def show(self, recipe: Recipe) -> None:
        """Put a moment on the desk."""
        self._shown = recipe
        before = self.step
        with _Quiet(self):
            if self.is_on():
                self._session.drift(recipe)
            else:
                self._session.end_drag()
                self._session.edit(recipe, "film")
        if self.step != before:
            self._own.add(self.step)

    def claim(self) -> int:
        """Let the step on the desk, an edit of a keyframe, belong to the film; tells its number."""
        self._own.add(self.step)
        return self.step

    def begin_again(self) -> None:
        """Another history is on the desk; none of its steps belongs to the film."""
        self._own.clear()
        self._last, self._newest = self.step, self._session.history.newest

    def quietly(self) -> _Quiet:
        """While inside, what happens to the desk is nobody's edit."""
        return _Quiet(self)

    def _on_recipe_changed(self, recipe: Recipe) -> None:
        number, last = self.step, self._last
        new = number > self._newest
        self._last, self._newest = number, max(number, self._newest)
        if self._quiet:
            return
        if new or number == last:
            self.edited.emit(recipe)
        elif self._session.history.step(last) is None:
            self.vanished.emit(last)
        else:
            self.left.emit()


class _Quiet:
    """Marks what happens inside as the film's own doing."""

    def __init__(self, showing: FilmPreview) -> None:
        self._showing = showing
        self._before = False

    def __enter__(self) -> None:
        self._before, self._showing._quiet = self._showing._quiet, True

    def __exit__(self, *_error: object) -> None:
        self._showing._quiet = self._before


# Playing a film: by the clock, a frame at a time, dropping those the machine has no time for.

TICK_MS = 4
WAIT_FOR_FRAME = 0.5
"""Seconds after which the film goes on though the last picture has not come."""

WINDOW = 1.0
"""Seconds over which the pictures shown are counted."""

SETTLED = 0.4
"""Seconds of playing before the count means something."""


class FilmPlayer(QObject):
    """Says which frame of a film is due; where it is depends on the time alone.

    Parameters
    ----------
    worker
        Draws the frames; the next one is due only when the last has come.
    clock
        Tells the time in seconds.

    Signals
    -------
    due(int, Recipe)
        Show this frame now; told only when its Recipe is another than the last one's.
    passed(int)
        This frame is where the film is.
    ended()
        The film is over; a loop never is.
    rate_told(str)
        How many frames of those asked for were shown in the last second: `"18 of 30 fps"`.
    """

    due = Signal(int, object)
    passed = Signal(int)
    ended = Signal()
    rate_told = Signal(str)

    def __init__(
        self,
        worker: RenderWorker,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._timeline = Timeline()
        self._began = self._asked_at = self._told_at = 0.0
        self._frame = -1
        self._waits = False
        self._recipe: Recipe | None = None
        self._pixels: object = None
        self._shown: deque[float] = deque()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        worker.rendered.connect(self._on_rendered)

    @property
    def playing(self) -> bool:
        """Whether the film plays."""
        return self._timer.isActive()

    def play(self, timeline: Timeline, place: float) -> None:
        """Play from a moment on."""
        now = self._clock()
        self._timeline = timeline
        self._began, self._told_at = now - place, now
        self._frame, self._waits, self._recipe = -1, False, None
        self._shown.clear()
        self._timer.start()
        self.tick()

    def change(self, timeline: Timeline) -> None:
        """Go on with an edited film."""
        self._timeline = timeline

    def stop(self) -> None:
        """Stay where the film is."""
        self._timer.stop()
        self.rate_told.emit("")

    def tick(self) -> None:
        """Ask for the frame that is due by now, if it is another one."""
        now = self._clock()
        self._tell_rate(now)
        line = self._timeline
        frame = int((now - self._began) * line.fps + 1e-6)
        if frame >= line.frame_count and not line.loop:
            self._ask(line.frame_count - 1, now)
            self.stop()
            self.ended.emit()
        elif not self._waits or now - self._asked_at > WAIT_FOR_FRAME:
            self._ask(frame % line.frame_count, now)

    def _ask(self, frame: int, now: float) -> None:
        if frame == self._frame:
            return
        self._frame, self._asked_at = frame, now
        recipe = self._timeline.frame_recipe(frame)
        self.passed.emit(frame)
        self._waits = recipe != self._recipe
        if self._waits:
            self._recipe = recipe
            self.due.emit(frame, recipe)
        else:
            self._shown.append(now)

    def _on_rendered(self, frame: Frame) -> None:
        """Count the picture that is waited for; one nobody asked for, or with previews only, is none."""
        if self._waits and frame.pixels is not self._pixels and self.playing:
            self._pixels, self._waits = frame.pixels, False
            self._shown.append(self._clock())

    def _tell_rate(self, now: float) -> None:
        while self._shown and self._shown[0] < now - WINDOW:
            self._shown.popleft()
        if now - self._told_at < SETTLED or len(self._shown) < 2:
            return
        self._told_at = now
        seconds = self._shown[-1] - self._shown[0]
        wanted = float(self._timeline.fps)
        shown = min(wanted, (len(self._shown) - 1) / seconds if seconds else wanted)
        self.rate_told.emit(f"{shown:.0f} of {wanted:.3g} fps")


class FilmEditor(QObject):
    """Holds the film and its history, and shows its moments on the desk.

    Scrubbing and playing put `recipe_at` of the film on the desk, as the export does frame by frame.
    While a keyframe is selected, the desk shows that keyframe and every turn of a knob edits it.

    Parameters
    ----------
    session, worker, tasks, messages
        The desk, who draws, who reads files, and where failures are told.
    panel
        The timeline on the screen.
    source
        Where seeds come from; unpredictable when None.

    Signals
    -------
    history_changed()
        There is something else to undo or redo.
    changed()
        The film, its selection or its playhead is another one.
    """

    history_changed = Signal()
    changed = Signal()

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        panel: TimelinePanel,
        source: random.Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._messages = messages
        self.panel = panel
        self._source = source or random.SystemRandom()
        self.stamps = Stamps()
        self.history = FilmHistory()
        self.showing = FilmPreview(session, self)
        self.player = FilmPlayer(worker, parent=self)
        self.pictures = FilmPictures(worker, panel, self)
        self.motion = FilmMotion(worker, self)
        self._playable: tuple[object, Timeline] | None = None
        self._kept: tuple[object, Timeline] | None = None
        self._filled: Timeline | None = None
        self._connect()
        self._requests = FilmRequests(self, panel)
        self._drops = FilmDrops(self, session, tasks, panel)
        self._refresh()

    def _connect(self) -> None:
        panel, view = self.panel, self.panel.view
        panel.play_asked.connect(self.toggle)
        panel.keyframe_asked.connect(self.add_keyframe)
        panel.clear_asked.connect(self.clear)
        panel.fill_asked.connect(self.fill)
        panel.update_asked.connect(self._on_update)
        view.scrubbed.connect(self.scrub)
        view.selected.connect(self.select)
        self.showing.edited.connect(self._on_desk_edited)
        self.showing.vanished.connect(self._on_vanished)
        self.showing.left.connect(self._on_left)
        self.player.due.connect(self._on_due)
        self.player.passed.connect(self._on_passed)
        self.player.ended.connect(self._on_ended)
        self.player.rate_told.connect(panel.show_rate)
        self.motion.measured.connect(self._on_measured)
        self._session.model_changed.connect(self._on_model_changed)

    # --- what there is ---------------------------------------------------------------------------

    @property
    def film(self) -> Film:
        """What is on the timeline."""
        return self.history.film

    @property
    def playable(self) -> Timeline:
        """The film as the model on the desk can show it; this is played and exported."""
        line, can = self.film.timeline, self._session.capabilities
        key = (line, can, self.motion.version)
        if self._playable is None or self._playable[0] != key:
            self._playable = (key, self.motion.known(fitted(line, can)))
        return self._playable[1]

    @property
    def kept(self) -> Timeline:
        """The film as it is saved: whatever the model can show, with what was measured."""
        key = (self.film.timeline, self.motion.version)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self.motion.known(self.film.timeline))
        return self._kept[1]

    # --- changes ---------------------------------------------------------------------------------

    def apply(self, edit: Callable[..., Film], label: str, *values: object) -> None:
        """Change the film by one of the edits, as a step to undo; one that makes no sense is told."""
        try:
            film = edit(self.film, *values)
        except GanlabError as error:
            self._messages.show_error(error)
            self._refresh()
        else:
            self.change(film, label)

    def change(self, film: Film, label: str, stamp: int | None = None) -> None:
        """Put another film on the timeline as a step to undo."""
        if film == self.film:
            self._refresh()
            return
        self.history.push(film, label, self.stamps.new() if stamp is None else stamp)
        self._refresh()
        self._follow()
        self.history_changed.emit()

    def _put(self, film: Film) -> None:
        """Change the selection or the playhead, which is no step."""
        self.history.put(film)
        self._refresh()

    def _refresh(self) -> None:
        film = self.film
        counting = counting_of(film.timeline)
        shown = None if film.empty else self.kept
        self.panel.show_film(shown, film.timeline, film.selected, counting)
        self.panel.show_place(film.place)
        self.pictures.fill(shown)
        idle = film.empty or self._session.capabilities is None
        self.motion.fill(None if idle else self.playable)
        self.changed.emit()

    def _on_measured(self) -> None:
        """The film goes evenly where it went linearly; one made by rule moves its keyframes as well."""
        if self._filled == self.film.timeline and not self.playable.unmeasured:
            self._filled = None
            self.history.put(evened_out(self.film, self.playable))
        self._refresh()
        if self.player.playing or self.film.selected < 0:
            self._follow()

    def _follow(self) -> None:
        """Let what is on the desk follow a change of the film."""
        if self.film.empty:
            self.stop()
        elif self.player.playing:
            self.player.change(self.playable)
        elif self.film.selected >= 0:
            self.showing.show(self._selected_recipe())
        elif self.showing.is_on():
            self.showing.show(self.playable.recipe_at(self.film.place))

    def _selected_recipe(self) -> Recipe:
        return self.film.timeline.keyframes[self.film.selected].recipe

    # --- keyframes -------------------------------------------------------------------------------

    def add_keyframe(self) -> None:
        """Keep the picture on the desk as a keyframe at the playhead, or after the last one."""
        self.add_recipe(self._session.recipe)

    def add_recipe(self, recipe: Recipe) -> None:
        """Keep a Recipe as a keyframe at the playhead, or after the last one."""
        if self._session.capabilities is None:
            return
        self.stop()
        film = suited(self.film, self._session.capabilities)
        self.change(with_recipe(film, recipe), "keyframe")

    def select(self, index: int) -> None:
        """Put a keyframe on the desk, to be edited there; -1: none any more."""
        self.stop()
        film = self.film
        if not 0 <= index < len(film.timeline.keyframes) or film.empty:
            self._put(replace(film, selected=-1))
            return
        place = film.timeline.keyframes[index].time
        self._put(replace(film, selected=index, place=place))
        self.showing.show(self._selected_recipe())

    def clear(self) -> None:
        """Begin anew; the old film is one undo away."""
        self.stop()
        film = replace(self.film, empty=True, selected=-1, place=0.0)
        self.change(suited(film, self._session.capabilities), "clear timeline")

    def fill(self, choice: FillChoice) -> None:
        """Make the film by rule from the picture on the desk."""
        can = self._session.capabilities
        if can is not None:
            self.stop()
            base = self._session.fitted
            try:
                film = filled(self.film, choice, base, can, self._source)
            except GanlabError as error:
                self._messages.show_error(error)
            else:
                self._filled = film.timeline
                self._begin_with(film, "fill timeline")

    def open(self, line: Timeline) -> None:
        """Put a film that was saved on the timeline, and its beginning on the desk: one step to undo."""
        self.stop()
        self._begin_with(Film(self.motion.learn(line), empty=False), "open timeline")

    def _begin_with(self, film: Film, label: str) -> None:
        """Put a whole film on the timeline and its beginning on the desk: one step to undo."""
        before = self.showing.step
        line = fitted(film.timeline, self._session.capabilities)
        self.showing.show(line.recipe_at(0.0))
        step = self.showing.step
        stamp = None if step == before else self.stamps.of_desk(step)
        self.change(film, label, stamp)

    def _on_update(self, index: int) -> None:
        film = replace(self.film, selected=index)
        self.change(edited(film, self._session.recipe), "replace keyframe")

    # --- the playhead ----------------------------------------------------------------------------

    def scrub(self, seconds: float) -> None:
        """Put the playhead at a moment, and that moment on the desk."""
        if self.film.empty:
            return
        self.stop()
        self._put(replace(self.film, place=seconds, selected=-1))
        self.showing.show(self.playable.recipe_at(seconds))

    def toggle(self) -> None:
        """Play from the playhead on, or stop."""
        if self.player.playing:
            self.stop()
        elif not self.film.empty and self._session.capabilities is not None:
            line = self.playable
            at_end = not line.loop and self.film.place >= line.frame_time(line.frame_count - 1)
            place = 0.0 if at_end else self.film.place
            self._put(replace(self.film, selected=-1, place=place))
            self.panel.show_playing(True)
            self.player.play(line, place)

    def stop(self) -> None:
        """Stay where the film is."""
        if self.player.playing:
            self.player.stop()
            self._on_ended()

    def _on_due(self, _frame: int, recipe: Recipe) -> None:
        self.showing.show(recipe)

    def _on_passed(self, frame: int) -> None:
        place = self.playable.frame_time(frame)
        self.history.put(replace(self.film, place=place))
        self.panel.show_place(place)
        self.changed.emit()

    def _on_ended(self) -> None:
        self.panel.show_playing(False)
        self.panel.show_rate("")

    # --- the desk's news -------------------------------------------------------------------------

    def _on_desk_edited(self, recipe: Recipe) -> None:
        """A knob was turned: the selected keyframe follows, else the desk goes its own way."""
        self.stop()
        if self.film.selected >= 0 and not self.film.empty:
            stamp = self.stamps.of_desk(self.showing.claim())
            self._let_follow(edited(self.film, recipe), stamp)

    def _let_follow(self, film: Film, stamp: int) -> None:
        """Let a keyframe follow the desk; it is undone together with the desk's step."""
        if film != self.film:
            self.history.push(film, "edit keyframe", stamp)
            self._refresh()
            self.history_changed.emit()

    def _on_vanished(self, number: int) -> None:
        """A knob was turned and turned back: the keyframe is as it was, too."""
        self.history.drop(self.stamps.of_desk(number))
        self._refresh()
        self.history_changed.emit()

    def _on_left(self) -> None:
        """The desk is elsewhere in its history: no keyframe is edited any more."""
        self.stop()
        if self.film.selected >= 0:
            self._put(replace(self.film, selected=-1))

    def restore(self, history: FilmHistory, stamps: Stamps) -> None:
        """Go on with the film of another day; its keyframe is edited if it is on the desk."""
        self.history, self.stamps = history, stamps
        film = self.film
        known = 0 <= film.selected < len(film.timeline.keyframes) and not film.empty
        if not known or self._selected_recipe() != self._session.recipe:
            self.history.put(replace(film, selected=-1))
        self._refresh()
        self.history_changed.emit()

    def restored(self) -> None:
        """After undo or redo of the film: show it, and its moment where the desk shows the film."""
        self.stop()
        away = not self.showing.is_on() and self.film.selected >= 0
        if away and self._selected_recipe() != self._session.recipe:
            self.history.put(replace(self.film, selected=-1))
        self._refresh()
        self._follow()

    def _on_model_changed(self) -> None:
        can = self._session.capabilities
        self.panel.set_capabilities(can)
        self.history.put(suited(self.film, can))
        self.pictures.forget()
        self.motion.forget()
        self._refresh()
        if self.showing.stays() and self.film.selected < 0 and not self.film.empty:
            self._show_again()

    def _show_again(self) -> None:
        """Show the film's moment by a model that may do more of it than the one before, or less."""
        if self.player.playing:
            self.player.change(self.playable)
        else:
            self.showing.show(self.playable.recipe_at(self.film.place))
