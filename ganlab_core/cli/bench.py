"""`ganlab bench`: what each edit of a model costs on this machine, beside the least it could cost."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import complain, say, say_json, say_table
from ganlab_core.cli.recipe_options import add_machine_options

if TYPE_CHECKING:
    from ganlab_core.models import Model
    from ganlab_core.speed import Timing

EXAMPLES = """
ganlab bench
ganlab bench --models adventurer,stylegan-1024 --json
ganlab bench --models stylegan-256 --train
"""
MORE = (
    "A model is one of the library, a file, or an architecture with a resolution, such as "
    "stylegan-1024: as large as published, with random weights. The floor is the frame's "
    "convolutions and matrix products alone, timed in turn with it."
)


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "bench", run, EXAMPLES, MORE)
    add = parser.add_argument
    add("--json", action="store_true", help="print a list of objects")
    add("--models", metavar="A,B", help="what to measure (default: the published sizes)")
    add("--train", action="store_true", help="measure training as well: pictures a second")
    add("--rounds", type=int, default=7, metavar="N", help="frames of each edit (default: 7)")
    add("--only", metavar="WORDS", help="only the edits whose names contain this, as 'full frame'")
    add("--threads", type=int, default=0, metavar="N", help="of the CPU (default: as rendering)")
    add_machine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what was measured."""
    from ganlab_core.speed import PUBLISHED_SIZES

    _use_threads(arguments.threads)
    names = arguments.models.split(",") if arguments.models else PUBLISHED_SIZES
    found: list[dict[str, object]] = []
    for name in names:
        timings = _frames(name.strip(), arguments)
        found += [dataclasses.asdict(timing) for timing in timings]
        if not arguments.json:
            _show(timings)
    if arguments.train:
        found += _training(names, quiet=arguments.json)
    if arguments.json:
        say_json(found)
    return 0


def _use_threads(count: int) -> None:
    import torch

    from ganlab_core.device import leave_a_core

    leave_a_core()
    if count > 0:
        torch.set_num_threads(count)


def _frames(name: str, arguments: argparse.Namespace) -> list[Timing]:
    from ganlab_core.rendering import Renderer
    from ganlab_core.speed import measure

    complain(f"{name} ...")
    renderer = Renderer(_opened(name), arguments.device, arguments.precision)
    wanted = arguments.only or ""
    return list(measure(name, renderer, max(1, arguments.rounds), wanted))


def _training(names: Sequence[str], *, quiet: bool) -> list[dict[str, object]]:
    """The presets of the architectures that were measured."""
    from ganlab_core.speed import training_rates

    found = []
    for architecture in dict.fromkeys(_opened(name.strip()).info.architecture for name in names):
        for rate in training_rates(architecture):
            found.append(dataclasses.asdict(rate))
            if not quiet:
                say(f"{architecture}: {rate.what}, {rate.per_second:.1f} pictures a second")
    return found


def _opened(name: str) -> Model:
    """The library's model of that name, else a published size."""
    from ganlab_core.models import model_names, resolve
    from ganlab_core.speed import published_size
    from ganlab_core.training import open_any

    known = name in model_names() or name.endswith(".safetensors") or "/" in name
    return open_any(resolve(name)) if known else published_size(name)


def _show(timings: list[Timing]) -> None:
    head = ("MODEL", "WHAT", "MS", "P95", "FLOOR", "RATIO", "STAGES")
    say_table([head, *(_row(timing) for timing in timings)])
    for timing in timings[:1]:
        say(
            f"{timing.precision} on {timing.device}, {timing.threads} threads,"
            f" at most {timing.memory_mb:.0f} MB"
            + ("" if timing.grey_error is None else f", {timing.grey_error} grey levels from fp32")
        )
        say("")


def _row(timing: Timing) -> tuple[str, ...]:
    return (
        timing.model,
        timing.what,
        f"{timing.ms:.1f}",
        f"{timing.p95_ms:.1f}",
        f"{timing.floor_ms:.1f}",
        "-" if timing.ratio is None else f"{timing.ratio:.2f}",
        str(timing.stages),
    )
