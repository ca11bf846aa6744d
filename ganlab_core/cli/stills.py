"""The commands that make pictures: `ganlab render` and `ganlab sheet`.

Pictures from a model that carry their Recipe, and raw numbers; and many pictures on one: a contact
sheet, a comparison, or a strip from A to B.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import (
    UsageError,
    complain,
    counting,
    existing_file,
    on_terminal,
    progress,
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
    idle_options,
    job_of,
    machine_of,
    need,
    open_renderer,
    size_of,
    start_of,
    wrong_usage,
)
from ganlab_core.errors import ExportError, RecipeError
from ganlab_core.export import (
    ACROSS,
    ENCODERS,
    METHODS,
    SHEET_KINDS,
    Column,
    Pixels,
    SheetJob,
    SheetLook,
    StillJob,
    check_place,
    columns_across,
    comparison,
    contact_sheet,
    resized,
    resized_raw,
    save_picture,
    strip_recipes,
)
from ganlab_core.files import atomic_path
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Classes, Latent, Recipe
from ganlab_core.timeline import SPACES

if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer


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
# What a job of stills asks for, as a list of named Recipes.


@dataclass(frozen=True, slots=True)
class NamedRecipe:
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


def stills(job: StillJob, info: ModelInfo, can: Capabilities) -> list[NamedRecipe]:
    """One still per seed or latent; the Recipe's own latent when neither is given."""
    found = _stills_of_latents(job, job.start.settled(info, can), can)
    return found if job.labels is None else _labelled(found, job.labels, can)


def _stills_of_latents(job: StillJob, base: Recipe, can: Capabilities) -> list[NamedRecipe]:
    if job.latents:
        return [
            NamedRecipe(f"latent-{index:04d}", recipe)
            for index, recipe in enumerate(_at_places(job.latents, base, can))
        ]
    if job.seeds:
        return [
            NamedRecipe(f"seed{seed:04d}", replace(base, latent=Latent(seed))) for seed in job.seeds
        ]
    drawn = not (base.latent.vector or base.latent.blend)
    name = f"seed{base.latent.seed:04d}" if drawn else "latent-0000"
    return [NamedRecipe(name, base, job.start.fingerprint)]


def _at_places(path: Path, base: Recipe, can: Capabilities) -> list[Recipe]:
    """The base at each latent of a file: z of a .npy table, else whatever its sizes tell."""
    shape = _shape(path) if path.suffix.lower() == ".npy" else None
    if shape == () or (shape is not None and shape[1:] == (can.z_dim,)):
        return [replace(base, latent=latent) for latent in read_latents(path)]
    from ganlab_core.importers import read_places

    return read_places(path, can, base)


def _shape(path: Path) -> tuple[int, ...]:
    """Of the array in a .npy; none where it cannot be read, which its reader tells better."""
    try:
        shape: tuple[int, ...] = np.load(path, mmap_mode="r", allow_pickle=False).shape
    except (OSError, ValueError, EOFError, AttributeError, OverflowError, MemoryError, SyntaxError):
        return ()
    return shape


def _labelled(found: list[NamedRecipe], path: Path, can: Capabilities) -> list[NamedRecipe]:
    """The stills with one row of labels each; a single one is repeated for every row."""
    rows = read_labels(path, len(can.classes))
    if len(rows) == len(found):
        pairs = zip(found, rows, strict=True)
        return [replace(one, recipe=replace(one.recipe, classes=row)) for one, row in pairs]
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

RENDER_EXAMPLES = """
ganlab render adventurer --out pictures --seeds 0-7 --psi 0.8
ganlab render adventurer --out face.tif --size 2048
ganlab render garments --out shirts --class shirt:0.7,dress:0.3
ganlab render runs/mine --out newest.png
ganlab render adventurer --out again.png --recipe pictures/seed0003.png
ganlab render adventurer --with portraits --blend 4=1,8=1 --out swapped --seeds 0-7
"""
FORMATS = tuple(suffix[1:] for suffix in ENCODERS)


def add_render(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "render", run_render, RENDER_EXAMPLES)
    add = parser.add_argument
    add(
        "model",
        metavar="MODEL",
        nargs="?",
        help="name of a bundled model, a model file, or a run's folder",
    )
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
    add(
        "--latents",
        type=existing_file,
        metavar="Z.npy",
        help="latents z, or W or W+ of a projector, as .npy, .npz or .pt",
    )
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
    add_job_options(parser, _still_job)
    add_steering_option(parser)


def run_render(arguments: argparse.Namespace) -> int:
    """Render and write, or write the job."""
    job = job_of(arguments, StillJob)
    return 0 if job is None else render_stills(job, arguments)


def _still_job(arguments: argparse.Namespace) -> StillJob:
    """The job that the options describe."""
    need(MODEL=arguments.model)
    if arguments.out is None and arguments.raw is None:
        raise UsageError("say where the pictures go with --out")
    if arguments.seeds and arguments.latents:
        raise UsageError("--seeds and --latents exclude each other")
    start, size = start_of(arguments), size_of(arguments)
    names = ("model", "out", "format", "latents", "labels", "raw", "quality", "second")
    with wrong_usage():
        return StillJob(
            **{name: getattr(arguments, name) for name in names},
            seeds=arguments.seeds or (),
            start=start,
            size=size,
            machine=machine_of(arguments),
        )


def render_stills(job: StillJob, told: argparse.Namespace) -> int:
    """Render and write the pictures of a job; `told` says how to tell of it (json, steered)."""
    renderer = open_renderer(job.model, job.machine, job.second)
    can = renderer.model.capabilities
    _check_noise(job, renderer.model.info)
    todo = stills(job, renderer.model.info, can)
    folder = _folder(job, len(todo))
    for sentence in idle_options(job.start.changes, can):
        complain(f"ganlab: {sentence}")
    alone = not can.blendable and job.start.changes.blend is None
    if alone and any(one.recipe.asks_for_second for one in todo):
        complain(f"ganlab: {ALONE}")
    if job.out is not None and job.single is None:
        _make(folder)
    written = []
    with _raw(job.raw, todo, renderer) as raw, Steering(on=told.steered) as steering:
        for one in progress(todo, len(todo), "picture"):
            steering.next_of(len(todo))
            within = job.single or folder / f"{one.name}{job.suffix}"
            path = None if job.out is None else within
            written.append(_render(renderer, one, path, raw, job))
            if path and not (told.json or on_terminal()):
                say(str(path))
    _report(job, written, as_json=told.json)
    return 0


def _check_noise(job: StillJob, info: ModelInfo) -> None:
    """Refuse stored noise where none was stored: what is shown as such was drawn at the import."""
    if job.start.changes.noise == "stored" and info.provenance.get("noise_maps") == "drawn":
        raise UsageError(
            f"{info.path.name} keeps no noise maps of its own; those shown as stored were drawn for it. "
            "Choose --noise random or --noise off"
        )


def _folder(job: StillJob, count: int) -> Path:
    """Where the pictures go; one file cannot hold several."""
    single = job.single
    if single is not None and count != 1:
        raise UsageError(
            f"--out {single.name} is one file, but there are {count} pictures; name a folder"
        )
    return single.parent if single is not None else job.out or Path()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Choose another --out."
        ) from None


@contextlib.contextmanager
def _raw(
    path: Path | None, stills: Sequence[NamedRecipe], renderer: Renderer
) -> Iterator[RawFile | None]:
    """The file of raw numbers, if one is asked for."""
    if path is None:
        yield None
        return
    can = renderer.model.capabilities
    size = stills[0].recipe.extent.size_at(can.resolution, can) if stills else can.size
    with raw_file(path, (len(stills), can.img_channels, *size)) as file:
        yield file


def _render(
    renderer: Renderer, still: NamedRecipe, path: Path | None, raw: RawFile | None, job: StillJob
) -> dict[str, object]:
    """Render one picture and write it; tells what was written."""
    recipe, scaled = still.recipe, job.size.scaled
    frame = renderer.render(recipe)
    if raw is not None:
        raw.append(renderer.raw(recipe))
    info = renderer.model.info
    if path is not None:
        grey = renderer.model.capabilities.img_channels == 1
        deep = path.suffix.lower().startswith(".tif") and not grey
        fine = renderer.raw(recipe) if deep else None
        pixels = frame.transparent
        if scaled is not None:
            pixels = resized(pixels, scaled.side, scaled.method)
            fine = None if fine is None else resized_raw(fine, scaled)
        save_picture(path, pixels, recipe, info, job.quality, fine, scaled)
    if still.fingerprint not in ("", info.fingerprint):
        complain("ganlab: the Recipe was made with another model; its picture looked different.")
    return {
        "file": None if path is None else str(path),
        "seed": _seed(recipe.latent),
        "recipe": json.loads(recipe.to_json()),
        "classes": _classes(renderer, recipe),
        "sha256": hashlib.sha256(frame.pixels.tobytes()).hexdigest(),
        "model": info.fingerprint,
    }


def _classes(renderer: Renderer, recipe: Recipe) -> list[str]:
    """Names of the classes in a picture; empty for a model without classes."""
    names = renderer.model.capabilities.classes
    mixed = [index for index, weight in recipe.classes if weight and index < len(names)]
    return [names[index] for index in mixed or [0]] if names else []


def _seed(latent: Latent) -> int | None:
    """The seed a latent is drawn from, if it is drawn from one."""
    return None if latent.vector or latent.blend else latent.seed


def _report(job: StillJob, written: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        say_json(written)
    elif on_terminal() and job.out is not None:
        count = len(written)
        say(f"{count} picture{'s' if count != 1 else ''} written to {job.out}")
    if job.raw is not None and not as_json:
        say(str(job.raw))


SHEET_EXAMPLES = """
ganlab sheet adventurer --out heads.png --seeds 0-15
ganlab sheet adventurer --out psi.png --kind compare --across psi
ganlab sheet adventurer portraits --out both.png --kind compare --across models
ganlab sheet toon-heads --out between.png --kind strip --seeds 3,7
"""


def add_sheet(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "sheet", run_sheet, SHEET_EXAMPLES)
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
    add_job_options(parser, _sheet_job)
    add_steering_option(parser)


def run_sheet(arguments: argparse.Namespace) -> int:
    """Render and write, or write the job."""
    job = job_of(arguments, SheetJob)
    return 0 if job is None else render_sheet(job, arguments)


def _sheet_job(arguments: argparse.Namespace) -> SheetJob:
    """The job that the options describe."""
    need(MODEL=arguments.models, **{"--out": arguments.out})
    start, size = start_of(arguments), size_of(arguments)
    names = ("out", "kind", "across", "steps", "space", "columns", "quality", "second")
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
    renderers = [open_renderer(model, job.machine, job.second) for model in job.models]
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
