"""What busy neighbours cost a training run: the processor's seconds of a step, quiet and beside them.

    python -m tests.benchmarks.beside_load [--preset minutes] [--resolution 32] [--threads 2] [--busy N]

The same process takes steps while the machine is left alone and while N processes (as many as there are
cores) do nothing but count, in turn. A step should cost the same processor's time; threads that wait
for each other by spinning make it dearer the busier the machine is. Where others work meanwhile, the
quiet figure is none.

Hardware threads that share a core slow each other down as well, which no program can help: what a plain
product of matrices costs in one thread is asked in the same turns, and its ratio stands beside.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from ganlab_core.before_torch import wait_briefly

ROUNDS = 3
PRODUCTS, SIDE = 24, 768
"""How many products of matrices of that side are the measure of the machine itself."""

SETTLING = 0.5
"""Seconds that busy processes are given to begin."""

COUNTING = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(100_000))
"""


def child(given: argparse.Namespace) -> None:
    """Take some steps for each line read, and answer with the processor's seconds of one."""
    wait_briefly()  # as the program does, before torch comes
    import torch

    from ganlab_core import device
    from ganlab_core.training import (
        USUAL,
        TrainConfig,
        TrainState,
        TrialSteps,
        preset,
        with_precision,
        with_settings,
    )

    device.use_threads(given.threads)
    settings = {**preset(given.preset, "stylegan"), "device": "cpu", "threads": given.threads}
    config = with_precision(with_settings(TrainConfig(), settings))
    steps = TrialSteps(TrainState.start(config, 0, device.choose_device("cpu")), given.resolution)
    matrix = torch.ones(SIDE, SIDE)
    for _ in range(2):
        steps.take(USUAL)
    print(config.precision, flush=True)
    for _ in sys.stdin:
        began = time.process_time()
        for _ in range(given.steps):
            steps.take(USUAL)
        step = (time.process_time() - began) / given.steps
        device.use_threads(1)
        began = time.process_time()
        for _ in range(PRODUCTS):
            matrix @ matrix
        product = (time.process_time() - began) / PRODUCTS
        device.use_threads(given.threads)
        print(step, product, flush=True)


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """While `count` processes of ours count; they have ended when the block is left."""
    others = [subprocess.Popen([sys.executable, "-c", COUNTING]) for _ in range(count)]
    try:
        time.sleep(SETTLING)
        yield
    finally:
        for other in others:
            other.kill()
        for other in others:
            other.wait()


def asked(run: subprocess.Popen[str]) -> tuple[float, float]:
    """Seconds of a step and of a product now."""
    assert run.stdin is not None
    assert run.stdout is not None
    run.stdin.write("go\n")
    run.stdin.flush()
    step, product = run.stdout.readline().split()
    return float(step), float(product)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--preset", default="minutes")
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given)
        return
    command = [sys.executable, "-m", "tests.benchmarks.beside_load", "--child", *sys.argv[1:]]
    rounds: list[tuple[float, ...]] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        precision = run.stdout.readline().strip()
        print(f"{given.preset}, {given.resolution} px, {precision}, {given.threads} threads")
        for _ in range(ROUNDS):
            alone = asked(run)
            with busy(given.busy):
                rounds.append((*alone, *asked(run)))
            quiet, _, beside, _ = rounds[-1]
            print(f"CPU seconds per step: quiet {quiet:.4f}, beside {given.busy} busy {beside:.4f}")
    of_step = statistics.median(beside / quiet for quiet, _, beside, _ in rounds)
    of_product = statistics.median(beside / quiet for _, quiet, _, beside in rounds)
    print(f"ratio {of_step:.2f}; of a plain product in one thread {of_product:.2f}")


if __name__ == "__main__":
    main()
