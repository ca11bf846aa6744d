"""`ganlab sheet`: many pictures on one: a contact sheet, a comparison, or a strip from A to B."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import counting, say, say_json, seeds
from ganlab_core.cli.recipe_options import (
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
from ganlab_core.export import (
    ACROSS,
    METHODS,
    SHEET_KINDS,
    Column,
    Pixels,
    SheetJob,
    SheetLook,
    check_place,
    columns_across,
    comparison,
    contact_sheet,
    save_picture,
    strip_recipes,
)
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import SPACES

if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer

EXAMPLES = """
ganlab sheet adventurer --out heads.png --seeds 0-15
ganlab sheet adventurer --out psi.png --kind compare --across psi
ganlab sheet adventurer portraits --out both.png --kind compare --across models
ganlab sheet toon-heads --out between.png --kind strip --seeds 3,7
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "sheet", run, EXAMPLES)
    add = parser.add_argument
    add(
        "models",
        metavar="MODEL",
        nargs="*",
        help="name, model file or run; several with --across models",
    )
    add("--out", type=Path, metavar="FILE", help=".png, .jpg, .webp or .tif")
    add("--kind", choices=SHEET_KINDS, default="contact",
        help="a picture per seed; seeds down, something across; a strip between two seeds")  # fmt: skip
    add(
        "--seeds",
        type=seeds,
        metavar="S",
        help="seeds and ranges, as 0-15 (default 0-15, 0-3, 0-1)",
    )
    add("--across", choices=ACROSS, help="what the columns of a comparison differ in")
    add("--values", default="", metavar="V", help="of the columns, as 0,0.5,1")
    add(
        "--steps",
        type=int,
        default=9,
        metavar="N",
        help="pictures of a strip, 2 to 256 (default 9)",
    )
    add("--space", choices=SPACES, default="w", help="where a strip's latents blend (default w)")
    add("--columns", type=int, metavar="N", help="of a contact sheet, 1 to 256")
    add("--size", type=int, metavar="N", help="pixels of each picture's side")
    add("--upscale", choices=tuple(METHODS), default="lanczos", help="how the size is changed")
    add("--no-labels", action="store_true", help="leave the words out")
    add(
        "--quality",
        type=int,
        default=92,
        metavar="N",
        help="of JPEG and WebP, 0 to 100 (default 92)",
    )
    add_recipe_options(parser)
    add_machine_options(parser)
    add("--json", action="store_true", help="print what was written as an object")
    add_job_options(parser, _job)
    add_steering_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Render and write, or write the job."""
    job = job_of(arguments, SheetJob)
    return 0 if job is None else render_sheet(job, arguments)


def _job(arguments: argparse.Namespace) -> SheetJob:
    """The job that the options describe."""
    need(MODEL=arguments.models, **{"--out": arguments.out})
    start, size = start_of(arguments), size_of(arguments)
    names = ("out", "kind", "across", "steps", "space", "columns", "quality")
    with wrong_usage():
        return SheetJob(
            **{name: getattr(arguments, name) for name in names},
            models=tuple(arguments.models),
            seeds=arguments.seeds or (),
            values=tuple(filter(None, map(str.strip, arguments.values.split(",")))),
            labels=not arguments.no_labels,
            start=start,
            size=size,
            machine=machine_of(arguments),
        )


def render_sheet(job: SheetJob, told: argparse.Namespace) -> int:
    """Render and write the sheet of a job; `told` says how to tell of it (json, steered)."""
    check_place(job.out)
    renderers = [open_renderer(model, job.machine) for model in job.models]
    first = renderers[0].model
    base = job.start.settled(first.info, first.capabilities)
    recipes = [replace(base, latent=Latent(seed)) for seed in job.wanted]
    labels = [f"seed {seed}" for seed in job.wanted]
    make = {"contact": _contact, "compare": _compare, "strip": _strip}[job.kind]
    with counting("picture") as bar, Steering(on=told.steered) as steering:
        seen = [_Seen(renderer, bar, steering) for renderer in renderers]
        pixels = make(job, seen, recipes, labels)
    scaled = job.size.scaled
    save_picture(job.out, pixels, recipes[0], first.info, job.quality, scaled=scaled)
    if told.json:
        height, width = pixels.shape[:2]
        seeds = list(job.wanted)
        say_json({"file": str(job.out), "width": width, "height": height, "seeds": seeds})
    else:
        say(str(job.out))
    return 0


def _look(job: SheetJob, gap: int = 4) -> SheetLook:
    return SheetLook(job.size.side, job.size.method, gap, job.labels)


class _Seen:
    """A renderer whose pictures are counted."""

    def __init__(self, renderer: Renderer, bar: tqdm[object], steering: Steering) -> None:
        self.model = renderer.model
        self._renderer = renderer
        self.bar = bar
        self._steering = steering

    def render(self, recipe: Recipe) -> Pixels:
        """uint8 (H, W, 3); ends the command when whoever steers it says so."""
        self._steering.next_of(int(self.bar.total or 0))
        self.bar.update()
        return self._renderer.render(recipe).pixels


def _contact(
    job: SheetJob, seen: Sequence[_Seen], recipes: list[Recipe], labels: list[str]
) -> Pixels:
    seen[0].bar.total = len(recipes)
    return contact_sheet(seen[0].render, recipes, labels, job.columns, _look(job))


def _strip(
    job: SheetJob, seen: Sequence[_Seen], recipes: list[Recipe], labels: list[str]
) -> Pixels:
    steps = strip_recipes(recipes[0], recipes[1], job.steps, job.space)
    between = [f"{index / (len(steps) - 1):.2f}" for index in range(1, len(steps) - 1)]
    words = [labels[0], *between, labels[1]]
    seen[0].bar.total = len(steps)
    columns = job.columns or len(steps)
    return contact_sheet(seen[0].render, steps, words, columns, _look(job, gap=0))


def _compare(
    job: SheetJob, seen: Sequence[_Seen], recipes: list[Recipe], labels: list[str]
) -> Pixels:
    if job.across == "models":
        columns = [
            Column(
                each.model.info.title or each.model.info.name, lambda recipe: recipe, each.render
            )
            for each in seen
        ]
    else:
        can = seen[0].model.capabilities
        columns = columns_across(job.across or "", job.values, seen[0].render, can)
    seen[0].bar.total = len(recipes) * len(columns)
    return comparison(list(zip(labels, recipes, strict=True)), columns, _look(job))
