"""`ganlab video`: a film of a Timeline, of seeds, of psi, growth or classes, or of a run's samples."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import (
    Stopping,
    UsageError,
    complain,
    film_progress,
    on_terminal,
    say,
    say_json,
    seeds,
)
from ganlab_core.cli.recipe_options import (
    Steering,
    add_machine_options,
    add_recipe_options,
    add_steering_option,
    open_renderer,
)
from ganlab_core.cli.render import base_of, settled, with_options
from ganlab_core.errors import ExportError, RecipeError, TimelineError
from ganlab_core.export import (
    CODECS,
    GOOD_QUALITY,
    METHODS,
    Codec,
    FilmCell,
    FilmLook,
    FilmProgress,
    Footage,
    Pixels,
    codec_for,
    filmed,
    of_pictures,
    run_sheets,
    timeline_from_film,
    write_film,
)
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Latent, Recipe, list_of_classes, read_classes
from ganlab_core.timeline import (
    EASINGS,
    NOISES,
    SPACES,
    Pace,
    Timeline,
    circle,
    class_tour,
    growing,
    psi_sweep,
    read_fps,
    walk,
)

# ------------------------------------------------------------------------------------------------
# What `ganlab video` is asked for, as Timelines.


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


if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer

EXAMPLES = """
ganlab video adventurer --out walk.mp4 --seeds 1,5,9 --seconds 8 --loop
ganlab video toon-heads --out growing.gif --kind growth --size 256
ganlab video garments --out tour.webm --kind classes --tour 0-3
ganlab video runs/mine --out learning.mp4 --kind timelapse
"""

STOPPED = 130
"""The exit status when whoever steers it says so."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "video", run, EXAMPLES)
    add = parser.add_argument
    add(
        "models",
        metavar="MODEL",
        nargs="+",
        help="name, model file or run; several stand side by side",
    )
    add("--out", type=Path, required=True, metavar="X.mp4|webm|gif|webp|mkv|mov|DIR",
        help="the film; a folder takes PNGs, and goes on where it was left")  # fmt: skip
    _add_content(parser)
    add_recipe_options(parser)
    _add_look(parser)
    add_machine_options(parser)
    add("--json", action="store_true", help="print what was written as an object")
    add_steering_option(parser)


def _add_content(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--timeline", metavar="T", help="a Timeline's .json, or a film saved by ganlab")
    add(
        "--kind", choices=KINDS, default="walk", help="what moves without --timeline (default walk)"
    )
    add("--seeds", type=seeds, metavar="S", help="seeds to walk through, as 1,5,9")
    add("--tour", type=seeds, metavar="C", help="classes to tour, as 0-3 (default all)")
    add("--radius", type=float, metavar="F", help="of a circle about the Recipe's own latent")
    add("--seconds", type=float, metavar="F", help="length (default 8)")
    add("--loop", action="store_true", help="end where it began, without a seam")
    add("--fps", type=rate, metavar="F", help="frames a second: 24, 25, 29.97, 30, 60 (default 30)")
    add("--easing", choices=EASINGS, default="smooth", help="how it goes from one to the next")
    add("--space", choices=SPACES, help="where latents blend (default w)")
    add("--noise-moves", choices=NOISES, help="noise from frame to frame (default frozen)")


def _add_look(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--codec", choices=tuple(CODECS), help="default: by the ending of --out")
    add("--quality", type=int, default=GOOD_QUALITY, metavar="N", help="0 to 100 (default 80)")
    add("--size", type=int, metavar="N", help="pixels of each picture's side")
    add("--upscale", choices=tuple(METHODS), default="lanczos", help="how the size is changed")
    add(
        "--grid",
        type=grid,
        metavar="CxR",
        help="pictures side by side, starting at successive seeds",
    )
    add("--gap", type=int, default=0, metavar="N", help="pixels between pictures")
    add("--caption", default="", metavar="TEXT",
        help="words below; {time} {frame} {seed} {psi} {growth} {model} are filled in")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Render and write; Ctrl-C leaves no half film."""
    codec = _codec(arguments)
    footage = _footage(arguments)
    note = codec.note(footage.fps)
    if note:
        complain(f"ganlab: {note}")
    sized = _Sized(footage.picture)
    with Stopping() as stopping:
        last = _written(arguments, replace(footage, picture=sized.picture), codec, stopping)
    if last is None:
        if codec.name == "png":
            complain(f"ganlab: stopped; the same command goes on in {arguments.out}")
        return stopping.status or STOPPED
    _report(arguments, footage, codec, last, sized)
    return 0


class _Sized:
    """Frames as they are drawn, whose size is remembered."""

    def __init__(self, picture: Callable[[int], Pixels]) -> None:
        self._picture = picture
        self.height, self.width = 0, 0

    def picture(self, frame: int) -> Pixels:
        """uint8 (H, W, 3)."""
        pixels = self._picture(frame)
        self.height, self.width = pixels.shape[:2]
        return pixels


def _codec(arguments: argparse.Namespace) -> Codec:
    """The kind of film; a wrong one, or a wrong quality, is wrong usage."""
    if not 0 <= arguments.quality <= 100:
        raise UsageError("--quality is from 0 to 100")
    suffix = "" if arguments.out.is_dir() else arguments.out.suffix
    try:
        return codec_for(arguments.codec, suffix)
    except ExportError as error:
        raise UsageError(str(error)) from None


def _footage(arguments: argparse.Namespace) -> Footage:
    look = _look(arguments)
    if arguments.kind == "timelapse":
        if arguments.timeline or len(arguments.models) > 1:
            raise UsageError("--kind timelapse films one run's folder")
        folder = Path(arguments.models[0]).expanduser()
        return of_pictures(run_sheets(folder), arguments.fps or Fraction(10), look)
    if (
        len(arguments.models) > 1
        and arguments.grid
        and _product(arguments) != len(arguments.models)
    ):
        raise UsageError("--grid must have a place for each model")
    renderers = [open_renderer(model, arguments) for model in arguments.models]
    if len(renderers) > 1:
        single = argparse.Namespace(**{**vars(arguments), "grid": None})
        cells = [
            _cell(renderer, line)
            for renderer in renderers
            for line in timelines(single, renderer.model.info, renderer.model.capabilities)
        ]
    else:
        model = renderers[0].model
        lines = timelines(arguments, model.info, model.capabilities)
        cells = [_cell(renderers[0], line) for line in lines]
    return filmed(cells, look)


def _product(arguments: argparse.Namespace) -> int:
    columns, rows = arguments.grid
    return int(columns * rows)


def _cell(renderer: Renderer, timeline: Timeline) -> FilmCell:
    return FilmCell(lambda recipe: renderer.render(recipe).pixels, timeline, renderer.model.info)


def _look(arguments: argparse.Namespace) -> FilmLook:
    columns = arguments.grid[0] if arguments.grid else None
    try:
        return FilmLook(
            arguments.size, arguments.upscale, columns, arguments.gap, arguments.caption
        )
    except ExportError as error:
        raise UsageError(str(error)) from None


def _written(
    arguments: argparse.Namespace, footage: Footage, codec: Codec, stopping: Stopping
) -> FilmProgress | None:
    """The last step of the film; None when asked to stop before."""
    steps: Iterator[FilmProgress] = write_film(arguments.out, footage, codec, arguments.quality)
    with contextlib.closing(steps), Steering(on=arguments.steered) as steering:  # type: ignore[type-var]
        for step in film_progress(steps, footage.count):
            if step.finished:
                return step
            told = (step.frame, step.count, step.seconds_left, step.bytes_expected)
            if not steering.goes_on(*told) or stopping.signal is not None:
                return None
    return None


def _report(
    arguments: argparse.Namespace,
    footage: Footage,
    codec: Codec,
    last: FilmProgress,
    sized: _Sized,
) -> None:
    height, width = codec.evened(sized.height, sized.width)
    if (height, width) != (sized.height, sized.width):
        complain(
            f"ganlab: {codec.title} wants even sides: the frames of {sized.width} x {sized.height} "
            f"pixels were written as {width} x {height}, the last row or column twice."
        )
    if arguments.json:
        say_json(
            {
                "file": str(arguments.out),
                "codec": codec.name,
                "frames": footage.count,
                "width": width,
                "height": height,
                "fps": str(footage.fps),
                "seconds": float(footage.count / footage.fps),
                "bytes": last.bytes_written,
            }
        )
    elif on_terminal():
        say(
            f"{footage.count} frames, {last.bytes_written / 1e6:.1f} MB, written to {arguments.out}"
        )
    else:
        say(str(arguments.out))
