"""`ganlab video` and `ganlab morph`: films of a Timeline, of rules, of a run's samples, of own pictures."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.imports import add_projection_options, effort_of, how_far, projections
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
    ALONE,
    Steering,
    add_job_options,
    add_machine_options,
    add_recipe_options,
    add_steering_option,
    job_of,
    machine_of,
    need,
    open_renderer,
    size_of,
    start_of,
    wrong_usage,
)
from ganlab_core.errors import GanlabError, TimelineError
from ganlab_core.export import (
    CODECS,
    FILM_KINDS,
    GOOD_QUALITY,
    METHODS,
    SOUND_RATE,
    Codec,
    FilmCell,
    FilmJob,
    FilmPlan,
    FilmProgress,
    Footage,
    PerformancePlan,
    Pixels,
    check_place,
    filmed,
    maps_shown,
    of_pictures,
    read_png,
    read_sound,
    run_sheets,
    timeline_from_film,
    write_film,
)
from ganlab_core.models import ModelInfo
from ganlab_core.performance import read_map, read_take, song_recipes, thinned
from ganlab_core.recipe import Capabilities, Latent, Recipe, fit, list_of_classes
from ganlab_core.timeline import (
    EASINGS,
    MEASURED_SIDE,
    NOISES,
    SPACES,
    Keyframe,
    Pace,
    Timeline,
    circle,
    class_tour,
    growing,
    measured,
    morph,
    psi_sweep,
    read_fps,
    walk,
)

Seeds = tuple[int, ...]

# ------------------------------------------------------------------------------------------------
# What a film's job asks for, as Timelines.


OTHER_KIND = f"Choose another model, or another --kind of {', '.join(FILM_KINDS)}."


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


def timelines(job: FilmJob, info: ModelInfo, can: Capabilities) -> list[Timeline]:
    """One Timeline per picture of a frame; several only with a grid."""
    if job.performance is not None:
        return [_performed(job, job.performance, info, can)]
    if job.timeline is not None:
        return job.of_seeds(_given(job, job.timeline, can))
    columns, rows = job.grid or (1, 1)
    seeds = job.seeds or (0,)
    turns = [index % len(seeds) for index in range(columns * rows)]
    return [_made(job, seeds[turn:] + seeds[:turn], info, can) for turn in turns]


def _performed(
    job: FilmJob, performance: PerformancePlan, info: ModelInfo, can: Capabilities
) -> Timeline:
    """What was played, or what a sound plays by a map."""
    fps = job.plan.rate
    if performance.take is not None:
        played = read_take(performance.take.expanduser()).frames(fps)
        recipes = [fit(recipe, can) for recipe in played]
    elif performance.map is not None:
        start = job.start.settled(info, can)
        if job.seeds:
            start = replace(start, latent=Latent(job.seeds[0]))
        sound = np.zeros(0, np.float32) if job.sound is None else read_sound(job.sound)
        seconds = job.plan.length if job.sound is None else job.plan.seconds
        recipes = song_recipes(sound, SOUND_RATE, performance.map, can, start, fps, seconds)
    film = thinned(recipes, fps, can, performance.tolerance)
    complain(f"ganlab: {film.sentence}")
    return film.timeline


def _given(job: FilmJob, timeline: Timeline, can: Capabilities) -> Timeline:
    """The job's own Timeline, with what the job says otherwise."""
    changed = job.changed(timeline)
    keys = (key.with_recipe(job.start.for_model(key.recipe, can)) for key in changed.keyframes)
    return replace(changed, keyframes=tuple(keys))


def _made(job: FilmJob, seeds: Seeds, info: ModelInfo, can: Capabilities) -> Timeline:
    """The Timeline of one of the kinds, which starts at the first of the seeds."""
    plan = job.plan
    _check_ability(plan, can)
    base = job.start.settled(info, can)
    if job.seeds:
        base = replace(base, latent=Latent(seeds[0]))
    pace = Pace(plan.length, plan.loop, plan.rate, plan.easing)
    made = _MAKERS[plan.kind](job, base, seeds, can, pace)
    if plan.space is not None and made.latent_space != "z":
        made = replace(made, latent_space=plan.space, mix_space=plan.space)
    return job.moving(made)


def _check_ability(plan: FilmPlan, can: Capabilities) -> None:
    """Raise `TimelineError` for a kind of film that this model cannot show."""
    kind, tour = plan.kind, plan.tour
    if kind == "psi" and not can.has_truncation:
        raise TimelineError("This model has no psi to sweep.", OTHER_KIND)
    if kind == "growth" and not can.has_growth:
        raise TimelineError("This model does not grow.", OTHER_KIND)
    if kind == "morph" and not can.blendable:
        raise TimelineError("There is no second model to go to.", "Name one with --with.")
    if kind == "classes" and not can.classes:
        raise TimelineError("This model has no classes to tour.", OTHER_KIND)
    if kind == "classes" and tour and max(tour) >= len(can.classes):
        raise TimelineError(f"There is no class {max(tour)}.", list_of_classes(can.classes))


def _walk(job: FilmJob, base: Recipe, seeds: Seeds, _can: Capabilities, pace: Pace) -> Timeline:
    latents = [Latent(seed) for seed in seeds] if job.seeds else [base.latent]
    return walk(base, latents, pace)


def _circle(job: FilmJob, base: Recipe, seeds: Seeds, _can: Capabilities, pace: Pace) -> Timeline:
    first = seeds[0]
    other = seeds[1] if len(seeds) > 1 else first + 1
    return circle(base, first, other, job.plan.radius, pace)


def _psi(job: FilmJob, base: Recipe, _seeds: Seeds, _can: Capabilities, pace: Pace) -> Timeline:
    psi = job.start.changes.psi
    return psi_sweep(base, 0.0, 1.0 if psi is None else psi, pace)


def _growth(_job: FilmJob, base: Recipe, _seeds: Seeds, can: Capabilities, pace: Pace) -> Timeline:
    return growing(replace(base, growth=None), can, pace)


def _morph(_job: FilmJob, base: Recipe, _seeds: Seeds, _can: Capabilities, pace: Pace) -> Timeline:
    return morph(base, pace)


def _classes(job: FilmJob, base: Recipe, _seeds: Seeds, can: Capabilities, pace: Pace) -> Timeline:
    return class_tour(base, job.plan.tour or range(len(can.classes)), pace)


_MAKERS: dict[str, Callable[[FilmJob, Recipe, Seeds, Capabilities, Pace], Timeline]] = {
    "walk": _walk,
    "circle": _circle,
    "psi": _psi,
    "growth": _growth,
    "morph": _morph,
    "classes": _classes,
}


if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer
    from ganlab_core.training import RunMorph

EXAMPLES = """
ganlab video adventurer --out walk.mp4 --seeds 1,5,9 --seconds 8 --loop
ganlab video toon-heads --out growing.gif --kind growth --size 256
ganlab video garments --out tour.webm --kind classes --tour 0-3
ganlab video runs/mine --out learning.mp4 --kind timelapse
ganlab video runs/mine --out time-machine.mp4 --kind morph --seeds 3
ganlab video adventurer --with portraits --out between.mp4 --kind morph --loop
ganlab video adventurer --out song.mp4 --audio song.wav --map pulse.json
"""

STOPPED = 130
"""The exit status when whoever steers it says so."""


def add_video(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "video", run_video, EXAMPLES)
    add = parser.add_argument
    add(
        "models",
        metavar="MODEL",
        nargs="*",
        help="name, model file or run; several stand side by side",
    )
    add("--out", type=Path, metavar="X.mp4|webm|gif|webp|mkv|mov|DIR",
        help="the film; a folder takes PNGs, and goes on where it was left")  # fmt: skip
    _add_content(parser)
    add_recipe_options(parser)
    _add_look(parser)
    add_machine_options(parser)
    add("--json", action="store_true", help="print what was written as an object")
    add_job_options(parser, _job)
    add_steering_option(parser)


def _add_content(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--timeline", metavar="T", help="a Timeline's .json, or a film saved by ganlab")
    add(
        "--kind",
        choices=FILM_KINDS,
        default="walk",
        help="what moves without --timeline (default walk)",
    )
    add("--map", type=Path, metavar="M", help="a map: what in the sound, or by itself, moves what")
    add("--take", type=Path, metavar="R", help="a recorded performance, with its sound")
    add(
        "--audio", type=Path, metavar="A", help="a sound that goes with the film, and plays the map"
    )
    add("--tolerance", type=float, default=0.0, metavar="F",
        help="how far numbers may lie from those played, for fewer keyframes (default 0)")  # fmt: skip
    add("--seeds", type=seeds, metavar="S", help="seeds to walk through, as 1,5,9")
    add("--tour", type=seeds, metavar="C", help="classes to tour, as 0-3 (default all)")
    add("--radius", type=float, metavar="F", help="of a circle about the Recipe's own latent")
    add("--seconds", type=float, metavar="F", help="length (default 8)")
    add("--loop", action="store_true", help="end where it began, without a seam")
    add("--fps", type=rate, metavar="F", help="frames a second: 24, 25, 29.97, 30, 60 (default 30)")
    add("--easing", choices=EASINGS,
        help="how it goes from one to the next (default even, for growth smooth)")  # fmt: skip
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
    add("--show", metavar="STAGE:MAPS",
        help="feature maps as tiles in place of the picture: 16x16/conv1:0-15, or 16:all")  # fmt: skip
    add("--caption", default="", metavar="TEXT",
        help="words below; {time} {frame} {seed} {psi} {growth} {model} are filled in")  # fmt: skip


def run_video(arguments: argparse.Namespace) -> int:
    """Render and write, or write the job."""
    job = job_of(arguments, FilmJob)
    return 0 if job is None else render_film(job, arguments)


def _job(arguments: argparse.Namespace) -> FilmJob:
    """The job that the options describe."""
    need(MODEL=arguments.models, **{"--out": arguments.out})
    start, size, plan = start_of(arguments), size_of(arguments), _plan(arguments)
    given = arguments.timeline
    timeline = None if given is None else timeline_from_film(Path(given).expanduser())
    names = ("out", "codec", "quality", "grid", "gap", "caption", "show", "second")
    with wrong_usage():
        performance = _performance(arguments)
        return FilmJob(
            performance=performance,
            sound=_sound(arguments),
            **{name: getattr(arguments, name) for name in names},
            models=tuple(arguments.models),
            timeline=timeline,
            plan=plan,
            seeds=arguments.seeds or (),
            start=start,
            size=size,
            machine=machine_of(arguments),
        )


def _performance(arguments: argparse.Namespace) -> PerformancePlan | None:
    if arguments.map is None and arguments.take is None:
        return None
    given = None if arguments.map is None else read_map(arguments.map.expanduser())
    return PerformancePlan(map=given, take=arguments.take, tolerance=arguments.tolerance)


def _sound(arguments: argparse.Namespace) -> Path | None:
    """The sound named, else the one that lies beside the recording."""
    if arguments.audio is not None:
        found: Path = arguments.audio.expanduser()
        return found
    return None if arguments.take is None else read_take(arguments.take.expanduser()).sound


def _plan(arguments: argparse.Namespace) -> FilmPlan:
    names = ("kind", "radius", "seconds", "fps", "loop", "easing", "space")
    given = {name: getattr(arguments, name) for name in names}
    if given["easing"] is None:
        by_rule = arguments.timeline is None and arguments.kind != "growth"
        given["easing"] = "even" if by_rule else "smooth"  # a Timeline has its own
    with wrong_usage():
        return FilmPlan(**given, tour=arguments.tour or (), noise=arguments.noise_moves)


def render_film(job: FilmJob, told: argparse.Namespace) -> int:
    """Render and write the film of a job; Ctrl-C leaves no half film.

    `told` says how to tell of it (json, steered).
    """
    codec = job.kind_of_film
    footage = footage_of(job)
    note = codec.note(footage.fps)
    if note:
        complain(f"ganlab: {note}")
    sized = _Sized(footage.picture)
    with Stopping() as stopping:
        drawn = replace(footage, picture=sized.picture)
        last = _written(job, drawn, codec, stopping, steered=told.steered)
    if last is None:
        if codec.name == "png":
            complain(f"ganlab: stopped; the same command goes on in {job.out}")
        return stopping.status or STOPPED
    _report(job, footage, last, sized, as_json=told.json)
    return 0


class _Sized:
    """Frames as they are drawn, whose size is remembered."""

    def __init__(self, picture: Callable[[int], Pixels]) -> None:
        self._picture = picture
        self.height, self.width = 0, 0
        self.transparent = False

    def picture(self, frame: int) -> Pixels:
        """uint8 (H, W, 3), or 4 with an opacity."""
        pixels = self._picture(frame)
        self.transparent = pixels.shape[2] == 4
        self.height, self.width = pixels.shape[:2]
        return pixels


def footage_of(job: FilmJob) -> Footage:
    """The frames that a job asks for, even ways measured; raises `GanlabError`."""
    if job.timelapse:
        folder = Path(job.models[0]).expanduser()
        footage = of_pictures(run_sheets(folder), job.plan.fps or Fraction(10), job.look)
        return replace(footage, sound=job.sound)
    renderers = [_renderer(model, job) for model in job.models]
    single = job if len(renderers) == 1 else msgspec.structs.replace(job, grid=None)
    lines = [
        (renderer, _even(renderer, line))
        for renderer in renderers
        for line in timelines(single, renderer.model.info, renderer.model.capabilities)
    ]
    if len(lines) == 1 and job.timeline is None:
        lines = [(renderer, line.with_even_times()) for renderer, line in lines]
    cells = [_cell(renderer, line, job.show) for renderer, line in lines]
    return replace(filmed(cells, job.look), sound=job.sound)


def _renderer(model: str, job: FilmJob) -> Renderer | RunMorph:
    """What draws a model; a morph without a second one goes through the moments of a run."""
    if job.plan.kind != "morph" or job.timeline is not None or job.second is not None:
        return open_renderer(model, job.machine, job.second)
    from ganlab_core.training import RunMorph, moments_of

    return RunMorph(moments_of(Path(model).expanduser()), job.machine.device, job.machine.precision)


def _even(renderer: Renderer | RunMorph, line: Timeline) -> Timeline:
    """The Timeline with its even ways measured; the moments of a run lie evenly by themselves."""
    small = getattr(renderer, "small", None)
    return line if small is None else measured(line, partial(small, side=MEASURED_SIDE))


def _cell(renderer: Renderer | RunMorph, timeline: Timeline, shown: str | None) -> FilmCell:
    if not renderer.model.capabilities.blendable and any(
        key.recipe.asks_for_second for key in timeline.keyframes
    ):
        complain(f"ganlab: {ALONE}")
    from ganlab_core.rendering import Renderer

    if shown is not None and isinstance(renderer, Renderer):
        return FilmCell(maps_shown(renderer, timeline, shown), timeline, renderer.model.info)
    return FilmCell(
        lambda recipe: renderer.render(recipe).transparent, timeline, renderer.model.info
    )


def _written(
    job: FilmJob, footage: Footage, codec: Codec, stopping: Stopping, *, steered: bool
) -> FilmProgress | None:
    """The last step of the film; None when asked to stop before."""
    steps: Iterator[FilmProgress] = write_film(job.out, footage, codec, job.quality)
    with contextlib.closing(steps), Steering(on=steered) as steering:  # type: ignore[type-var]
        for step in film_progress(steps, footage.count):
            if step.finished:
                return step
            told = (step.frame, step.count, step.seconds_left, step.bytes_expected)
            if not steering.goes_on(*told) or stopping.signal is not None:
                return None
    return None


def _report(
    job: FilmJob, footage: Footage, last: FilmProgress, sized: _Sized, *, as_json: bool
) -> None:
    codec = job.kind_of_film
    height, width = codec.evened(sized.height, sized.width)
    if (height, width) != (sized.height, sized.width):
        complain(
            f"ganlab: {codec.title} wants even sides: the frames of {sized.width} x {sized.height} "
            f"pixels were written as {width} x {height}, the last row or column twice."
        )
    said = codec.said_of(transparent=sized.transparent)
    if said and codec.clear is None:
        complain(f"ganlab: {said}")
    if as_json:
        say_json(
            {
                "file": str(job.out),
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
        say(f"{footage.count} frames, {last.bytes_written / 1e6:.1f} MB, written to {job.out}")
    else:
        say(str(job.out))


# ------------------------------------------------------------------------------------------------
# From one own picture to the next.


MORPH_EXAMPLES = """
ganlab morph adventurer me.jpg you.jpg --out us.mp4
ganlab morph portraits child.png now.png --out grown.webm --seconds 6 --loop
"""

MOST_SECONDS = 3600.0


def add_morph(commands: Commands) -> None:
    """Add the command."""
    more = "A picture that this model drew has its Recipe; others are brought into it first."
    parser = add_command(commands, "morph", run_morph, MORPH_EXAMPLES, more)
    add = parser.add_argument
    add("model", metavar="MODEL", help="name of a model, its file, or a run's folder")
    add("pictures", nargs="+", type=Path, metavar="PICTURE", help="two or more, in this order")
    add("--out", required=True, type=Path, metavar="X.mp4|webm|gif|webp|mkv|mov", help="the film")
    add("--seconds", type=float, default=4.0, metavar="F", help="from one to the next (default 4)")
    add("--loop", action="store_true", help="go back to the first one at the end")
    add("--fps", type=rate, default=Fraction(30), metavar="F", help="frames a second (default 30)")
    add("--easing", choices=EASINGS, default="smooth", help="how it goes from one to the next")
    add_projection_options(parser)
    add_machine_options(parser)
    add("--json", action="store_true", help="print what was written as an object")
    parser.set_defaults(steered=False)


def run_morph(arguments: argparse.Namespace) -> int:
    """Bring the pictures in, and write the film between them."""
    if len(arguments.pictures) < 2:
        raise UsageError("a film from one picture to the next needs two")
    if not 0.0 < arguments.seconds <= MOST_SECONDS:
        raise UsageError(f"--seconds is above 0 and at most {MOST_SECONDS:g}")
    effort = effort_of(arguments)
    check_place(arguments.out)
    renderer = open_renderer(arguments.model, machine_of(arguments))
    known = {path: _kept_recipe(path, renderer) for path in dict.fromkeys(arguments.pictures)}
    strangers = [path for path, recipe in known.items() if recipe is None]
    with Stopping() as stopping:
        try:
            for one in projections(renderer, strangers, arguments, effort, stopping):
                known[one.picture] = one.last.recipe
                complain(how_far(one))
        except Stopping.Asked:
            return stopping.status
    recipes = [recipe for path in arguments.pictures if (recipe := known[path]) is not None]
    return render_film(_morph_job(arguments, recipes, renderer), arguments)


def _kept_recipe(path: Path, renderer: Renderer) -> Recipe | None:
    """The Recipe that a picture of this very model carries; None for any other picture."""
    try:
        found = read_png(path)
    except GanlabError:
        return None  # whoever brings it in says what is wrong with it
    model = renderer.model
    return (
        fit(found.recipe, model.capabilities)
        if found.fingerprint == model.info.fingerprint
        else None
    )


def _morph_job(arguments: argparse.Namespace, recipes: list[Recipe], renderer: Renderer) -> FilmJob:
    can, seconds = renderer.model.capabilities, arguments.seconds
    space = "w" if can.has_w else "z"
    keyframes = tuple(
        Keyframe(index * seconds, recipe, arguments.easing) for index, recipe in enumerate(recipes)
    )
    ways = len(recipes) - (0 if arguments.loop else 1)
    timeline = Timeline(
        keyframes, ways * seconds, arguments.loop, arguments.fps,
        latent_space=space, mix_space=space,
        full_growth=float(can.full_growth) if can.has_growth else None,
    )  # fmt: skip
    with wrong_usage():
        return FilmJob(
            models=(str(arguments.model),), out=arguments.out, timeline=timeline,
            machine=machine_of(arguments),
        )  # fmt: skip
