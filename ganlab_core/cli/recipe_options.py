"""The options by which `render`, `video` and `sheet` say what to render, and with what."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ganlab_core.cli.values import existing_file
from ganlab_core.recipe import NOISE_MODES

if TYPE_CHECKING:
    from ganlab_core.rendering.renderer import Renderer


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Options that set the Recipe; `render_jobs.base_recipe` reads them."""
    add = parser.add_argument
    add(
        "--recipe",
        type=existing_file,
        metavar="R",
        help="Recipe to start from: .json, or a picture",
    )
    add("--recipe-json", metavar="TEXT", help="Recipe to start from, as JSON; - = from input")
    add("--psi", type=float, metavar="F", help="truncation; 0 = the mean, 1 = none")
    add("--cutoff", type=int, metavar="N", help="truncate only the first N layers")
    add("--growth", type=float, metavar="F", help="log2 of the resolution shown, as 4.37")
    add("--noise", choices=NOISE_MODES, help="noise of all layers")
    add("--noise-seed", type=int, metavar="N", help="seed of random noise; implies --noise random")


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """Options that say what renders."""
    add = parser.add_argument
    add("--device", default="auto", metavar="D", help="cpu, cuda, mps or auto")
    add("--precision", default="fp32", choices=("fp32", "bf16"), help="arithmetic")


def open_renderer(model: str, arguments: argparse.Namespace) -> Renderer:
    """A renderer of the model meant by a name, a file or a run's folder."""
    from ganlab_core.library import resolve
    from ganlab_core.opening import open_model
    from ganlab_core.rendering.kept_readouts import load_kept_readouts
    from ganlab_core.rendering.renderer import Renderer

    opened = open_model(resolve(model))
    load_kept_readouts(opened)
    return Renderer(opened, arguments.device, arguments.precision)
