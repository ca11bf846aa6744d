"""Planets that nobody has seen: a procedural picture set of six kinds, as many as wanted.

    python docs/models/worlds.py OUT.zip [--count 12000] [--side 128] [--seed 0] [--classes] [--jpeg 92]
                                 [--device cpu]

A picture is decided by its number alone: the same on every device but for rounding, whatever the batch.
Kinds take turns (number modulo six), so that each has the same share. With `--classes` the zip has a folder
for each kind. Everything is computed on a grid of twice the side and averaged, so edges are clean.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import zipfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

KINDS = ("terran", "gas", "rock", "lava", "ice", "desert")
OVERSAMPLING = 2
"""Points computed for each pixel and direction."""

# --- numbers by chance ------------------------------------------------------------------------------


class Dice:
    """Uniform numbers in 0..1 for each picture of a batch, drawn one after the other from its seed."""

    def __init__(self, seeds: list[int], device: str) -> None:
        draws = [np.random.Generator(np.random.PCG64((seed, 2208))).random(64) for seed in seeds]
        self._drawn = torch.tensor(np.stack(draws), dtype=torch.float32, device=device)
        self._next = 0

    def __call__(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """The next number of each picture, between two bounds: (B, 1, 1), to go with (B, H, W)."""
        column = self._drawn[:, self._next]
        self._next += 1
        return (low + (high - low) * column)[:, None, None]

    def rotation(self) -> Tensor:
        """A random rotation of space for each picture, uniform over all of them: (B, 3, 3)."""
        one, two, three = (self().flatten() for _ in range(3))  # Shoemake 1992
        inner, outer = (1 - one).sqrt(), one.sqrt()
        x, y = inner * (math.tau * two).sin(), inner * (math.tau * two).cos()
        z, w = outer * (math.tau * three).sin(), outer * (math.tau * three).cos()
        rows = (
            (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
        )
        return torch.stack([torch.stack(row, 1) for row in rows], 1)


STRIDES = (374_761_393, 668_265_263, 1_442_695_041, 1_274_126_177)
"""What tells the neighbours along x, y, z and the salts apart before hashing."""


def wrapped(number: int) -> int:
    """A whole number as 32 bits with a sign hold it."""
    return (number + 2**31) % 2**32 - 2**31


def scattered(key: Tensor) -> Tensor:
    """Numbers in -1..1 from int32 keys, by an integer hash (its products overflow on purpose)."""
    mixed = (key ^ ((key >> 15) & 0x1FFFF)).mul_(0x2C1B3C6D)
    mixed = (mixed ^ ((mixed >> 12) & 0xFFFFF)).mul_(0x297A2D39)
    return (mixed ^ ((mixed >> 15) & 0x1FFFF)).float().mul_(2.0**-31)


def keys(corner: Tensor, salt: Tensor) -> Tensor:
    """The int32 keys of grid corners (..., 3)."""
    x, y, z = corner.to(torch.int32).unbind(-1)
    a, b, c, d = (wrapped(stride) for stride in STRIDES)
    return x * a + y * b + z * c + (salt.to(torch.int32) * d)


def noise(point: Tensor, salt: Tensor) -> Tensor:
    """Smooth value noise in -1..1 at points (B, H, W, 3)."""
    corner = point.floor()
    inside = point - corner
    x, y, z = (inside**3 * (inside * (inside * 6 - 15) + 10)).unbind(-1)
    base = keys(corner, salt)

    def at(i: int, j: int, k: int) -> Tensor:
        return scattered(base + wrapped(i * STRIDES[0] + j * STRIDES[1] + k * STRIDES[2]))

    along_z = {(i, j): at(i, j, 0).lerp_(at(i, j, 1), z) for i in (0, 1) for j in (0, 1)}
    return along_z[0, 0].lerp_(along_z[0, 1], y).lerp_(along_z[1, 0].lerp_(along_z[1, 1], y), x)


def layered(
    point: Tensor, salt: Tensor, octaves: int = 5, gain: float = 0.5, *, ridged: bool = False
) -> Tensor:
    """Noise at doubling frequencies and falling strength, about -1..1; `ridged` makes veins of it."""
    total, strength, sum_of_strengths = torch.zeros_like(point[..., 0]), 1.0, 0.0
    for octave in range(octaves):
        layer = noise(point, salt + 31 * octave)
        total += strength * (1 - 2 * layer.abs() if ridged else layer)
        sum_of_strengths += strength
        strength *= gain
        point = point * 2.03 + 11.7
    return total / sum_of_strengths


# --- colours ----------------------------------------------------------------------------------------


def colour(hue: Tensor | float, saturation: Tensor | float, value: Tensor | float) -> Tensor:
    """Hue (turns), saturation and value in 0..1 -> red, green, blue (..., 3)."""
    given = (torch.as_tensor(part, dtype=torch.float32) for part in (hue, saturation, value))
    device = next(
        (part.device for part in (hue, saturation, value) if isinstance(part, Tensor)), None
    )
    h, s, v = torch.broadcast_tensors(*(part.to(device) for part in given))

    def channel(turn: float) -> Tensor:
        k = (turn + h * 6) % 6
        return v - v * s * torch.minimum(k, 4 - k).clamp(0, 1)

    return torch.stack([channel(5.0), channel(3.0), channel(1.0)], -1)


def step(value: Tensor, low: Tensor | float, high: Tensor | float) -> Tensor:
    """0 below `low`, 1 above `high`, smooth between."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def mix(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """Two colours (..., 3) by the share of the second (...)."""
    return first + (second - first) * share.clamp(0, 1)[..., None]


# --- planets ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """A batch of balls of one kind, before there is light: what the kinds' painters work on."""

    point: Tensor
    """(B, H, W, 3): where on the unit ball, in the ball's own, rotated space."""
    latitude: Tensor
    """(B, H, W): sine of the latitude about the tilted axis."""
    warp: Tensor
    """(B, H, W, 3): slow noise that bends what is drawn."""
    scale: Tensor
    """(B, 1, 1, 1): size of the continents."""
    salt: Tensor
    """(B, 1, 1): what tells the pictures' noises apart."""
    hue: Tensor
    """(B, 1, 1): the ball's own hue, which air and sky answer."""

    def layers(
        self,
        size: float,
        add: int,
        octaves: int = 5,
        gain: float = 0.5,
        *,
        bend: float = 0.0,
        ridged: bool = False,
    ) -> Tensor:
        """Layered noise on the ball, `size` times as fine as the continents."""
        point = self.point * self.scale * size + bend * self.warp
        return layered(point, self.salt + add, octaves, gain, ridged=ridged)


@dataclass(frozen=True)
class Surface:
    """What a kind's painter gives back."""

    colours: Tensor
    """(B, H, W, 3)."""
    height: Tensor
    """(B, H, W): what the light catches on."""
    glow: Tensor | float = 0.0
    """(B, H, W, 3): light of its own."""
    gloss: Tensor | float = 0.0
    """(B, H, W): how much it mirrors the sun."""
    air: float = 1.0
    """How much air there is about it."""
    air_hue: Tensor | float = 0.57


def terran(ground: Ground, dice: Dice) -> Surface:
    """Seas, land by height, snow at the poles, clouds over it."""
    land = ground.layers(1.0, 0, 6, 0.55, bend=0.55) - dice(-0.18, 0.16)
    fine = ground.layers(4.0, 400, 4, 0.55)
    water = dice(0.54, 0.62)
    ocean = mix(
        colour(water, dice(0.65, 0.9), 0.24),
        colour(water - 0.03, dice(0.5, 0.8), 0.66),
        step(land, -0.5, 0.0),
    )
    green = colour(dice(0.22, 0.38), dice(0.35, 0.65), 0.44)
    soil = mix(green, colour(dice(0.06, 0.13), 0.45, 0.64), step(land + 0.2 * fine, 0.08, 0.34))
    soil = mix(
        soil, colour(0.6, 0.04, torch.full_like(land, 0.95)), step(land + 0.15 * fine, 0.36, 0.5)
    )
    painted = mix(ocean, soil * (0.88 + 0.24 * fine[..., None]), step(land, -0.02, 0.03))
    cap = dice(0.74, 0.98)
    white = colour(0.58, 0.03, torch.full_like(land, 0.97))
    painted = mix(painted, white, step(ground.latitude.abs() + 0.12 * land, cap, cap + 0.08))
    clouds = layered(
        ground.point * ground.scale * ground.point.new_tensor((1.0, 2.0, 1.0)) + 0.9 * ground.warp,
        ground.salt + 1200,
        5,
        0.55,
    )
    thin = dice(0.0, 0.3)
    cloud = step(clouds, thin, thin + 0.35) * dice(0.35, 0.95)
    return Surface(
        mix(painted, white, cloud),
        height=0.3 * land.clamp(min=0) + 0.08 * fine,
        gloss=step(-land, 0.0, 0.03) * (1 - cloud),
    )


def gas(ground: Ground, dice: Dice) -> Surface:
    """Bands along the latitude, stirred."""
    swirl = layered(
        ground.point * ground.scale * ground.point.new_tensor((1.0, 2.5, 1.0)) + 0.6 * ground.warp,
        ground.salt + 1600,
        4,
    )
    band = ground.latitude * dice(3.0, 7.5) + dice(0.1, 0.55) * swirl
    across = torch.stack([band * 0.7, torch.zeros_like(band), torch.zeros_like(band)], -1)
    stripe = layered(across, ground.salt + 5, 3)
    apart = dice(-0.1, 0.1)
    pale = colour(ground.hue, dice(0.2, 0.6), dice(0.7, 0.95))
    deep = colour(ground.hue + apart, dice(0.4, 0.8), dice(0.4, 0.75))
    painted = mix(pale, deep, step(stripe, -0.45, 0.4))
    light = colour(ground.hue + apart * 0.5, 0.15, torch.full_like(band, 0.97))
    painted = mix(painted, light, 0.8 * step((2.2 * band).sin() + 0.15 * swirl, 0.55, 1.1))
    return Surface(painted, height=torch.zeros_like(band), air_hue=ground.hue + 0.03)


def rock(ground: Ground, dice: Dice) -> Surface:
    """Grey ground with craters, no air."""
    land, fine = ground.layers(1.0, 0, 5, 0.55, bend=0.5), ground.layers(4.0, 400, 4, 0.55)
    craters = torch.zeros_like(land)
    for index, fineness in enumerate((2.2, 4.1, 7.3)):  # rims and floors where noise is highest
        bump = noise(ground.point * fineness + 5 * index, ground.salt + 2100 + index)
        craters += (step(bump, 0.42, 0.5) - 2.1 * step(bump, 0.5, 0.66)) * 0.55**index
    tone = colour(dice(0.02, 0.14), dice(0.03, 0.3), torch.ones_like(land))
    shade = 0.54 + 0.2 * land + 0.12 * fine + 0.15 * craters
    return Surface(
        tone * shade.clamp(0.05, 1)[..., None], height=0.3 * craters + 0.22 * fine, air=0.0
    )


def lava(ground: Ground, dice: Dice) -> Surface:
    """Dark crust with glowing cracks."""
    veins = ground.layers(1.3, 800, 4, 0.5, bend=0.4, ridged=True)
    fine = ground.layers(4.0, 400, 4, 0.55)
    heat = step(veins, dice(0.3, 0.42), 0.8)
    crust = colour(0.03, 0.35, torch.full_like(heat, 0.17)) * (0.85 + 0.5 * fine[..., None])
    ember = colour(dice(0.0, 0.04), 0.95, 0.95)
    molten = mix(ember.expand_as(crust), colour(dice(0.1, 0.15), 0.6, 1.0), step(heat, 0.4, 1.0))
    return Surface(
        crust,
        height=0.15 * fine - 0.15 * heat,
        glow=heat[..., None] * molten,
        air=0.35,
        air_hue=0.03,
    )


def ice(ground: Ground, dice: Dice) -> Surface:
    """Snow with blue rifts, mirroring."""
    veins = ground.layers(1.3, 800, 4, 0.5, bend=0.4, ridged=True)
    fine = ground.layers(4.0, 400, 4, 0.55)
    snow = colour(dice(0.5, 0.6), dice(0.1, 0.3), 0.94)
    rift = colour(dice(0.53, 0.64), dice(0.4, 0.75), 0.55)
    painted = mix(snow, rift, step(veins, 0.25, 0.8)) * (0.94 + 0.12 * fine[..., None])
    return Surface(painted, height=0.14 * fine - 0.12 * veins, gloss=torch.full_like(fine, 0.5))


def desert(ground: Ground, dice: Dice) -> Surface:
    """Sand and stone in dunes."""
    land, fine = ground.layers(1.0, 0, 5, 0.55, bend=0.55), ground.layers(4.0, 400, 4, 0.55)
    dunes = (ground.latitude * dice(8, 18) + 3.5 * ground.warp[..., 0] + 2 * land).sin()
    sand = colour(dice(0.05, 0.11), dice(0.4, 0.7), 0.88)
    stone = colour(dice(0.02, 0.08), dice(0.5, 0.75), 0.5)
    painted = mix(sand, stone, step(land + 0.2 * dunes + 0.15 * fine, -0.3, 0.35))
    return Surface(painted, height=0.12 * fine + 0.06 * dunes, air_hue=0.07)


PAINTERS = dict(zip(KINDS, (terran, gas, rock, lava, ice, desert), strict=True))


@dataclass(frozen=True)
class Frame:
    """Where the ball stands in the picture: coordinates in radii about its centre, (B, S, S)."""

    x: Tensor
    y: Tensor
    side: int

    @property
    def distance(self) -> Tensor:
        """How far from the centre, in radii: (B, S, S)."""
        return (self.x.square() + self.y.square()).sqrt()

    @property
    def towards(self) -> Tensor:
        """How far the ball's surface comes towards the eye; 0 beside the ball."""
        return (1 - self.x.square() - self.y.square()).clamp(min=0).sqrt()


def planets(numbers: list[int], kind: str, side: int, device: str = "cpu") -> Tensor:
    """The planets of one kind with these numbers: (B, side, side, 3) in 0..1."""
    dice = Dice(numbers, device)
    salt = (dice() * 1e6).long()
    grid = OVERSAMPLING * side
    line = (torch.arange(grid, device=device) + 0.5) / grid * 2 - 1
    radius, left, down = dice(0.5, 0.86), dice(-0.08, 0.08), dice(-0.08, 0.08)
    ringed = (kind == "gas") * (dice() < 0.4)
    radius = torch.where(torch.as_tensor(ringed, device=device), radius * 0.72, radius)
    frame = Frame(
        (line[None, None, :] - left) / radius, (-line[None, :, None] - down) / radius, grid
    )
    frame = Frame(*torch.broadcast_tensors(frame.x, frame.y), grid)
    normal = torch.stack([frame.x, frame.y, frame.towards], -1)
    tilt, scale = dice(-0.5, 0.5), dice(1.1, 2.1)[..., None]
    point = torch.einsum("bij,bhwj->bhwi", dice.rotation(), normal)
    warp = torch.stack(
        [noise(point * scale + 3.1 * axis, salt + 91 + axis) for axis in range(3)], -1
    )
    latitude = normal[..., 1] * tilt.cos() - normal[..., 0] * tilt.sin()
    hue = dice()
    sun = F.normalize(torch.stack([dice(-1, 1), dice(-0.25, 0.75), dice(0.1, 1.0)], -1), dim=-1)
    thickness = dice(0.25, 0.75)
    behind = sky(frame, salt, hue, dice(), kind)
    surface = PAINTERS[kind](Ground(point, latitude, warp, scale, salt, hue), dice)
    picture = lit_ball(frame, normal, surface, sun, thickness, behind)
    if kind == "gas":
        picture = with_rings(picture, frame, tilt, sun, salt, hue, ringed, dice)
    exposed = 1 - torch.exp(-1.25 * picture.clamp(min=0))
    toned = (exposed / 0.78).clamp(0, 1) ** (1 / 1.12)
    return F.avg_pool2d(toned.permute(0, 3, 1, 2), OVERSAMPLING).permute(0, 2, 3, 1)


def lit_ball(
    frame: Frame, normal: Tensor, surface: Surface, sun: Tensor, thickness: Tensor, behind: Tensor
) -> Tensor:
    """The ball under its sun, with air at the rim, before the sky."""
    facing = (normal * sun).sum(-1)
    slope_x = torch.diff(surface.height, dim=2, append=surface.height[:, :, -1:]) * frame.side / 34
    slope_y = torch.diff(surface.height, dim=1, append=surface.height[:, -1:]) * frame.side / 34
    relief = (slope_x * sun[..., 0] - slope_y * sun[..., 1]).clamp(-0.4, 0.4)
    lit = step(facing - 0.5 * relief, -0.12, 0.95)
    ball = surface.colours * (0.025 + 1.12 * lit)[..., None]
    ball = ball + surface.glow * (1.05 - 0.35 * lit)[..., None]
    halfway = F.normalize(sun + sun.new_tensor((0.0, 0.0, 1.0)), dim=-1)
    mirrored = (normal * halfway).sum(-1).clamp(min=0) ** 60 * surface.gloss
    ball = ball + (0.55 * mirrored * lit)[..., None]
    tint = colour(torch.as_tensor(surface.air_hue, device=lit.device) + 0 * thickness, 0.5, 1.0)
    rim = surface.air * (1 - frame.towards) ** 2.6 * step(facing, -0.35, 0.6) * thickness
    ball = ball + tint * rim[..., None]
    outward = frame.x * sun[..., 0] + frame.y * sun[..., 1]
    beyond = torch.exp(-16 * (frame.distance - 1).clamp(min=0)) * step(outward, -0.6, 0.9)
    halo = tint * (surface.air * beyond * thickness * 0.8)[..., None]
    edge = step(1 - frame.distance, 0.0, 4.0 / frame.side / 0.7)
    return mix(behind + halo, ball, edge)


def sky(frame: Frame, salt: Tensor, hue: Tensor, strength: Tensor, kind: str) -> Tensor:
    """Darkness, few stars, and a nebula in the colour across from the ball's."""
    flat = torch.stack([frame.x, frame.y, torch.zeros_like(frame.x)], -1)
    nebula = step(layered(flat * 0.9, salt + 2600, 4), -0.1, 0.8)
    cell = (flat * frame.side / 5).floor()
    chance = scattered(keys(cell, salt + 7))
    nearness = ((flat * frame.side / 5 - cell)[..., :2] - 0.5).square().sum(-1)
    stars = step(chance, 0.985, 1.0) * torch.exp(-nearness * 22)
    colour_of = colour(hue + 0.5, 0.65, 0.3)
    black = frame.x.new_tensor((0.012, 0.014, 0.024))
    return black + nebula[..., None] * colour_of * strength[..., None] + 0.6 * stars[..., None]


def with_rings(
    picture: Tensor,
    frame: Frame,
    tilt: Tensor,
    sun: Tensor,
    salt: Tensor,
    hue: Tensor,
    ringed: Tensor,
    dice: Dice,
) -> Tensor:
    """Rings in the plane of the equator: behind the ball, before it, and in its shadow."""
    along = frame.x * tilt.cos() + frame.y * tilt.sin()
    across = (frame.y * tilt.cos() - frame.x * tilt.sin()) / dice(0.16, 0.42)
    reach = (along.square() + across.square()).sqrt()
    groove = torch.stack([reach * 7, 0 * reach, 0 * reach], -1)
    density = step(reach, 1.25, 1.32) * (1 - step(reach, 1.72, 1.84))
    density = density * (0.4 + 0.6 * step(layered(groove, salt + 3000, 2), -0.5, 0.5))
    seen = (across < 0) | (frame.distance > 1)
    sunward = (along * sun[..., 0] + across * sun[..., 1]) / reach.clamp(min=1e-3)
    shade = 0.3 + 0.7 * step(sunward, -0.95, -0.4)
    ring = colour(hue + 0.04, 0.25, 0.9) * shade[..., None]
    return mix(picture, ring, density * seen * ringed * 0.9)


# --- the zip ----------------------------------------------------------------------------------------


def drawn(
    count: int, side: int, first: int, device: str, batch: int
) -> Iterator[tuple[list[int], str, np.ndarray]]:
    """Numbers, kind and pictures (B, side, side, 3) uint8 of `count` planets, kind by kind."""
    for index, kind in enumerate(KINDS):
        numbers = [number for number in range(first, first + count) if number % len(KINDS) == index]
        for begin in range(0, len(numbers), batch):
            some = numbers[begin : begin + batch]
            pictures = planets(some, kind, side, device) * 255 + 0.5
            yield some, kind, pictures.to(torch.uint8).cpu().numpy()


def encoded(picture: np.ndarray, quality: int) -> bytes:
    """A picture as PNG, or as JPEG of a quality above 0, its colours at full resolution."""
    file = io.BytesIO()
    if quality:
        Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
    else:
        Image.fromarray(picture).save(file, "PNG", compress_level=4)
    return file.getvalue()


def main() -> None:
    """Write the zip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0, help="number of the first planet")
    parser.add_argument("--classes", action="store_true", help="a folder for each kind")
    parser.add_argument(
        "--jpeg", type=int, default=0, metavar="QUALITY", help="JPEG in the place of PNG"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=0)
    options = parser.parse_args()
    batch = options.batch or (128 if options.device == "cuda" else 8)
    pool = ThreadPoolExecutor(os.cpu_count())
    with (
        torch.inference_mode(),
        pool,
        zipfile.ZipFile(options.out, "w", zipfile.ZIP_STORED) as file,
    ):
        folder = "{kind}/" if options.classes else ""
        ending = "jpg" if options.jpeg else "png"
        drawing = drawn(options.count, options.side, options.seed, options.device, batch)
        encode, waiting = partial(encoded, quality=options.jpeg), deque[Any]()
        for numbers, kind, pictures in drawing:
            for number, picture in zip(numbers, pictures, strict=True):
                name = f"{folder.format(kind=kind)}{number:06d}.{ending}"
                waiting.append((name, pool.submit(encode, picture)))
            while waiting and (waiting[0][1].done() or len(waiting) > 4 * batch):
                name, data = waiting.popleft()
                file.writestr(zipfile.ZipInfo(name), data.result())
        for name, data in waiting:
            file.writestr(zipfile.ZipInfo(name), data.result())


if __name__ == "__main__":
    main()
