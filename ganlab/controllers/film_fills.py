"""Films made by rule from the picture on the desk, as the Fill menu offers them."""

from __future__ import annotations

import random
from dataclasses import replace

from ganlab.controllers.film_edits import full_growth
from ganlab.controllers.film_history import Film
from ganlab.controllers.gestures import DICE_LIMIT
from ganlab.film.menus import FillChoice
from ganlab_core.capabilities import Capabilities
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Keyframe, Timeline
from ganlab_core.timeline_generators import Pace, circle, class_tour, growing, psi_sweep, walk

SECONDS_EACH = 2.0
SHORTEST = 4.0
LONGEST_TOUR = 60


def filled(
    film: Film, fill: FillChoice, base: Recipe, can: Capabilities, source: random.Random
) -> Film:
    """The film by a rule; the rate, and how it is counted, stay. Raises `TimelineError`."""
    old = film.timeline
    count = max(2.0, fill.amount) if fill.kind in ("walk", "classes") else 3.0
    pace = Pace(max(SHORTEST, SECONDS_EACH * count), True, old.fps)
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
