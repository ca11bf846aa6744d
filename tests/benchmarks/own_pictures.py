"""How near projections come: `python -m tests.benchmarks.own_pictures OUT.jsonl HELD [--cpu 10 60]`.

HELD holds a folder of pictures for each model, called as it. Each picture is brought into its model within
so many CPU seconds of one thread, beside the nearest of 600 seeds and Adam from the mean on one w (or z) by
pixels alone, which gets the longest of the times. CPU seconds and not those of the clock, because machines
are shared. Lines that are in OUT already are not measured again; without HELD the table of OUT is printed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganlab_core.evaluation import lite0_features, lite0_lens, load_lite0
from ganlab_core.inspection import Beginnings, Effort, Projection, psnr, read_critic, sights, ssim
from ganlab_core.inspection.handles import Adam, Beginning, handles_from, pixel_distance
from ganlab_core.inspection.projection import as_tensor, displayed
from ganlab_core.models import load_model, resolve

MEASURES = ("psnr", "ssim", "lite0")


class Bench:
    """One model with its pictures."""

    def __init__(self, name: str, pictures: list[Path]) -> None:
        self.name, self.pictures = name, pictures
        self.model = load_model(resolve(name))
        self.lite0 = load_lite0()
        self.through = sights(read_critic(self.model.info), lite0_lens(self.lite0))
        self.beginnings = Beginnings(self.model)

    def measured(
        self, index: int, seconds: list[float], *, plain: bool
    ) -> Iterator[dict[str, object]]:
        """Every way for one picture."""
        for _ in self.beginnings.draw():
            pass
        target = np.asarray(Image.open(self.pictures[index]).convert("RGB"))
        for limit in sorted(seconds):
            projection = Projection(self.beginnings, target, self.through)
            run = projection.run(Effort(1), 10**9)
            first = next(run)
            run.close()
            if limit == min(seconds):
                yield self.line(index, "nearest of 600 seeds", first.pixels, target, 0)
            began = time.process_time()
            while (spent := (time.process_time() - began) / limit) < 1.0:
                projection.step(spent, projection.steps)
            *_, last = projection.run(Effort(None))
            yield self.line(
                index, f"projection, {limit:g} s", last.pixels, target, projection.steps
            )
        if not plain:
            return
        pixels, steps = self.plain(target, max(seconds))
        yield self.line(index, f"Adam on one w, {max(seconds):g} s", pixels, target, steps)

    def plain(self, target: np.ndarray, seconds: float) -> tuple[np.ndarray, int]:
        """Adam from the mean of W (near the middle of z) with pixels alone."""
        can, chain = self.model.capabilities, self.beginnings.chain
        centre = self.model.network.truncation_centre[None]
        if not can.has_w:
            centre = 0.1 * torch.randn(centre.shape, generator=torch.Generator().manual_seed(0))
        classes = tuple((index, 1.0 / len(can.classes)) for index in range(len(can.classes)))
        start = Beginning(centre, classes)
        handles = handles_from(self.model, chain, start, self.beginnings.deviation, 1.0)
        goal = as_tensor(target)
        optimizer, steps, began = Adam(handles.leaves), 0, time.process_time()
        while time.process_time() - began < seconds:
            picture = displayed(chain.picture(handles.given()))
            loss = pixel_distance(picture, goal, picture.shape[-1]).mean()
            optimizer.descend(loss)
            steps += 1
        shown = self.model.network.to_uint8(chain.picture(handles.given()))[0]
        return shown.permute(1, 2, 0).numpy(), steps

    def line(
        self, index: int, way: str, pixels: np.ndarray, target: np.ndarray, steps: int
    ) -> dict[str, object]:
        """What is written of one picture and way."""
        pair = np.stack([pixels, target]).transpose(0, 3, 1, 2)
        seen = lite0_features(self.lite0, pair)
        return {
            "model": self.name,
            "picture": self.pictures[index].name,
            "way": way,
            "steps": steps,
            "psnr": psnr(pixels, target),
            "ssim": ssim(pixels, target),
            "lite0": float(np.linalg.norm(seen[0] - seen[1])),
        }


def table(out: Path) -> str:
    """Means by model and way, as Markdown."""
    found: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for text in out.read_text().splitlines():
        line = json.loads(text)
        found[line["model"], line["way"]].append(line)
    rows = [
        "| model | way | pictures | steps | PSNR | SSIM | Lite0 |",
        "|---|---|---|---|---|---|---|",
    ]
    for (model, way), lines in sorted(found.items()):
        steps, *means = (np.mean([line[key] for line in lines]) for key in ("steps", *MEASURES))
        figures = f"{steps:.0f} | {means[0]:.1f} dB | {means[1]:.3f} | {means[2]:.1f}"
        rows.append(f"| {model} | {way} | {len(lines)} | {figures} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("held", type=Path, nargs="?")
    parser.add_argument("--cpu", type=float, nargs="+", default=[10.0, 60.0])
    parser.add_argument("--plain", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--models", nargs="*", default=())
    given = parser.parse_args()
    if given.held is None:
        print(table(given.out))
        return
    torch.set_num_threads(1)
    folders = [
        one for one in sorted(given.held.iterdir()) if one.name in given.models or not given.models
    ]
    benches = [Bench(folder.name, sorted(folder.iterdir())) for folder in folders]
    given.out.touch()
    done = {
        (line["model"], line["picture"], line["way"])
        for line in map(json.loads, given.out.read_text().splitlines())
    }
    for index in range(0, max(len(bench.pictures) for bench in benches), given.every):
        for bench in benches:
            last = f"Adam on one w, {max(given.cpu):g} s"
            if (bench.name, bench.pictures[index].name, last) in done:
                continue
            for line in bench.measured(index, given.cpu, plain=given.plain):
                with given.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
