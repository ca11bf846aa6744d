"""What `ganlab video` is asked for, as Timelines."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from ganlab_core.capabilities import Capabilities
from ganlab_core.class_names import list_of_classes, read_classes
from ganlab_core.cli.render_jobs import base_of, settled, with_options
from ganlab_core.cli.values import UsageError
from ganlab_core.errors import RecipeError, TimelineError
from ganlab_core.export.film_json import timeline_from_film
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Timeline
from ganlab_core.timeline_generators import Pace, circle, class_tour, growing, psi_sweep, walk
from ganlab_core.timeline_rates import read_fps

KINDS = ("walk", "circle", "psi", "growth", "classes", "timelapse")

DEFAULT_SECONDS = 8.0

OTHER_KIND = f"Choose another model, or another --kind of {', '.join(KINDS)}."


def rate(text: str) -> Fraction:
    """Frames a second, as an option is written."""
    try:
        return read_fps(text)
    except TimelineError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def grid(text: str) -> tuple[int, int]:
    """Columns and rows, written as 3x2."""
    match = re.fullmatch(r"(\d{1,2})[xX](\d{1,2})", text.strip(), re.ASCII)
    if match is None or not (1 <= int(match[1]) <= 16 and 1 <= int(match[2]) <= 16):
        raise argparse.ArgumentTypeError(f"{text!r} is no grid such as 3x2, of at most 16x16")
    return int(match[1]), int(match[2])


def timelines(arguments: argparse.Namespace, info: ModelInfo, can: Capabilities) -> list[Timeline]:
    """One Timeline per picture of a frame; several only with --grid."""
    columns, rows = arguments.grid or (1, 1)
    count = columns * rows
    if arguments.timeline is not None:
        first = _given(arguments, can)
        seeds = arguments.seeds or []
        if count > 1 and not seeds:
            raise UsageError("--grid with --timeline needs --seeds, one for each picture")
        if count == 1:
            return [first.with_latents(tuple(map(Latent, seeds))) if seeds else first]
        return [first.with_latents((Latent(seeds[i % len(seeds)]),)) for i in range(count)]
    seeds = arguments.seeds or [0]
    return [
        _made(arguments, seeds[i % len(seeds) :] + seeds[: i % len(seeds)], info, can)
        for i in range(count)
    ]


def _given(arguments: argparse.Namespace, can: Capabilities) -> Timeline:
    """The Timeline in a file, with what options say otherwise."""
    timeline = timeline_from_film(Path(arguments.timeline).expanduser())
    try:
        if arguments.seconds is not None:
            timeline = timeline.with_duration(arguments.seconds)
        if arguments.loop:
            timeline = timeline.with_loop(on=True)
        if arguments.fps is not None:
            timeline = replace(timeline, fps=arguments.fps)
        moved = tuple(
            replace(key, recipe=with_options(key.recipe, arguments)) for key in timeline.keyframes
        )
        timeline = _with_noise(replace(timeline, keyframes=moved), arguments)
    except RecipeError as error:
        raise UsageError(str(error)) from None
    if arguments.classes is None:
        return timeline
    classes = read_classes(arguments.classes, can.classes)
    moved = tuple(replace(key, recipe=replace(key.recipe, classes=classes)) for key in moved)
    return replace(timeline, keyframes=moved)


def _made(
    arguments: argparse.Namespace, seeds: list[int], info: ModelInfo, can: Capabilities
) -> Timeline:
    """The Timeline of one of the kinds, which starts at the first of the seeds."""
    _check_ability(arguments, can)
    base = settled(base_of(arguments), arguments, info, can)
    if arguments.seeds:
        base = replace(base, latent=Latent(seeds[0]))
    pace = Pace(
        DEFAULT_SECONDS if arguments.seconds is None else arguments.seconds,
        arguments.loop,
        arguments.fps or Fraction(30),
        arguments.easing,
    )
    make: Callable[..., Timeline] = _MAKERS[arguments.kind]
    try:
        made = make(arguments, base, seeds, can, pace)
        if arguments.space is not None and made.latent_space != "z":
            made = replace(made, latent_space=arguments.space, mix_space=arguments.space)
        return _with_noise(made, arguments)
    except RecipeError as error:
        raise UsageError(str(error)) from None


def _check_ability(arguments: argparse.Namespace, can: Capabilities) -> None:
    """Raise `TimelineError` for a kind of film that this model cannot show."""
    kind, tour = arguments.kind, arguments.tour or ()
    if kind == "psi" and not can.has_truncation:
        raise TimelineError("This model has no psi to sweep.", OTHER_KIND)
    if kind == "growth" and not can.has_growth:
        raise TimelineError("This model does not grow.", OTHER_KIND)
    if kind == "classes" and not can.classes:
        raise TimelineError("This model has no classes to tour.", OTHER_KIND)
    if kind == "classes" and tour and max(tour) >= len(can.classes):
        raise TimelineError(f"There is no class {max(tour)}.", list_of_classes(can.classes))


def _with_noise(timeline: Timeline, arguments: argparse.Namespace) -> Timeline:
    moves = arguments.noise_moves
    return timeline if moves is None else replace(timeline, noise=moves)


def _walk(
    arguments: argparse.Namespace, base: Recipe, seeds: list[int], _can: Capabilities, pace: Pace
) -> Timeline:
    latents = [Latent(seed) for seed in seeds] if arguments.seeds else [base.latent]
    return walk(base, latents, pace)


def _circle(
    arguments: argparse.Namespace, base: Recipe, seeds: list[int], _can: Capabilities, pace: Pace
) -> Timeline:
    first = seeds[0]
    other = seeds[1] if len(seeds) > 1 else first + 1
    return circle(base, first, other, arguments.radius, pace)


def _psi(
    arguments: argparse.Namespace, base: Recipe, _seeds: list[int], _can: Capabilities, pace: Pace
) -> Timeline:
    return psi_sweep(base, 0.0, 1.0 if arguments.psi is None else arguments.psi, pace)


def _growth(
    _arguments: argparse.Namespace, base: Recipe, _seeds: list[int], can: Capabilities, pace: Pace
) -> Timeline:
    return growing(replace(base, growth=None), can, pace)


def _classes(
    arguments: argparse.Namespace, base: Recipe, _seeds: list[int], can: Capabilities, pace: Pace
) -> Timeline:
    return class_tour(base, arguments.tour or list(range(len(can.classes))), pace)


_MAKERS: dict[str, Callable[..., Timeline]] = {
    "walk": _walk,
    "circle": _circle,
    "psi": _psi,
    "growth": _growth,
    "classes": _classes,
}
