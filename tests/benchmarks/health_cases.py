"""What the health monitor says of runs that were planted to go wrong, and of healthy ones.

    python -m tests.benchmarks.health_cases [CASE...] [--data PICTURES] [--classes PICTURES]
        [--keep FOLDER] [--record FOLDER] [--seed 0]

Every case really trains, at 16 px and for one to four minutes on one thread; then the monitor reads the
run's folder as it was at up to 400 moments of it. Without `--data` and `--classes` (a folder or a zip, the
second with class folders) pictures are drawn. With `--keep` runs that are there already are only read, or
taken up again where they broke off. `--record` writes what the monitor looked at as small files, which the
tests read again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ganlab_core.data import PrepareOptions, prepare
from ganlab_core.errors import TrainingError
from ganlab_core.training import TrainConfig, open_run, train, with_settings
from tests.health_replay import Alarm, alarms, read_run, to_json

Settings = Mapping[str, object]

SIDE = 16
DRAWN = 600
SHAPES = ("disc", "ring", "square", "bar")
FEW = 24

_COMMON: Settings = {
    "resolution": SIDE,
    "images": 16_000,
    "batch_size": 16,
    "z_dim": 32,
    "sheet_kimg": 0.5,
    "checkpoint_kimg": 2.0,
    "snapshot_kimg": 2.0,
    "sheet_psi": 1.0,
    "readout_samples": 0,
    "ema_kimg": 0.5,
    "threads": 1,
    "device": "cpu",
}
_GROWING: Settings = {
    **_COMMON,
    "fmap_base": 256,
    "fmap_max": 32,
    "w_dim": 32,
    "mapping_layers": 4,
    "learning_rate": 0.002,
    "r1_gamma": 1.0,
    "r1_interval": 4,
    "clip_fakes": True,
}
_BIGGAN: Settings = {
    **_COMMON,
    "architecture": "biggan",
    "resolution": 2 * SIDE,
    "loss": "hinge",
    "channels": 4,
    "shared_dim": 32,
    "learning_rate": 2e-4,
    "learning_rate_d": 4e-4,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-6,
    "fresh_reals": True,
    "ortho_reg": 1e-4,
    "spectra_kimg": 0.1,
    "images": 6000,
}
_PROGAN: Settings = {"architecture": "progan"}
_FULL: Settings = {"initial_resolution": SIDE}
"""No growth, so that a case shows itself within minutes."""


@dataclass(frozen=True, slots=True)
class Case:
    """A run and what ought to be said of it: kinds of findings, any of them; none for a healthy one.

    `pictures` is `"many"`, `"few"` or `"classes"`.
    """

    name: str
    what: str
    expected: frozenset[str]
    pictures: str
    settings: Settings


CASES = (
    Case(
        "collapse",
        "ProGAN, G's learning rate 0.03, a hundred times D's, no R1",
        frozenset({"collapse"}),
        "many",
        {
            **_GROWING,
            **_FULL,
            **_PROGAN,
            "learning_rate": 0.03,
            "learning_rate_d": 0.0003,
            "r1_gamma": 0.0,
            "images": 5000,
        },
    ),
    Case(
        "strong-d",
        "ProGAN, D's learning rate 0.1, G's 0.0002, no R1",
        frozenset({"overpowering"}),
        "many",
        {
            **_GROWING,
            **_FULL,
            **_PROGAN,
            "learning_rate": 0.0002,
            "learning_rate_d": 0.1,
            "r1_gamma": 0.0,
            "images": 5000,
        },
    ),
    Case(
        "few",
        f"StyleGAN on {FEW} pictures, no augmentation, no R1",
        frozenset({"overfitting"}),
        "few",
        {**_GROWING, **_FULL, "r1_gamma": 0.0, "images": 12_000},
    ),
    Case(
        "spectra",
        "BigGAN, no orthogonal regularisation, learning rates 0.05 and 0.002",
        frozenset({"spectra"}),
        "classes",
        {
            **_BIGGAN,
            "ortho_reg": 0.0,
            "learning_rate": 0.05,
            "learning_rate_d": 0.002,
            "batch_size": 8,
            "images": 6000,
        },
    ),
    Case(
        "alike",
        "BigGAN, G's learning rate 0.1: each class one picture",
        frozenset({"collapse"}),
        "classes",
        {**_BIGGAN, "ortho_reg": 0.0, "learning_rate": 0.1, "batch_size": 8, "images": 7000},
    ),
    Case(
        "dead",
        "BigGAN, both learning rates 0.01",
        frozenset({"dead"}),
        "classes",
        {
            **_BIGGAN,
            "ortho_reg": 0.0,
            "learning_rate": 0.01,
            "learning_rate_d": 0.01,
            "images": 4000,
        },
    ),
    Case("progan", "healthy ProGAN, 4 to 16 px", frozenset(), "many", {**_GROWING, **_PROGAN}),
    Case("stylegan", "healthy StyleGAN, 4 to 16 px", frozenset(), "many", _GROWING),
    Case("biggan", "healthy BigGAN, 32 px", frozenset(), "classes", _BIGGAN),
)


# --- pictures ----------------------------------------------------------------------------------------


def draw_pictures(folder: Path, count: int = DRAWN) -> None:
    """Coloured shapes on pale grounds, `count` in each of four class folders."""
    random = np.random.default_rng(0)
    for shape in SHAPES:
        (folder / shape).mkdir(parents=True)
        for index in range(count):
            ground, colour = random.integers(200, 256, 3), random.integers(0, 180, 3)
            image = Image.new("RGB", (4 * SIDE, 4 * SIDE), tuple(int(c) for c in ground))
            x, y, size = (int(value) for value in random.integers((4, 4, 24), (20, 20, 40)))
            _draw(ImageDraw.Draw(image), shape, (x, y, x + size, y + size), tuple(map(int, colour)))
            image.resize((SIDE, SIDE), Image.Resampling.BOX).save(folder / shape / f"{index}.png")


def _draw(
    on: ImageDraw.ImageDraw, shape: str, box: tuple[int, int, int, int], colour: tuple[int, ...]
) -> None:
    if shape == "disc":
        on.ellipse(box, fill=colour)
    elif shape == "ring":
        on.ellipse(box, outline=colour, width=6)
    elif shape == "square":
        on.rectangle(box, fill=colour)
    else:
        middle = (box[1] + box[3]) // 2
        on.rectangle((box[0], middle - 4, box[2], middle + 4), fill=colour)


def take_few(source: Path, folder: Path, count: int = FEW) -> None:
    """Keep the first pictures of a set as a set of its own."""
    images = prepare(source, SIDE, PrepareOptions())
    folder.mkdir(parents=True)
    for index, pixels in enumerate(images.batch(np.arange(count), SIDE)):
        Image.fromarray(pixels.transpose(1, 2, 0)).save(folder / f"{index}.png")


# --- runs --------------------------------------------------------------------------------------------


def run_case(case: Case, data: Path, folder: Path, seed: int) -> float:
    """Train, until the end or until the run gives itself up; seconds."""
    settings = {**case.settings, "data": str(data), "seed": seed}
    started = time.monotonic()
    begun = (folder / "config.json").exists()
    with contextlib.suppress(TrainingError):  # the log says why, and so does the table
        for _ in train(with_settings(TrainConfig(), settings), folder, resume=begun):
            pass
    return time.monotonic() - started


def said(alarm: Alarm) -> str:
    """One alarm in a few words."""
    end = "to the end" if alarm.until is None else f"until {alarm.until / 1000:.2f}"
    since = alarm.first.since / 1000
    return f"{alarm.first.kind} since {since:.2f}, told at {alarm.told_at / 1000:.2f} {end}"


def verdict(case: Case, told: list[Alarm]) -> str:
    """Whether what was said is what ought to be said."""
    kinds = {alarm.first.kind for alarm in told}
    if not case.expected:
        return "quiet" if not kinds else "FALSE ALARM"
    return "named" if case.expected & kinds else "MISSED"


def read_case(case: Case, folder: Path, seconds: float, record: Path | None) -> None:
    """Print a line of the table; keep what was read in `record`, where that is a folder."""
    story, variety = read_run(folder)
    told = alarms(story, variety)
    words = "; ".join(map(said, told)) or "-"
    time_ = f"{seconds:.0f} s" if seconds else "read"
    ended = f" (given up: {story.failed})" if story.failed else ""
    cells = (case.what, f"{story.last_images / 1000:.1f}{ended}", time_, verdict(case, told), words)
    print(f"| {' | '.join(cells)} |", flush=True)
    if record is not None:
        (record / f"{case.name}.json").write_text(to_json(story, variety), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [case.name for case in CASES]
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(names))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--classes", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    unknown = set(chosen.cases) - set(names)
    if unknown:
        parser.error(f"There is no case {', '.join(sorted(unknown))}.")
    with tempfile.TemporaryDirectory() as passing:
        os.environ["GANLAB_HOME"] = passing
        work = chosen.keep or Path(passing) / "runs"
        print(
            "| run | kimg | trained | | what was said, in kimg |\n|---|---|---|---|---|", flush=True
        )
        pictures = _pictures(chosen, Path(passing))
        for case in CASES:
            if not chosen.cases or case.name in chosen.cases:
                folder = work / case.name
                seconds = 0.0
                if not _is_over(folder):
                    seconds = run_case(case, pictures[case.pictures], folder, chosen.seed)
                read_case(case, folder, seconds, chosen.record)


def _is_over(folder: Path) -> bool:
    """Whether a run is there that has ended, or given itself up."""
    if not (folder / "config.json").exists():
        return False
    return open_run(folder).status().state in ("ended", "failed")


def _pictures(chosen: argparse.Namespace, work: Path) -> dict[str, Path]:
    drawn = work / "drawn"
    if chosen.data is None or chosen.classes is None:
        draw_pictures(drawn)
    many = chosen.data or drawn
    take_few(many, work / "few")
    return {"many": many, "classes": chosen.classes or drawn, "few": work / "few"}


if __name__ == "__main__":
    main()
