"""Controlled trials of training recipes: one line of JSON for each trial and mark.

    python docs/models/trials.py DATA OUT.jsonl --resolution 32 --marks 8 16 --seeds 0 1
        --trial "before" --trial "relativistic loss=relativistic r1_gamma=1"
        --trial "stylegan2 @stylegan2:minutes"
    python docs/models/trials.py --table OUT.jsonl

A trial is a name, perhaps @ARCHITECTURE:PRESET (by default stylegan:before, which is what `minutes` was
before these trials), then settings as `ganlab train --set` takes them. Every trial of a seed sees the same
pictures. Measured at each mark (kimg), with psi 1 and seeds 0, 1, ...: KID by Lite0's features and SWD
x 1000 by scale, of `--count` samples against as many real pictures, and the CPU-seconds of the training.

With `--few N` a trial learns from N of the pictures alone and is measured against others. Then it also
tells how far samples keep from the nearest picture that was learnt from (unseen real pictures are at 1);
with ADA its r_t and p.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganlab_core.data import Images, PrepareOptions, prepare
from ganlab_core.device import use_threads
from ganlab_core.evaluation import (
    class_labels,
    kernel_distance,
    lite0_features,
    load_lite0,
    sample,
    sliced_wasserstein,
)
from ganlab_core.evaluation.measures import memorising
from ganlab_core.importers import open_model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import (
    CheckpointSaved,
    Ended,
    Progress,
    RunFolder,
    TrainConfig,
    preset,
    train,
    with_settings,
)

BEFORE: dict[str, object] = {
    "architecture": "stylegan",
    "precision": "auto",
    "z_dim": 128,
    "w_dim": 128,
    "learning_rate": 0.002,
    "r1_interval": 16,
    "clip_fakes": True,
    "batch_size_at.4": 32,
    "batch_size_at.8": 32,
    "batch_size_at.16": 16,
    "r1_gamma": 8.0,
    "r1_gamma_at.4": 1.0,
    "r1_gamma_at.8": 1.0,
    "r1_gamma_at.16": 2.0,
    "r1_gamma_at.32": 4.0,
    "fmap_base": 512,
    "fmap_max": 64,
    "ema_kimg": 1.0,
}
"""`minutes` for StyleGAN before these trials."""

QUIET = {
    "kid_samples": 0,
    "distance_kimg": 0,
    "spectra_kimg": 1e6,
    "sheet_kimg": 1e6,
    "readout_samples": 0,
}


def config_of(trial: str, given: argparse.Namespace, seed: int) -> tuple[str, TrainConfig]:
    """A trial's name and what `ganlab train` would run."""
    words = trial.split()
    base = words.pop(1) if len(words) > 1 and words[1].startswith("@") else "@stylegan:before"
    architecture, named = base.removeprefix("@").split(":")
    every = float(given.marks[0])
    settings: dict[str, object] = {
        **(BEFORE if base == "@stylegan:before" else preset(named, architecture)),
        "data": str(given.data),
        "resolution": given.resolution,
        "images": int(1000 * given.marks[-1]),
        "seed": seed,
        "threads": given.threads,
        "checkpoint_kimg": every,
        "snapshot_kimg": every,
        **QUIET,
        **dict(word.split("=", 1) for word in words[1:]),
    }
    return words[0], with_settings(TrainConfig(), settings)


def trained(config: TrainConfig, run: Path) -> Iterator[tuple[int, Path, dict[str, float]]]:
    """Train; afterwards images, model file and what training told until then, of each mark.

    Told are `cpu_seconds`, and with ADA `p` and `r_t`, the latter as the mean of what was reported since
    the mark before.
    """
    began = time.process_time()
    marks: dict[int, dict[str, float]] = {}
    p, signs = 0.0, []
    for event in train(config, run):
        if isinstance(event, Progress) and isinstance(event.r_t, float):
            p = float(event.augment_p or 0.0)
            signs.append(event.r_t)
        if isinstance(event, CheckpointSaved | Ended) and event.images not in marks:
            marks[event.images] = {"cpu_seconds": round(time.process_time() - began, 1)}
            if signs:
                marks[event.images] |= {"p": round(p, 3), "r_t": round(statistics.mean(signs), 3)}
                signs = []
    for images, told in marks.items():
        path = RunFolder(run).snapshot(images)
        if path.exists():
            yield images, path, told


def few_of(images: Images, chosen: NDArray[np.int64], resolution: int, folder: Path) -> Path:
    """A folder with some of the pictures, for trials that may see no others."""
    folder.mkdir()
    for index, picture in zip(chosen, images.batch(chosen, resolution), strict=True):
        pixels = picture.transpose(1, 2, 0)
        Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(
            folder / f"{index:06}.png"
        )
    return folder


def measured(
    path: Path,
    images: Images,
    real: NDArray[np.uint8],
    chosen: NDArray[np.int64],
    seen: NDArray[np.uint8] | None = None,
) -> dict[str, object]:
    """KID and SWD of a model file's samples; their distance to `seen` pictures where these are given."""
    model = open_model(path)
    fake = sample(Renderer(model), Recipe(psi=1.0), class_labels(model, images, chosen))
    side = max(fake.shape[-1], real.shape[-1])
    real, fake = (
        np.repeat(np.repeat(x, side // x.shape[-1], 2), side // x.shape[-1], 3)
        for x in (real, fake)
    )
    found: dict[str, object] = {
        f"swd_{side}": round(value, 1) for side, value in sliced_wasserstein(real, fake).items()
    }
    lite0 = load_lite0()
    reals, fakes = (lite0_features(lite0, pictures) for pictures in (real, fake))
    found["kid"] = round(kernel_distance(reals, fakes), 3)
    if seen is not None:
        found["nearest"] = round(memorising(fakes, lite0_features(lite0, seen), reals), 3)
    return found


def run_trials(given: argparse.Namespace) -> None:
    """Each seed of each trial in turn; seeds outermost, so that an early end leaves whole rounds."""
    use_threads(given.threads)
    options = PrepareOptions()
    images = prepare(given.data, given.resolution, options)
    order = np.random.default_rng(0).permutation(len(images))
    chosen = np.sort(order[: given.count])
    real = images.batch(chosen, given.resolution)
    few = np.sort(order[given.count : given.count + given.few])
    seen = images.batch(few, given.resolution) if given.few else None
    for seed in given.seeds:
        for trial in given.trial:
            name, config = config_of(trial, given, seed)
            with tempfile.TemporaryDirectory() as folder:
                if given.few:
                    kept = few_of(images, few, given.resolution, Path(folder) / "few")
                    config = with_settings(config, {"data": str(kept)})
                for shown, path, told in trained(config, Path(folder) / "run"):
                    line = {
                        "data": given.data.stem + (f", {given.few} of them" if given.few else ""),
                        "trial": name,
                        "settings": trial,
                        "seed": seed,
                        "kimg": round(shown / 1000, 1),
                        **told,
                        **measured(path, images, real, chosen, seen),
                    }
                    with given.out.open("a") as out:
                        out.write(json.dumps(line) + "\n")
                    print(line, flush=True)


def print_table(path: Path) -> None:
    """A Markdown table: a row for each trial and mark, means over seeds."""
    rows = defaultdict(list)
    for text in path.read_text().splitlines():
        line = json.loads(text)
        rows[line["data"], line["settings"], line["kimg"]].append(line)
    print("| data | trial | kimg | seeds | CPU-s | KID | SWD | nearest | r_t | p |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (data, settings, kimg), lines in rows.items():
        swds = [key for key in lines[0] if key.startswith("swd_")]
        swd = "/".join(f"{statistics.mean(line[key] for line in lines):.0f}" for key in swds)
        kid = ", ".join(f"{line['kid']:.2f}" for line in lines)
        seconds = statistics.mean(line["cpu_seconds"] for line in lines)
        rest = " | ".join(
            ", ".join(f"{line[key]:.2f}" for line in lines if key in line) or "-"
            for key in ("nearest", "r_t", "p")
        )
        print(
            f"| {data} | {settings} | {kimg:g} | {len(lines)} | {seconds:.0f} | {kid} | {swd} | {rest} |"
        )


def main() -> None:
    """Run trials, or print the table of those that ran."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--table", type=Path)
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--marks", type=float, nargs="+", default=[4, 8, 12, 16])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--few", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--trial", action="append", default=[])
    given = parser.parse_args()
    if given.table:
        print_table(given.table)
    else:
        run_trials(given)


if __name__ == "__main__":
    main()
