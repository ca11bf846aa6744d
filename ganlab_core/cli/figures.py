"""The commands that measure: `ganlab evaluate`, `ganlab bench` and `ganlab ideas`.

How far a model's pictures are from real ones, next to real ones from real ones; and what each edit of a
model costs on this machine, beside the least it could cost.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import UsageError, complain, progress, say, say_json, say_table
from ganlab_core.cli.recipe_options import add_machine_options
from ganlab_core.errors import (
    DatasetError,
    ExportError,
    GanlabError,
    RecipeError,
    RenderError,
    explain_os_error,
)
from ganlab_core.export import check_place
from ganlab_core.recipe import Recipe

if TYPE_CHECKING:
    from ganlab_core.evaluation import Measure
    from ganlab_core.models import Model
    from ganlab_core.speed import Timing, TrainingRate


# What `ganlab evaluate` found, as tables for people or one JSON object.

TITLES = {
    "kid": "KID (lower is better)",
    "diversity": "diversity (near the real one is better)",
    "memorising": "distance to the nearest real picture (1 = as unseen ones)",
}

CURVES = {"psi": "curve", "threshold": "thresholds"}
"""Name of a truncation -> that of its curve in JSON."""


@dataclass(slots=True)
class EvaluationReport:
    """All figures of one evaluation.

    Attributes
    ----------
    pictures, psi, threshold
        How many on each side, and the truncation of the samples.
    distances
        Measures by name.
    curves
        Name of a truncation -> its value -> KID, diversity as a share of the real pictures', and
        where a classifier was asked for how often it was right.
    classes
        A classifier's accuracy on real pictures and on samples; empty when not asked for.
    """

    pictures: int
    psi: float
    distances: dict[str, Measure]
    threshold: float | None = None
    curves: dict[str, dict[float, dict[str, float]]] = field(default_factory=dict)
    classes: dict[str, float] = field(default_factory=dict)

    def show(self, *, as_json: bool) -> None:
        """Print everything there is."""
        if as_json:
            say_json(self._plain())
            return
        cut = "" if self.threshold is None else f", threshold {self.threshold:g}"
        say(f"{self.pictures} pictures on each side, psi {self.psi:g}{cut}")
        rows = [("", "model", "real")]
        rows += [(_title(name), _number(m.model), _number(m.real)) for name, m in self._sorted()]
        say_table(rows)
        for name, curve in self.curves.items():
            say("")
            say_table(_curve_rows(name, curve))
        if self.classes:
            real, model = (100 * self.classes[key] for key in ("real", "model"))
            say("")
            say(f"class named right: {real:.1f} % of real pictures, {model:.1f} % of samples")

    def _sorted(self) -> list[tuple[str, Measure]]:
        return sorted(self.distances.items(), key=lambda pair: (pair[0].startswith("swd"), 0))

    def _plain(self) -> dict[str, object]:
        data: dict[str, object] = {
            "pictures": self.pictures,
            "psi": self.psi,
            "threshold": self.threshold,
            "distances": {name: dataclasses.asdict(m) for name, m in self.distances.items()},
        }
        for name, curve in self.curves.items():
            data[CURVES[name]] = {f"{value:g}": found for value, found in curve.items()}
        if self.classes:
            data["classes"] = self.classes
        return data


def _curve_rows(name: str, curve: dict[float, dict[str, float]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for value, found in curve.items():
        row = (f"{value:g}", _number(found["kid"]), f"{100 * found['diversity']:.0f} %")
        rows.append((*row, f"{100 * found['right']:.1f} %") if "right" in found else row)
    heads = (name, "KID", "diversity, of the real ones'", "class named right")
    return [heads[: len(rows[0])], *rows]


def _title(name: str) -> str:
    if name.startswith("swd_"):
        return f"SWD x 1000, {name.removeprefix('swd_')} px (lower is better)"
    return TITLES.get(name, name)


def _number(value: float) -> str:
    return f"{value:.3f}"


if TYPE_CHECKING:
    from ganlab_core.data import Images
    from ganlab_core.evaluation import Classifier, Measure
    from ganlab_core.rendering import Renderer

EVALUATE_EXAMPLES = """
ganlab evaluate runs/mine --data my-pictures
ganlab evaluate runs/mine --data my-pictures --psis 0.5,0.7,1
ganlab evaluate adventurer --data my-pictures --nearest nearest.png
"""
SAMPLES = 1000
MOST_SAMPLES = 100_000
FEW_SAMPLES = 200
"""Below, distances of two halves of one set differ as much as those of two sets."""

NEAREST_ROWS, NEAREST_COLUMNS = 8, 5

Uint8 = NDArray[np.uint8]


def numbers(text: str) -> list[float]:
    """Numbers written as 0.2,0.5,1."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list such as 0.5,0.7,1") from None


def add_evaluate(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "evaluate", run_evaluate, EVALUATE_EXAMPLES)
    add = parser.add_argument
    add("model", metavar="MODEL", help="name of a bundled model, a model file, or a run's folder")
    add("--data", type=Path, required=True, metavar="DIR|ZIP", help="the real pictures")
    add("--samples", type=int, default=SAMPLES, metavar="N",
        help=f"pictures on each side, at most half of the real ones (default {SAMPLES})")  # fmt: skip
    add("--psi", type=float, default=1.0, metavar="F", help="truncation (default 1 = none)")
    add("--threshold", type=float, metavar="F",
        help="cut z's normal distribution here, BigGAN's truncation (default: not)")  # fmt: skip
    add("--psis", type=numbers, metavar="F,F,...",
        help="also quality and variety at each of these truncations")  # fmt: skip
    add("--thresholds", type=numbers, metavar="F,F,...",
        help="the same at each of these thresholds of z")  # fmt: skip
    add("--size", type=int, metavar="PX",
        help="compare at this side, so that models of several resolutions can be told apart; "
        "the default is the model's own")  # fmt: skip
    add("--nearest", type=Path, metavar="FILE.png",
        help="also draw samples beside the real pictures nearest to them")  # fmt: skip
    add("--classify", action="store_true",
        help="also train a small classifier on the real pictures and tell how often it names the "
        "samples' classes right, at each truncation too")  # fmt: skip
    add("--held-out", type=Path, metavar="DIR|ZIP",
        help="real pictures the classifier is tested on; the default is a tenth of --data")  # fmt: skip
    add("--device", default="auto", metavar="D", help="cpu, cuda, mps or auto")
    add("--json", action="store_true", help="print an object")


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Draw, compare and print."""
    from ganlab_core.data import PrepareOptions, prepare
    from ganlab_core.models import resolve
    from ganlab_core.rendering import Renderer
    from ganlab_core.training import open_any

    recipe = _recipe(arguments)
    renderer = Renderer(open_any(resolve(arguments.model)), arguments.device)
    if (arguments.threshold or arguments.thresholds) and renderer.model.capabilities.has_w:
        raise RenderError("This model is truncated in W.", "Use --psi and --psis.")
    side = arguments.size or renderer.model.capabilities.resolution
    options = PrepareOptions(const_size=renderer.model.capabilities.const_size)
    images = prepare(arguments.data, side, options)
    count = min(arguments.samples, len(images) // 2)
    if count < 2:
        raise DatasetError("Four real pictures are needed at the least.", "Choose a larger set.")
    if count < FEW_SAMPLES:
        complain(
            f"ganlab: {count} pictures on each side are few: the figures say little below {FEW_SAMPLES}, "
            f"and agree between runs from {SAMPLES} on."
        )
    work = _Evaluation(arguments, renderer, images, side, count)
    report = EvaluationReport(
        count, arguments.psi, work.distances(recipe), threshold=arguments.threshold
    )
    if arguments.classify:
        report.classes = work.class_accuracy(recipe, arguments.held_out)
    for name, values in (("psi", arguments.psis), ("threshold", arguments.thresholds)):
        for value in values or ():
            found = work.quality(replace(recipe, **{name: value}))
            report.curves.setdefault(name, {})[value] = found
    if arguments.nearest is not None:
        work.draw_nearest(recipe, arguments.nearest)
    report.show(as_json=arguments.json)
    return 0


def _recipe(arguments: argparse.Namespace) -> Recipe:
    if not 2 <= arguments.samples <= MOST_SAMPLES:
        raise UsageError(f"--samples must be from 2 to {MOST_SAMPLES}")
    nearest: Path | None = arguments.nearest
    if nearest is not None and nearest.suffix.lower() != ".png":
        raise UsageError(f"--nearest {nearest.name} does not end in .png")
    if nearest is not None:
        check_place(nearest)
    if arguments.size is not None and arguments.size not in [2**i for i in range(2, 11)]:
        raise UsageError("--size must be a power of two from 4 to 1024")
    try:
        for psi in arguments.psis or ():
            Recipe(psi=psi)
        for threshold in arguments.thresholds or ():
            Recipe(threshold=threshold)
        return Recipe(psi=arguments.psi, threshold=arguments.threshold)
    except RecipeError as error:
        raise UsageError(str(error)) from None


class _Evaluation:
    """One model and one set of real pictures, halved; what is costly is done once."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        renderer: Renderer,
        images: Images,
        side: int,
        count: int,
    ) -> None:
        from ganlab_core.evaluation import class_labels

        self.renderer, self.images, self.side = renderer, images, side
        order = np.random.default_rng(0).permutation(len(images))
        self.train = order[:count]
        self.real = images.batch(order[:count], side)
        self.other = images.batch(order[count : 2 * count], side)
        self.labels = class_labels(renderer.model, images, order[:count])
        self._features: dict[str, NDArray[np.float32]] = {}
        self._classifier: Classifier | None = None

    def distances(self, recipe: Recipe) -> dict[str, Measure]:
        """Every measure; those by features only where their weights are installed."""
        from ganlab_core.evaluation import feature_measures, pixel_measures

        fake = self.samples(recipe)
        found = pixel_measures(self.real, fake, self.other)
        try:
            real, other = self._of("real", self.real), self._of("other", self.other)
            found |= feature_measures(real, self._extract(fake), other)
        except GanlabError as error:  # the features come from an optional package
            complain(f"ganlab: {error}")
        return found

    def quality(self, recipe: Recipe) -> dict[str, float]:
        """Kernel distance, diversity as a share of the real ones', and where known class accuracy."""
        from ganlab_core.evaluation import diversity, kernel_distance

        pictures = self.samples(recipe)
        fake, real = self._extract(pictures), self._of("real", self.real)
        found = {
            "kid": kernel_distance(real, fake),
            "diversity": diversity(fake) / diversity(real),
        }
        return found | ({"right": self._right(pictures)} if self._classifier else {})

    def draw_nearest(self, recipe: Recipe, path: Path) -> None:
        """Rows of a sample and the real pictures nearest to it, as one picture."""
        from PIL import Image

        from ganlab_core.evaluation import nearest
        from ganlab_core.files import atomic_path

        fake = self.samples(recipe, NEAREST_ROWS)
        found, _ = nearest(self._extract(fake), self._of("real", self.real), NEAREST_COLUMNS)
        gap = np.full((3, self.real.shape[2], 8), 128, np.uint8)
        rows = [
            np.concatenate([one, gap, *self.real[near]], axis=2)
            for one, near in zip(fake, found, strict=True)
        ]
        pixels = np.concatenate(rows, axis=1).transpose(1, 2, 0)
        try:
            with atomic_path(path, make_folder=False) as temporary:
                Image.fromarray(pixels).save(temporary, format="PNG")
        except OSError as error:
            raise ExportError(
                explain_os_error(error, f"writing {path.name}"), "Choose another --nearest."
            ) from None

    def class_accuracy(self, recipe: Recipe, held_out: Path | None) -> dict[str, float]:
        """How often a classifier names the class right: of held-out real pictures, of samples."""
        from ganlab_core.data import PrepareOptions, prepare
        from ganlab_core.evaluation import STEPS, accuracy, train_classifier

        classes = self.images.classes
        if not classes or self.renderer.model.capabilities.classes != classes:
            raise DatasetError(
                "The model's classes are not those of the pictures.",
                "Give --data the folders it was trained on.",
            )
        order = np.random.default_rng(1).permutation(len(self.images))
        tenth = len(order) // 10
        train = order if held_out else order[tenth:]
        self._classifier = network = train_classifier(
            self.images.batch(train, self.side),
            self.images.labels[train],
            len(classes),
            STEPS,
            counted=lambda steps: progress(steps, STEPS, "step", "training a classifier"),
        )
        options = PrepareOptions(const_size=self.renderer.model.capabilities.const_size)
        test = prepare(held_out, self.side, options) if held_out else self.images
        chosen = np.arange(len(test)) if held_out else order[:tenth]
        return {
            "real": accuracy(network, test.batch(chosen, self.side), test.labels[chosen]),
            "model": self._right(self.samples(recipe)),
        }

    def _right(self, pictures: Uint8) -> float:
        from ganlab_core.evaluation import accuracy

        assert self._classifier is not None
        return accuracy(self._classifier, pictures, np.array(self.labels))

    def samples(self, recipe: Recipe, count: int | None = None) -> Uint8:
        """Unpicked samples at the side compared."""
        from ganlab_core.evaluation import resized, sample

        labels = self.labels[:count]
        pictures = sample(
            self.renderer, recipe, labels,
            lambda seeds: progress(seeds, len(labels), "picture", "sampling"),
        )  # fmt: skip
        return resized(pictures, self.renderer.model.capabilities.size_at(self.side))

    def _of(self, name: str, pictures: Uint8) -> NDArray[np.float32]:
        if name not in self._features:
            self._features[name] = self._extract(pictures)
        return self._features[name]

    def _extract(self, pictures: Uint8) -> NDArray[np.float32]:
        from ganlab_core.evaluation import LITE0_BATCH, lite0_features, load_lite0

        count = -(-len(pictures) // LITE0_BATCH)
        return lite0_features(
            load_lite0(), pictures,
            watch=lambda starts: progress(starts, count, "part", "finding features"),
        )  # fmt: skip


BENCH_EXAMPLES = """
ganlab bench
ganlab bench --models adventurer,stylegan-1024 --json
ganlab bench --models stylegan-256 --train
ganlab bench --models stylegan-256 --train --only training --threads 1
"""
MORE = (
    "A model is one of the library, a file, or an architecture with a resolution, such as "
    "stylegan-1024: as large as published, with random weights. The floor is the frame's "
    "convolutions and matrix products alone, timed in turn with it; that of training, the "
    "convolutions of its steps, forwards and backwards."
)


def add_bench(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "bench", run_bench, BENCH_EXAMPLES, MORE)
    add = parser.add_argument
    add("--json", action="store_true", help="print a list of objects")
    add("--models", metavar="A,B", help="what to measure (default: the published sizes)")
    add("--train", action="store_true", help="measure training as well: pictures a second")
    add("--rounds", type=int, default=7, metavar="N", help="frames of each edit (default: 7)")
    add(
        "--only",
        metavar="WORDS",
        help="only the edits whose names contain this, as 'full frame' or 'training at 32'",
    )
    add("--threads", type=int, default=0, metavar="N", help="of the CPU (default: as rendering)")
    add_machine_options(parser)
    parser.set_defaults(precision="")  # a run chooses its own, frames are drawn in fp32


def run_bench(arguments: argparse.Namespace) -> int:
    """Print what was measured."""
    from ganlab_core.speed import PUBLISHED_SIZES

    _use_threads(arguments.threads)
    names = arguments.models.split(",") if arguments.models else PUBLISHED_SIZES
    found: list[dict[str, object]] = []
    for name in () if _only_training(arguments) else names:
        timings = _frames(name.strip(), arguments)
        found += [dataclasses.asdict(timing) for timing in timings]
        if not arguments.json:
            _show(timings)
    if arguments.train:
        found += _training(names, arguments)
    if arguments.json:
        say_json(found)
    return 0


def _only_training(arguments: argparse.Namespace) -> bool:
    return arguments.train and (arguments.only or "").startswith("training")


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
    renderer = Renderer(_opened(name), arguments.device, arguments.precision or "fp32")
    wanted = arguments.only or ""
    return list(measure(name, renderer, max(1, arguments.rounds), wanted))


def _training(names: Sequence[str], arguments: argparse.Namespace) -> list[dict[str, object]]:
    """The presets of the architectures that were measured."""
    from ganlab_core.speed import training_rates

    asked = {"threads": arguments.threads, "device": arguments.device}
    asked |= {"precision": arguments.precision} if arguments.precision else {}
    found: list[dict[str, object]] = []
    for architecture in dict.fromkeys(_opened(name.strip()).info.architecture for name in names):
        complain(f"{architecture}, training ...")
        rates = training_rates(
            architecture,
            settings=asked,
            rounds=max(1, arguments.rounds),
            only=arguments.only or "",
        )
        table: list[tuple[str, ...]] = [
            ("MODEL", "WHAT", "BATCH", "PICTURES/S", "MS EACH", "FLOOR", "RATIO", "PRECISION")
        ]
        for rate in rates:
            found.append(dataclasses.asdict(rate))
            table.append(_training_row(rate))
        if not arguments.json and len(table) > 1:
            say_table(table)
            say(f"on {rate.device}, {rate.threads} threads, at most {rate.memory_mb:.0f} MB")
            say("")
    return found


def _training_row(rate: TrainingRate) -> tuple[str, ...]:
    return (
        rate.model,
        rate.what,
        str(rate.batch),
        f"{rate.per_second:.1f}",
        f"{rate.ms:.2f}",
        f"{rate.floor_ms:.2f}",
        "-" if rate.ratio is None else f"{rate.ratio:.2f}",
        rate.precision,
    )


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


# ------------------------------------------------------------------------------------------------
# `ganlab ideas`: what each idea from the first GAN on brings, by equal CPU time on the same pictures.


IDEAS_EXAMPLES = """
ganlab ideas --out ideas
ganlab ideas --out ideas --seconds 300 --data my-pictures
"""


def add_ideas(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "ideas", run_ideas, IDEAS_EXAMPLES)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="for sheets, runs and ideas.json")
    add("--data", type=Path, metavar="DIR|ZIP", help="pictures; else a bundled model draws them")
    add("--model", default="garments", metavar="NAME", help="which one (default garments)")
    add("--pictures", type=int, default=1000, metavar="N", help="how many it draws (default 1000)")
    add("--only", metavar="A,B", help="architectures to train; others in DIR already are kept")
    add(
        "--seconds", type=float, default=40.0, metavar="S", help="CPU seconds for each (default 40)"
    )
    add("--resolution", type=int, default=32, metavar="N", help="side in pixels (default 32)")


def run_ideas(arguments: argparse.Namespace) -> int:
    """Train and tell."""
    from ganlab_core.lessons import IDEAS, compare_ideas, drawn_pictures

    wanted = [name.strip() for name in (arguments.only or "").split(",") if name.strip()]
    known = [idea.architecture for idea in IDEAS]
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no idea {name!r}; there are {', '.join(known)}")
    ideas = [idea for idea in IDEAS if not wanted or idea.architecture in wanted]
    with tempfile.TemporaryDirectory() as place:
        data, about = arguments.data, ""
        if data is None:
            data = drawn_pictures(arguments.model, arguments.pictures, Path(place) / "pictures")
            about = f"{arguments.pictures} pictures that the bundled model {arguments.model} draws"
        for one in compare_ideas(
            data, arguments.out, arguments.seconds, arguments.resolution, about, ideas
        ):
            say(
                f"{one.architecture:9} {one.seconds:6.1f} CPU s  {one.images:7} images"
                f"  {one.weights:9} weights  distance {one.distance:7.2f}  variety {one.variety:.2f}"
            )
    return 0
