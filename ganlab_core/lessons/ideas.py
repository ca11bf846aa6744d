"""The ideas from the first GAN on: each one's network trained for equal time on the same pictures.

Every network is the one of its `minutes` preset, at one resolution and with one thread; what it is given is
CPU time, so that a busy machine changes nothing but how long one waits. A network that grows has its growth
spread over what it will be shown in that time. Figures are of one seed: they show, they do not prove.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from ganlab_core.data import Images, PrepareOptions, prepare
from ganlab_core.errors import LessonError
from ganlab_core.evaluation import diversity, sliced_wasserstein
from ganlab_core.files import atomic_path, parse_json, resources_dir
from ganlab_core.importers import open_model
from ganlab_core.lessons.lesson import model_path
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import TrainConfig, estimate, preset, train, with_settings

ABOUT = "ideas.json"
REAL = "real"
"""Names the pictures themselves, which are shown first."""

ROWS, COLUMNS = 4, 8
COMPARED = 256
"""Samples and pictures that a distance is measured between."""


@dataclass(frozen=True, slots=True)
class Idea:
    """One step from the first GAN on: its architecture, year, what it was to bring, and its paper."""

    architecture: str
    title: str
    year: int
    bought: str
    paper: str


IDEAS = (
    Idea("gan", "GAN", 2014, "Two dense networks learn from each other alone: no likelihood, no chains.",
         "Goodfellow et al. 2014"),
    Idea("cgan", "CGAN", 2014, "The class is said to both networks, so that one can ask for it.",
         "Mirza & Osindero 2014"),
    Idea("dcgan", "DCGAN", 2016, "Convolutions, batch norm and no pooling: pictures hold together.",
         "Radford, Metz & Chintala 2016"),
    Idea("wgan", "WGAN", 2017, "A distance that has a slope everywhere; the critic's weights are clipped.",
         "Arjovsky, Chintala & Bottou 2017"),
    Idea("wgan-gp", "WGAN-GP", 2017, "The critic's gradient is held at length 1 instead of its weights.",
         "Gulrajani et al. 2017"),
    Idea("progan", "ProGAN", 2018, "Networks grow from 4 px: first the whole, then the detail.",
         "Karras et al. 2018"),
    Idea("sagan", "SAGAN", 2019, "Far parts look at each other; spectral norm in both networks.",
         "Zhang et al. 2019"),
    Idea("stylegan", "StyleGAN", 2019, "A style for each scale out of W, and noise for what is random.",
         "Karras, Laine & Aila 2019"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IdeaRun:
    """What came of one idea.

    Attributes
    ----------
    architecture
        Its name, or `"real"` for the pictures themselves.
    seconds
        CPU seconds of training.
    images, weights
        Pictures it was shown, and numbers in its generator.
    distance
        Mean sliced Wasserstein distance of its samples to the pictures, times 1000; of `real`, of one half
        of the pictures to the other.
    variety
        How far its samples are apart, where those of the pictures are 1.
    """

    architecture: str
    seconds: float
    images: int
    weights: int
    distance: float
    variety: float


@dataclass(frozen=True, slots=True)
class IdeasReport:
    """All runs, and what they were told under."""

    seconds: float
    resolution: int
    pictures: str
    runs: tuple[IdeaRun, ...]
    folder: Path

    def sheet(self, architecture: str) -> Path:
        """Samples of a one, a PNG of 4 rows and 8 columns."""
        return self.folder / f"{architecture}.png"


def ideas_dir() -> Path:
    """Where the comparison lies that comes with ganlab."""
    return resources_dir() / "ideas"


def read_ideas(folder: Path) -> IdeasReport:
    """The comparison in a folder; raises `LessonError` where there is none."""
    try:
        text = (folder / ABOUT).read_text(encoding="utf-8")
        told: Any = parse_json(text, "ideas", LessonError)
        runs = tuple(_run(one) for one in told["runs"])
        return IdeasReport(
            float(told["seconds"]), int(told["resolution"]), str(told["pictures"]), runs, folder
        )
    except (OSError, KeyError, TypeError, ValueError):
        raise LessonError(
            f"There is no comparison of ideas in {folder.name}.",
            "Make one with `ganlab ideas --out DIR`.",
        ) from None


def _run(told: dict[str, Any]) -> IdeaRun:
    """A run as a file tells it; its name is that of a sheet beside the file, so only known ones go."""
    name = told["architecture"]
    if name != REAL and name not in {idea.architecture for idea in IDEAS}:
        raise ValueError(name)
    return IdeaRun(
        name, float(told["seconds"]), int(told["images"]), int(told["weights"]),
        float(told["distance"]), float(told["variety"]),
    )  # fmt: skip


def drawn_pictures(name: str, count: int, folder: Path) -> Path:
    """A folder of pictures that a bundled model draws, its classes as subfolders and equally often."""
    model = open_model(model_path(name))
    classes = model.capabilities.classes
    renderer = Renderer(model, "cpu")
    for seed in range(count):
        at = seed % max(1, len(classes))
        recipe = Recipe(Latent(seed), psi=1.0, classes=((at, 1.0),) if classes else ())
        place = folder / (_folder_name(at, classes[at]) if classes else "")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(renderer.render(recipe).pixels).save(place / f"{seed:05}.png")
    return folder


def _folder_name(number: int, name: str) -> str:
    return f"{number:02} " + "".join(c if c.isalnum() else "-" for c in name)


def compare_ideas(
    data: Path,
    out: Path,
    seconds: float = 40.0,
    resolution: int = 32,
    about: str = "",
    ideas: Sequence[Idea] = IDEAS,
) -> Iterator[IdeaRun]:
    """Train each idea for so many CPU seconds; sheets and `ideas.json` are in `out` after each one.

    What a comparison of the same seconds, side and pictures there has already is kept, but for that
    of `ideas`. Raises `DatasetError` and `TrainingError` as a run would.
    """
    out.mkdir(parents=True, exist_ok=True)
    images = prepare(data, resolution, PrepareOptions())
    empty = IdeasReport(seconds, resolution, about or data.name, (), out)
    first = _real(images, resolution, out)
    _add(empty, first)
    yield first
    for idea in ideas:
        one = _one(idea.architecture, data, images, out, seconds, resolution)
        _add(empty, one)
        yield one


def _add(empty: IdeasReport, one: IdeaRun) -> None:
    """Write a run into the comparison in its folder, beside those of the same kind."""
    known: dict[str, IdeaRun] = {}
    with contextlib.suppress(LessonError):
        there = read_ideas(empty.folder)
        if replace(there, runs=()) == empty:
            known = {one.architecture: one for one in there.runs}
    known[one.architecture] = one
    order = [REAL, *(idea.architecture for idea in IDEAS)]
    told = {
        "seconds": empty.seconds, "resolution": empty.resolution, "pictures": empty.pictures,
        "runs": [asdict(known[name]) for name in order if name in known],
    }  # fmt: skip
    with atomic_path(empty.folder / ABOUT) as temporary:
        temporary.write_text(json.dumps(told, indent=1) + "\n")


def _real(images: Images, side: int, out: Path) -> IdeaRun:
    order = np.random.default_rng(0).permutation(len(images))
    half = min(COMPARED, len(images) // 2)
    one, other = (images.batch(order[i * half : (i + 1) * half], side) for i in (0, 1))
    _save_sheet(one, out / f"{REAL}.png")
    return IdeaRun(REAL, 0.0, len(images), 0, _apart(one, other), 1.0)


def _one(name: str, data: Path, images: Images, out: Path, seconds: float, side: int) -> IdeaRun:
    config = _config(name, data, seconds, side)
    root, seen, began = out / "runs" / name, 0, 0.0
    if (root / "config.json").is_file():  # of an earlier comparison
        shutil.rmtree(root)
    run = train(config, root)
    for event in run:
        began = began or time.process_time()
        seen = event.images
        if time.process_time() - began >= seconds:
            break
    spent = time.process_time() - began
    run.close()  # type: ignore[attr-defined]
    model = open_model(root / "model.safetensors")
    order = np.random.default_rng(0).permutation(len(images))[:COMPARED]
    fakes = _samples(model, max(len(order), ROWS * COLUMNS), side)
    _save_sheet(fakes, out / f"{name}.png")
    fakes = fakes[: len(order)]
    real = images.batch(order, side)
    weights = sum(p.numel() for p in model.network.module.parameters())
    variety = _variety(fakes) / _variety(real)
    return IdeaRun(name, round(spent, 1), seen, weights, _apart(real, fakes), round(variety, 3))


def _config(name: str, data: Path, seconds: float, side: int) -> TrainConfig:
    """The `minutes` preset, as long as so many seconds last here."""
    told: dict[str, object] = {
        "data": str(data), "resolution": side, "threads": 1, "device": "cpu", "images": 10_000,
        "distance_kimg": 0, "kid_samples": 0, "spectra_kimg": 1e5, "sheet_kimg": 1e5,
        "checkpoint_kimg": 1e5, "snapshot_kimg": 1e5, "readout_samples": 0, "augment": "none",
        "keep_phases": False,
    }  # fmt: skip
    config = with_settings(TrainConfig(), {**preset("minutes", name), **told})
    if not config.grows:
        return with_settings(config, {"images": 10**8})
    began = time.process_time(), time.monotonic()
    whole = estimate(config, seconds=1.0).seconds
    share = (time.process_time() - began[0]) / max(1e-9, time.monotonic() - began[1])
    return with_settings(config, {"images": max(1000, round(10_000 * seconds / (whole * share)))})


def _samples(model: Model, count: int, side: int) -> NDArray[np.uint8]:
    """Pictures of neighbouring seeds, classes in turn, uint8 (count, 3, side, side).

    Those of a network that has not grown to the end are enlarged.
    """
    renderer, classes = Renderer(model, "cpu"), len(model.capabilities.classes)
    drawn = [
        renderer.render(
            Recipe(Latent(s), psi=1.0, classes=((s % classes, 1.0),) if classes else ())
        ).pixels
        for s in range(count)
    ]
    pictures = np.stack(drawn).transpose(0, 3, 1, 2)
    times = side // pictures.shape[-1]
    return np.ascontiguousarray(pictures.repeat(times, axis=2).repeat(times, axis=3))


def _apart(real: NDArray[np.uint8], fake: NDArray[np.uint8]) -> float:
    return round(float(np.mean(list(sliced_wasserstein(real, fake).values()))), 2)


def _variety(pictures: NDArray[np.uint8]) -> float:
    small = F.avg_pool2d(torch.from_numpy(pictures).float(), max(1, pictures.shape[-1] // 16))
    return float(diversity(small.flatten(1).numpy()))


def _save_sheet(pictures: NDArray[np.uint8], path: Path) -> None:
    n, c, h, w = ROWS * COLUMNS, *pictures.shape[1:]
    cells = np.resize(pictures, (n, c, h, w)).reshape(ROWS, COLUMNS, c, h, w)
    pixels = cells.transpose(0, 3, 1, 4, 2).reshape(ROWS * h, COLUMNS * w, c)
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG", optimize=True)
