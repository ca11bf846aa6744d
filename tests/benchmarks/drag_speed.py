"""How fast points are dragged: `python -m tests.benchmarks.drag_speed [MODEL...]`.

Steps a second of one drag without a window, on as many threads as torch takes: by the clock, and by the
seconds of processor time that a step costs, which other programs on the machine cannot spoil.
"""

from __future__ import annotations

import argparse
import os
import time

import torch

from ganlab_core.inspection import DifferentiableChain, Drag, DragPoint
from ganlab_core.models import load_model, resolve
from ganlab_core.recipe import Latent, Recipe

STEPS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "models", nargs="*", default=["adventurer", "toon-heads", "scripts", "garments"]
    )
    for name in parser.parse_args().models:
        model = load_model(resolve(name))
        side = DifferentiableChain(model).side
        classes = ((0, 1.0),) if model.capabilities.classes else ()
        drag = Drag(model, Recipe(Latent(11), psi=0.8, classes=classes),
                    [DragPoint(0.4 * side, 0.4 * side, 0.8 * side, 0.7 * side)])  # fmt: skip
        for _ in range(3):
            drag.step()
        clock, cpu, first = time.perf_counter(), time.process_time(), drag.steps
        while drag.steps < first + STEPS and not drag.arrived:
            drag.step()
        steps = drag.steps - first
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
        print(
            f"{name}: {side} px, {steps} steps, {steps / clock:.1f} a second by the clock,"
            f" {1000 * cpu / steps:.1f} ms of processor time each ({torch.get_num_threads()} threads,"
            f" load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
        )


if __name__ == "__main__":
    main()
