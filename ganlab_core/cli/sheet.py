"""`ganlab sheet`: many pictures on one: a contact sheet, a comparison, or a strip from A to B."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import UsageError, counting, say, say_json, seeds
from ganlab_core.cli.recipe_options import (
    Steering,
    add_machine_options,
    add_recipe_options,
    add_steering_option,
    open_renderer,
)
from ganlab_core.cli.render import base_of, settled
from ganlab_core.errors import ExportError, RecipeError
from ganlab_core.export import (
    ACROSS,
    METHODS,
    Column,
    Pixels,
    Scaled,
    SheetLook,
    check_kind,
    check_place,
    check_size,
    columns_across,
    comparison,
    contact_sheet,
    save_picture,
    strip_recipes,
)
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.timeline import SPACES

if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer

EXAMPLES = """
ganlab sheet adventurer --out heads.png --seeds 0-15
ganlab sheet adventurer --out psi.png --kind compare --across psi
ganlab sheet adventurer portraits --out both.png --kind compare --across models
ganlab sheet toon-heads --out between.png --kind strip --seeds 3,7
"""
KINDS = ("contact", "compare", "strip")


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "sheet", run, EXAMPLES)
    add = parser.add_argument
    add(
        "models",
        metavar="MODEL",
        nargs="+",
        help="name, model file or run; several with --across models",
    )
    add("--out", type=Path, required=True, metavar="FILE", help=".png, .jpg, .webp or .tif")
    add("--kind", choices=KINDS, default="contact",
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
    add_steering_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Render and write."""
    _check(arguments)
    given = base_of(arguments)
    renderers = [open_renderer(model, arguments) for model in arguments.models]
    first = renderers[0].model
    base = settled(given, arguments, first.info, first.capabilities)
    wanted = arguments.seeds or list(
        range({"contact": 16, "compare": 4, "strip": 2}[arguments.kind])
    )
    recipes = [replace(base, latent=Latent(seed)) for seed in wanted]
    labels = [f"seed {seed}" for seed in wanted]
    make = {"contact": _contact, "compare": _compare, "strip": _strip}[arguments.kind]
    with counting("picture") as bar, Steering(on=arguments.steered) as steering:
        seen = [_Seen(renderer, bar, steering) for renderer in renderers]
        pixels = make(arguments, seen, recipes, labels)
    scaled = None if arguments.size is None else Scaled(arguments.size, arguments.upscale)
    save_picture(arguments.out, pixels, recipes[0], first.info, arguments.quality, scaled=scaled)
    if arguments.json:
        height, width = pixels.shape[:2]
        say_json({"file": str(arguments.out), "width": width, "height": height, "seeds": wanted})
    else:
        say(str(arguments.out))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    if len(arguments.models) > 1 and (arguments.kind, arguments.across) != ("compare", "models"):
        raise UsageError("several models go with --kind compare --across models")
    if arguments.kind == "compare" and arguments.across is None:
        raise UsageError(f"--kind compare needs --across, one of {', '.join(ACROSS)}")
    if arguments.kind != "compare" and (arguments.across or arguments.values):
        raise UsageError("--across and --values go with --kind compare")
    if arguments.columns is not None and not 1 <= arguments.columns <= 256:
        raise UsageError("--columns is from 1 to 256")
    if arguments.size is not None and arguments.size < 1:
        raise UsageError("--size is at least 1")
    if not 0 <= arguments.quality <= 100:
        raise UsageError("--quality is from 0 to 100")
    if arguments.kind == "strip" and len(arguments.seeds or [0, 1]) != 2:
        raise UsageError("a strip goes from one seed to another; write --seeds A,B")
    if arguments.size is not None:
        check_size(arguments.size, arguments.size)
    _check_values(arguments.across, _values(arguments))
    try:
        check_kind(arguments.out)
    except ExportError as error:
        raise UsageError(str(error)) from None
    check_place(arguments.out)


def _values(arguments: argparse.Namespace) -> list[str]:
    return [value.strip() for value in arguments.values.split(",") if value.strip()]


def _check_values(across: str | None, values: list[str]) -> None:
    """Refuse what is no value of this kind for any model."""
    for value in values:
        try:
            match across:
                case "psi":
                    Recipe(psi=float(value))
                case "growth":
                    int(value)
                case "noise":
                    Noise(value)
        except (ValueError, RecipeError):
            raise UsageError(f"--values {value!r} is no value of {across}") from None


def _look(arguments: argparse.Namespace, gap: int = 4) -> SheetLook:
    return SheetLook(arguments.size, arguments.upscale, gap, not arguments.no_labels)


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
    arguments: argparse.Namespace, seen: Sequence[_Seen], recipes: list[Recipe], labels: list[str]
) -> Pixels:
    seen[0].bar.total = len(recipes)
    return contact_sheet(seen[0].render, recipes, labels, arguments.columns, _look(arguments))


def _strip(
    arguments: argparse.Namespace, seen: Sequence[_Seen], recipes: list[Recipe], labels: list[str]
) -> Pixels:
    steps = strip_recipes(recipes[0], recipes[1], arguments.steps, arguments.space)
    between = [f"{index / (len(steps) - 1):.2f}" for index in range(1, len(steps) - 1)]
    words = [labels[0], *between, labels[1]]
    seen[0].bar.total = len(steps)
    columns = arguments.columns or len(steps)
    return contact_sheet(seen[0].render, steps, words, columns, _look(arguments, gap=0))


def _compare(
    arguments: argparse.Namespace, seen: Sequence[_Seen], recipes: list[Recipe], labels: list[str]
) -> Pixels:
    if arguments.across == "models":
        columns = [
            Column(
                each.model.info.title or each.model.info.name, lambda recipe: recipe, each.render
            )
            for each in seen
        ]
    else:
        can = seen[0].model.capabilities
        columns = columns_across(arguments.across, _values(arguments), seen[0].render, can)
    seen[0].bar.total = len(recipes) * len(columns)
    return comparison(list(zip(labels, recipes, strict=True)), columns, _look(arguments))
