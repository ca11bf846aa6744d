"""`ganlab render`: pictures from a model, as PNGs that carry their Recipe and as raw numbers."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab_core.cli.output import complain, on_terminal, progress, say, say_json
from ganlab_core.cli.render_jobs import Job, base_of, jobs
from ganlab_core.cli.render_options import add_options, idle_options
from ganlab_core.cli.render_raw import RawFile, raw_file
from ganlab_core.cli.values import Commands, UsageError
from ganlab_core.errors import ExportError

if TYPE_CHECKING:
    from ganlab_core.rendering.renderer import Renderer

HELP = "Render pictures with a model."


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("render", help=HELP, description=HELP, allow_abbrev=False)
    parser.set_defaults(run=run, parser=parser)
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Render and write."""
    if arguments.out is None and arguments.raw is None:
        raise UsageError("say where the pictures go with --out")
    if arguments.seeds and arguments.latents:
        raise UsageError("--seeds and --latents exclude each other")
    if arguments.classes is not None and arguments.labels:
        raise UsageError("--class and --labels exclude each other")
    base = base_of(arguments)
    renderer = _renderer(arguments)
    can = renderer.model.capabilities
    todo = jobs(arguments, base, renderer.model.info, can)
    folder, single = _destination(arguments.out, len(todo))
    for sentence in idle_options(arguments, can):
        complain(f"ganlab: {sentence}")
    if arguments.out is not None and single is None:
        _make(folder)
    written = []
    with _raw(arguments.raw, len(todo), renderer) as raw:
        for job in progress(todo, len(todo), "picture"):
            path = None if arguments.out is None else single or folder / f"{job.name}.png"
            written.append(_render(renderer, job, path, raw))
            if path and not (arguments.json or on_terminal()):
                say(str(path))
    _report(arguments, written)
    return 0


def _destination(out: Path | None, count: int) -> tuple[Path, Path | None]:
    """The folder, and the one file if `out` names one."""
    if out is None or out.suffix.lower() != ".png" or out.is_dir():
        return out or Path(), None
    if count != 1:
        raise UsageError(
            f"--out {out.name} is one file, but there are {count} pictures; name a folder"
        )
    return out.parent, out


def _renderer(arguments: argparse.Namespace) -> Renderer:
    from ganlab_core.library import resolve
    from ganlab_core.opening import open_model
    from ganlab_core.rendering.kept_readouts import load_kept_readouts
    from ganlab_core.rendering.renderer import Renderer

    model = open_model(resolve(arguments.model))
    load_kept_readouts(model)
    return Renderer(model, arguments.device, arguments.precision)


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
    renderer: Renderer, job: Job, path: Path | None, raw: RawFile | None
) -> dict[str, object]:
    """Render one picture and write it; tells what was written."""
    from ganlab_core.export.png import save_png

    frame = renderer.render(job.recipe)
    if raw is not None:
        raw.append(renderer.raw(job.recipe))
    info = renderer.model.info
    if path is not None:
        save_png(path, frame.pixels, job.recipe, info)
    if job.fingerprint not in ("", info.fingerprint):
        complain("ganlab: the Recipe was made with another model; its picture looked different.")
    return {
        "file": None if path is None else str(path),
        "seed": None if job.recipe.latent.vector else job.recipe.latent.seed,
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


def _report(arguments: argparse.Namespace, written: list[dict[str, object]]) -> None:
    if arguments.json:
        say_json(written)
    elif on_terminal() and arguments.out is not None:
        count = len(written)
        say(f"{count} picture{'s' if count != 1 else ''} written to {arguments.out}")
    if arguments.raw is not None and not arguments.json:
        say(str(arguments.raw))
