"""What a hand asks for, timed: a new seed, an edit at each resolution, psi, noise, growth."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from ganlab_core.recipe import Capabilities, Latent, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.speed.bare_products import MAPPING, READ, BareProducts, products_of
from ganlab_core.training import TrainConfig, estimate, preset, with_settings

FULL = "full frame"


@dataclass(frozen=True, slots=True)
class HandEdit:
    """One thing that a hand does, as often as it is asked.

    Attributes
    ----------
    what
        In words: `"full frame"`, `"edit at 64 px"`.
    recipe
        The Recipe of the hand's n-th move, another one for each n.
    """

    what: str
    recipe: Callable[[int], Recipe]


def edits(can: Capabilities) -> list[HandEdit]:
    """All that a model can be asked for, the full frame first."""
    base = Recipe(Latent(0))
    found = [HandEdit(FULL, lambda n: Recipe(Latent(1000 + n)))]
    if can.has_truncation:
        found.append(HandEdit("psi", lambda n: replace(base, psi=0.5 + 0.001 * n)))
    found += [_edit_at(side, can, base) for side in can.resolutions if can.layers_at(side)]
    if can.classes:
        count = len(can.classes)
        found.append(HandEdit("class", lambda n: replace(base, classes=((n % count, 1.0),))))
    if can.has_noise:
        toggled = (Noise("off"), Noise("stored"))
        found.append(HandEdit("noise toggle", lambda n: replace(base, noise=toggled[n % 2])))
        found.append(
            HandEdit("random noise anew", lambda n: replace(base, noise=Noise("random", n)))
        )
    if can.has_growth:
        top = float(can.full_growth)
        found.append(
            HandEdit("growth scrub", lambda n: replace(base, growth=top - 0.01 * (1 + n % 99)))
        )
    return found


def _edit_at(side: int, can: Capabilities, base: Recipe) -> HandEdit:
    """Another style at a resolution where layers take one, else a factor on one of its maps."""
    what = f"edit at {side} px"
    if can.has_mixing and any(layer.style for layer in can.layers_at(side)):
        other = Latent(1)
        return HandEdit(what, lambda n: base.with_mix_at(side, Mix(other, 0.3 + 0.001 * n)))
    first = can.layers_at(side)[0].index
    return HandEdit(what, lambda n: base.with_gain(first, 0, 1.01 + 0.001 * n))


@dataclass(frozen=True, slots=True)
class Timing:
    """What one edit costs.

    Attributes
    ----------
    model, what
        Of whom, and which edit.
    ms, p95_ms
        Median and 95th percentile of the time, the picture on the host: by the wall's clock, with one
        thread of a CPU by the processor's.
    floor_ms
        Median of the bare products of the same stages, timed in turn with the frames.
    ratio
        Median of frame over floor; None where nothing is multiplied.
    stages
        How many ran again.
    precision, device, threads
        How it was computed.
    memory_mb
        The most that was in use: on the GPU, else by this process.
    grey_error
        Largest difference to fp32 in grey levels, over some pictures; None in fp32.
    """

    model: str
    what: str
    ms: float
    p95_ms: float
    floor_ms: float
    ratio: float | None
    stages: int
    precision: str
    device: str
    threads: int
    memory_mb: float
    grey_error: int | None = None


def measure(name: str, renderer: Renderer, rounds: int = 7, only: str = "") -> Iterator[Timing]:
    """Every edit of a model, each `rounds` times in turn with its bare products.

    With `only` none but those whose names contain it.
    """
    device = renderer.device
    floor = BareProducts(products_of(renderer.model, device), device, renderer.dtype)
    error = None if renderer.precision == "fp32" else grey_error(renderer)
    for edit in edits(renderer.model.capabilities):
        if only in edit.what:
            yield replace(_timed(name, renderer, edit, floor, rounds), grey_error=error)


COMPARED = 3


def grey_error(renderer: Renderer) -> int:
    """The largest difference of any pixel to the same picture in fp32, in grey levels."""
    exact = Renderer(renderer.model, str(renderer.device))
    recipes = [Recipe(Latent(seed)) for seed in range(COMPARED)]
    pairs = [(renderer.render(one).pixels, exact.render(one).pixels) for one in recipes]
    return max(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in pairs)


@dataclass(frozen=True, slots=True)
class TrainingRate:
    """What a preset's training does on this machine.

    Attributes
    ----------
    model, what
        The architecture; which preset at which resolution, in words.
    ms, per_second
        Of one picture, and pictures.
    device, memory_mb
        Where, and the most that was in use.
    """

    model: str
    what: str
    ms: float
    per_second: float
    device: str
    memory_mb: float


def training_rates(
    architecture: str, names: tuple[str, ...] = ("minutes", "evening")
) -> Iterator[TrainingRate]:
    """Pictures a second at every resolution of an architecture's presets."""
    for name in names:
        config = with_settings(TrainConfig(), preset(name, architecture))
        found = estimate(config, seconds=TRAINED_SECONDS)
        for side, seconds in found.seconds_per_kimg:
            what = f"training at {side} px ({name})"
            megabytes = round(found.memory_bytes / 2**20, 1)
            yield TrainingRate(
                architecture, what, seconds, round(1000.0 / seconds, 1), found.device, megabytes
            )


TRAINED_SECONDS = 2.0
"""For each resolution."""


def _timed(
    name: str, renderer: Renderer, edit: HandEdit, floor: BareProducts, rounds: int
) -> Timing:
    names = renderer.model.network.stage_names
    for warm in range(2):
        ran = renderer.render(edit.recipe(warm)).stages_run
    places: list[int | str] = [names.index(stage) for stage in ran]
    places += [READ, MAPPING] if edit.what == FULL else [READ]
    floor.run(places)
    frames, floors, clock = [], [], _clock(renderer.device)
    for number in range(rounds):
        recipe = edit.recipe(2 + number)
        frames.append(_milliseconds(partial(renderer.render, recipe), clock))
        floors.append(_milliseconds(partial(floor.run, places), clock))
    ratios = [frame / bare for frame, bare in zip(frames, floors, strict=True)]
    return Timing(
        name,
        edit.what,
        round(statistics.median(frames), 3),
        round(_percentile(frames, 0.95), 3),
        round(statistics.median(floors), 3),
        round(statistics.median(ratios), 3) if ran else None,
        len(ran),
        renderer.precision,
        str(renderer.device),
        torch.get_num_threads(),
        round(_peak_memory(renderer.device) / 2**20, 1),
    )


def _milliseconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    work()
    return 1000.0 * (clock() - began)


def _clock(device: torch.device) -> Callable[[], float]:
    """The processor's with one thread, which other programs' work lengthens least, else the wall's."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _peak_memory(device: torch.device) -> int:
    """Bytes: of the GPU, else of this process; 0 where the system keeps no such count."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
