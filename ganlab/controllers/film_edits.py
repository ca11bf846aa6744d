"""What a person does to a film: pure functions, each gives a new one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from ganlab.controllers.film_history import Film
from ganlab.views.time_scale import UNITS, Counting, on_frame
from ganlab_core.capabilities import Capabilities
from ganlab_core.reading import canonical_json
from ganlab_core.recipe import Recipe, fit
from ganlab_core.timeline import Keyframe, Timeline

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
    line = replace(film.timeline, keyframes=(Keyframe(0.0, recipe),))
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
    keyframes = tuple(replace(own, recipe=fit(own.recipe, can)) for own in line.keyframes)
    return replace(line, keyframes=keyframes, full_growth=full_growth(can))


def lasting(film: Film, seconds: float) -> Film:
    """Stretch or squeeze the film to a length."""
    line = film.timeline.with_duration(seconds)
    share = film.place / film.timeline.duration
    return replace(film, timeline=line, place=on_frame(share * seconds, line.fps))


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
