"""What frames cost here: what a hand asks for, timed, beside the least it could cost, and a first guess.

Timed are a new seed, an edit at each resolution, psi, noise and growth, of models or of networks as
large as the published ones with random weights: what these cost is the same.

The floor under a frame is its convolutions and matrix products alone, in the same precision. What it
costs above that is passes over memory, conversions, launches and Python. A network is watched once
while it runs plainly, as its paper reads; each product is then repeated by itself, on random numbers of
the same shapes, channels last, one after the other.

What to expect of a machine before anything is opened comes from a probe of a second.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from ganlab_core.device import FusedPass, choose_device
from ganlab_core.errors import GanlabError
from ganlab_core.models import ARCHITECTURES, Model, ModelInfo, from_generator
from ganlab_core.recipe import Capabilities, Latent, Mix, Noise, Recipe
from ganlab_core.rendering import (
    Conditioner,
    Renderer,
    arithmetic,
    dtype_of,
    fastest_precision,
    stage_inputs,
)
from ganlab_core.training import (
    USUAL,
    TrainConfig,
    TrainState,
    TrialSteps,
    phases,
    preset,
    with_precision,
    with_settings,
)

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
    floor = BareProducts(products_of(renderer.model, device), device, renderer.precision)
    error = None if renderer.precision == "fp32" else grey_error(renderer)
    for edit in edits(renderer.model.capabilities):
        if only in edit.what:
            yield replace(_timed(name, renderer, edit, floor, rounds), grey_error=error)


COMPARED = 3


def grey_error(renderer: Renderer) -> int:
    """The largest difference of any pixel to the same picture in fp32, in grey levels."""
    return renderer.grey_error([Recipe(Latent(seed)) for seed in range(COMPARED)]).largest


@dataclass(frozen=True, slots=True)
class TrainingRate:
    """What a preset's training does on this machine.

    Attributes
    ----------
    model, what
        The architecture; which preset at which resolution, in words.
    ms, per_second
        Of one picture, and pictures; by the wall's clock, with one thread of a CPU by the processor's.
    floor_ms
        Of one picture in the same steps' bare convolutions, forwards and backwards, timed in turn.
    ratio
        ms over floor_ms; None where nothing is convolved.
    batch
        Pictures of a step.
    precision, device, threads
        How it was computed.
    memory_mb
        The most that was in use.
    """

    model: str
    what: str
    ms: float
    per_second: float
    floor_ms: float
    ratio: float | None
    batch: int
    precision: str
    device: str
    threads: int
    memory_mb: float


def training_rates(
    architecture: str,
    names: tuple[str, ...] = ("minutes", "evening"),
    *,
    settings: dict[str, Any] | None = None,
    rounds: int = 5,
    only: str = "",
) -> Iterator[TrainingRate]:
    """Pictures a second at every resolution of an architecture's presets, changed by `settings`.

    With `only` none but those whose words contain it.
    """
    for name in names:
        chosen = {**preset(name, architecture), **(settings or {})}
        config = with_precision(with_settings(TrainConfig(), chosen))
        for side in sorted({phase.resolution for phase in phases(config)}):
            what = f"training at {side} px ({name})"
            if only in what:
                yield _training_rate(config, side, what, rounds)


def _training_rate(config: TrainConfig, side: int, what: str, rounds: int) -> TrainingRate:
    device = choose_device(config.device)
    steps = TrialSteps(TrainState.start(config, 0, device), side)
    numbers = (*steps.rare, USUAL)
    for number in numbers:  # what happens only once
        steps.take(number)
    floors = {number: BareConvolutions(partial(steps.take, number), device) for number in numbers}
    clock, found = _clock(device), []
    for _ in range(rounds):
        step = [_milliseconds(partial(steps.take, number), clock) for number in numbers]
        bare = [_milliseconds(floors[number].run, clock) for number in numbers]
        found.append((steps.spread(step[:-1], step[-1]), steps.spread(bare[:-1], bare[-1])))
    ms, floor = (statistics.median(times) / steps.images for times in zip(*found, strict=True))
    convolves = bool(floors[USUAL].calls)
    return TrainingRate(
        config.architecture,
        what,
        round(ms, 3),
        round(1000.0 / ms, 1),
        round(floor, 3),
        round(statistics.median(one / least for one, least in found), 3) if convolves else None,
        steps.images,
        config.precision,
        str(device),
        torch.get_num_threads(),
        round(_peak_memory(device) / 2**20, 1),
    )


def _timed(
    name: str, renderer: Renderer, edit: HandEdit, floor: BareProducts, rounds: int
) -> Timing:
    names = renderer.model.network.stage_names
    for _ in range(2):  # a GPU compiles what it met in the first round
        for warm in range(2):
            ran = renderer.render(edit.recipe(warm)).stages_run
        FusedPass.wait()
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


PRODUCTS = frozenset(
    {
        "convolution",
        "conv2d",
        "conv_transpose2d",
        "linear",
        "matmul",
        "mm",
        "addmm",
        "bmm",
        "baddbmm",
    }
)
"""Names of torch's operators that multiply matrices or convolve."""

MAPPING, READ = "mapping", "read"
"""Where products belong that no stage has: from z to w, and from the last features to colours."""


@dataclass(frozen=True, slots=True)
class Product:
    """One convolution or matrix product.

    Attributes
    ----------
    operator
        torch's, to be called with `arguments`.
    arguments
        As they were, with tensors replaced by their shapes.
    """

    operator: Callable[..., Tensor]
    arguments: tuple[Any, ...]

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        sizes = [one for one in self.arguments if isinstance(one, torch.Size)]
        if "conv" in str(self.operator):  # those with a stride are transposed: once for each input
            return 2 * math.prod(sizes[1]) * math.prod(sizes[0][2:])
        if "linear" in str(self.operator):
            return 2 * math.prod(sizes[1]) * math.prod(sizes[0][:-1])
        return 2 * math.prod(sizes[-2]) * sizes[-1][-1]

    def on(self, device: torch.device, dtype: torch.dtype) -> Callable[[], Tensor]:
        """A call of it on random numbers of this type, channels last where there are channels."""
        given = [
            _random(one, device, dtype) if isinstance(one, torch.Size) else one
            for one in self.arguments
        ]
        return lambda: self.operator(*given)


def _random(shape: torch.Size, device: torch.device, dtype: torch.dtype) -> Tensor:
    drawn = torch.randn(shape, device=device).to(dtype)
    return drawn.contiguous(memory_format=torch.channels_last) if drawn.dim() == 4 else drawn


class _Watch(TorchDispatchMode):
    """Notes every product that is computed inside the block."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: list[Product] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func.overloadpacket.__name__ in PRODUCTS and not (_depthwise(args) or _folds(args)):
            shapes = tuple(one.shape if isinstance(one, Tensor) else one for one in args)
            self.seen.append(Product(func, shapes))
        return func(*args, **(kwargs or {}))


def _depthwise(args: tuple[Any, ...]) -> bool:
    """A filter of each map by itself is a pass over memory, not a product of maps."""
    weight = args[1]
    return (
        isinstance(weight, Tensor)
        and weight.dim() == 4
        and weight.shape[:2] == (args[0].shape[1], 1)
    )


def _folds(args: tuple[Any, ...]) -> bool:
    """`layers.shifted_sum`, which makes a 4x4 kernel of a 3x3 one and sees no features."""
    return isinstance(args[1], Tensor) and args[1].shape == (9, 16)


class _Convolving(TorchDispatchMode):
    """Keeps every convolution of maps into maps inside the block, and every one's gradients, as calls."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Callable[[], object]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        at = CONVOLUTIONS.get(func.overloadpacket.__name__)
        if at is not None and not _depthwise(args[at:]):
            alike = [torch.randn_like(one) if isinstance(one, Tensor) else one for one in args]
            self.calls.append(partial(func, *alike))
        return func(*args, **(kwargs or {}))


CONVOLUTIONS = {"convolution": 0, "convolution_backward": 1}
"""Names of torch's operators -> where in their arguments maps and kernel stand."""


class BareConvolutions:
    """The convolutions of a piece of work, forwards and backwards, ready to be repeated.

    They are repeated in the precision that they were met in, on random numbers that lie as theirs did.

    Parameters
    ----------
    work
        Done once, to be watched.
    device
        Where it is done.

    Attributes
    ----------
    calls
        One for each convolution and one for each's gradients, in their order.
    """

    def __init__(self, work: Callable[[], object], device: torch.device) -> None:
        self._device = device
        with _Convolving() as watch:
            work()
        self.calls = watch.calls

    @torch.no_grad()
    def run(self) -> None:
        """Compute them once; on a GPU they are waited for."""
        for call in self.calls:
            call()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


class BareProducts:
    """The products of one network, by stage, ready to be repeated.

    Parameters
    ----------
    found
        Stage (or `MAPPING`, `READ`) -> its products, as `products_of` finds them.
    device, precision
        Where and in which precision they are repeated.
    """

    def __init__(
        self, found: dict[int | str, list[Product]], device: torch.device, precision: str
    ) -> None:
        self._device, self._precision = device, precision
        dtype = dtype_of(precision)
        self._calls = {
            place: [product.on(device, dtype) for product in products]
            for place, products in found.items()
        }

    @torch.inference_mode()
    def run(self, places: Iterable[int | str]) -> None:
        """Compute the products of these stages once; on a GPU they are waited for."""
        with arithmetic(self._device, self._precision):
            for place in places:
                for call in self._calls.get(place, ()):
                    call()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


@torch.inference_mode()
def products_of(model: Model, device: torch.device) -> dict[int | str, list[Product]]:
    """Stage -> the products of one frame in the plain network, in fp32; `MAPPING` and `READ` besides."""
    conditioner = Conditioner(model, device)
    network, can = model.network, model.capabilities
    found: dict[int | str, list[Product]] = {MAPPING: [], READ: []}
    features: Tensor | None = None
    for stage, inputs in enumerate(stage_inputs(Recipe(), can)):
        with _Watch() as watch:
            condition = conditioner.condition(stage, inputs)
        found[MAPPING] += watch.seen
        with _Watch() as watch:
            features = network.run_stage(stage, features, condition)
        found[stage] = watch.seen
    assert features is not None
    with _Watch() as watch:
        network.to_rgb(can.resolution, features)
    found[READ] += watch.seen
    return found


PUBLISHED_SIZES = (
    "stylegan-256",
    "stylegan-1024",
    "stylegan2-1024",
    "progan-1024",
    "biggan-256",
    "biggan-deep-256",
)
"""What is measured where no models are named; any architecture with any of its resolutions goes."""

STATISTICS = 51
"""Sets of batch norm statistics that the published BigGANs come with."""

CLASSES = 1000


def published_size(name: str) -> Model:
    """A model such as `"stylegan-1024"`: an architecture of the published widths, and random weights.

    Features keep about unit size on their way, as in a trained network: what is too small for a
    normal number would be slow. Raises `GanlabError` for a name that says no such thing.
    """
    kind, _, side = name.rpartition("-")
    if kind not in ARCHITECTURES or not (side.isascii() and side.isdigit()):
        raise GanlabError(
            f"There is no published network called {name!r}.",
            f"Use a model's name, or one such as {', '.join(PUBLISHED_SIZES)}.",
        )
    architecture = ARCHITECTURES[kind]
    try:
        config = architecture.config(resolution=int(side), **_published(kind))
        config.check()
    except (ValueError, KeyError):
        raise GanlabError(f"No {kind} has {side} px.", "Use a size it was published in.") from None
    with torch.device("meta"):
        generator = architecture.generator(config)
    generator.load_state_dict(_weights(generator), assign=True)
    info = ModelInfo(
        name, name, kind, config.resolution, _class_names(config.label_size), "", "",
        "0" * 32, dataclasses.asdict(config), {}, math.log2(config.resolution), Path(name),
    )  # fmt: skip
    return from_generator(generator.eval().requires_grad_(requires_grad=False), info)


def _published(kind: str) -> dict[str, Any]:
    """What the published networks' configs say besides the defaults."""
    if kind.startswith("biggan"):
        size = {"z_dim": 128} if kind == "biggan-deep" else {}
        return {"n_stats": STATISTICS, "spectral_norm": False, "label_size": CLASSES, **size}
    return {}


def _class_names(count: int) -> tuple[str, ...]:
    return tuple(f"class {index}" for index in range(count))


def _weights(generator: nn.Module) -> dict[str, Tensor]:
    """Random numbers for every weight and buffer, equal for equal networks."""
    source = torch.Generator().manual_seed(0)
    normalised = hasattr(
        generator, "steps"
    )  # BigGAN's weights are divided by sigma, others by fan-in
    return {
        name: _drawn(name, blank, source, normalised=normalised)
        for name, blank in generator.state_dict().items()
    }


def _drawn(name: str, blank: Tensor, source: torch.Generator, *, normalised: bool) -> Tensor:
    last = name.rpartition(".")[2]
    if last == "variance" or name == "output_norm.gain":
        return torch.ones(blank.shape)
    if last in ("mean", "gamma", "w_avg"):
        return torch.zeros(blank.shape)
    drawn = torch.randn(blank.shape, generator=source)
    if last == "weight" and normalised:
        return drawn * math.sqrt(2.0 / max(1, blank[0].numel()))
    if last in ("bias", "noise_weight", "noise_strength"):
        return drawn * 0.1
    return drawn


GIGA_OPERATIONS = {
    "StyleGAN at 256 px": 37,
    "StyleGAN at 1024 px": 55,
    "StyleGAN2 at 1024 px": 149,
    "BigGAN-deep at 256 px": 49,
}
"""Multiplications and additions of one frame of the published networks."""

ABOVE_BARE = 1.4
"""A frame takes about so many times its bare products."""

CHANNELS, SIDE = 256, 64
SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a frame will take.

    Attributes
    ----------
    precision
        The fastest here.
    giga_operations
        Convolved each second in it.
    seconds
        Network -> about what a whole frame of it takes.
    """

    precision: str
    giga_operations: float
    seconds: dict[str, float]


def expect(device: torch.device) -> Expectation:
    """Convolve for a second, and tell from that what published networks will take."""
    precision = fastest_precision(device)
    rate = _rate(device, dtype_of(precision))
    seconds = {name: ABOVE_BARE * work / rate for name, work in GIGA_OPERATIONS.items()}
    return Expectation(precision, rate, seconds)


@torch.inference_mode()
def _rate(device: torch.device, dtype: torch.dtype) -> float:
    """1e9 operations a second of a convolution from the middle of a network; its best of some."""
    x = torch.ones(1, CHANNELS, SIDE, SIDE, device=device, dtype=dtype)
    weight = torch.ones(CHANNELS, CHANNELS, 3, 3, device=device, dtype=dtype)
    x, weight = (one.contiguous(memory_format=torch.channels_last) for one in (x, weight))
    shortest, began = float("inf"), time.perf_counter()
    while shortest == float("inf") or time.perf_counter() - began < SECONDS:
        at = time.perf_counter()
        F.conv2d(x, weight, padding=1)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        shortest = min(shortest, time.perf_counter() - at)
    return 2e-9 * weight.numel() * SIDE * SIDE / shortest
