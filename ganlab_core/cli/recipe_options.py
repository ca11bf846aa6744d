"""The options by which `render`, `video` and `sheet` say what to render, and with what."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ganlab_core.capabilities import Capabilities
from ganlab_core.cli.values import existing_file
from ganlab_core.recipe import NOISE_MODES

if TYPE_CHECKING:
    from ganlab_core.rendering.renderer import Renderer


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Options that set the Recipe; `render_jobs.base_of` and `settled` read them."""
    add = parser.add_argument
    add(
        "--recipe",
        type=existing_file,
        metavar="R",
        help="Recipe to start from: .json, or a picture",
    )
    add("--recipe-json", metavar="TEXT", help="Recipe to start from, as JSON; - = from input")
    add(
        "--class",
        dest="classes",
        metavar="C[:W],...",
        help="classes by number or name, with weights as they are, as 207 or 207:0.5,tench:0.5",
    )
    add(
        "--psi",
        type=float,
        metavar="F",
        help="truncation; 0 = the mean, 1 = none; for BigGAN the scale of z (default: as the "
        "model was published, else 0.7)",
    )
    add("--cutoff", type=int, metavar="N", help="truncate only the first N layers")
    add("--threshold", type=float, metavar="F", help="cut z's normal distribution here (BigGAN)")
    add("--attention", type=float, metavar="F", help="factor on self-attention; 1 = as trained")
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
    from ganlab_core.device import leave_a_core
    from ganlab_core.library import resolve
    from ganlab_core.rendering.kept_readouts import load_kept_readouts
    from ganlab_core.rendering.renderer import Renderer
    from ganlab_core.training.checkpoint_model import open_any

    leave_a_core()
    opened = open_any(resolve(model))
    load_kept_readouts(opened)
    return Renderer(opened, arguments.device, arguments.precision)


def idle_options(arguments: argparse.Namespace, can: Capabilities) -> list[str]:
    """One sentence for each option that changes nothing with this model."""
    untruncated = "" if can.has_truncation else "its z is normalised, which loses any scale"
    idle = {
        "psi": untruncated,
        "cutoff": untruncated,
        "growth": ("" if can.has_growth else "it was trained at one resolution"),
        "noise": ("" if can.has_noise else "it adds no noise"),
        "noise_seed": ("" if can.has_noise else "it adds no noise"),
        "threshold": ("it is truncated in W, with --psi" if can.has_w else ""),
        "attention": ("" if can.has_attention else "it has no self-attention"),
    }
    return [
        f"--{name.replace('_', '-')} changes nothing for this model: {reason}."
        for name, reason in idle.items()
        if reason and getattr(arguments, name) is not None
    ]
