"""`ganlab video`: a film of a Timeline, of seeds, of psi, growth or classes, or of a run's samples."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import complain, film_progress, on_terminal, say, say_json
from ganlab_core.cli.recipe_options import add_machine_options, add_recipe_options, open_renderer
from ganlab_core.cli.steering import Steering, add_steering_option
from ganlab_core.cli.stopping import Stopping
from ganlab_core.cli.values import UsageError, seeds
from ganlab_core.cli.video_plan import KINDS, grid, rate, timelines
from ganlab_core.errors import ExportError
from ganlab_core.export.codecs import CODECS, Codec, codec_for
from ganlab_core.export.film import GOOD_QUALITY, write_film
from ganlab_core.export.footage import Cell, Footage, Look, filmed, of_pictures, run_sheets
from ganlab_core.export.layout import METHODS, Pixels
from ganlab_core.export.progress import FilmProgress
from ganlab_core.timeline import EASINGS, NOISES, SPACES, Timeline

if TYPE_CHECKING:
    from ganlab_core.rendering.renderer import Renderer

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


def _cell(renderer: Renderer, timeline: Timeline) -> Cell:
    return Cell(lambda recipe: renderer.render(recipe).pixels, timeline, renderer.model.info)


def _look(arguments: argparse.Namespace) -> Look:
    columns = arguments.grid[0] if arguments.grid else None
    try:
        return Look(arguments.size, arguments.upscale, columns, arguments.gap, arguments.caption)
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
