"""`ganlab render`: pictures from a model that carry their Recipe, and raw numbers."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import (
    UsageError,
    complain,
    existing_file,
    on_terminal,
    progress,
    say,
    say_json,
    seeds,
)
from ganlab_core.cli.recipe_options import (
    Steering,
    add_machine_options,
    add_recipe_options,
    add_steering_option,
    idle_options,
    open_renderer,
)
from ganlab_core.errors import ExportError, RecipeError, explain_os_error
from ganlab_core.export import (
    ENCODERS,
    METHODS,
    Scaled,
    check_kind,
    read_picture,
    resized,
    resized_raw,
    save_picture,
)
from ganlab_core.files import atomic_path
from ganlab_core.models import ModelInfo, plain_start
from ganlab_core.recipe import Capabilities, Classes, Latent, Recipe, read_classes

# ------------------------------------------------------------------------------------------------
# Latents and labels for `ganlab render`, from .npy files; nothing in them is run.


MOST_ROWS = 1_000_000


def read_latents(path: Path) -> list[Latent]:
    """Latents z from a .npy file of shape (N, z_dim).

    Raises `RecipeError` for anything but a table of finite numbers.
    """
    wanted = "Save a float array of shape (N, z_dim) with numpy.save."
    table = _numbers(path, wanted)
    if table.ndim != 2:
        raise RecipeError(f"{path.name} holds no table of latents.", wanted)
    return [Latent(vector=tuple(row.astype(np.float64).tolist())) for row in table]


def read_labels(path: Path, count: int) -> list[Classes]:
    """Class mixes from a .npy file of (N,) class numbers, or of (N, `count`) weights.

    Raises `RecipeError` for anything else, and for a model without classes (`count` 0).
    """
    if not count:
        raise RecipeError("This model knows no classes.", "Leave the labels away.")
    wanted = f"Save whole numbers of shape (N,), or weights of shape (N, {count})."
    table = _numbers(path, wanted)
    if table.ndim == 1 and table.dtype.kind in "iu":
        if int(table.min()) < 0 or int(table.max()) >= count:
            raise RecipeError(f"{path.name} holds a class beyond 0 to {count - 1}.", wanted)
        return [((int(index), 1.0),) for index in table]
    if table.ndim != 2 or table.shape[1] != count:
        raise RecipeError(f"{path.name} holds no labels for {count} classes.", wanted)
    return [_mix(row, path.name) for row in table]


def _mix(row: NDArray[np.generic], file: str) -> Classes:
    """The weights that are not 0; no weight at all would mean the first class."""
    weights = row.astype(np.float64)
    mix = tuple((int(index), float(weights[index])) for index in np.flatnonzero(weights))
    if not mix:
        raise RecipeError(f"{file} has a row without any class.", "Give each row a weight.")
    return mix


def _numbers(path: Path, wanted: str) -> NDArray[np.generic]:
    """The array in a .npy file: real numbers, not empty."""
    try:
        table = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped: a lying header fails
    except (OSError, ValueError, EOFError, OverflowError, MemoryError, SyntaxError, TypeError):
        raise RecipeError(f"{path.name} is not a readable .npy file.", wanted) from None
    if isinstance(table, np.lib.npyio.NpzFile):
        table.close()
    array: object = table
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or not array.size:
        raise RecipeError(f"{path.name} holds no table of numbers.", wanted)
    if array.ndim not in (1, 2):
        raise RecipeError(f"{path.name} holds no table of numbers.", wanted)
    if len(array) > MOST_ROWS:
        raise RecipeError(f"{path.name} holds more than {MOST_ROWS} rows.", "Split it.")
    return array


# ------------------------------------------------------------------------------------------------
# What `ganlab render` is asked for, as a list of named Recipes.


LARGEST_RECIPE = 16_000_000
"""Bytes; a Recipe of several full latent vectors stays far below."""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One picture to make.

    Attributes
    ----------
    name
        File name without its ending.
    recipe
        What to render.
    fingerprint
        The model the Recipe says it was made with; empty when it does not say.
    """

    name: str
    recipe: Recipe
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """What all pictures of one call share, known before the model is opened.

    Attributes
    ----------
    recipe
        The Recipe to start from, with what the options say.
    fingerprint
        The model it says it was made with; empty when it does not say.
    truncated
        Whether its truncation was asked for; else the model's own is taken.
    """

    recipe: Recipe
    fingerprint: str
    truncated: bool


def base_of(arguments: argparse.Namespace) -> Base:
    """The Recipe that all jobs share; raises `UsageError` or `RecipeError`."""
    recipe, fingerprint = _given(arguments.recipe)
    if arguments.recipe_json is not None:
        recipe = Recipe.from_json(_text(arguments.recipe_json))
    asked = (arguments.recipe, arguments.recipe_json, arguments.psi, arguments.cutoff)
    truncated = any(one is not None for one in asked)
    return Base(with_options(recipe, arguments), fingerprint, truncated)


def jobs(
    arguments: argparse.Namespace, base: Base, info: ModelInfo, can: Capabilities
) -> list[RenderJob]:
    """One job per seed or latent; the Recipe's own latent when neither is given."""
    found = _jobs_of_latents(arguments, settled(base, arguments, info, can), base.fingerprint)
    return found if arguments.labels is None else _labelled(found, arguments.labels, can)


def settled(
    base: Base, arguments: argparse.Namespace, info: ModelInfo, can: Capabilities
) -> Recipe:
    """The Recipe that all pictures share, with what only the opened model could tell.

    That is its own truncation where none was asked for, and its classes' names.
    """
    recipe = base.recipe
    if not base.truncated:
        start = plain_start(info)
        recipe = replace(recipe, psi=start.psi, cutoff=start.cutoff)
    if arguments.classes is not None:
        recipe = replace(recipe, classes=read_classes(arguments.classes, can.classes))
    return recipe


def _jobs_of_latents(
    arguments: argparse.Namespace, base: Recipe, fingerprint: str
) -> list[RenderJob]:
    if arguments.latents:
        return [
            RenderJob(f"latent-{index:04d}", replace(base, latent=latent))
            for index, latent in enumerate(read_latents(arguments.latents))
        ]
    if arguments.seeds:
        return [
            RenderJob(f"seed{seed:04d}", replace(base, latent=Latent(seed)))
            for seed in arguments.seeds
        ]
    name = (
        "latent-0000" if base.latent.vector or base.latent.blend else f"seed{base.latent.seed:04d}"
    )
    return [RenderJob(name, base, fingerprint)]


def _labelled(found: list[RenderJob], path: Path, can: Capabilities) -> list[RenderJob]:
    """The jobs with one row of labels each; a single job is repeated for every row."""
    rows = read_labels(path, len(can.classes))
    if len(rows) == len(found):
        pairs = zip(found, rows, strict=True)
        return [replace(job, recipe=replace(job.recipe, classes=row)) for job, row in pairs]
    if len(found) == 1:
        name = found[0].name
        return [
            replace(found[0], name=f"{name}-{i:04d}", recipe=replace(found[0].recipe, classes=row))
            for i, row in enumerate(rows)
        ]
    raise RecipeError(
        f"{path.name} holds {len(rows)} labels for {len(found)} pictures.",
        "Give one label for each seed or latent.",
    )


def _given(path: Path | None) -> tuple[Recipe, str]:
    """The Recipe in a .json or a picture, and the fingerprint of its model."""
    if path is None:
        return Recipe(), ""
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


def with_options(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The Recipe with what the options say; a value out of range is wrong usage."""
    noise = recipe.noise
    try:
        if arguments.noise is not None:
            noise = replace(noise, mode=arguments.noise)
        if arguments.noise_seed is not None:
            noise = replace(noise, seed=arguments.noise_seed, mode=arguments.noise or "random")
        names = ("psi", "cutoff", "growth", "threshold", "attention")
        chosen = {name: getattr(arguments, name) for name in names}
        given = {name: value for name, value in chosen.items() if value is not None}
        return replace(recipe, noise=noise, **given)
    except RecipeError as error:
        raise UsageError(str(error)) from None


# ------------------------------------------------------------------------------------------------
# A .npy file that grows picture by picture and appears only when it is whole.


class RawFile:
    """The open file; float32 pictures of one shape are appended to it."""

    def __init__(self, file: BinaryIO, shape: tuple[int, ...]) -> None:
        self._file = file
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)

    def append(self, picture: NDArray[np.float32]) -> None:
        """Add one picture, (C, H, W)."""
        self._file.write(picture.astype("<f4").tobytes())


@contextlib.contextmanager
def raw_file(path: Path, shape: tuple[int, int, int, int]) -> Iterator[RawFile]:
    """Lend a file for `shape` = (N, C, H, W) float32; raises `ExportError` when it cannot be written."""
    if not path.parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist.", "Choose another --raw.")
    try:
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            yield RawFile(file, shape)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(
            f"Writing {path.name} failed: {error.strerror or type(error).__name__}.",
            "Choose another --raw, or make room on the disk.",
        ) from None


if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer

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
    can = renderer.model.capabilities
    with raw_file(path, (count, can.img_channels, *can.size)) as file:
        yield file


def _render(
    renderer: Renderer,
    job: RenderJob,
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


def _classes(renderer: Renderer, job: RenderJob) -> list[str]:
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
