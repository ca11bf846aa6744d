"""How long a run still takes, told from what its log has timed and from the arithmetic of its networks.

A growing run gets slower with every resolution, so its speed of now says little about its end. What a
resolution costs is read off the log where it has been timed; what is still to come is scaled by the work
of a step. Nothing here needs torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np

from ganlab_core.training.config import ANCESTORS, BIGGANS, DENSE, TrainConfig, phases
from ganlab_core.training.events import RunHistory

READ_AND_WRITE: Final = 60.0
"""What reading and writing a feature costs beside its convolutions, in their multiplications."""

PASSES_G, PASSES_D, PASSES_R1 = 4.0, 8.0, 5.0
"""Times that one picture goes through G and D in a step, forward as 1 and backward as 2; more for R1."""

LAST_REPORTS = 12
"""Reports of a resolution whose speed counts: the machine may have had other work before."""


def work(config: TrainConfig, resolution: int) -> float:
    """About how many multiplications training takes for each real picture at a resolution."""
    if config.architecture in DENSE:
        one = 3.0 * resolution**2 * 32 * config.channels
        return one * (PASSES_G + PASSES_D)
    one = sum(_block(config, side, resolution) for side in _sides(resolution))
    passes = PASSES_G + PASSES_D * (1 if config.fresh_reals else config.d_steps)
    if config.loss in ("logistic-r1", "relativistic") and config.r1_gamma > 0:
        passes += PASSES_R1 / config.r1_interval
    if config.loss == "wgan-gp":
        passes += PASSES_R1
    return one * passes


def _sides(resolution: int) -> list[int]:
    return [2**level for level in range(2, resolution.bit_length())]


def _block(config: TrainConfig, side: int, resolution: int) -> float:
    """One block of two 3x3 convolutions, of G or of D."""
    into, out = _width(config, max(4, side // 2), resolution), _width(config, side, resolution)
    layers = 4 if config.architecture == "biggan-deep" else 2
    products = 9.0 * (into * out + (layers - 1) * out * out)
    return side**2 * (products + READ_AND_WRITE * layers * out)


def _width(config: TrainConfig, side: int, resolution: int) -> float:
    """Channels of the block of a side."""
    if config.architecture in BIGGANS or config.architecture in ANCESTORS:
        most = 16 if config.architecture in BIGGANS else 8
        narrow = 4 if config.architecture == "biggan-deep" else 1  # its bottlenecks
        return config.channels * min(most, max(1, resolution // side)) / narrow
    return min(config.fmap_max, 2 * config.fmap_base / side)


def whole_work(config: TrainConfig) -> float:
    """About how many multiplications a whole run takes."""
    plan = _remaining(config, 0)
    return sum(images * work(config, side) for side, images in plan.items())


def _remaining(config: TrainConfig, images: int) -> Counter[int]:
    """Resolution -> real pictures that a run will still see there, `images` having been seen."""
    plan, found = phases(config), Counter[int]()
    every = max(1, (config.images - images) // 2000)
    clock = plan[0].clock
    for at in range(images, config.images, every):
        gone = clock(at)
        phase = next((one for one in plan if gone < one.end), plan[-1])
        found[phase.resolution] += min(every, config.images - at)
    return found


def seconds_per_image(history: RunHistory) -> dict[int, float]:
    """Resolution -> seconds of its last reports for each real picture; nothing of what was not timed."""
    sides, speeds = history.curves.get("resolution"), history.curves.get("images_per_second")
    if sides is None or speeds is None:
        return {}
    found = {}
    good = np.isfinite(speeds) & (speeds > 0) & (sides > 0)
    for side in np.unique(sides[good]):
        last = speeds[good & (sides == side)][-LAST_REPORTS:]
        found[int(side)] = float((1.0 / last).mean())
    return found


def seconds_left(config: TrainConfig, timed: Mapping[int, float], images: int) -> float | None:
    """About how long a run will train on from `images`, later resolutions counted; None while unknown.

    `timed` are `seconds_per_image`. Checkpoints and sheets count as they did so far; what follows the
    last picture does not.
    """
    if not timed:
        return None
    total = 0.0
    for side, count in _remaining(config, images).items():
        known = timed.get(side)
        if known is None:
            nearest = max((one for one in timed if one < side), default=min(timed))
            known = timed[nearest] * work(config, side) / work(config, nearest)
        total += count * known
    return total
