"""The options by which `render`, `video` and `sheet` say what to render, and with what."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from ganlab_core.cli.output import UsageError, existing_file, say, seeds
from ganlab_core.errors import ExportError, RecipeError, explain_os_error
from ganlab_core.export import (
    ENCODERS,
    ExportJob,
    Machine,
    PictureSize,
    RecipeChanges,
    StartRecipe,
    read_job,
    read_picture,
    write_job,
)
from ganlab_core.recipe import FILLS, NOISE_MODES, SEAMLESS, Capabilities, Recipe
from ganlab_core.rendering import CHOICES

if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer

J = TypeVar("J", bound=ExportJob)

LARGEST_RECIPE = 16_000_000
"""Bytes; a Recipe of several full latent vectors stays far below."""


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Options that set the Recipe; `start_of` reads them."""
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
    _add_bending(parser)
    add("--attention", type=float, metavar="F", help="factor on self-attention; 1 = as trained")
    _add_second_model(parser)
    _add_plane_options(parser)
    add("--growth", type=float, metavar="F", help="log2 of the resolution shown, as 4.37")
    add("--noise", choices=NOISE_MODES, help="noise of all layers")
    add("--noise-seed", type=int, metavar="N", help="seed of random noise; implies --noise random")


def _add_second_model(parser: argparse.ArgumentParser) -> None:
    """Whose weights are blended in, and how much of them."""
    add = parser.add_argument
    add(
        "--with",
        dest="second",
        metavar="MODEL",
        help="a second model whose weights are blended in, of equal shape",
    )
    add(
        "--blend",
        metavar="A",
        help="how much of it, 0 to 1, as 0.5; or for places, as 4=1,8=0.5,mapping=0",
    )


def _add_plane_options(parser: argparse.ArgumentParser) -> None:
    """Where the picture lies, and how much larger than trained it is."""
    add = parser.add_argument
    add("--shift-x", type=float, metavar="F", help="pictures to the right, from within (StyleGAN3)")
    add("--shift-y", type=float, metavar="F", help="pictures down, from within (StyleGAN3)")
    add("--turn", type=float, metavar="DEGREES", help="clockwise, from within (StyleGAN3)")
    add("--aspect", metavar="W:H",
        help="a larger picture of this shape, as 2:1, from a larger start (StyleGANs 1, 2)")  # fmt: skip
    add("--wide", type=float, metavar="F", help="so many times as wide as trained, 1 to 8")
    add("--high", type=float, metavar="F", help="so many times as high as trained, 1 to 8")
    add("--fill", choices=FILLS, help="what the larger start is made of (default mirror)")
    add("--seamless", choices=SEAMLESS, help="edges that continue at the opposite ones")
    add("--styles-across", type=seeds, metavar="S",
        help="seeds to the right of the picture's own, the style going from one to the next")  # fmt: skip


def _add_bending(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--centres", metavar="K",
        help="truncate towards the nearest of K clusters of W; 4/2 = the second; or seeds:3,8")  # fmt: skip
    add("--bend", dest="bends", action="append", metavar="TEXT",
        help="bend feature maps: stage, operation, amount, settings; '16 rotate 45 maps=0-9'")  # fmt: skip


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """Options that say what renders."""
    add = parser.add_argument
    add("--device", default="auto", metavar="D", help="cpu, cuda, mps or auto")
    add(
        "--precision",
        default="fp32",
        choices=tuple(CHOICES),
        help="arithmetic; tf32 and fp16 on a GPU; auto = the faster of fp32 and bf16",
    )


def start_of(arguments: argparse.Namespace) -> StartRecipe:
    """The Recipe that the options ask for; raises `UsageError`, or `RecipeError` for a file of none."""
    if arguments.recipe and arguments.recipe_json is not None:
        raise UsageError("--recipe and --recipe-json exclude each other")
    recipe, fingerprint = _given(arguments.recipe)
    if arguments.recipe_json is not None:
        recipe = Recipe.from_json(_text(arguments.recipe_json))
    names = RecipeChanges.__struct_fields__
    with wrong_usage():
        given = {name: getattr(arguments, name) for name in names}
        bends = None if given["bends"] is None else tuple(given["bends"])
        changes = RecipeChanges(**{**given, "bends": bends})
    return StartRecipe(recipe=recipe, fingerprint=fingerprint, changes=changes)


def machine_of(arguments: argparse.Namespace) -> Machine:
    """What the options say that renders."""
    return Machine(device=arguments.device, precision=arguments.precision)


def size_of(arguments: argparse.Namespace) -> PictureSize:
    """What the options say of the pictures' size; raises `UsageError`."""
    with wrong_usage():
        return PictureSize(side=arguments.size, method=arguments.upscale)


@contextlib.contextmanager
def wrong_usage() -> Iterator[None]:
    """What a job refuses of options alone is wrong usage."""
    try:
        yield
    except (ExportError, RecipeError) as error:
        raise UsageError(str(error)) from None


def _given(path: Path | None) -> tuple[Recipe | None, str]:
    """The Recipe in a .json or a picture, and the fingerprint of its model."""
    if path is None:
        return None, ""
    if path.suffix.lower() in ENCODERS:
        embedded = read_picture(path)
        return embedded.recipe, embedded.fingerprint
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_RECIPE + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise RecipeError(explain_os_error(error, "reading the Recipe")) from None
    except UnicodeDecodeError:
        text = ""
    return Recipe.from_json(text if len(data) <= LARGEST_RECIPE else ""), ""


def _text(given: str) -> str:
    """What was given, or with "-" what comes in, up to the largest Recipe."""
    return sys.stdin.read(LARGEST_RECIPE) if given == "-" else given


# ------------------------------------------------------------------------------------------------
# Jobs: a file that says all the options do, read instead of them or written from them.


def add_job_options(
    parser: argparse.ArgumentParser, made: Callable[[argparse.Namespace], ExportJob]
) -> None:
    """Let a job file take the place of the options, and the options become one, by `made`."""
    parser.set_defaults(made=made)
    add = parser.add_argument
    add("--job", type=Path, metavar="FILE",
        help="do what this job file says, which takes the place of all that says what to make")  # fmt: skip
    add(
        "--write-job", type=Path, metavar="FILE", help="write the job to a file instead of doing it"
    )


def job_of(arguments: argparse.Namespace, kind: type[J]) -> J | None:
    """The job in a file, or made of the options; None once it was written to a file instead."""
    in_file = arguments.job is not None
    job: J = _job_in_file(arguments, kind) if in_file else arguments.made(arguments)
    if arguments.write_job is None:
        return job
    write_job(arguments.write_job, job)
    say(str(arguments.write_job))
    return None


def need(**given: object) -> None:
    """Raise `UsageError` for what is not given and only a job file could say."""
    missing = ", ".join(name for name, value in given.items() if not value)
    if missing:
        raise UsageError(f"the following arguments are required: {missing}")


def _job_in_file(arguments: argparse.Namespace, kind: type[J]) -> J:
    beside = _beside_a_job(arguments)
    if beside:
        raise UsageError(f"--job says what to make; leave {', '.join(beside)} away")
    job = read_job(arguments.job)
    if not isinstance(job, kind):
        raise ExportError(
            f"{arguments.job.name} is a job for another command.",
            f"Run it with ganlab {job.command} --job.",
        )
    return job


def _beside_a_job(arguments: argparse.Namespace) -> list[str]:
    """What was given of the options that a job takes the place of."""
    kept = ("help", "job", "write_job", "json", "steered")
    actions = [action for action in arguments.parser.actions() if action.dest not in kept]
    given = [one for one in actions if getattr(arguments, one.dest) not in (one.default, [])]
    return [(one.option_strings or [str(one.metavar)])[0] for one in given]


def open_renderer(model: str, machine: Machine, second: str | None = None) -> Renderer:
    """A renderer of the model meant by a name, a file or a run's folder; with a second one's weights."""
    from ganlab_core.device import leave_a_core
    from ganlab_core.models import resolve, with_second
    from ganlab_core.rendering import Renderer, load_saved_probes
    from ganlab_core.training import open_any

    leave_a_core()
    opened = open_any(resolve(model))
    load_saved_probes(opened)
    if second is not None:
        other = open_any(resolve(second))
        load_saved_probes(other)
        opened = with_second(opened, other)
    return Renderer(opened, machine.device, machine.precision)


ALONE = (
    "The Recipe blends in a second model and none is named: the first is drawn alone. "
    "Name it with --with MODEL."
)


def idle_options(changes: RecipeChanges, can: Capabilities) -> list[str]:
    """One sentence for each option that changes nothing with this model."""
    untruncated = "" if can.has_truncation else "its z is normalised, which loses any scale"
    idle = {
        "psi": untruncated,
        "cutoff": untruncated,
        "centres": untruncated or ("" if can.has_w else "it has no W"),
        "growth": ("" if can.has_growth else "it was trained at one resolution"),
        "noise": ("" if can.has_noise else "it adds no noise"),
        "noise_seed": ("" if can.has_noise else "it adds no noise"),
        "threshold": ("it is truncated in W, with --psi" if can.has_w else ""),
        "blend": ("" if can.blendable else "there is no second model, which --with names"),
        "attention": ("" if can.has_attention else "it has no self-attention"),
        **dict.fromkeys(
            ("shift_x", "shift_y", "turn"),
            "" if can.has_placement else "its picture cannot be moved from within",
        ),
        **dict.fromkeys(
            ("aspect", "wide", "high", "fill", "seamless", "styles_across"),
            "" if can.has_extent else "only StyleGAN and StyleGAN2 start from a constant",
        ),
    }
    return [
        f"--{name.replace('_', '-')} changes nothing for this model: {reason}."
        for name, reason in idle.items()
        if reason and getattr(changes, name) is not None
    ]


# ------------------------------------------------------------------------------------------------
# Being run by another program: progress as lines of JSON on stdout, orders as lines on stdin.


LOWER_PRIORITY = 5
"""How much nicer a steered process is to others: whoever steers it wants to stay quick."""


def add_steering_option(parser: argparse.ArgumentParser) -> None:
    """Let another program steer the command."""
    parser.add_argument(
        "--steered",
        action="store_true",
        help="for programs: progress as lines of JSON on stdout; pause, go and stop as lines on"
        " stdin, whose end means stop",
    )


class Steering:
    """Tells how far the work is and hears whether to go on; silent unless asked for.

    Parameters
    ----------
    on
        Whether another program steers.
    """

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._may_go = threading.Event()
        self._may_go.set()
        self._stopped = False
        self._begun = 0

    def __enter__(self) -> Steering:
        if self._on:
            with contextlib.suppress(OSError, AttributeError):
                os.nice(LOWER_PRIORITY)
            threading.Thread(target=self._listen, name="steering", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._on = False

    def goes_on(self, done: int, count: int, seconds_left: float | None = None,
                bytes_expected: int | None = None) -> bool:  # fmt: skip
        """Tell that `done` of `count` are made, wait while paused, and answer whether to go on."""
        if not self._on:
            return True
        told = {"done": done, "count": count, "seconds_left": seconds_left,
                "bytes_expected": bytes_expected}  # fmt: skip
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        self._may_go.wait()
        return not self._stopped

    def next_of(self, count: int) -> None:
        """Tell that the next of `count` things begins; raises `KeyboardInterrupt` when told to stop."""
        if not self.goes_on(self._begun, max(count, self._begun)):
            raise KeyboardInterrupt
        self._begun += 1

    def _listen(self) -> None:
        """Hear orders until the other program lets go of stdin, or ends."""
        for order in _lines_of_stdin():
            match order:
                case "pause":
                    self._may_go.clear()
                case "go":
                    self._may_go.set()
                case "stop":
                    break
        self._stopped = True
        self._may_go.set()


def _lines_of_stdin() -> Iterator[str]:
    """The lines of stdin, read without Python's lock on it, which would hold up the end."""
    rest = b""
    with contextlib.suppress(OSError, ValueError):
        while data := os.read(sys.stdin.fileno(), 4096):
            *lines, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace").strip() for line in lines)
