"""How drafts look beside the frames that follow: `python -m tests.benchmarks.draft_quality`.

For each bundled model, and each resolution where a fitted probe reads early: SSIM and PSNR of the draft,
enlarged as the canvas does, to the whole frame, over some seeds. Then how often a second a draft comes
while a hand drags a seed, a coarse style or psi of a network as large as published (random weights, so
its probes are left unfitted numbers: only the time is meant).
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.device import leave_a_core
from ganlab_core.files import bundled_models_dir
from ganlab_core.importers import open_model
from ganlab_core.recipe import Latent, Mix, Recipe
from ganlab_core.rendering import Renderer, fastest_precision, fit_probes
from ganlab_core.speed import published_size

WINDOW, C1, C2 = 7, (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""Of SSIM as by Wang et al. 2004, with a flat window."""


def tensor(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].double()


def ssim(one: Tensor, other: Tensor) -> float:
    """Mean structural similarity over windows of 7 x 7 pixels and the three colours."""

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, WINDOW, 1)

    a, b = mean(one), mean(other)
    va, vb, both = mean(one * one) - a * a, mean(other * other) - b * b, mean(one * other) - a * b
    score = (2 * a * b + C1) * (2 * both + C2) / ((a * a + b * b + C1) * (va + vb + C2))
    return float(score.mean())


def psnr(one: Tensor, other: Tensor) -> float:
    return float(10 * torch.log10(255.0**2 / (one - other).square().mean().clamp(min=1e-9)))


def quality(seeds: int) -> None:
    """A line for each bundled model and resolution."""
    print("| model | draft read at | SSIM | PSNR, dB |\n|---|---|---|---|")
    for path in sorted(bundled_models_dir().glob("*.safetensors")):
        model = open_model(path)
        if not model.has_probes:
            fit_probes(model, samples=64)
        renderer, side = Renderer(model, "cpu"), model.capabilities.resolution
        frames = [
            renderer.render(Recipe(Latent(s)), previews=True) for s in range(1000, 1000 + seeds)
        ]
        for read in [r for r in model.capabilities.resolutions if r < side]:
            pairs = [
                (
                    F.interpolate(
                        tensor(one.previews[read].pixels), size=(side, side), mode="bilinear"
                    ),
                    tensor(one.pixels),
                )
                for one in frames
                if read in one.previews
            ]
            if pairs:
                scores = [(ssim(*pair), psnr(*pair)) for pair in pairs]
                similar, loud = (statistics.mean(column) for column in zip(*scores, strict=True))
                print(f"| {path.stem}, {side} px | {read} px | {similar:.3f} | {loud:.1f} |")


def drags(name: str, seconds: float, moves: int) -> None:
    """Drafts a second while a hand drags."""
    model = published_size(name)
    for side in model.capabilities.resolutions[:-1]:
        count = model.network.channels(side)
        model.readouts[side] = (torch.randn(3, count) * 0.05, torch.zeros(3))
    renderer, base = Renderer(model, "cpu"), Recipe(Latent(0))
    renderer.render(base)
    hands: dict[str, Callable[[int], Recipe]] = {
        "a seed": lambda n: Recipe(Latent(100 + n)),
        "a coarse style": lambda n: base.with_mix_at(4, Mix(Latent(1), 0.01 * (n + 1))),
        "psi": lambda n: dataclasses.replace(base, psi=0.4 + 0.01 * n),
    }
    threads = torch.get_num_threads()
    print(f"\n{name}, {threads} thread(s), drafts in {fastest_precision(renderer.device)}")
    print("| dragged | drafts a second | median, ms | read at |\n|---|---|---|---|")
    for what, recipe in hands.items():
        times, read = [], 0
        for move in range(moves):
            began = time.process_time() if threads == 1 else time.perf_counter()
            draft = renderer.draft(recipe(move), seconds)
            assert draft is not None
            times.append((time.process_time() if threads == 1 else time.perf_counter()) - began)
            read = draft.resolution
        late = times[len(times) // 3 :]
        middle = statistics.median(late)
        print(f"| {what} | {1 / statistics.mean(late):.0f} | {1000 * middle:.1f} | {read} px |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--model", default="stylegan-1024")
    parser.add_argument("--seconds", type=float, default=0.045)
    parser.add_argument("--moves", type=int, default=30)
    given = parser.parse_args()
    leave_a_core()
    quality(given.seeds)
    drags(given.model, given.seconds, given.moves)


if __name__ == "__main__":
    main()
