"""How near projections come: `python -m tests.benchmarks.own_pictures OUT.jsonl HELD [--cpu 10 60]`.

HELD holds a folder of pictures for each model, called as it; they are cut to the model's square. Each is
brought into its model within so many CPU seconds of one thread, beside the nearest of 600 seeds, and beside
Adam from the mean on one w (or z) by pixels alone with the same times. CPU seconds and not those of the
clock, because machines are shared. OUT gets a line of JSON for each picture and way as soon as it is
measured; what is there already is not measured again. In the end the table of OUT is printed, and without
HELD at once.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ganlab_core.evaluation import lite0_features, lite0_lens, load_lite0
from ganlab_core.inspection import (
    Beginnings,
    Effort,
    Projection,
    cut_square,
    psnr,
    read_critic,
    read_own_picture,
    sights,
    ssim,
)
from ganlab_core.inspection.handles import Adam, Beginning, handles_from, pixel_distance
from ganlab_core.inspection.own_picture import Pixels
from ganlab_core.inspection.projection import as_tensor, displayed, shown
from ganlab_core.models import load_model, resolve

MEASURES = ("psnr", "ssim", "lite0")
NEAREST = "nearest of 600 seeds"


def projected(seconds: float) -> str:
    """What the table calls a projection of so many seconds."""
    return f"projection, {seconds:g} s"


def plainly(seconds: float) -> str:
    """What the table calls plain Adam for so many seconds."""
    return f"Adam on one w, {seconds:g} s"


Line = dict[str, str | int | float]
"""What is written of one picture and way."""


def measured_lines(out: Path) -> list[Line]:
    """What OUT holds; a line that a kill cut short is left out."""
    lines = out.read_text().splitlines() if out.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


class Bench:
    """One model with its pictures."""

    def __init__(self, name: str, pictures: list[Path]) -> None:
        self.name, self.pictures = name, pictures
        self.model = load_model(resolve(name))
        self.lite0 = load_lite0()
        self.through = sights(read_critic(self.model.info), lite0_lens(self.lite0))
        self.beginnings = Beginnings(self.model)

    def measured(self, picture: Path, seconds: list[float], ways: set[str]) -> Iterator[Line]:
        """Those of the ways for one picture that are wanted."""
        for _ in self.beginnings.draw():
            pass
        side = self.beginnings.chain.side
        target = cut_square(read_own_picture(picture, side), side, self.beginnings.ground)
        if NEAREST in ways:
            first = next(Projection(self.beginnings, target, self.through).run(Effort(1)))
            yield self.line(picture, NEAREST, first.pixels, target, 0)
        for limit in seconds:
            if projected(limit) in ways:
                projection = Projection(self.beginnings, target, self.through)
                began = time.process_time()
                while (spent := (time.process_time() - began) / limit) < 1.0:
                    projection.step(spent, projection.steps)
                last = next(projection.run(Effort(1)))
                yield self.line(picture, projected(limit), last.pixels, target, projection.steps)
        limits = [limit for limit in seconds if plainly(limit) in ways]
        for limit, pixels, steps in self.plain(target, limits):
            yield self.line(picture, plainly(limit), pixels, target, steps)

    def plain(self, target: Pixels, limits: list[float]) -> Iterator[tuple[float, Pixels, int]]:
        """Adam from the mean of W (near the middle of z) with pixels alone, as it is at each limit."""
        can, chain = self.model.capabilities, self.beginnings.chain
        centre = self.model.network.truncation_centre[None]
        if not can.has_w:
            centre = 0.1 * torch.randn(centre.shape, generator=torch.Generator().manual_seed(0))
        classes = tuple((index, 1.0 / len(can.classes)) for index in range(len(can.classes)))
        start = Beginning(centre, classes)
        handles = handles_from(self.model, chain, start, self.beginnings.deviation, 1.0)
        goal = as_tensor(target)
        optimizer, steps, spent = Adam(handles.leaves), 0, 0.0
        for limit in limits:
            while spent < limit:
                began = time.process_time()
                picture = displayed(chain.picture(handles.given()))
                optimizer.descend(pixel_distance(picture, goal, picture.shape[-1]).mean())
                steps, spent = steps + 1, spent + time.process_time() - began
            with torch.no_grad():
                yield limit, shown(self.model, displayed(chain.picture(handles.given()))), steps

    def line(self, picture: Path, way: str, pixels: Pixels, target: Pixels, steps: int) -> Line:
        """What is written of one picture and way."""
        pair = np.stack([pixels, target]).transpose(0, 3, 1, 2)
        seen = lite0_features(self.lite0, pair)
        return {
            "model": self.name,
            "picture": picture.name,
            "way": way,
            "steps": steps,
            "psnr": psnr(pixels, target),
            "ssim": ssim(pixels, target),
            "lite0": float(np.linalg.norm(seen[0] - seen[1])),
        }


def table(out: Path) -> str:
    """Means by model and way, as Markdown."""
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in measured_lines(out):
        found[str(line["model"]), str(line["way"])].append(line)
    rows = [
        "| model | way | pictures | steps | PSNR | SSIM | Lite0 |",
        "|---|---|---|---|---|---|---|",
    ]
    for (model, way), lines in sorted(found.items()):
        steps, *means = (
            np.mean([float(line[key]) for line in lines]) for key in ("steps", *MEASURES)
        )
        figures = f"{steps:.0f} | {means[0]:.1f} dB | {means[1]:.3f} | {means[2]:.1f}"
        rows.append(f"| {model} | {way} | {len(lines)} | {figures} |")
    return "\n".join(rows)


def measure(benches: list[Bench], out: Path, seconds: list[float], *, plain: bool) -> None:
    """Append what OUT lacks, a picture of each model in turn."""
    every = {NEAREST, *map(projected, seconds), *(map(plainly, seconds) if plain else ())}
    if out.exists() and not out.read_text().endswith("\n"):
        with out.open("a") as file:  # after a kill
            file.write("\n")
    done = {(line["model"], line["picture"], line["way"]) for line in measured_lines(out)}
    for pictures in itertools.zip_longest(*(bench.pictures for bench in benches)):
        for bench, picture in zip(benches, pictures, strict=True):
            if picture is None:
                continue
            ways = {way for way in every if (bench.name, picture.name, way) not in done}
            for line in bench.measured(picture, seconds, ways) if ways else ():
                with out.open("a") as file:
                    file.write(json.dumps(line) + "\n")


def main() -> None:
    """As the module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("held", type=Path, nargs="?")
    parser.add_argument("--cpu", type=float, nargs="+", default=[10.0, 60.0])
    parser.add_argument("--plain", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--pictures", type=int, default=20, help="of each model, the first ones")
    parser.add_argument("--models", nargs="*", default=())
    given = parser.parse_args()
    if given.held is not None:
        torch.set_num_threads(1)
        names = [one.name for one in sorted(given.held.iterdir()) if one.is_dir()]
        wanted = [name for name in names if not given.models or name in given.models]
        benches = [
            Bench(name, sorted((given.held / name).iterdir())[: given.pictures]) for name in wanted
        ]
        measure(benches, given.out, sorted(given.cpu), plain=given.plain)
    print(table(given.out))


if __name__ == "__main__":
    main()
