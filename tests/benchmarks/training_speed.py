"""Images per second of training steps, with and without glibc keeping freed memory.

The two settings alternate in processes of their own, so that a noisy machine hits both alike.
Run with `python -m tests.benchmarks.training_speed [resolution] [batch]`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np

STEPS = 20
ROUNDS = 3


def measure(resolution: int, batch: int) -> float:
    """Images per second over some steps of an `evening` network."""
    import torch

    from ganlab_core import device
    from ganlab_core.training.config import TrainConfig, with_settings
    from ganlab_core.training.presets import preset
    from ganlab_core.training.state import TrainState
    from ganlab_core.training.step import run_step

    if os.environ.get("GIVE_BACK"):
        torch.set_num_threads(len(os.sched_getaffinity(0)))
    else:
        device.use_threads(0)
    settings = {**preset("evening"), "resolution": resolution}
    state = TrainState.start(with_settings(TrainConfig(), settings), 0, torch.device("cpu"))
    pixels = np.random.default_rng(0).integers(0, 256, (batch, 3, resolution, resolution), np.uint8)
    labels = np.zeros(batch, np.int64)
    for step in range(STEPS + 2):
        if step == 2:
            started = time.perf_counter()
        run_step(state, pixels, labels, float(resolution.bit_length() - 1))
        state.step += 1
    return STEPS * batch / (time.perf_counter() - started)


def main() -> None:
    resolution, batch = (int(word) for word in [*sys.argv[1:3], "64", "8"][:2])
    if os.environ.get("MEASURE"):
        print(measure(resolution, batch))
        return
    speeds: dict[str, list[float]] = {"": [], "yes": []}
    for _ in range(ROUNDS):
        for give_back, found in speeds.items():
            environment = os.environ | {"MEASURE": "1", "GIVE_BACK": give_back}
            command = [sys.executable, "-m", "tests.benchmarks.training_speed"]
            output = subprocess.check_output(
                [*command, str(resolution), str(batch)], text=True, env=environment
            )
            found.append(float(output))
    kept, given = (sorted(found)[ROUNDS // 2] for found in speeds.values())
    print(f"{resolution} px, batch {batch}, median of {ROUNDS}:")
    print(f"  keeping freed memory {kept:.1f} img/s, giving it back {given:.1f} img/s")
    print(f"  ratio {kept / given:.2f}")


if __name__ == "__main__":
    main()
