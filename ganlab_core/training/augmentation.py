"""Augmentation of all that D sees: DiffAugment (Zhao et al. 2020) and ADA (Karras et al. 2020).

Applied alike to real and fake pictures; gradients pass through to G. ADA's transforms come with a
probability p that follows how sure D is of real pictures ("Training Generative Adversarial Networks with
Limited Data", sec. 3 and appendix B); what a draw leaves alone passes through bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.training.distributed import StepRandom


def augment(images: Tensor, policy: str, random: StepRandom, p: float = 0.0) -> Tensor:
    """Augment (N, C, h, w) in -1..1 by a comma-separated policy of color, translation, cutout and ada.

    Transforms of colours leave an opacity alone, and see grey as three equal colours. `p` is the
    probability of each of ADA's transforms, 0 to 1; at 0 it draws nothing.
    """
    words = [word.strip() for word in policy.split(",")]
    if "color" in words:
        images = _color(images, random)
    if "translation" in words:
        images = _translation(images, random)
    if "cutout" in words:
        images = _cutout(images, random)
    if "ada" in words and p > 0.0:
        images = transformed(images, random, p)
    return images


# ------------------------------------------------------------------------------------------------
# DiffAugment.


def _color(images: Tensor, random: StepRandom) -> Tensor:
    """Brightness by up to half the range, saturation 0 to 2, contrast 0.5 to 1.5."""
    n, opacity = images.shape[0], images[:, 3:]
    images = images[:, :3] + (random.uniform(n, 1, 1, 1) - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2.0 * random.uniform(n, 1, 1, 1))
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = mean + (images - mean) * (0.5 + random.uniform(n, 1, 1, 1))
    return torch.cat([images, opacity], dim=1) if opacity.shape[1] else images


def _translation(images: Tensor, random: StepRandom) -> Tensor:
    """Shift by up to an eighth of the side, zeros (mid grey) moving in."""
    n, _, height, width = images.shape
    down, across = (max(1, side // 8) for side in (height, width))
    most = torch.tensor([2 * down, 2 * across], device=images.device)
    shift = torch.minimum((random.uniform(n, 2) * (most + 1)).long(), most)
    padded = F.pad(images, (across, across, down, down))
    rows = (shift[:, :1] + torch.arange(height, device=images.device))[:, None, :, None]
    columns = (shift[:, 1:] + torch.arange(width, device=images.device))[:, None, None, :]
    batch = torch.arange(n, device=images.device)[:, None, None, None]
    channels = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return padded[batch, channels, rows, columns]


def _cutout(images: Tensor, random: StepRandom) -> Tensor:
    """Blank half of each side, centred anywhere."""
    n, _, height, width = images.shape
    centre = random.uniform(n, 2) * torch.tensor([height, width], device=images.device)
    down, across = (torch.arange(side, device=images.device) + 0.5 for side in (height, width))
    rows = (down - centre[:, 0, None]).abs() < height / 4
    columns = (across - centre[:, 1, None]).abs() < width / 4
    hole = (rows[:, :, None] & columns[:, None, :])[:, None]
    return images * (~hole).to(images.dtype)


# ------------------------------------------------------------------------------------------------
# ADA: what p follows.


@dataclass(frozen=True, slots=True)
class Overfitting:
    """ADA's heuristic r_t = E[sign(D(real))] since p last moved, and p.

    Attributes
    ----------
    p
        Probability of each transform, 0 to 1.
    r_t
        As last measured; 0 = D is unsure, 1 = D knows every real picture.
    signs, count
        Sum, which may still be on its device, and number of the signs collected since.
    """

    p: float = 0.0
    r_t: float = 0.0
    signs: float | Tensor = 0.0
    count: int = 0

    def moved(self, target: float, images: int, whole: float) -> Overfitting:
        """p moved towards `target` after `images` more, at a speed of 1 in `whole` images (sec. 3.1)."""
        if self.count == 0:
            return self
        r_t = float(self.signs) / self.count
        step = math.copysign(images / whole, r_t - target) if r_t != target else 0.0
        return Overfitting(min(1.0, max(0.0, self.p + step)), r_t)

    def to_tensor(self) -> Tensor:
        """As it is kept in a checkpoint, (4,) in double precision."""
        return torch.tensor([self.p, self.r_t, float(self.signs), self.count], dtype=torch.float64)

    @staticmethod
    def from_tensor(kept: Tensor) -> Overfitting:
        """What `to_tensor` made; raises `ValueError` for numbers that cannot be."""
        p, r_t, signs, count = (float(value) for value in kept)
        if not (0.0 <= p <= 1.0 and abs(r_t) <= 1.0 and abs(signs) <= count < 2**53):
            raise ValueError("no state of an augmentation")
        return Overfitting(p, r_t, signs, int(count))


# ------------------------------------------------------------------------------------------------
# ADA: the draws of a batch. They are made on the host, so that a batch is looked at without waiting.


SCALE_DEVIATION = 0.2
SHIFT = 0.125
BRIGHTNESS_DEVIATION = 0.2
CONTRAST_DEVIATION = 0.5
SATURATION_DEVIATION = 1.0


def transformed(images: Tensor, random: StepRandom, p: float) -> Tensor:
    """Pixel blitting, geometry, then colours, each transform with probability `p`; (N, C, h, w).

    Pictures that are no squares are turned by half a circle where squares are by quarters.
    """
    count, (height, width) = images.shape[0], images.shape[-2:]
    draw = _Draws(random, count, p)
    flips = draw.rarely(draw.uniform() < 0.5, torch.zeros(count, dtype=torch.bool))
    turns = draw.rarely((draw.uniform() * 4).long(), torch.zeros(count, dtype=torch.long))
    if height != width:
        turns = turns // 2 * 2
    reach = (2.0 * draw.uniform(2) - 1.0) * (SHIFT * torch.tensor([height, width]))
    shifts = draw.rarely(reach.round().long(), torch.zeros(count, 2, dtype=torch.long))
    images = _where(
        images, flips | (turns > 0) | (shifts != 0).any(dim=1), blit, flips, turns, shifts
    )
    affine = _drawn_affine(draw, count)
    images = _where(images, _differs(affine, torch.eye(3)), warp, affine)
    colours = _drawn_colours(draw, count)
    return _where(images, _differs(colours, torch.eye(4)), recolour, colours)


class _Draws:
    """Random numbers of a batch's transforms, each applied with probability `p`."""

    def __init__(self, random: StepRandom, count: int, p: float) -> None:
        self._random, self._count, self.p = random, count, p

    def uniform(self, *shape: int) -> Tensor:
        """From [0, 1), (N, *shape)."""
        return self._random.host_uniform(self._count, *shape)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal, (N, *shape), by Box and Muller."""
        radius = (-2.0 * (1.0 - self.uniform(*shape)).log()).sqrt()
        return radius * (2.0 * math.pi * self.uniform(*shape)).cos()

    def rarely(self, drawn: Tensor, neutral: Tensor, p: float | None = None) -> Tensor:
        """`drawn` where a transform is applied, else `neutral`; both (N, ...)."""
        applied = self.uniform() < (self.p if p is None else p)
        return torch.where(applied.view(-1, *[1] * (drawn.ndim - 1)), drawn, neutral)


def _drawn_affine(draw: _Draws, count: int) -> Tensor:
    """Geometric transforms from coordinates of the output to those of the input, (N, 3, 3).

    A rotation before and one after the scaling are drawn such that one of them comes with probability p.
    """
    one, zero = torch.ones(count), torch.zeros(count)
    rotating = 1.0 - math.sqrt(1.0 - draw.p)
    scale = draw.rarely((draw.normal() * SCALE_DEVIATION).exp2(), one)
    before = draw.rarely((2.0 * draw.uniform() - 1.0) * math.pi, zero, rotating)
    aspect = draw.rarely((draw.normal() * SCALE_DEVIATION).exp2(), one)
    after = draw.rarely((2.0 * draw.uniform() - 1.0) * math.pi, zero, rotating)
    shift = draw.rarely(draw.normal(2) * SHIFT, torch.zeros(count, 2))
    affine = scaling(1.0 / scale, 1.0 / scale)
    for more in (
        rotation(-before),
        scaling(1.0 / aspect, aspect),
        rotation(-after),
        translation(-2.0 * shift[:, 0], -2.0 * shift[:, 1]),  # a picture is 2 wide, from -1 to 1
    ):
        affine = affine @ more
    return affine


def _drawn_colours(draw: _Draws, count: int) -> Tensor:
    """Transforms of colours with a 1 behind them, (N, 4, 4)."""
    one, zero = torch.ones(count), torch.zeros(count)
    colours = brightness(draw.rarely(draw.normal() * BRIGHTNESS_DEVIATION, zero))
    contrasts = draw.rarely((draw.normal() * CONTRAST_DEVIATION).exp2(), one)
    flips = draw.rarely((draw.uniform() < 0.5).float(), zero)
    hues = draw.rarely((2.0 * draw.uniform() - 1.0) * math.pi, zero)
    saturations = draw.rarely((draw.normal() * SATURATION_DEVIATION).exp2(), one)
    for more in (contrast(contrasts), luma_flip(flips), hue(hues), saturation(saturations)):
        colours = more @ colours
    return colours


def _differs(matrices: Tensor, neutral: Tensor) -> Tensor:
    return (matrices != neutral).flatten(1).any(dim=1)


def _where(
    images: Tensor, which: Tensor, transform: Callable[..., Tensor], *parameters: Tensor
) -> Tensor:
    """`transform` on those pictures alone; the others stay bit for bit."""
    index = which.nonzero()[:, 0]
    if not len(index):
        return images
    own = [parameter[index].to(images.device) for parameter in parameters]
    index = index.to(images.device)
    return images.index_copy(0, index, transform(images[index], *own).to(images.dtype))


# ------------------------------------------------------------------------------------------------
# ADA: the transforms themselves, functions of pictures and of what was drawn for each.


def blit(images: Tensor, flips: Tensor, turns: Tensor, shifts: Tensor) -> Tensor:
    """Pixels moved about without resampling: flipped, turned by 90 degrees, shifted by whole pixels.

    What a shift leaves empty shows the picture mirrored at its edge.

    Shapes: images (N, C, h, w), flips (N,) bool, turns (N,) 0 to 3, only 0 and 2 where h is not w;
    shifts (N, 2) down and right.
    """
    n, channels, height, width = images.shape
    steps = [torch.arange(side, device=images.device) for side in (height, width)]
    size = (n, height, width)
    rows = _mirrored(steps[0] - shifts[:, :1], height)[:, :, None].expand(size)
    columns = _mirrored(steps[1] - shifts[:, 1:], width)[:, None].expand(size)
    rows, columns = _turned(rows, columns, turns)
    columns = torch.where(flips[:, None, None], width - 1 - columns, columns)
    where = (rows * width + columns).flatten(1)[:, None].expand(n, channels, height * width)
    return images.flatten(2).gather(2, where).view_as(images)


def _turned(rows: Tensor, columns: Tensor, turns: Tensor) -> tuple[Tensor, Tensor]:
    """Places (N, h, w) each turned by so many quarters (N,)."""
    height, width = rows.shape[1:]
    if height != width:
        on = (turns >= 2)[:, None, None]
        return (
            torch.where(on, height - 1 - rows, rows),
            torch.where(on, width - 1 - columns, columns),
        )
    for turn in range(1, 4):
        on = (turns >= turn)[:, None, None]
        rows, columns = (
            torch.where(on, columns, rows),
            torch.where(on, height - 1 - rows, columns),
        )
    return rows, columns


def _mirrored(places: Tensor, side: int) -> Tensor:
    """Places outside 0 .. side - 1 mirrored at the edges, which are repeated."""
    places = places.remainder(2 * side)
    return torch.minimum(places, 2 * side - 1 - places)


TAPS = 3
"""Pixels on each side that the filter for warping reads: a sinc under a Kaiser window."""


def warp(images: Tensor, affine: Tensor) -> Tensor:
    """Pictures (N, C, h, w) seen through affine maps (N, 3, 3).

    A map leads from coordinates of the output, -1 to 1 along the height, to those of the input; along the
    width as far as it is longer.

    Sampled at twice the resolution through a low-pass filter, so that neither steps nor blur show what
    was done; beyond its edge a picture is mirrored.
    """
    n, channels, height, width = images.shape
    twice = _doubled(images)
    if height != width:  # torch's own coordinates go from -1 to 1 along both
        longer = affine.new_tensor([width / height, 1.0, 1.0])
        affine = affine * longer / longer[:, None]
    grid = F.affine_grid(
        affine[:, :2].to(images.dtype), [n, channels, 2 * height, 2 * width], align_corners=False
    )
    seen: Tensor = F.grid_sample(twice, grid, padding_mode="reflection", align_corners=False)
    return _halved(seen)


def _low_pass(distances: Tensor, like: Tensor) -> Tensor:
    """Weights of pixels at these distances, in pixels of the lower resolution, summing up to 1."""
    inside = (1.0 - (distances / (TAPS + 0.5)).square()).clamp(min=0.0)
    line: Tensor = torch.sinc(distances) * torch.special.i0(4.0 * inside.sqrt())
    return (line / line.sum()).to(like)


def _filtered_along(images: Tensor, taps: Tensor, pad: int, stride: int, dim: int) -> Tensor:
    """Maps (N, C, H, W) convolved with taps (K,) along one axis, mirrored at the edges."""
    size, channels = images.shape[dim], images.shape[1]
    places = _mirrored(torch.arange(-pad, size + pad, device=images.device), size)
    kernel = taps.view(-1, 1) if dim == 2 else taps.view(1, -1)
    return F.conv2d(
        images.index_select(dim, places),
        kernel.expand(channels, 1, *kernel.shape),
        stride=(stride, 1) if dim == 2 else (1, stride),
        groups=channels,
    )


def _doubled(images: Tensor) -> Tensor:
    """(N, C, r, r) -> (N, C, 2 r, 2 r): each pixel becomes those a quarter before and behind it."""
    taps = _low_pass(torch.arange(-TAPS, TAPS + 1, dtype=torch.float64) + 0.25, images)
    for dim in (2, 3):
        two = [_filtered_along(images, line, TAPS, 1, dim) for line in (taps, taps.flip(0))]
        images = torch.stack(two, dim=dim + 1).flatten(dim, dim + 1)
    return images


def _halved(images: Tensor) -> Tensor:
    """(N, C, 2 r, 2 r) -> (N, C, r, r): low-passed, one pixel for every two."""
    places = torch.arange(-2 * TAPS, 2 * TAPS, dtype=torch.float64) + 0.5
    taps = _low_pass(places / 2.0, images)
    for dim in (2, 3):
        images = _filtered_along(images, taps, 2 * TAPS - 1, 2, dim)
    return images


def _matrices(rows: list[list[Tensor | float]], like: Tensor) -> Tensor:
    """(N, k, k) of numbers and of vectors (N,)."""
    lines = [
        torch.stack([torch.as_tensor(value).to(like).expand(like.shape) for value in row], dim=-1)
        for row in rows
    ]
    return torch.stack(lines, dim=-2)


def scaling(x: Tensor, y: Tensor) -> Tensor:
    """Maps that scale by x and y (N,) -> (N, 3, 3)."""
    return _matrices([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, 1.0]], x)


def rotation(angle: Tensor) -> Tensor:
    """Maps that rotate by angles (N,) in radians -> (N, 3, 3)."""
    cos, sin = angle.cos(), angle.sin()
    return _matrices([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]], angle)


def translation(x: Tensor, y: Tensor) -> Tensor:
    """Maps that shift by x and y (N,) -> (N, 3, 3)."""
    return _matrices([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]], x)


def brightness(by: Tensor) -> Tensor:
    """Adds (N,) to every colour -> (N, 4, 4)."""
    shift = [[1.0 if row == column else 0.0 for column in range(3)] + [by] for row in range(3)]
    return _matrices([*shift, [0.0, 0.0, 0.0, 1.0]], by)


def contrast(factor: Tensor) -> Tensor:
    """Multiplies every colour by (N,) -> (N, 4, 4)."""
    rows: list[list[Tensor | float]] = [
        [factor if row == column else 0.0 for column in range(4)] for row in range(3)
    ]
    return _matrices([*rows, [0.0, 0.0, 0.0, 1.0]], factor)


def luma_flip(flips: Tensor) -> Tensor:
    """Mirrors colours at the plane through mid grey where flips (N,) is 1: dark for light -> (N, 4, 4)."""
    return _along_luma(1.0 - 2.0 * flips, torch.ones_like(flips))


def saturation(factor: Tensor) -> Tensor:
    """Multiplies what lies beside the axis of greys by (N,) -> (N, 4, 4)."""
    return _along_luma(torch.ones_like(factor), factor)


def _along_luma(along: Tensor, beside: Tensor) -> Tensor:
    """Scales colours along the axis of greys, and beside it; both (N,)."""
    greys = torch.full((3, 3), 1.0 / 3.0).to(along)
    return _of_colours(along.view(-1, 1, 1) * greys, beside.view(-1, 1, 1) * (_eye(greys) - greys))


def hue(angle: Tensor) -> Tensor:
    """Rotates colours about the axis of greys by (N,) in radians (Rodrigues' formula) -> (N, 4, 4)."""
    axis = 1.0 / math.sqrt(3.0)
    cross = torch.tensor([[0.0, -axis, axis], [axis, 0.0, -axis], [-axis, axis, 0.0]]).to(angle)
    greys = torch.full((3, 3), 1.0 / 3.0).to(angle)
    cos, sin = angle.cos().view(-1, 1, 1), angle.sin().view(-1, 1, 1)
    return _of_colours(cos * (_eye(greys) - greys) + sin * cross, greys.expand(len(angle), 3, 3))


def _eye(like: Tensor) -> Tensor:
    return torch.eye(len(like)).to(like)


def _of_colours(one: Tensor, other: Tensor) -> Tensor:
    """The sum of two (N, 3, 3) with a 1 behind them, (N, 4, 4)."""
    whole = F.pad(one + other, (0, 1, 0, 1))
    last = torch.zeros(4, 4).to(whole)
    last[3, 3] = 1.0
    return whole + last


def recolour(images: Tensor, colours: Tensor) -> Tensor:
    """Pictures (N, C, h, w) with their colours mapped by (N, 4, 4)."""
    own = colours.to(images.dtype)
    if images.shape[1] == 1:  # the mean of what three equal colours become
        mean = own[:, :3].mean(dim=1)
        return images * mean[:, :3].sum(dim=1)[:, None, None, None] + mean[:, 3, None, None, None]
    if images.shape[1] > 3:
        return torch.cat([recolour(images[:, :3], colours), images[:, 3:]], dim=1)
    mapped = torch.einsum("nij,njhw->nihw", own[:, :3, :3], images)
    return mapped + own[:, :3, 3, None, None]
