"""A model's stages run under Recipes, and the pictures that can be read along the way."""

from __future__ import annotations

import contextlib
import functools
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.models import Model
from ganlab_core.networks import split_growth
from ganlab_core.prepared import (
    FollowingStages,
    GraphedStages,
    PreparedStages,
    StageMaps,
    StageRecorder,
    prepared,
    with_gains,
)
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering.bending import FeatureBender
from ganlab_core.rendering.conditions import Conditioner, StageInputs, stage_inputs
from ganlab_core.rendering.frame import on_white
from ganlab_core.rendering.precision import dtype_of

# ------------------------------------------------------------------------------------------------
# The activations of the last frame, and how far they still hold.


RunStage = Callable[[int, StageMaps | None, StageInputs], StageMaps]


class StageCache:
    """Runs a chain of stages, each only when it or a stage before it has a new condition.

    Kept stages form a chain: the features of stage i were always computed from the kept features of
    stage i - 1. Running a stage anew therefore drops all that follow; stages that are merely not
    asked for (while the growth is low) stay, and hold again when the growth comes back.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[StageInputs, StageMaps]] = []

    def reach(self, inputs: Sequence[StageInputs], run: RunStage) -> list[int]:
        """Make the features of stages 0 .. len(inputs) - 1 hold; tells which had to be run.

        `run` computes a stage's features from its number, the features before it and its inputs. It is
        not kept: a cache that knew its owner would keep a closed model until the garbage is collected.
        """
        first = self.first_change(inputs)
        for stage in range(first, len(inputs)):
            before = self._kept[stage - 1][1] if stage else None
            features = run(stage, before, inputs[stage])
            del self._kept[stage:]
            self._kept.append((inputs[stage], features))
        return list(range(first, len(inputs)))

    def maps(self, stage: int) -> StageMaps:
        """What `stage` gave; it must have been reached."""
        return self._kept[stage][1]

    def inputs(self, stage: int) -> StageInputs:
        """What `stage` was run with; it must have been reached."""
        return self._kept[stage][0]

    def forget(self) -> None:
        """Drop everything."""
        self._kept.clear()

    def first_change(self, inputs: Sequence[StageInputs]) -> int:
        """The first stage that has to be run; their number where none has."""
        for stage, (before, _) in enumerate(self._kept[: len(inputs)]):
            if before != inputs[stage]:
                return stage
        return min(len(self._kept), len(inputs))


# ------------------------------------------------------------------------------------------------
# What stages take, so that it can be told beforehand.


NEWEST = 0.5
"""Weight of the newest measurement of a stage."""

GUESS = 2.0
"""A stage that never ran is expected to take so many times what the one before it took."""


class StageTimes:
    """Seconds that each stage took lately."""

    def __init__(self, like: StageTimes | None = None) -> None:
        self._seconds: dict[int, float] = {} if like is None else dict(like._seconds)

    def note(self, stage: int, seconds: float) -> None:
        """Count in one run of a stage."""
        known = self._seconds.get(stage, seconds)
        self._seconds[stage] = known + NEWEST * (seconds - known)

    def expected(self, stages: range) -> float:
        """Seconds that these stages will take together; 0 before anything is known."""
        total, last = 0.0, 0.0
        for stage in range(stages.stop):
            last = self._seconds.get(stage, GUESS * last)
            total += last if stage >= stages.start else 0.0
        return total


# ------------------------------------------------------------------------------------------------
# The arithmetic a frame is computed in.


KEPT_FROZEN = 4
"""Latents whose maps are kept for freezes."""


@contextlib.contextmanager
def arithmetic(device: torch.device, precision: str = "fp32") -> Iterator[None]:
    """Convolve without TF32's shortcuts unless that is the precision; nothing global is left changed.

    On CUDA, algorithms that could give other bits on another run are ruled out, and no race is held among
    the others: in TF32 it took 8 GB of memory for StyleGAN at 1024 px.
    """
    if device.type != "cuda":
        yield
        return
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=precision == "tf32"
    ):
        yield


# ------------------------------------------------------------------------------------------------
# Which part of a network a growth shows, and which read-outs are in use there.


def reached_growth(model: Model) -> float:
    """Log2 of the resolution that training has faded in, within what the network has."""
    return min(max(model.info.growth, 2.0), float(model.capabilities.full_growth))


def shown_growth(recipe: Recipe, model: Model) -> float:
    """The growth a Recipe shows: its own, but never beyond what training has reached.

    Blocks beyond that hold the random numbers they were born with. None is what training reached.
    """
    reached = reached_growth(model)
    if recipe.growth is None or not model.capabilities.has_growth:
        return reached
    return min(recipe.growth, reached)


def live_resolutions(model: Model) -> frozenset[int]:
    """Where the network's own toRGB is in use, so that it and not a fitted one is shown.

    That is the last resolution training has reached, and the one before while it is being faded
    out: the picture of an unfinished network is then exactly the one that training saw.
    """
    level, alpha = split_growth(reached_growth(model))
    return frozenset({2**level} if alpha >= 1.0 else {2**level, 2 ** (level - 1)})


# ------------------------------------------------------------------------------------------------
# Reading pictures from features: by the network's own toRGB, or by a fitted linear read-out.


Readout = tuple[Tensor, Tensor]


class Pictures:
    """The picture as each resolution knows it, kept while its features stay the same tensor."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._live = live_resolutions(model)
        self._kept: dict[int, tuple[StageMaps, Readout | None, Tensor]] = {}

    def can_read(self, resolution: int) -> bool:
        """Whether there is a read-out at `resolution`, fitted or the network's own."""
        return self._readout(resolution) is not None or self._model.network.reads(resolution)

    def kind(self, resolution: int) -> str:
        """How `resolution` is read: `"own"` or `"fitted"`."""
        return "own" if self._readout(resolution) is None else "fitted"

    def picture(self, resolution: int, maps: StageMaps, stages: PreparedStages) -> Tensor:
        """What the last maps at `resolution` show: fp32 (1, 3, r, r)."""
        readout = self._readout(resolution)
        kept = self._kept.get(resolution)
        if kept is not None and kept[0] is maps and kept[1] is readout:
            return kept[2]
        with arithmetic(maps.features.device):
            if readout is None:
                image = stages.read(resolution, maps)
            else:
                can = self._model.capabilities
                inner = within(maps.whole, can.size_at(resolution)) if can.has_placement else None
                image = read(maps.whole if inner is None else inner, readout)
        self._kept[resolution] = (maps, readout, image)
        return image

    def forget(self) -> None:
        """Drop the kept pictures."""
        self._kept.clear()

    def _readout(self, resolution: int) -> Readout | None:
        """The fitted read-out in use, None where the network's own toRGB is."""
        return None if resolution in self._live else self._model.readouts.get(resolution)


def within(features: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle of features (N, C, h, w) that have margins around the picture (StyleGAN3)."""
    rows, columns = (
        max(0, side - wanted) // 2 for side, wanted in zip(features.shape[2:], size, strict=True)
    )
    return features[:, :, rows : rows + size[0], columns : columns + size[1]]


def read(features: Tensor, readout: Readout) -> Tensor:
    """A linear read-out, weight (3, C) and bias (3,), of (N, C, r, r) -> (N, 3, r, r)."""
    weight, bias = (part.to(features.device) for part in readout)
    return F.conv2d(features.float(), weight[:, :, None, None], bias)


def to_pixels(model: Model, image: Tensor) -> NDArray[np.uint8]:
    """(1, C, h, w) in the network's range -> uint8 (h, w, 3), rounded as published.

    Grey becomes three equal colours; what is transparent lies on white.
    """
    array = to_channels(model, image)
    if array.shape[2] == 1:
        return array.repeat(3, axis=2)
    return on_white(array)


def to_channels(model: Model, image: Tensor) -> NDArray[np.uint8]:
    """(1, C, h, w) in the network's range -> uint8 (h, w, C), rounded as published."""
    pixels = model.network.to_uint8(image)[0].permute(1, 2, 0).contiguous()
    if not pixels.is_cuda:
        array: NDArray[np.uint8] = pixels.cpu().numpy()
        return array
    return _from_gpu(pixels)


@functools.lru_cache(maxsize=4)
def _pinned(shape: torch.Size) -> Tensor:
    """Memory that the GPU writes into by itself; asking for it costs more than a picture."""
    return torch.empty(shape, dtype=torch.uint8, pin_memory=True)


def _from_gpu(pixels: Tensor) -> NDArray[np.uint8]:
    """Bytes of the device, on the host and on their own; waits for all that they are made of."""
    landing = _pinned(pixels.shape)
    landing.copy_(pixels, non_blocking=True)
    torch.cuda.current_stream(pixels.device).synchronize()
    array: NDArray[np.uint8] = landing.numpy().copy()
    return array


class Interrupted(Exception):
    """Somebody needs the device for something more urgent; what was reached so far is kept."""


class Chain:
    """The stages of one model with what they gave last; every tensor has a batch of 1.

    Parameters
    ----------
    model
        Run on the device it lies on.
    conditioner
        Turns what a stage should receive into tensors; chains of one model may share it.
    precision
        Of the stages, one of `PRECISIONS`; pictures are always read in fp32.
    stages
        The model's prepared stages in that precision, which chains of one model may share; they are
        prepared where none are given.
    recorder
        Makes what records stages, so that they are replayed; None = they are run each time.

    Attributes
    ----------
    stages
        What runs; to be replaced when the weights have changed.
    times
        What its stages took.
    go_on
        Asked before each stage; answering False raises `Interrupted`. None = nobody is asked.
    """

    def __init__(
        self,
        model: Model,
        conditioner: Conditioner,
        precision: str = "fp32",
        stages: PreparedStages | None = None,
        recorder: Callable[[], StageRecorder] | None = None,
    ) -> None:
        self._model = model
        self._conditioner = conditioner
        self._precision = precision
        self._make_recorder = recorder
        self._take(self._prepared() if stages is None else stages)
        self.go_on: Callable[[], bool] | None = None
        self._cache = StageCache()
        self._bender = FeatureBender(conditioner)
        self._frozen: OrderedDict[Latent, StageCache] = OrderedDict()
        self._pictures = Pictures(model)
        self.times = StageTimes()

    def reach_stage(self, recipe: Recipe, stage: int) -> list[int]:
        """Make the stages up to and with `stage` hold for a Recipe; tells which had to be run."""
        inputs = stage_inputs(recipe, self._model.capabilities, stage + 1)
        with arithmetic(self._conditioner.device, self._precision):
            return self._cache.reach(inputs, self._run_stage)

    def expected_seconds(self, recipe: Recipe, level: int) -> float:
        """What `reach_level` will take, by what its stages took before; 0 while nothing is known."""
        last = self._last_stage(level)
        inputs = stage_inputs(recipe, self._model.capabilities, last + 1)
        return self.times.expected(range(self._cache.first_change(inputs), last + 1))

    def reach_level(self, recipe: Recipe, level: int) -> list[int]:
        """Make the stages up to 2^level px hold for a Recipe; tells which had to be run."""
        return self.reach_stage(recipe, self._last_stage(level))

    def features(self, stage: int) -> Tensor:
        """What a reached stage gave, (1, C, r, r)."""
        return self._cache.maps(stage).whole

    def features_at(self, level: int) -> Tensor:
        """What the last stage at 2^level px gave, (1, C, r, r)."""
        return self.features(self._last_stage(level))

    def picture(self, level: int) -> Tensor:
        """The picture as the features at 2^level px know it, fp32 (1, 3, r, r)."""
        stage = self._last_stage(level)
        if self._model.weights is not None:
            with torch.inference_mode():
                self._hold(stage, self._cache.inputs(stage))
                self._model.weights.hold_probe(2**level)
        maps = self._cache.maps(stage)
        return self._pictures.picture(2**level, maps, self.stages)

    def can_read(self, level: int) -> bool:
        """Whether there is any read-out at 2^level px yet."""
        return self._pictures.can_read(2**level)

    def reads_early(self, level: int) -> bool:
        """Whether the picture at 2^level px looks like the finished one: a fitted probe, a sum so far."""
        fitted = self._pictures.kind(2**level) == "fitted"
        return fitted or (
            self._model.capabilities.architecture == "stylegan2" and self.can_read(level)
        )

    def readout(self, level: int) -> str:
        """How `picture` reads at 2^level px: `"own"` or `"fitted"`."""
        return self._pictures.kind(2**level)

    def faded(self, growth: float) -> Tensor:
        """The picture at the growth's own resolution, (1, 3, r, r): lerp(up(old), new, alpha)."""
        level, alpha = split_growth(growth)
        image = self.picture(level)
        if alpha < 1.0:
            old = F.interpolate(self.picture(level - 1), scale_factor=2.0)
            image = old + (image - old) * alpha
        return image

    def forget(self, stages: PreparedStages | None = None) -> None:
        """Drop what the stages gave, and prepare them anew or take those that have been."""
        self._cache.forget()
        self._frozen.clear()
        self._pictures.forget()
        self._take(self._prepared() if stages is None else stages)

    def _take(self, stages: PreparedStages) -> None:
        """Run these from now on, recorded where that is wanted."""
        self.stages = self._runs = stages
        if self._make_recorder is not None:
            self._runs = GraphedStages(stages, self._make_recorder())

    def _prepared(self) -> PreparedStages:
        stages = prepared(self._model.network, dtype_of(self._precision))
        return stages if self._model.weights is None else FollowingStages(stages)

    def _last_stage(self, level: int) -> int:
        layers = self._model.capabilities.layers
        return max(layer.index for layer in layers if layer.resolution <= 2**level)

    def _hold(self, stage: int, inputs: StageInputs) -> None:
        """Let a stage have the weights of its inputs, which other chains may have changed meanwhile.

        To be called in inference mode: entering it for each stage costs as much as small kernels.
        """
        weights = self._model.weights
        if weights is not None and isinstance(self.stages, FollowingStages):
            place = self._model.capabilities.layers[stage].resolution
            self.stages.follow(stage, weights.hold(place, inputs.second))

    def _run_stage(self, stage: int, before: StageMaps | None, inputs: StageInputs) -> StageMaps:
        if self.go_on is not None and not self.go_on():
            raise Interrupted
        self._find_clusters(stage, inputs)
        frozen = [self._frozen_maps(own) for own in inputs.frozen]
        began = time.perf_counter()
        with torch.inference_mode():
            self._hold(stage, inputs)
            condition = self._conditioner.condition(stage, inputs)
            maps = with_gains(self._runs.run(stage, before, condition), inputs.gains)
            if inputs.bends:
                maps = self._bender.bent(stage, maps, inputs.bends, frozen)
        self.times.note(stage, time.perf_counter() - began)
        return maps

    def _find_clusters(self, stage: int, inputs: StageInputs) -> None:
        """Find the groups of maps that bends ask for; that runs stages under other weights."""
        clusters = self._conditioner.clusters
        counts = {bend.clusters for bend in inputs.bends if bend.maps == "cluster"}
        missing = [count for count in counts if not clusters.knows(stage, count)]
        for count in missing:
            clusters.of_maps(self._conditioner, stage, count)
        if missing:
            with torch.inference_mode():
                for below in range(stage):
                    self._hold(below, self._cache.inputs(below))

    def _frozen_maps(self, inputs: tuple[StageInputs, ...]) -> StageMaps | None:
        """What a freeze holds, kept while it stays; None for no freeze."""
        if not inputs:
            return None
        latent = inputs[0].latent or Latent()
        cache = self._frozen.pop(latent, None) or StageCache()
        self._frozen[latent] = cache
        while len(self._frozen) > KEPT_FROZEN:
            self._frozen.popitem(last=False)
        cache.reach(inputs, self._run_frozen)
        return cache.maps(len(inputs) - 1)

    def _run_frozen(self, stage: int, before: StageMaps | None, inputs: StageInputs) -> StageMaps:
        """A stage run plainly: what a recording gives is overwritten by its next run."""
        with torch.inference_mode():
            self._hold(stage, inputs)
            condition = self._conditioner.condition(stage, inputs)
            return with_gains(self.stages.run(stage, before, condition), inputs.gains)
