"""Images per second of a training step, ours against that of the package `pro-gan-pth`.

    python -m tests.benchmarks.peer_speed FOLDER [--resolution 32 64] [--batch 8] [--threads 1]

FOLDER is the unpacked package; `tests/benchmarks/peer.py` says how to get it. Both have the same
channels, latent, batch, loss (WGAN-GP) and Adam, and take turns, so that a noisy machine hits both.
The package's layers scale apart from their convolutions; ours do so in one, in D as ProGAN's "fused"
layers do, before the activation. "D unfused" computes what theirs does, in that order.
With one thread the processor's time of this process is what is measured, else the wall's.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from ganlab_core import device
from tests.benchmarks import peer


def seconds(step: peer.Step, pixels: peer.Pixels, steps: int) -> float:
    """Mean seconds of a step."""
    clock: Callable[[], float] = (
        time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    )
    started = clock()
    for _ in range(steps):
        step(pixels)
    return (clock() - started) / steps


def rounds(
    steps: dict[str, peer.Step], pixels: peer.Pixels, budget: float, count: int
) -> dict[str, list[float]]:
    """Seconds of each kind of step in every round; the kinds alternate within a round."""
    first = {}
    for name, step in steps.items():
        step(pixels)  # whatever happens only once
        first[name] = seconds(step, pixels, 1)
    each = max(1, round(budget / count / sum(first.values())))
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(count):
        for name, step in steps.items():
            found[name].append(seconds(step, pixels, each))
    return found


def compare(gan: object, shape: peer.Shape, batch: int, budget: float, count: int) -> None:
    """Print images per second, and how many times theirs ours are, with the spread."""
    torch.manual_seed(0)
    side = shape.resolution
    pixels = np.random.default_rng(0).integers(0, 256, (batch, 3, side, side), np.uint8)
    found = rounds(
        {
            "theirs": peer.their_step(gan, shape, batch),
            "ours": peer.our_step(shape, batch),
            "ours, D unfused": peer.our_step(shape, batch, fused=False),
        },
        pixels,
        budget,
        count,
    )
    print(f"{side} px, batch {batch}, {shape.fmap_max} maps at most", flush=True)
    for name, times in found.items():
        ratios = sorted(b / a for a, b in zip(times, found["theirs"], strict=True))
        print(
            f"  {name:<16}{batch / statistics.median(times):7.1f} img/s, ratio "
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", help="the unpacked package, unless it is installed")
    parser.add_argument("--resolution", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--batch", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--fmap-base", type=int, default=768)
    parser.add_argument("--fmap-max", type=int, default=96)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each comparison, about")
    given = parser.parse_args()
    gan = peer.find(given.folder)
    if gan is None:
        parser.error(f"pro-gan-pth is not here.\n{peer.__doc__}")
    print(f"{device.use_threads(given.threads)} thread(s), median of {given.rounds} rounds")
    for resolution in given.resolution:
        for batch in given.batch:
            shape = peer.Shape(resolution, given.fmap_base, given.fmap_max)
            compare(gan, shape, batch, given.seconds, given.rounds)


if __name__ == "__main__":
    main()
