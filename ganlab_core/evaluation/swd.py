"""Sliced Wasserstein distance between the Laplacian pyramids of two sets of pictures.

Karras et al. 2018, "Progressive Growing of GANs", sec. 5: each level of the pyramid holds the
detail of one scale; small patches of it are compared as two clouds, along random directions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

Uint8 = npt.NDArray[np.uint8]

COARSEST = 16
"""The pyramid ends here, as in the paper; smaller pictures have one level, the picture itself."""

_PATCH = 7
_PATCHES_PER_PICTURE = 128
_MOST_PATCHES = 2**19
_MOST_PLACES = 2**22
_REPEATS, _DIRECTIONS = 4, 128
_CHUNK = 64
_LEAST_DEVIATION = 1e-2
_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)


@torch.inference_mode()
def sliced_wasserstein(real: Uint8, fake: Uint8, *, seed: int = 0) -> dict[int, float]:
    """Sliced Wasserstein distance times 1000 at each resolution of the pyramid, finest first.

    The paper's numbers come from 16,384 pictures a side; fewer give higher ones, so compare only
    values of equal counts. Equal arguments give equal values, and no global random state is used.

    Parameters
    ----------
    real, fake
        uint8 (n, C, h, w) each, with equal n >= 1, sides that can be halved down to 16 px, and at least
        4. From each picture 128 patches of 7 x 7 are taken, fewer where that would be more than 524,288.
    seed
        For the places of the patches and the directions.

    Raises
    ------
    ValueError
        When the two shapes differ or are not (n, C, h, w).
    """
    _check(real, fake)
    generator = torch.Generator().manual_seed(seed)
    distances = {}
    size = int(min(real.shape[-2:]))
    for level in range(max(1, size.bit_length() - COARSEST.bit_length() + 1)):
        clouds = [_patches(pictures, level, generator) for pictures in (real, fake)]
        distances[size >> level] = 1e3 * _distance(clouds[0], clouds[1], generator)
    return distances


def laplacian_level(pictures: Tensor, level: int) -> Tensor:
    """Level `level` of the Laplacian pyramid of float (n, C, h, w): float (n, C, h >> level, ...).

    The coarsest level, at 16 px or for smaller pictures the only one, keeps the low frequencies.
    """
    for _ in range(level):
        pictures = _half(pictures)
    if min(pictures.shape[-2:]) <= COARSEST:
        return pictures
    return pictures - _double(_half(pictures))


def _check(real: Uint8, fake: Uint8) -> None:
    sound = real.ndim == 4 and real.shape[1] in (1, 3, 4) and len(real) > 0
    size = min(real.shape[-2:]) if sound else 0
    halved = max(0, size.bit_length() - COARSEST.bit_length()) + 1
    if (
        real.shape != fake.shape
        or size < 4
        or any(side % (1 << halved) for side in real.shape[-2:])
    ):
        raise ValueError(f"need two equal shapes (n, C, h, w), not {real.shape} and {fake.shape}")


def _half(pictures: Tensor) -> Tensor:
    return _blur(pictures)[:, :, ::2, ::2]


def _double(pictures: Tensor) -> Tensor:
    count, channels, height, width = pictures.shape
    spread = pictures.new_zeros(count, channels, 2 * height, 2 * width)
    spread[:, :, ::2, ::2] = pictures
    return 4 * _blur(spread)


def _blur(pictures: Tensor) -> Tensor:
    """Burt and Adelson's 5 x 5 binomial filter, with the borders mirrored."""
    row = torch.tensor(_BINOMIAL, dtype=pictures.dtype, device=pictures.device) / 16
    channels = pictures.shape[1]
    padded = F.pad(pictures, (2, 2, 2, 2), mode="reflect")
    across = F.conv2d(padded, row.expand(channels, 1, 1, 5), groups=channels)
    return F.conv2d(across, row[:, None].expand(channels, 1, 5, 1), groups=channels)


def _patches(pictures: Uint8, level: int, generator: torch.Generator) -> Tensor:
    """Normalised random patches of one pyramid level, float (n * k, C * 7 * 7)."""
    per_picture = max(1, min(_PATCHES_PER_PICTURE, _MOST_PATCHES // len(pictures)))
    chunks = []
    for start in range(0, len(pictures), _CHUNK):
        chunk = torch.from_numpy(pictures[start : start + _CHUNK].astype(np.float32))
        chunks.append(_random_patches(laplacian_level(chunk, level), per_picture, generator))
    patches = torch.cat(chunks)
    # Each colour channel to mean 0 and deviation 1 over the whole set, as the paper asks; the floor
    # (in grey levels) keeps the rounding noise of flat pictures from being blown up.
    deviation, mean = torch.std_mean(patches, dim=(0, 2, 3), keepdim=True, correction=0)
    return patches.sub_(mean).div_(deviation.clamp_min(_LEAST_DEVIATION)).flatten(1)


def _random_patches(level: Tensor, per_picture: int, generator: torch.Generator) -> Tensor:
    count, sizes = level.shape[0], level.shape[-2:]
    side = min(_PATCH, *sizes)
    windows = level.unfold(2, side, 1).unfold(3, side, 1)  # (n, C, places, places, side, side)
    shape = (count, per_picture)
    places = [torch.randint(size - side + 1, shape, generator=generator) for size in sizes]
    picture = torch.arange(count)[:, None].expand(count, per_picture)
    return windows[picture, :, places[0], places[1]].flatten(0, 1)


def _distance(real: Tensor, fake: Tensor, generator: torch.Generator) -> float:
    """Mean distance of the sorted projections: the 1-Wasserstein distance along each direction."""
    # Some at a time: all projections together would be as big as the patches themselves.
    at_once = max(1, _MOST_PLACES // len(real))
    total = 0.0
    for _ in range(_REPEATS):
        directions = torch.randn(_DIRECTIONS, real.shape[1], generator=generator)
        directions /= torch.linalg.vector_norm(directions, dim=1, keepdim=True)
        for block in torch.split(directions, at_once):
            total += np.abs(_projected(real, block) - _projected(fake, block)).mean(axis=1).sum()
    return float(total / (_REPEATS * _DIRECTIONS))


def _projected(cloud: Tensor, directions: Tensor) -> npt.NDArray[np.float32]:
    """Sorted places of the points along each direction, (directions, points)."""
    places: npt.NDArray[np.float32] = (directions @ cloud.T).numpy()
    places.sort(axis=1)  # several times faster than torch's sort on a CPU
    return places
