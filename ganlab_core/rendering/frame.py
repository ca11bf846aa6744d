"""The Frame: one rendered picture and what it took, as plain data that a window can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganlab_core.recipe import Recipe


def on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (h, w, 4), colours and opacity, -> (h, w, 3); three colours stay as they are."""
    if pixels.shape[2] == 3:
        return pixels
    colours, opacity = pixels[..., :3].astype(np.uint32), pixels[..., 3:].astype(np.uint32)
    mixed = (colours * opacity + 255 * (255 - opacity) + 127) // 255
    return mixed.astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The picture as one scale of the network knows it.

    Attributes
    ----------
    pixels
        uint8, (r, r, 3).
    readout
        How it was read: `"fitted"` (linear read-out fitted to the final picture), `"phase"` (the
        network's own, kept from the end of that resolution's phase) or `"own"` (the network's
        current toRGB, stale at every resolution but the last).
    """

    pixels: NDArray[np.uint8]
    readout: str


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One rendered picture.

    Attributes
    ----------
    recipe
        What was rendered.
    pixels
        uint8, (height, width, 3), sRGB; what is transparent lies on white.
    previews
        Resolution in pixels -> `Preview`; empty when not asked for.
    stages_run, stages_total
        Names of the stages that had to be computed anew, in order; how many there are.
    milliseconds
        Wall time of the rendering.
    device, precision
        Where and how it was computed: `"cpu"`, `"fp32"`.
    fingerprint
        The model's fingerprint.
    channels
        uint8, (height, width, 1 or 4) where the network gives grey, or colours and opacity.
    """

    recipe: Recipe
    pixels: NDArray[np.uint8]
    previews: dict[int, Preview]
    stages_run: tuple[str, ...]
    stages_total: int
    milliseconds: float
    device: str
    precision: str
    fingerprint: str
    channels: NDArray[np.uint8] | None = None

    @property
    def transparent(self) -> NDArray[np.uint8]:
        """uint8 (height, width, 4) where parts of it are transparent, else `pixels`."""
        there = self.channels is not None and self.channels.shape[2] == 4
        return self.pixels if self.channels is None or not there else self.channels


@dataclass(frozen=True, slots=True, eq=False)
class DraftPicture:
    """A picture read early, for the hand that still moves: it is never saved or exported.

    Attributes
    ----------
    recipe
        What it stands for.
    pixels
        uint8, (h, w, 3), smaller than the finished picture.
    resolution
        Where it was read.
    milliseconds, precision
        What it took, and in what it was computed.
    """

    recipe: Recipe
    pixels: NDArray[np.uint8]
    resolution: int
    milliseconds: float
    precision: str


@dataclass(frozen=True, slots=True)
class GreyError:
    """How far pictures in a shorter precision are from those in fp32, in grey levels of 255."""

    largest: int
    mean: float


# ------------------------------------------------------------------------------------------------
# A block that is being faded in, taken apart (Karras et al. 2018, fig. 2).


Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class FadeParts:
    """What goes into a picture on its way from one resolution to the next, all uint8 (r, r, 3).

    Attributes
    ----------
    resolution, alpha
        The newest block in pixels, and how far it is faded in.
    old, new
        The picture of the block before, its pixels doubled; the picture of the newest block.
    blend
        (1 - alpha) old + alpha new: what is shown.
    difference
        |new - old|: what the newest block adds.
    """

    resolution: int
    alpha: float
    old: Pixels
    new: Pixels
    blend: Pixels
    difference: Pixels


def seen_by_discriminator(parts: FadeParts) -> FadeParts:
    """The way of the shown picture into the discriminator, which fades its blocks in as G does.

    Its newest block reads the picture (`new`), the block before reads it at half the resolution
    (`old`, pixels doubled again); both are mixed by alpha (Karras et al. 2018, fig. 2). D mixes its
    features, which are no pictures, so `blend` shows the mixture of what the two paths read.
    """
    new = parts.blend
    side = len(new) // 2
    halves = new.reshape(side, 2, side, 2, 3).astype(np.float32).mean(axis=(1, 3))
    old = halves.repeat(2, axis=0).repeat(2, axis=1)
    blend = old + (new - old) * parts.alpha
    small, mixed = (np.rint(one).astype(np.uint8) for one in (old, blend))
    return FadeParts(parts.resolution, parts.alpha, small, new, mixed, difference(new, small))


def difference(new: Pixels, old: Pixels) -> Pixels:
    """|new - old| of two pictures, uint8."""
    return np.abs(new.astype(np.int16) - old.astype(np.int16)).astype(np.uint8)
