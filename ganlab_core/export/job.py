"""Export jobs: one value that says all about an export, from a dialog or options to its process.

A job is checked where it is made, whoever makes it, and is JSON in a file: `{"ganlab_job": "film",
"version": 1, ...}`. Every field is written, so that a job means the same when a default has changed. A
field that is not known is refused: it would decide what is made. Recipes and Timelines inside keep
unknown fields of their own, as everywhere. Paths are relative to where the job is run.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec

from ganlab_core.errors import (
    ExportError,
    GanlabError,
    RecipeError,
    TimelineError,
    explain_os_error,
)
from ganlab_core.export.encoder import Codec, codec_for
from ganlab_core.export.footage import FilmLook
from ganlab_core.export.pictures import ENCODERS, check_kind
from ganlab_core.export.sheets import ACROSS, Scaled
from ganlab_core.files import (
    canonical_json,
    parse_json,
    read_up_to,
    refuse_newer,
    write_bytes_atomically,
)
from ganlab_core.models import ModelInfo, plain_start
from ganlab_core.performance import PerformanceMap
from ganlab_core.recipe import (
    COUNTED_NOISE,
    SEED_MAX,
    TORCH_NOISE,
    Capabilities,
    Extent,
    Latent,
    Noise,
    Recipe,
    read_bend,
    read_centres,
    read_classes,
    with_amounts,
)
from ganlab_core.rendering import CHOICES
from ganlab_core.timeline import Keyframe, Timeline, fps_text, read_fps

T = TypeVar("T")

VERSION = 1
"""Of the files; a job of a higher one is refused."""

LARGEST_JOB = 64_000_000
"""Bytes of JSON; more is not read."""

FILM_KINDS = ("walk", "circle", "psi", "growth", "classes", "morph", "timelapse")
SHEET_KINDS = ("contact", "compare", "strip")
MOST_SEEDS = 1_000_000
MOST_MODELS = 64
MOST_ACROSS = 16
"""Columns, and rows, of a film's grid."""

_REMEDY = "Choose a job written by ganlab, or write it again."


def read_seeds(text: str) -> tuple[int, ...]:
    """Seeds and ranges of seeds, as in 0-7,12, each once and in the order written; or `ExportError`."""
    found: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part, re.ASCII)
        if match is None:
            raise ExportError(f"{part!r} is not a seed or a range such as 0-7.")
        first, last = int(match[1]), int(match[2] or match[1])
        if last > SEED_MAX or last < first:
            raise ExportError(f"Seeds go up from 0 to {SEED_MAX}, not {part!r}.")
        if last - first >= MOST_SEEDS or len(found) >= MOST_SEEDS:
            raise ExportError(f"At most {MOST_SEEDS} seeds at a time.")
        found.update(dict.fromkeys(range(first, last + 1)))
    return tuple(found)


def _check_choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ExportError(f"{what} is one of {', '.join(choices)}, not {value[:40]!r}.")


def _check_seeds(seeds: tuple[int, ...]) -> None:
    if len(seeds) > MOST_SEEDS or any(not 0 <= seed <= SEED_MAX for seed in seeds):
        raise ExportError(f"Seeds go from 0 to {SEED_MAX}, at most {MOST_SEEDS} at a time.")


def _check_models(models: tuple[str, ...]) -> None:
    if not 1 <= len(models) <= MOST_MODELS:
        raise ExportError(f"From 1 to {MOST_MODELS} models make a sheet or a film.")


def _check_value(across: str, value: str) -> None:
    """Refuse what is no value of this kind for any model."""
    try:
        match across:
            case "psi":
                Recipe(psi=float(value))
            case "growth":
                int(value)
            case "noise":
                Noise(value)
    except (ValueError, RecipeError):
        raise ExportError(f"{value[:40]!r} is no value of {across}.") from None


@contextlib.contextmanager
def _noted(note: str) -> Iterator[None]:
    """Add a sentence to an `ExportError`."""
    try:
        yield
    except ExportError as error:
        raise ExportError(error.what, f"{error.remedy} {note}".strip()) from None


# ------------------------------------------------------------------------------------------------
# What jobs are made of.


class JobPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a job."""


class RecipeChanges(JobPart, frozen=True, kw_only=True):
    """What is to be otherwise in every Recipe of the job; None = as it is.

    Attributes
    ----------
    classes
        Classes by number or name, as 207 or `"shirt:0.7,dress:0.3"`; only the model knows them.
    psi, cutoff, threshold, attention, growth, shift_x, shift_y, turn
        As the fields of a Recipe.
    noise, noise_seed
        The mode of all layers' noise; a seed implies random noise.
    bends
        Bends in words, which take the place of the Recipe's own; only the model knows its stages.
    centres
        Centres of truncation in words, as 4, 4/2 or seeds:3,8.
    blend
        How much of the second model is where, as `"0.5"` or `"4=1,8=0.5,mapping=0"`.
    aspect
        `"width:height"` of the picture, which is made larger for it; only the model knows its own.
    wide, high, fill, seamless
        As the fields of a Recipe's extent.
    styles_across
        Seeds at equal distances to the right of the first latent.
    """

    classes: str | None = None
    psi: float | None = None
    cutoff: int | None = None
    threshold: float | None = None
    attention: float | None = None
    growth: float | None = None
    noise: str | None = None
    noise_seed: int | None = None
    shift_x: float | None = None
    shift_y: float | None = None
    turn: float | None = None
    bends: tuple[str, ...] | None = None
    centres: str | None = None
    blend: str | None = None
    aspect: str | None = None
    wide: float | None = None
    high: float | None = None
    fill: str | None = None
    seamless: str | None = None
    styles_across: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        self.applied(Recipe())

    def applied(self, recipe: Recipe) -> Recipe:
        """The Recipe with these values, classes and aspect aside.

        Raises `RecipeError` for one out of range.
        """
        if self.aspect is not None and (self.wide is not None or self.high is not None):
            raise RecipeError("An aspect says how wide and high a picture is.", "Say one of them.")
        if self.aspect is not None:
            Extent.of_aspect(self.aspect, (1, 1), Extent())
        noise = recipe.noise
        if self.noise is not None:
            noise = replace(noise, mode=self.noise)
        if self.noise_seed is not None:
            noise = replace(noise, seed=self.noise_seed, mode=self.noise or "random")
        names = ("psi", "cutoff", "growth", "threshold", "attention", "shift_x", "shift_y", "turn")
        chosen = {name: getattr(self, name) for name in names}
        given = {name: value for name, value in chosen.items() if value is not None}
        if self.centres is not None:
            given["centres"] = read_centres(self.centres)
        asked = {name: getattr(self, name) for name in ("wide", "high", "fill", "seamless")}
        sizes = {name: value for name, value in asked.items() if value is not None}
        if sizes:
            given["extent"] = replace(recipe.extent, **sizes)
        if self.styles_across is not None:
            given["across"] = tuple(map(Latent, self.styles_across))
        changed = replace(recipe, noise=noise, **given)
        return changed if self.blend is None else with_amounts(changed, self.blend)

    def sized(self, recipe: Recipe, can: Capabilities) -> Recipe:
        """The Recipe with the aspect that is asked for, of a model that can be made larger."""
        if self.aspect is None or not can.has_extent:
            return recipe
        extent = Extent.of_aspect(self.aspect, can.const_size, recipe.extent)
        return replace(recipe, extent=extent)


class StartRecipe(JobPart, frozen=True, kw_only=True):
    """The Recipe that all pictures of a job start from.

    Attributes
    ----------
    recipe
        None = the plain one, under the truncation that the model was published with.
    fingerprint
        Of the model the Recipe says it was made with; empty when it does not say.
    changes
        What is otherwise.
    noise_generator
        What draws noise that becomes random by the job, as `Noise.generator`. Jobs of before there was a
        choice lack it, and mean the first.
    """

    recipe: Recipe | None = None
    fingerprint: str = ""
    changes: RecipeChanges = RecipeChanges()
    noise_generator: int = COUNTED_NOISE

    def __post_init__(self) -> None:
        Noise(generator=self.noise_generator)

    def applied(self, recipe: Recipe) -> Recipe:
        """A Recipe with the changes, classes and aspect aside; raises `RecipeError`."""
        if recipe.noise.mode != "random":
            noise = replace(recipe.noise, generator=self.noise_generator)
            recipe = replace(recipe, noise=noise)
        return self.changes.applied(recipe)

    def settled(self, info: ModelInfo, can: Capabilities) -> Recipe:
        """The Recipe for this model; raises `RecipeError` for classes or stages that it does not have."""
        recipe = self.applied(self.recipe or Recipe())
        asked = (self.recipe, self.changes.psi, self.changes.cutoff)
        if all(one is None for one in asked):
            plain = plain_start(info)
            recipe = replace(recipe, psi=plain.psi, cutoff=plain.cutoff)
        return self.for_model(recipe, can)

    def for_model(self, recipe: Recipe, can: Capabilities) -> Recipe:
        """A Recipe with the classes, the bends and the aspect that are to be otherwise."""
        recipe = self.changes.sized(recipe, can)
        if self.changes.bends is not None:
            bends = tuple(read_bend(text, can) for text in self.changes.bends)
            recipe = replace(recipe, bends=bends)
        if self.changes.classes is None:
            return recipe
        return replace(recipe, classes=read_classes(self.changes.classes, can.classes))


class Machine(JobPart, frozen=True, kw_only=True):
    """What renders: `device` cpu, cuda, mps or auto; `precision` one of `rendering.CHOICES`."""

    device: str = "auto"
    precision: str = "fp32"

    def __post_init__(self) -> None:
        _check_choice("The precision", self.precision, tuple(CHOICES))


class PictureSize(JobPart, frozen=True, kw_only=True):
    """How large each picture is: `side` pixels of the larger side, None = as rendered; and the method."""

    side: int | None = None
    method: str = "lanczos"

    def __post_init__(self) -> None:
        Scaled(1 if self.side is None else self.side, self.method)

    @property
    def scaled(self) -> Scaled | None:
        """The same for those who write it into a file; None = as rendered."""
        return None if self.side is None else Scaled(self.side, self.method)


class FilmPlan(JobPart, frozen=True, kw_only=True):
    """What moves in a film without a Timeline, and what is otherwise in one with.

    Attributes
    ----------
    kind
        One of `FILM_KINDS`; means nothing beside a Timeline.
    tour
        Classes to visit; empty = all.
    radius
        Of a circle about the Recipe's own latent; None = through two seeds.
    seconds, fps
        None = 8 and 30, or the Timeline's own.
    loop
        Whether it ends where it began.
    easing
        From one keyframe to the next; even films of one picture move their keyframes for it as well.
    space
        Where latents blend, w or z; None = as the kind wants it.
    noise
        frozen, fresh or loop; None = frozen, or as in the Timeline.
    """

    kind: str = "walk"
    tour: tuple[int, ...] = ()
    radius: float | None = None
    seconds: float | None = None
    fps: Fraction | None = None
    loop: bool = False
    easing: str = "smooth"
    space: str | None = None
    noise: str | None = None

    def __post_init__(self) -> None:
        _check_choice("The kind of film", self.kind, FILM_KINDS)
        if self.radius is not None and not 0.0 < self.radius <= 10.0:
            raise TimelineError("A circle's radius lies above 0 and not beyond 10.")
        if any(not 0 <= index <= SEED_MAX for index in self.tour):
            raise TimelineError("Classes are numbered from 0.")
        space = self.space or "w"
        Timeline(
            (Keyframe(0.0, Recipe(), self.easing),), self.length, self.loop, self.rate,
            self.noise or "frozen", latent_space=space, mix_space=space,
        )  # fmt: skip

    @property
    def length(self) -> float:
        """Seconds of a film without a Timeline."""
        return 8.0 if self.seconds is None else self.seconds

    @property
    def rate(self) -> Fraction:
        """Frames a second of a film without a Timeline."""
        return Fraction(30) if self.fps is None else self.fps


class PerformancePlan(JobPart, frozen=True, kw_only=True):
    """A film of a performance: one that was recorded, or a map that a sound plays.

    Attributes
    ----------
    map
        What moves what; the film's sound plays it, or without one its modulators alone.
    take
        A recording; excludes a map.
    tolerance
        How far any number of a frame's Recipe may lie from the one played, 0 to 1, so that fewer
        keyframes are kept; 0 = not at all.
    """

    map: PerformanceMap | None = None
    take: Path | None = None
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if (self.map is None) == (self.take is None):
            raise ExportError("A performance is a map or a recording.", "Name one of them.")
        if not 0.0 <= self.tolerance <= 1.0:
            raise ExportError("A tolerance is from 0 to 1.")


# ------------------------------------------------------------------------------------------------
# The jobs.


class BaseJob(JobPart, frozen=True, kw_only=True, tag_field="ganlab_job"):
    """What every job has.

    Attributes
    ----------
    version
        Of the file.
    start
        The Recipe that all pictures start from.
    size
        How large each picture is.
    machine
        What renders.
    quality
        0 to 100, of the kinds of file that lose something.
    second
        The model whose weights are blended in: name, model file or run; None = none.
    """

    command: ClassVar[str]
    """The command of ganlab that runs such a job."""

    version: int = VERSION
    start: StartRecipe = StartRecipe()
    size: PictureSize = PictureSize()
    machine: Machine = Machine()
    quality: int = 92
    second: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.quality <= 100:
            raise ExportError("A quality is from 0 to 100.")


class StillJob(BaseJob, frozen=True, kw_only=True, tag="stills"):
    """One picture, or a folder of them.

    Attributes
    ----------
    model
        Name, model file or run.
    out
        A file, or a folder; None writes `raw` alone.
    format
        png, jpg, jpeg, webp, tif or tiff; None = by `out`, else png.
    seeds
        A picture each; empty = the Recipe's own latent, or `latents`.
    latents, labels
        .npy files: z (N, z_dim); a class for each picture.
    raw
        A .npy to which float32 (N, C, H, W), unclipped, is written as well.
    """

    command = "render"
    model: str
    out: Path | None = None
    format: str | None = None
    seeds: tuple[int, ...] = ()
    latents: Path | None = None
    labels: Path | None = None
    raw: Path | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_seeds(self.seeds)
        if self.out is None and self.raw is None:
            raise ExportError("It is not said where the pictures go.")
        if self.seeds and self.latents:
            raise ExportError("Seeds and latents exclude each other.")
        if self.start.changes.classes is not None and self.labels:
            raise ExportError("Classes and labels exclude each other.")
        if self.raw is not None and self.raw.suffix.lower() != ".npy":
            raise ExportError(f"The raw file {self.raw.name} does not end in .npy.")
        self._check_out()
        if self.single is not None and len(self.seeds) > 1:
            raise ExportError(
                f"{self.single.name} is one file, but there are {len(self.seeds)} pictures.",
                "Name a folder.",
            )

    def _check_out(self) -> None:
        """Refuse a name that says another kind of picture than the one that would be written."""
        if self.format is not None:
            _check_choice("The format", self.format, tuple(suffix[1:] for suffix in ENCODERS))
        out = self.out
        if out is None or not out.suffix[1:2].isalpha() or out.is_dir():
            return
        with _noted("A folder with such a name has to be there already."):
            check_kind(out)
        if self.format and out.suffix.lower() != self.suffix:
            raise ExportError(f"{out.name} does not end in {self.suffix}.")

    @property
    def suffix(self) -> str:
        """The ending of pictures in a folder."""
        return f".{self.format or 'png'}"

    @property
    def single(self) -> Path | None:
        """The one file, where `out` names one."""
        out = self.out
        return None if out is None or out.suffix.lower() not in ENCODERS or out.is_dir() else out

    @property
    def target(self) -> Path:
        """What is written, for those who show it or clear away beside it."""
        return self.out or self.raw or Path()


class SheetJob(BaseJob, frozen=True, kw_only=True, tag="sheet"):
    """Many pictures on one.

    Attributes
    ----------
    models
        Names, model files or runs; several with a comparison of models.
    out
        The file.
    kind
        One of `SHEET_KINDS`.
    seeds
        Empty = 16, 4 or 2 from 0, by the kind.
    across, values
        What the columns of a comparison differ in, one of `ACROSS`, and how; empty = all.
    steps, space
        Pictures of a strip, 2 to 256; where its latents blend, w or z.
    columns
        Of a contact sheet; None = nearly a square.
    labels
        Whether words stand beside the pictures.
    """

    command = "sheet"
    models: tuple[str, ...]
    out: Path
    kind: str = "contact"
    seeds: tuple[int, ...] = ()
    across: str | None = None
    values: tuple[str, ...] = ()
    steps: int = 9
    space: str = "w"
    columns: int | None = None
    labels: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_models(self.models)
        _check_seeds(self.seeds)
        _check_choice("The kind of sheet", self.kind, SHEET_KINDS)
        _check_choice("A space", self.space, ("w", "z"))
        self._check_across()
        if len(self.models) > 1 and self.across != "models":
            raise ExportError("Several models stand on a sheet that compares across models.")
        if self.columns is not None and not 1 <= self.columns <= 256:
            raise ExportError("A sheet has from 1 to 256 columns.")
        if self.kind == "strip" and len(self.wanted) != 2:
            raise ExportError("A strip goes from one seed to another; write two, as 3,8.")
        check_kind(self.out)

    def _check_across(self) -> None:
        if self.kind != "compare" and (self.across or self.values):
            raise ExportError("Only a comparison (compare) has something across, and values of it.")
        if self.kind == "compare" and self.across not in ACROSS:
            raise ExportError(f"A comparison is across one of {', '.join(ACROSS)}.")
        for value in self.values:
            _check_value(self.across or "", value)

    @property
    def wanted(self) -> tuple[int, ...]:
        """The seeds, where none are named as many as the kind shows."""
        return self.seeds or tuple(range({"contact": 16, "compare": 4, "strip": 2}[self.kind]))

    @property
    def target(self) -> Path:
        """What is written."""
        return self.out


class FilmJob(BaseJob, frozen=True, kw_only=True, tag="film"):
    """A film.

    Attributes
    ----------
    models
        Names, model files or runs; several stand side by side.
    out
        The film; a folder takes PNGs, and goes on where it was left.
    timeline
        The Recipes at times; None = by `plan`.
    plan
        What moves, and how.
    performance
        What was played, or plays, in place of both.
    sound
        The file whose sound goes with it; None = silent, or what was recorded with the performance.
    seeds
        To walk through, or in place of the Timeline's own.
    codec
        One of `CODECS`; None = by the ending of `out`.
    grid
        (columns, rows) of pictures that start at successive seeds, each 1 to 16; None = one picture.
    gap
        Pixels between pictures.
    caption
        Words below; {time} {frame} {seed} {psi} {growth} {model} are filled in.
    show
        A stage and its feature maps, as 16x16/conv1:0-15, shown as tiles in place of the picture; None =
        the picture.
    """

    command = "video"
    models: tuple[str, ...]
    out: Path
    timeline: Timeline | None = None
    plan: FilmPlan = FilmPlan()
    performance: PerformancePlan | None = None
    sound: Path | None = None
    seeds: tuple[int, ...] = ()
    codec: str | None = None
    grid: tuple[int, int] | None = None
    gap: int = 0
    caption: str = ""
    show: str | None = None
    quality: int = 80

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_models(self.models)
        _check_seeds(self.seeds)
        self._check_content()
        codec, _ = self.kind_of_film, self.look
        if self.sound is not None and not codec.sound:
            raise ExportError(f"A {codec.title} has no sound.", "Choose .mp4, .webm, .mkv or .mov.")

    def _check_content(self) -> None:
        columns, rows = self.grid or (1, 1)
        if not (1 <= columns <= MOST_ACROSS and 1 <= rows <= MOST_ACROSS):
            raise ExportError(
                f"A film's grid has from 1x1 to {MOST_ACROSS}x{MOST_ACROSS} pictures."
            )
        if len(self.models) > 1 and self.grid and columns * rows != len(self.models):
            raise ExportError("The grid must have a place for each model.")
        if self.show is not None and not self.show.partition(":")[0].strip():
            raise ExportError("It is not said whose maps are shown.", "Write 16:0-15.")
        if self.timelapse and self.show is not None:
            raise ExportError("A timelapse shows sample sheets, and no feature maps.")
        if self.show is not None and self.plan.kind == "morph" and self.second is None:
            raise ExportError("A morph through a run shows pictures, not feature maps.")
        if self.timelapse and (self.timeline is not None or len(self.models) > 1):
            raise ExportError("A timelapse films one run's folder, and has no Timeline.")
        if self.performance is not None and (self.timeline is not None or self.timelapse):
            raise ExportError("A film is of a performance, of a Timeline, or of a run.")
        if self.timeline is None:
            return
        if columns * rows > 1 and len(self.models) == 1 and not self.seeds:
            raise ExportError("A grid of a Timeline needs seeds, one for each picture.")
        self.changed(self.timeline)

    @property
    def timelapse(self) -> bool:
        """Whether a run's sample sheets are filmed, and nothing is rendered."""
        return self.plan.kind == "timelapse"

    @property
    def kind_of_film(self) -> Codec:
        """Which kind of file; raises `ExportError` for a name with another kind's ending."""
        return codec_for(self.codec, "" if self.out.is_dir() else self.out.suffix)

    @property
    def look(self) -> FilmLook:
        """How the pictures of a frame are arranged."""
        columns = self.grid[0] if self.grid else None
        return FilmLook(self.size.side, self.size.method, columns, self.gap, self.caption)

    def changed(self, timeline: Timeline) -> Timeline:
        """A Timeline with what the plan and the start say otherwise, classes aside."""
        plan = self.plan
        if plan.seconds is not None:
            timeline = timeline.with_duration(plan.seconds)
        if plan.loop:
            timeline = timeline.with_loop(on=True)
        keys, changes = timeline.keyframes, self.start.changes
        if changes != RecipeChanges():
            keys = tuple(key.with_recipe(self.start.applied(key.recipe)) for key in keys)
        changed = replace(timeline, fps=plan.fps or timeline.fps, keyframes=keys)
        return self.moving(changed)

    def moving(self, timeline: Timeline) -> Timeline:
        """A Timeline with the noise that the plan says; what moves by the job is drawn as it says."""
        generator = self.start.noise_generator
        if timeline.noise != "frozen":
            generator = timeline.noise_generator
        noise = self.plan.noise or timeline.noise
        return replace(timeline, noise=noise, noise_generator=generator)

    def of_seeds(self, timeline: Timeline) -> list[Timeline]:
        """The Timeline of each picture of a frame, at the job's seeds."""
        columns, rows = self.grid or (1, 1)
        count, latents = columns * rows, tuple(map(Latent, self.seeds))
        if count == 1:
            return [timeline.with_latents(latents) if latents else timeline]
        return [timeline.with_latents((latents[i % len(latents)],)) for i in range(count)]

    @property
    def target(self) -> Path:
        """What is written."""
        return self.out


ExportJob = StillJob | SheetJob | FilmJob


# ------------------------------------------------------------------------------------------------
# Jobs as JSON.


def job_to_json(job: ExportJob) -> str:
    """The job as canonical JSON, equal for equal jobs."""
    return canonical_json({"ganlab_job": type(job).__struct_config__.tag, **_plain_fields(job)})


def job_from_json(text: str | bytes) -> ExportJob:
    """Read what `job_to_json` wrote; raises `GanlabError` with a sentence for anything else."""
    data = parse_json(text, "export job", ExportError, _REMEDY)
    if not isinstance(data, dict) or "ganlab_job" not in data:
        raise ExportError("This is not a ganlab export job.", _REMEDY)
    refuse_newer(data.get("version"), VERSION, "This export job", ExportError)
    try:
        found: ExportJob = msgspec.convert(_with_values(data), ExportJob, dec_hook=_read_value)
    except msgspec.ValidationError as fault:
        raise _wrong(str(fault)) from None
    if found.version != VERSION:
        raise ExportError(
            f"The export job's version is {found.version}, which there never was.", _REMEDY
        )
    return found


def write_job(path: Path, job: ExportJob) -> None:
    """Write a job, whole or not at all; raises `ExportError`."""
    try:
        write_bytes_atomically(path, f"{job_to_json(job)}\n".encode(), make_folder=False)
    except OSError as error:
        raise ExportError(
            explain_os_error(error, f"writing {path.name}"), "Choose another place."
        ) from None


def read_job(path: Path) -> ExportJob:
    """The job in a file; raises `GanlabError` with a sentence where there is none."""
    try:
        data = read_up_to(path, LARGEST_JOB)
    except OSError as error:
        raise ExportError(
            explain_os_error(error, "reading the export job"), "Check the path."
        ) from None
    return job_from_json(data)


def _plain_fields(part: msgspec.Struct) -> dict[str, Any]:
    return {name: _plain(getattr(part, name)) for name in part.__struct_fields__}


def _plain(value: object) -> Any:
    """A value as JSON has it."""
    match value:
        case Recipe() | Timeline() | PerformanceMap():
            return json.loads(value.to_json())
        case msgspec.Struct():
            return _plain_fields(value)
        case Fraction():
            return fps_text(value)
        case Path():
            return str(value)
        case tuple():
            return list(value)
    return value


def _with_values(data: dict[str, Any]) -> dict[str, Any]:
    """The object of a job with its Recipe, Timeline and map read by their own rules."""
    found, start = dict(data), data.get("start")
    if found.get("timeline") is not None:
        found["timeline"] = Timeline.from_json(json.dumps(found["timeline"]))
    played = data.get("performance")
    if isinstance(played, dict) and played.get("map") is not None:
        own = PerformanceMap.from_json(json.dumps(played["map"]))
        found["performance"] = {**played, "map": own}
    if isinstance(start, dict) and start.get("recipe") is not None:
        start = {**start, "recipe": Recipe.from_json(json.dumps(start["recipe"]))}
    if isinstance(start, dict) or "start" not in data:
        found["start"] = {"noise_generator": TORCH_NOISE, **(start or {})}
    return found


def _read_value(kind: type, value: object) -> object:
    """A value that JSON has no name for; raises `ValueError` or `GanlabError`."""
    if kind is Fraction:
        return read_fps(value)
    if kind is not Path or not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("Expected the path of a file")
    return Path(value)


def _wrong(fault: str) -> GanlabError:
    """A sentence for what msgspec says, such as "Expected `int`, got `str` - at `$.quality`"."""
    what, _, place = fault.partition(" - at ")
    where = place.strip("`").removeprefix("$").removeprefix(".")
    unknown = re.search(r"unknown field `(.*)`", what)
    if unknown is not None:
        inside = f" in its {where!r}" if where else ""
        return ExportError(
            f"The export job has a field {unknown[1]!r}{inside} that this ganlab does not know.",
            "Update ganlab, or remove the field.",
        )
    said = f"{what[:1].lower()}{what[1:]}".replace("`", "'")
    return ExportError(
        f"The export job is wrong{f' at {where!r}' if where else ''}: {said}.", _REMEDY
    )
