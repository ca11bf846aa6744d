"""Images per second of training, for each architecture at its `evening` preset.

    python -m tests.benchmarks.training_speed [--architecture progan] [--resolution 32] [--batch 8]
    python -m tests.benchmarks.training_speed --memory

The second compares, in processes of their own that take turns, with and without glibc keeping freed
memory. With one thread the processor's time of the process is measured, else the wall's.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from ganlab_core import device
from ganlab_core.data import Images
from ganlab_core.training import TrainConfig, preset, with_precision, with_settings
from ganlab_core.training.distributed import data_order
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import run_step

SIDES = {
    "stylegan": (8, 16, 32, 64),
    "progan": (8, 16, 32, 64),
    "biggan": (32, 64),
    "biggan-deep": (32, 64),
}
CLASSES = 10
"""Of the BigGANs' data; the others are trained without."""

PICTURES = 4096
ROUNDS = 3
PLAIN_STEPS = 1
"""In each round, beside one with R1; the mean is weighted as often as each comes."""


def clock() -> float:
    """Seconds: the processor's in one thread, which a busy machine lengthens least, else the wall's."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = clock()
    work()
    return clock() - started


class Bench:
    """A run of one architecture at full growth, on random pictures."""

    def __init__(self, architecture: str, resolution: int, batch: int | None) -> None:
        settings = {**preset("evening", architecture), "resolution": resolution, "device": "cpu"}
        config = with_precision(with_settings(TrainConfig(), settings))
        self.config, self.growth = config, float(resolution.bit_length() - 1)
        self.batch = batch or int(config.at("batch_size", resolution))
        classes = 0 if config.grows else CLASSES
        self.state = TrainState.start(config, classes, torch.device("cpu"))
        draws = np.random.default_rng(0)
        pixels = draws.integers(0, 256, (PICTURES, 3, resolution, resolution), np.uint8)
        labels = np.arange(PICTURES, dtype=np.int64) % max(1, classes)
        self.images = Images({resolution: pixels}, labels)
        self.load()

    def load(self) -> None:
        """Take the next pictures, as the loop does."""
        shown = self.batch * (self.config.d_steps if self.config.fresh_reals else 1)
        order = data_order(self.config.seed, self.state.images, shown, PICTURES)
        self.pixels = self.images.batch(order, self.config.resolution)
        self.labels = self.images.labels[order]

    def step(self, number: int) -> None:
        """One step as number `number` of the run."""
        self.state.step = number
        run_step(self.state, self.pixels, self.labels, self.growth)
        self.state.images += len(self.pixels)

    def round(self) -> tuple[float, float]:
        """Mean seconds of a step, and those of its data."""
        every = self.config.r1_interval if self.config.loss == "logistic-r1" else 1
        lazy = timed(lambda: self.step(0))
        plain = [timed(lambda: self.step(1)) for _ in range(PLAIN_STEPS)] if every > 1 else [lazy]
        mean = (lazy + (every - 1) * statistics.mean(plain)) / every
        return mean, timed(self.load)

    def measure(self) -> tuple[float, float]:
        """Images per second, and the data's share of the time."""
        self.step(0)  # whatever happens only once
        found = [self.round() for _ in range(ROUNDS)]
        step, data = (statistics.median(times) for times in zip(*found, strict=True))
        return len(self.pixels) / (step + data), data / (step + data)


def wanted(given: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """The configurations asked for."""
    for architecture, sides in SIDES.items():
        if given.architecture in (None, architecture):
            yield from (
                (architecture, side) for side in ([given.resolution] if given.resolution else sides)
            )


def table(given: argparse.Namespace) -> None:
    """Print a line for each configuration."""
    print(f"evening presets, {device.use_threads(given.threads)} thread(s), median of {ROUNDS}")
    print(f"{'':<12} {'px':>4} {'batch':>6} {'img/s':>8} {'data':>7} {'precision':>10}")
    for architecture, side in wanted(given):
        bench = Bench(architecture, side, given.batch)
        speed, data = bench.measure()
        print(
            f"{architecture:<12} {side:>4} {bench.batch:>6} {speed:>8.1f} {data:>7.2%} "
            f"{bench.config.precision:>10}",
            flush=True,
        )


def child(given: argparse.Namespace) -> None:
    """One side of the comparison of `memory`, in a process of its own."""
    if given.child == "given back":
        torch.set_num_threads(given.threads)
    else:
        device.use_threads(given.threads)
    bench = Bench(given.architecture or "stylegan", given.resolution or 64, given.batch or 8)
    print(bench.measure()[0])


def memory(arguments: list[str]) -> None:
    """Print how many times faster a step is when freed memory is kept."""
    speeds: dict[str, list[float]] = {"given back": [], "kept": []}
    for _ in range(ROUNDS):
        for kind, found in speeds.items():
            command = [sys.executable, "-m", "tests.benchmarks.training_speed", "--child", kind]
            found.append(float(subprocess.check_output([*command, *arguments], text=True)))
    back, kept = (statistics.median(found) for found in speeds.values())
    print(f"freed memory kept {kept:.1f} img/s, given back {back:.1f} img/s: {kept / back:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--architecture", choices=SIDES)
    parser.add_argument("--resolution", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given)
    elif given.memory:
        memory([word for word in sys.argv[1:] if word != "--memory"])
    else:
        table(given)


if __name__ == "__main__":
    main()
