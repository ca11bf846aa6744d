"""How evenly films move: the difference of each frame from the one before, over a loop of each model.

    python -m tests.benchmarks.film_steps [MODEL ...] [--seeds 11,38,61,10] [--seconds 8]

draws films as `ganlab video MODEL --seeds ... --loop` would, with the default motion and with the others,
and prints the 95th against the 5th percentile of the differences, and the largest against the smallest.
A difference is the root of the mean squared difference of two frames, in levels of 0 to 255.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from ganlab_core.cli.video import footage_of
from ganlab_core.export import FilmJob, FilmPlan, read_seeds
from ganlab_core.timeline import difference_of

MODELS = ("adventurer", "garments", "portraits", "scripts", "toon-heads")
EASINGS = ("even", "smooth", "linear", "spline")


def steps_of(model: str, seeds: tuple[int, ...], seconds: float, easing: str) -> np.ndarray:
    """The difference of each frame of a loop from the one before, the first from the last: (frames,)."""
    plan = FilmPlan(seconds=seconds, loop=True, easing=easing)
    footage = footage_of(FilmJob(models=(model,), out=Path("film.mp4"), seeds=seeds, plan=plan))
    pictures = [footage.picture(frame) for frame in range(footage.count)]
    return np.array([difference_of(one, pictures[index - 1]) for index, one in enumerate(pictures)])


def spread_of(steps: np.ndarray) -> float:
    """The 95th against the 5th percentile."""
    low, high = np.percentile(steps, (5, 95))
    return float(high / max(low, 1e-9))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--seeds", type=read_seeds, default=(11, 38, 61, 10))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--easing", nargs="*", default=EASINGS)
    told = parser.parse_args()
    print(f"{'model':<14}{'motion':<9}{'95th/5th':>9}{'max/min':>9}{'median':>8}")
    for model in told.models:
        for easing in told.easing:
            steps = steps_of(model, told.seeds, told.seconds, easing)
            most = float(steps.max() / max(steps.min(), 1e-9))
            print(
                f"{model:<14}{easing:<9}{spread_of(steps):9.2f}{most:9.1f}{np.median(steps):8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
