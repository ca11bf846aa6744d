"""`ganlab render`: pictures from a model that carry their Recipe, and raw numbers."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import complain, on_terminal, progress, say, say_json
from ganlab_core.cli.recipe_options import (
    add_machine_options,
    add_recipe_options,
    idle_options,
    open_renderer,
)
from ganlab_core.cli.render_jobs import Job, base_of, jobs
from ganlab_core.cli.render_raw import RawFile, raw_file
from ganlab_core.cli.steering import Steering, add_steering_option
from ganlab_core.cli.values import UsageError, existing_file, seeds
from ganlab_core.errors import ExportError
from ganlab_core.export.layout import METHODS, Scaled, resized, resized_raw
from ganlab_core.export.pictures import ENCODERS, check_kind, save_picture
from ganlab_core.recipe import Latent

if TYPE_CHECKING:
    from ganlab_core.rendering.renderer import Renderer

EXAMPLES = """
ganlab render adventurer --out pictures --seeds 0-7 --psi 0.8
ganlab render adventurer --out face.tif --size 2048
ganlab render garments --out shirts --class shirt:0.7,dress:0.3
ganlab render runs/mine --out newest.png
ganlab render adventurer --out again.png --recipe pictures/seed0003.png
"""
FORMATS = tuple(suffix[1:] for suffix in ENCODERS)


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "render", run, EXAMPLES)
    add = parser.add_argument
    add("model", metavar="MODEL", help="name of a bundled model, a model file, or a run's folder")
    add("--out", type=Path, metavar="DIR|FILE", help="where the pictures go")
    add("--format", choices=FORMATS, help="kind of picture (default: by --out, else png)")
    add(
        "--quality",
        type=int,
        default=92,
        metavar="N",
        help="of JPEG and WebP, 0 to 100 (default 92)",
    )
    add("--size", type=int, metavar="N", help="pixels of the picture's side, as for print")
    add("--upscale", choices=tuple(METHODS), default="lanczos",
        help="how the size is changed; the file says it (default lanczos)")  # fmt: skip
    add("--seeds", type=seeds, metavar="S", help="seeds and ranges, as 0-7,12 (default 0)")
    add("--latents", type=existing_file, metavar="Z.npy", help="latents z, float (N, z_dim)")
    add(
        "--labels",
        type=existing_file,
        metavar="L.npy",
        help="a class for each seed or latent: numbers (N,), or weights (N, classes)",
    )
    add_recipe_options(parser)
    add("--raw", type=Path, metavar="FILE.npy", help="also write float32 (N, C, H, W), unclipped")
    add_machine_options(parser)
    add("--json", action="store_true", help="print what was written as a list of objects")
    add_steering_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Render and write."""
    if arguments.out is None and arguments.raw is None:
        raise UsageError("say where the pictures go with --out")
    if arguments.seeds and arguments.latents:
        raise UsageError("--seeds and --latents exclude each other")
    if arguments.recipe and arguments.recipe_json is not None:
        raise UsageError("--recipe and --recipe-json exclude each other")
    if arguments.classes is not None and arguments.labels:
        raise UsageError("--class and --labels exclude each other")
    scaled = _scaled(arguments)
    _check_out(arguments)
    base = base_of(arguments)
    renderer = open_renderer(arguments.model, arguments)
    can = renderer.model.capabilities
    todo = jobs(arguments, base, renderer.model.info, can)
    folder, single = _destination(arguments, len(todo))
    for sentence in idle_options(arguments, can):
        complain(f"ganlab: {sentence}")
    if arguments.out is not None and single is None:
        _make(folder)
    written = []
    with (
        _raw(arguments.raw, len(todo), renderer) as raw,
        Steering(on=arguments.steered) as steering,
    ):
        for job in progress(todo, len(todo), "picture"):
            steering.next_of(len(todo))
            path = (
                None
                if arguments.out is None
                else single or folder / f"{job.name}{_suffix(arguments)}"
            )
            written.append(_render(renderer, job, path, raw, arguments.quality, scaled))
            if path and not (arguments.json or on_terminal()):
                say(str(path))
    _report(arguments, written)
    return 0


def _scaled(arguments: argparse.Namespace) -> Scaled | None:
    """Another size than the rendered one, if one is asked for."""
    if arguments.size is None:
        return None
    try:
        return Scaled(arguments.size, arguments.upscale)
    except ExportError as error:
        raise UsageError(str(error)) from None


def _suffix(arguments: argparse.Namespace) -> str:
    return f".{arguments.format or 'png'}"


def _check_out(arguments: argparse.Namespace) -> None:
    """Refuse a name that says another kind of picture than the one that would be written."""
    out: Path | None = arguments.out
    if not 0 <= arguments.quality <= 100:
        raise UsageError("--quality is from 0 to 100")
    if arguments.raw is not None and arguments.raw.suffix.lower() != ".npy":
        raise UsageError(f"--raw {arguments.raw.name} does not end in .npy")
    if out is None or out.is_dir() or not out.suffix[1:2].isalpha():
        return
    try:
        check_kind(out)
    except ExportError as error:
        note = "A folder with such a name has to be there already."
        raise UsageError(f"{error} {note}") from None
    if arguments.format and out.suffix.lower() != _suffix(arguments):
        raise UsageError(f"--out {out.name} does not end in {_suffix(arguments)}")


def _destination(arguments: argparse.Namespace, count: int) -> tuple[Path, Path | None]:
    """The folder, and the one file if --out names one."""
    out: Path | None = arguments.out
    if out is None or out.suffix.lower() not in ENCODERS or out.is_dir():
        return out or Path(), None
    if count != 1:
        raise UsageError(
            f"--out {out.name} is one file, but there are {count} pictures; name a folder"
        )
    return out.parent, out


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Choose another --out."
        ) from None


@contextlib.contextmanager
def _raw(path: Path | None, count: int, renderer: Renderer) -> Iterator[RawFile | None]:
    """The file of raw numbers, if one is asked for."""
    if path is None:
        yield None
        return
    side = renderer.model.capabilities.resolution
    with raw_file(path, (count, 3, side, side)) as file:
        yield file


def _render(
    renderer: Renderer,
    job: Job,
    path: Path | None,
    raw: RawFile | None,
    quality: int,
    scaled: Scaled | None,
) -> dict[str, object]:
    """Render one picture and write it; tells what was written."""
    frame = renderer.render(job.recipe)
    if raw is not None:
        raw.append(renderer.raw(job.recipe))
    info = renderer.model.info
    if path is not None:
        fine = renderer.raw(job.recipe) if path.suffix.lower().startswith(".tif") else None
        pixels = frame.pixels
        if scaled is not None:
            pixels = resized(pixels, scaled.side, scaled.method)
            fine = None if fine is None else resized_raw(fine, scaled)
        save_picture(path, pixels, job.recipe, info, quality, fine, scaled)
    if job.fingerprint not in ("", info.fingerprint):
        complain("ganlab: the Recipe was made with another model; its picture looked different.")
    return {
        "file": None if path is None else str(path),
        "seed": _seed(job.recipe.latent),
        "recipe": json.loads(job.recipe.to_json()),
        "classes": _classes(renderer, job),
        "sha256": hashlib.sha256(frame.pixels.tobytes()).hexdigest(),
        "model": info.fingerprint,
    }


def _classes(renderer: Renderer, job: Job) -> list[str]:
    """Names of the classes in a picture; empty for a model without classes."""
    names = renderer.model.capabilities.classes
    mixed = [index for index, weight in job.recipe.classes if weight and index < len(names)]
    return [names[index] for index in mixed or [0]] if names else []


def _seed(latent: Latent) -> int | None:
    """The seed a latent is drawn from, if it is drawn from one."""
    return None if latent.vector or latent.blend else latent.seed


def _report(arguments: argparse.Namespace, written: list[dict[str, object]]) -> None:
    if arguments.json:
        say_json(written)
    elif on_terminal() and arguments.out is not None:
        count = len(written)
        say(f"{count} picture{'s' if count != 1 else ''} written to {arguments.out}")
    if arguments.raw is not None and not arguments.json:
        say(str(arguments.raw))
