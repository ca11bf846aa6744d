"""The noise maps that stages add: those kept with the model, and random ones.

Random noise is a function of seed, stage and place alone, and equal on every device. `CountedNoise` draws
it where it is added: the place is counted, the count scrambled with the seed's key by a hash of 32-bit
words (multiplications and shifts that lose nothing), and two words are made a pair of normal numbers (Box
and Muller 1958). All of it is tensor arithmetic: words have equal bits everywhere, numbers differ by the
last roundings of logarithm, root and cosine. `random_noise` is what drew before.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ganlab_core.models import Network
from ganlab_core.recipe import COUNTED_NOISE, Capabilities, Extent, Noise

AS_TRAINED = Extent()

Size = tuple[int, int]

# ------------------------------------------------------------------------------------------------
# Counted noise: drawn on whatever device renders.


def _signed(word: int) -> int:
    """The 32-bit word as int32 holds it."""
    return word - 2**32 if word >= 2**31 else word


COUNTING = tuple(map(_signed, (0x7FEB352D, 0x846CA68B)))
RADIUS = tuple(map(_signed, (0x85EBCA6B, 0xC2B2AE35)))
ANGLE = tuple(map(_signed, (0x21F0AAAD, 0xD35A2D97)))
"""Odd factors by which every bit of a word moves every other: of Wellons' lowbias32, of MurmurHash3's end,
and of Wellons' hash-prospector."""

STAGE_BITS = 24
"""Below them a count has the pair's number in its map, above them the stage."""

IN_CACHE = 2**16
"""Numbers that one thread of a CPU draws at once: their words stay in its cache."""


def key_of(seed: int, row: int = 0, column: int = 0) -> tuple[int, int]:
    """Two words, as int32 holds them, that have nothing in common with those of another seed or tile."""
    digest = hashlib.sha256(f"ganlab counted noise {seed} {row} {column}".encode()).digest()
    first, second = (int.from_bytes(digest[at : at + 4], "little", signed=True) for at in (0, 4))
    return first, second


def _fold(x: Int[Tensor, " p"], bits: int, spare: Int[Tensor, " p"]) -> None:
    """x ^= x >>> bits, in place; int32 shifts its sign in, which is masked."""
    torch.bitwise_right_shift(x, bits, out=spare)
    x.bitwise_xor_(spare.bitwise_and_((1 << (32 - bits)) - 1))


def counts(stage: int, pairs: int, device: torch.device) -> Int[Tensor, " p"]:
    """A word for each pair of numbers of a stage's map, scrambled: int32 (pairs,), none twice."""
    x = torch.arange(pairs, dtype=torch.int32, device=device)
    x.add_(_signed(stage << STAGE_BITS))
    spare = torch.empty_like(x)
    _fold(x, 16, spare)
    x.mul_(COUNTING[0])
    _fold(x, 15, spare)
    x.mul_(COUNTING[1])
    _fold(x, 16, spare)
    return x


def scrambled(
    counted: Int[Tensor, " p"], key: Int[Tensor, " 2"]
) -> tuple[Int[Tensor, " p"], Int[Tensor, " p"]]:
    """Two random words for each count under a key, int32: the radius' and the angle's.

    All bits of the radius' are good, of the angle's the high ones, which are what a float keeps.
    """
    x = counted.bitwise_xor(key[0])
    spare = torch.empty_like(x)
    x.mul_(RADIUS[0])
    _fold(x, 13, spare)
    x.mul_(RADIUS[1])
    _fold(x, 16, spare)
    y = x.bitwise_xor(key[1])
    y.mul_(ANGLE[0])
    _fold(y, 15, spare)
    y.mul_(ANGLE[1])
    return x, y


def normal_pairs(
    counted: Int[Tensor, " p"], key: Int[Tensor, " 2"], out: Float[Tensor, "p 2"]
) -> None:
    """Two independent standard normal numbers for each count, fp32, up to 6.6 deviations from 0."""
    radius, angle = scrambled(counted, key)
    r = radius.bitwise_and_(0x7FFFFFFF).to(torch.float32)  # a float is finest near 0, at the tail
    r.add_(0.5).mul_(2.0**-31).log_().mul_(-2.0).sqrt_()
    turned = angle.to(torch.float32).mul_(math.pi * 2.0**-31)
    torch.mul(r, turned.cos(), out=out[:, 0])
    torch.mul(r, turned.sin_(), out=out[:, 1])


class CountedNoise:
    """Standard normal maps of some stages, drawn at once on their device.

    Parameters
    ----------
    sizes
        Stage -> height and width of its map.
    device
        Where they are drawn and stay.

    Attributes
    ----------
    key
        int32 (2,) on the device. `draw` reads it there, so that a recorded graph draws other noise once
        another key was written; `take` writes one, and no number crosses from the host's memory.
    """

    def __init__(self, sizes: dict[int, Size], device: torch.device) -> None:
        self._sizes = sizes
        self._pairs = [-(-height * width // 2) for height, width in sizes.values()]
        with torch.inference_mode(mode=False):
            self.key = torch.zeros(2, dtype=torch.int32, device=device)
            counted = (
                counts(stage, pairs, device)
                for stage, pairs in zip(sizes, self._pairs, strict=True)
            )
            self._counted = torch.cat(list(counted))
        whole = device.type != "cpu"
        self._part = len(self._counted) if whole else IN_CACHE // 2 * torch.get_num_threads()

    def take(self, seed: int, row: int = 0, column: int = 0) -> None:
        """Draw by this seed from now on; `row` and `column` as in `random_noise`."""
        for word, value in zip(self.key, key_of(seed, row, column), strict=True):
            word.fill_(value)

    def draw(self) -> dict[int, Float[Tensor, "1 1 h w"]]:
        """Stage -> its map (1, 1, h, w) under the key; they share memory that is theirs alone."""
        pairs = torch.empty(len(self._counted), 2, device=self.key.device)
        for counted, out in zip(
            self._counted.split(self._part), pairs.split(self._part), strict=True
        ):
            normal_pairs(counted, self.key, out)
        maps = pairs.split(self._pairs)
        return {
            stage: own.view(-1)[: height * width].view(1, 1, height, width)
            for (stage, (height, width)), own in zip(self._sizes.items(), maps, strict=True)
        }


# ------------------------------------------------------------------------------------------------
# What drew before, and how maps are put together.


def random_noise(
    seed: int, stage: int, size: Size, row: int = 0, column: int = 0
) -> Float[Tensor, "1 1 h w"]:
    """The standard normal map (1, 1, *size) of `TORCH_NOISE` for a seed, a stage and a place.

    Drawn on the CPU so that all devices agree. The pair is hashed, because torch's CPU generator
    keeps 32 bits of its seed and neighbouring layers must not repeat each other's seeds. `row` and `column`
    say which of the maps side by side that cover a larger picture; 0 = the trained one.
    """
    place = f" {row} {column}" if row or column else ""
    digest = hashlib.sha256(f"ganlab noise {seed} {stage}{place}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:4], "little"))
    return torch.randn(1, 1, *size, generator=generator)


Draw = Callable[[int, int, int], Float[Tensor, "1 1 h w"]]
"""Seed, row and column -> the map of one stage."""


def circled_noise(
    noise: Noise, draw: Draw, row: int = 0, column: int = 0
) -> Float[Tensor, "1 1 h w"]:
    """The normal map of random noise: a seed's, or a point between two seeds'."""
    first = draw(noise.seed, row, column)
    if noise.other is None or noise.turn == 0.0:
        return first
    angle = 2.0 * math.pi * noise.turn
    return math.cos(angle) * first + math.sin(angle) * draw(noise.other, row, column)


def _beside_stored(
    stored: Float[Tensor, "1 1 h w"], stage: int, row: int, column: int
) -> Float[Tensor, "1 1 h w"]:
    """The stored map where the picture was trained, drawn ones around it."""
    if row == column == 0:
        return stored
    return random_noise(0, stage, (stored.shape[2], stored.shape[3]), row, column)


def spread(
    tile: Callable[[int, int], Float[Tensor, "1 1 h w"]],
    size: Size,
    whole: Size,
    cell: int = 1,
) -> Float[Tensor, "1 1 a b"]:
    """Maps of `size` side by side, cut to `whole` with the one of row and column 0 in the middle.

    What lies before that is a multiple of `cell` pixels, as the learned constant lies in a larger one.
    """
    before = [(large - small) // cell // 2 * cell for large, small in zip(whole, size, strict=True)]
    first = [-(-gap // side) for gap, side in zip(before, size, strict=True)]
    last = [-(-(large - gap) // side) for large, gap, side in zip(whole, before, size, strict=True)]
    rows = [
        torch.cat([tile(row, column) for column in range(-first[1], last[1])], dim=3)
        for row in range(-first[0], last[0])
    ]
    top, left = (count * side - gap for count, side, gap in zip(first, size, before, strict=True))
    return torch.cat(rows, dim=2)[:, :, top : top + whole[0], left : left + whole[1]]


# ------------------------------------------------------------------------------------------------
# The maps of one model.


KEPT_DRAWS = 4
"""Of several stages at once, so that each stage finds its map, and a circle both seeds'."""

DRAWN_TOGETHER = 2**16
"""Numbers up to which a CPU draws stages at once, as calls cost more than these; a GPU draws all."""


class NoiseMaps:
    """The noise maps of one model's stages.

    Parameters
    ----------
    network
        Keeps the stored maps.
    can
        What the model can do: its stages and their sizes.
    device
        Where the maps are made.
    """

    def __init__(self, network: Network, can: Capabilities, device: torch.device) -> None:
        self._network = network
        self._can = can
        self._device = device
        self._groups = self._grouped()
        self._counted: dict[tuple[int, ...], CountedNoise] = {}
        self._drawn: OrderedDict[tuple[object, ...], dict[int, Tensor]] = OrderedDict()

    def of(self, stage: int, noise: Noise, extent: Extent) -> Float[Tensor, "1 1 a b"] | None:
        """What a stage adds under its own noise in a picture of that extent; None = nothing."""
        if noise.mode == "off":
            return None
        if noise.mode == "stored" and extent == AS_TRAINED:
            found = self._network.stored_noise(stage)
        elif extent == AS_TRAINED:
            found = self._tile(stage, noise)(0, 0).to(self._device)
        else:
            resolution = self._can.layers[stage].resolution
            size, whole = self._can.size_at(resolution), extent.size_at(resolution, self._can)
            found = spread(self._tile(stage, noise), size, whole, resolution // 4).to(self._device)
        return found if noise.strength == 1.0 else found * noise.strength

    def _tile(self, stage: int, noise: Noise) -> Callable[[int, int], Tensor]:
        """Row and column -> the map there."""
        if noise.mode == "stored":
            return partial(_beside_stored, self._network.stored_noise(stage).cpu(), stage)
        if noise.generator == COUNTED_NOISE:
            return partial(circled_noise, noise, partial(self._draw, stage))
        size = self._can.size_at(self._can.layers[stage].resolution)

        def draw(seed: int, row: int, column: int) -> Tensor:
            return random_noise(seed, stage, size, row, column)

        return partial(circled_noise, noise, draw)

    def _draw(self, stage: int, seed: int, row: int, column: int) -> Tensor:
        """A stage's counted map, drawn with those of the stages that are drawn together."""
        group = self._groups[stage]
        # what was drawn in inference mode cannot be kept for a gradient
        key = (group, seed, row, column, torch.is_inference_mode_enabled())
        maps = self._drawn.pop(key, None)
        if maps is None:
            drawer = self._drawer(group)
            drawer.take(seed, row, column)
            maps = drawer.draw()
        if len(group) > 1:
            self._drawn[key] = maps
        while len(self._drawn) > KEPT_DRAWS:
            self._drawn.popitem(last=False)
        return maps[stage]

    def _drawer(self, group: tuple[int, ...]) -> CountedNoise:
        if group not in self._counted:
            layers = self._can.layers
            sizes = {stage: self._can.size_at(layers[stage].resolution) for stage in group}
            self._counted[group] = CountedNoise(sizes, self._device)
        return self._counted[group]

    def _grouped(self) -> dict[int, tuple[int, ...]]:
        """Stage -> the stages, itself among them, whose maps are drawn together."""
        groups: list[list[int]] = [[]]
        room: float = math.inf if self._device.type != "cpu" else DRAWN_TOGETHER
        left = room
        for layer in (layer for layer in self._can.layers if layer.noise):
            numbers = math.prod(self._can.size_at(layer.resolution))
            if groups[-1] and numbers > left:
                groups.append([])
                left = room
            groups[-1].append(layer.index)
            left -= numbers
        return {stage: tuple(group) for group in groups for stage in group}
