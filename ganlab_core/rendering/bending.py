"""What a `Bend` computes: operations on feature maps between two stages (Broad et al. 2021).

Every operation acts on each map alone, in fp32, and gives maps of the same shape. What lies outside a map
is its mirror image where maps are moved, and its edge where they are blurred.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.prepared import StageMaps
from ganlab_core.recipe import Bend
from ganlab_core.rendering.conditions import Conditioner

Maps = Float[Tensor, "n c h w"]
Size = tuple[int, int]

KEPT_NOISES = 8
"""How many draws of noise are remembered."""

SHARP = 1.0
"""Positions of the blur that sharpening adds the rest of."""


# --- the operations ----------------------------------------------------------------------------------


def moved(x: Maps, way: Sequence[Sequence[float]], shift: Sequence[float] = (0.0, 0.0)) -> Maps:
    """Maps seen through a linear map of the plane about their middle, by bilinear interpolation.

    The value at (right, down) from the middle, in positions, is taken from `way` applied to
    (right, down) - `shift`; beyond the edge the maps are mirrored.
    """
    height, width = x.shape[2:]
    down = torch.arange(height, dtype=torch.float32, device=x.device) - 0.5 * (height - 1)
    right = torch.arange(width, dtype=torch.float32, device=x.device) - 0.5 * (width - 1)
    right, down = right[None, :] - shift[0], down[:, None] - shift[1]
    across = way[0][0] * right + way[0][1] * down
    along = way[1][0] * right + way[1][1] * down
    grid = torch.stack([across * (2.0 / width), along * (2.0 / height)], dim=-1)
    grid = grid.expand(x.shape[0], -1, -1, -1)
    result: Tensor = F.grid_sample(
        x, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return result


def rotated(x: Maps, degrees: float) -> Maps:
    """Turned clockwise about the middle."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return moved(x, ((c, s), (-s, c)))


def mirrored(x: Maps, degrees: float) -> Maps:
    """Reflected in the line through the middle that stands upright at 0 and turns clockwise."""
    c, s = math.cos(math.radians(2.0 * degrees)), math.sin(math.radians(2.0 * degrees))
    return moved(x, ((-c, -s), (-s, c)))


def blurred(x: Maps, deviation: float) -> Maps:
    """Convolved with a normal curve of that deviation in positions, cut at three of them."""
    reach = max(1, math.ceil(3.0 * deviation))
    steps = torch.arange(-reach, reach + 1, dtype=torch.float64)
    taps = torch.exp(-0.5 * (steps / deviation) ** 2)
    taps = (taps / taps.sum()).to(x)
    count, channels, height, width = x.shape
    flat = x.reshape(count * channels, 1, height, width)
    flat = F.pad(flat, (reach, reach, reach, reach), mode="replicate")
    flat = F.conv2d(F.conv2d(flat, taps[None, None, None]), taps[None, None, :, None])
    return flat.reshape(x.shape)


def largest_around(x: Maps, reach: float) -> Maps:
    """The largest value within a square of so many positions each way; between whole ones a mean."""
    low = math.floor(reach)
    inner = F.max_pool2d(x, 2 * low + 1, 1, low) if low else x
    if reach == low:
        return inner
    return torch.lerp(inner, F.max_pool2d(x, 2 * low + 3, 1, low + 1), reach - low)


def _level(x: Maps, deviations: float) -> Maps:
    """Each map's mean and so many of its deviations, (N, C, 1, 1)."""
    mean = x.mean(dim=(2, 3), keepdim=True)
    return mean if deviations == 0.0 else mean + deviations * _spread(x)


def _spread(x: Maps) -> Maps:
    """Each map's deviation, (N, C, 1, 1)."""
    return x.std(dim=(2, 3), keepdim=True, correction=0)


def in_two(x: Maps, deviations: float) -> Maps:
    """Above the threshold the mean of what lies there, elsewhere the mean of the rest."""
    above = (x > _level(x, deviations)).to(x.dtype)
    count, places = above.sum(dim=(2, 3), keepdim=True), x.shape[2] * x.shape[3]
    high = (x * above).sum(dim=(2, 3), keepdim=True) / count.clamp(min=1.0)
    low = (x * (1.0 - above)).sum(dim=(2, 3), keepdim=True) / (places - count).clamp(min=1.0)
    return torch.where(above > 0.0, high, low)


def _translated(x: Maps, bend: Bend, size: Size) -> Maps:
    return moved(x, ((1.0, 0.0), (0.0, 1.0)), (bend.amount * size[1], bend.down * size[0]))


_OPERATIONS: dict[str, Callable[[Maps, Bend, Size], Maps]] = {
    "scale": lambda x, bend, _: moved(x, ((1.0 / bend.amount, 0.0), (0.0, 1.0 / bend.amount))),
    "rotate": lambda x, bend, _: rotated(x, bend.amount),
    "translate": _translated,
    "mirror": lambda x, bend, _: mirrored(x, bend.amount),
    "threshold": lambda x, bend, _: in_two(x, bend.amount),
    "blur": lambda x, bend, _: blurred(x, bend.amount),
    "sharpen": lambda x, bend, _: x + bend.amount * (x - blurred(x, SHARP)),
    "dilate": lambda x, bend, _: largest_around(x, bend.amount),
    "erode": lambda x, bend, _: -largest_around(-x, bend.amount),
    "invert": lambda x, bend, _: 2.0 * _level(x, bend.amount) - x,
}
"""All but noise and freeze, which need more than the maps."""


# --- where they act ----------------------------------------------------------------------------------


def share_weights(seed: int, stage: int, count: int, share: float) -> NDArray[np.float32]:
    """The weight of each of `count` maps in a random share, 0 to 1, (count,).

    Maps come in one order that only seed and stage decide, so that a growing share keeps those it has;
    the one at its edge counts in part.
    """
    order = torch.randperm(count, generator=_generator("share", seed, stage)).numpy()
    weights = np.zeros(count, dtype=np.float32)
    weights[order] = np.clip(share * count - np.arange(count), 0.0, 1.0)
    return weights


def _generator(what: str, seed: int, stage: int) -> torch.Generator:
    """Hashed, as neighbouring stages must not repeat each other's draws."""
    digest = hashlib.sha256(f"ganlab bend {what} {seed} {stage}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:4], "little"))


@functools.lru_cache(maxsize=32)
def region_mask(region: tuple[str, ...], size: Size, inner: Size) -> Float[Tensor, "h w"]:
    """A painted region over maps of a size whose middle part of size `inner` is the picture, 0 to 1."""
    levels = torch.tensor([[int(digit, 16) / 15.0 for digit in row] for row in region])
    fitted = F.interpolate(levels[None, None], size=inner, mode="bilinear", align_corners=False)
    above, before = (max(0, a - b) // 2 for a, b in zip(size, inner, strict=True))
    below, after = (max(0, a - b) for a, b in zip(size, inner, strict=True))
    edges = (before, after - before, above, below - above)
    return F.pad(fitted, edges, mode="replicate")[0, 0, : size[0], : size[1]]


class FeatureBender:
    """Applies bends to what the stages of one model give.

    Parameters
    ----------
    conditioner
        Of the model; it knows which maps are alike.
    """

    def __init__(self, conditioner: Conditioner) -> None:
        self._conditioner = conditioner
        self._can = conditioner.model.capabilities
        self._noises: OrderedDict[tuple[int, int, int, Size], Tensor] = OrderedDict()

    def bent(
        self,
        stage: int,
        maps: StageMaps,
        bends: Sequence[Bend],
        frozen: Sequence[StageMaps | None],
    ) -> StageMaps:
        """The maps with all bends, one after the other; `frozen` are what freezes hold, None for others."""
        for bend, held in zip(bends, frozen, strict=True):
            count = maps.features.shape[1]
            image = maps.image
            if image is not None:
                still = None if held is None else held.image
                image = self.bent_once(stage, image, bend, still, count)
            still = None if held is None else held.features
            features = self.bent_once(stage, maps.features, bend, still)
            if features is not maps.features or image is not maps.image:
                maps = replace(maps, features=features, image=image, _whole=None)
        return maps

    def bent_once(
        self, stage: int, x: Maps, bend: Bend, frozen: Maps | None = None, first: int = 0
    ) -> Maps:
        """Maps (N, C, h, w), the first of which has the number `first`, with one bend; never in place."""
        weights = self._weights(stage, bend, first + x.shape[1])[first:]
        chosen = np.flatnonzero(weights)
        if not len(chosen):
            return x
        everything = len(chosen) == x.shape[1]
        index = torch.from_numpy(chosen).to(x.device)
        before = (x if everything else x[:, index]).float()
        if frozen is not None:
            after = frozen if everything else frozen[:, index]
            after = after.float().expand_as(before)
        else:
            after = self._applied(stage, before, bend, chosen + first)
        how_far = torch.from_numpy(bend.strength * weights[chosen]).to(before)[:, None, None]
        if bend.region:
            size = (before.shape[2], before.shape[3])
            how_far = how_far * region_mask(bend.region, size, self._inner(stage, size)).to(before)
        result = torch.lerp(before, after, how_far.expand_as(before)).to(x.dtype)
        if not everything:
            result = x.index_copy(1, index, result)
        if x.is_contiguous(memory_format=torch.channels_last):
            result = result.contiguous(memory_format=torch.channels_last)
        return result

    def _applied(self, stage: int, x: Maps, bend: Bend, numbers: NDArray[np.int64]) -> Maps:
        size = (x.shape[2], x.shape[3])
        if bend.operation != "noise":
            return _OPERATIONS[bend.operation](x, bend, self._inner(stage, size))
        count = max(self._can.layers[stage].channels, int(numbers.max()) + 1)
        noise = self._noise(bend.seed, stage, count, size)
        return x + bend.amount * _spread(x) * noise[torch.from_numpy(numbers)].to(x)

    def _noise(self, seed: int, stage: int, count: int, size: Size) -> Float[Tensor, "c h w"]:
        """Normal noise for the first `count` maps, drawn on the CPU so that all devices agree."""
        key = (seed, stage, count, size)
        noise = self._noises.pop(key, None)
        if noise is None:
            noise = torch.randn(count, *size, generator=_generator("noise", seed, stage))
        self._noises[key] = noise
        while len(self._noises) > KEPT_NOISES:
            self._noises.popitem(last=False)
        return noise

    def _inner(self, stage: int, size: Size) -> Size:
        """The part of a stage's maps that is the picture; StyleGAN3's alone have margins around it."""
        if not self._can.has_placement:
            return size
        return self._can.size_at(self._can.layers[stage].resolution)

    def _weights(self, stage: int, bend: Bend, count: int) -> NDArray[np.float32]:
        """How much each of `count` maps takes part, 0 to 1.

        A picture that travels behind the features takes part only where its maps are chosen by number.
        """
        weights = np.zeros(count, dtype=np.float32)
        own = min(count, self._can.layers[stage].channels or count)
        match bend.maps:
            case "all":
                weights[:own] = 1.0
            case "share":
                weights[:own] = share_weights(bend.seed, stage, own, bend.share)
            case "cluster":
                alike = self._conditioner.clusters
                groups = alike.of_maps(self._conditioner, stage, bend.clusters)[:own]
                weights[: len(groups)] = groups == bend.cluster
            case _:
                weights[[index for index in bend.chosen if index < count]] = 1.0
        return weights
