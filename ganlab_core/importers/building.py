"""From a published file's weights to one of our networks: each weight by a rule, none left over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.files import resources_dir
from ganlab_core.models import Model, ModelInfo, fingerprint, from_generator
from ganlab_core.networks import (
    StyleGAN2Config,
    StyleGANConfig,
    StyleGANGenerator,
    describe,
    filter_kernel,
)

M = TypeVar("M", bound=nn.Module)
MOST_CHANNELS = 65536


class Published(Protocol):
    """A published checkpoint whose networks can be had as ours."""

    @property
    def layout(self) -> str:
        """What it is, for people."""
        ...

    def generator(self, *, averaged: bool = True) -> Model:
        """The generator: the averaged one, or the one that was trained, where both are kept."""
        ...

    def discriminator(self) -> nn.Module:
        """The discriminator; raises `CheckpointError` where the file has none."""
        ...


class Mapped(Protocol):
    """A generator with a mapping network and a mean of W."""

    config: Any
    mapping: Any
    w_avg: Tensor


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one of our weights comes from.

    Attributes
    ----------
    ours, theirs
        Its name in our network and in the file.
    how
        From their tensor to ours.
    """

    ours: str
    theirs: str
    how: Callable[[Tensor], Tensor] = lambda tensor: tensor


def weight_and_bias(ours: str, theirs: str) -> list[Rule]:
    """The rules of a layer whose weight and bias are the file's as they are."""
    return [Rule(f"{ours}.{kind}", f"{theirs}.{kind}") for kind in ("weight", "bias")]


def build(
    make: Callable[[], M],
    rules: Iterable[Rule],
    source: Mapping[str, Tensor],
    file: str,
    given: Mapping[str, Tensor] | None = None,
) -> M:
    """A network with the file's weights in fp32.

    Parameters
    ----------
    make
        Makes the network; its shapes are what the file's are held against.
    rules
        One for every weight of the network that is not in `given`.
    source
        The file's tensors by their names there; each must be used.
    file
        The file's name, for errors.
    given
        Weights that the file does not have.

    Raises
    ------
    CheckpointError
        When a weight is missing, left over, of the wrong shape, or not finite.
    """
    network = _blank(make, file)
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    weights = dict(given or {})
    unused = set(source)
    for rule in rules:
        if rule.theirs not in source:
            raise CheckpointError(f"{file} lacks the weights {rule.theirs!a}.", UNKNOWN_VARIANT)
        unused.discard(rule.theirs)
        weights[rule.ours] = _converted(rule, source[rule.theirs], expected[rule.ours], file)
    if unused:
        raise CheckpointError(
            f"{file} has weights that its network has no place for: {min(unused)[:80]!a}.",
            UNKNOWN_VARIANT,
        )
    network.load_state_dict(weights, assign=True)
    return network.eval()


def _blank(make: Callable[[], M], file: str) -> M:
    """A network without numbers."""
    try:
        with torch.device("meta"):
            return make()
    except (ArithmeticError, ValueError, TypeError, RuntimeError):  # such as a size of 0
        raise CheckpointError(
            f"{file} states sizes that no network can have.", UNKNOWN_VARIANT
        ) from None


UNKNOWN_VARIANT = "It seems to be of a variant of its project that ganlab does not know."
"""The remedy where a file is whole and its network is not what its names promise."""


def _converted(rule: Rule, theirs: Tensor, shape: torch.Size, file: str) -> Tensor:
    try:
        ours = rule.how(theirs.float())
    except (RuntimeError, IndexError):  # too few dimensions to turn around
        ours = theirs
    if ours.shape != shape:
        raise CheckpointError(
            f"{file} has weights {rule.theirs!a} of the shape {_written(theirs.shape)} "
            f"where its network takes {_written(shape)}.",
            UNKNOWN_VARIANT,
        )
    if not bool(torch.isfinite(ours).all()):
        raise CheckpointError(
            f"{file} has weights {rule.theirs!a} that are not finite.", UNKNOWN_VARIANT
        )
    return ours.contiguous().clone()


def _written(shape: torch.Size) -> str:
    return " x ".join(map(str, shape)) or "one number"


def imported_model(
    architecture: str,
    generator: Any,
    path: Path,
    layout: str,
    *,
    growth: float | None = None,
    classes: tuple[str, ...] | None = None,
    facts: Mapping[str, object] | None = None,
) -> Model:
    """A model around an imported generator.

    Parameters
    ----------
    architecture
        Its name among `ARCHITECTURES`.
    generator
        With the file's weights; its `config` is a dataclass with `resolution` and `label_size`.
    path, layout
        Where it comes from and what that is.
    growth
        Log2 of the resolution it had faded in; None = all.
    classes, facts
        Class names, None = numbered; more to be kept as provenance.
    """
    config = generator.config
    described = describe(config)
    full = float(config.resolution.bit_length() - 1)
    numbered = tuple(f"class {index}" for index in range(config.label_size))
    info = ModelInfo(
        name=path.stem,
        title=path.stem,
        architecture=architecture,
        resolution=config.resolution,
        classes=numbered if classes is None else classes,
        licence="",
        attribution="",
        fingerprint=fingerprint(architecture, described, generator.state_dict()),
        config=described,
        provenance={"imported": layout, "file": path.name, **(facts or {})},
        growth=full if growth is None else min(max(growth, 2.0), full),
        path=path,
    )
    return from_generator(generator.requires_grad_(requires_grad=False), info)


def stylegan_model(
    generator: StyleGANGenerator,
    path: Path,
    layout: str,
    growth: float,
    truncation: tuple[float, int | None],
    facts: Mapping[str, object] | None = None,
) -> Model:
    """A model around an imported StyleGAN generator.

    `truncation` is the psi and cutoff that the published code would use, as a Recipe's.
    """
    psi, cutoff = truncation
    told = {"truncation": {"psi": psi, "cutoff": cutoff}, **(facts or {})}
    return imported_model("stylegan", generator, path, layout, growth=growth, facts=told)


def levels_of(resolution: int, file: str, smallest: int = 8) -> int:
    """Log2 of a resolution; raises `CheckpointError` for one that no StyleGAN or ProGAN has."""
    if resolution < smallest or resolution > 1024 or resolution & (resolution - 1):
        raise CheckpointError(
            f"{file} has a network for pictures of {resolution} px.",
            f"Only powers of two from {smallest} to 1024 can be opened.",
        )
    return resolution.bit_length() - 1


def lod_of(tensor: Tensor | None, file: str) -> float:
    """The level of detail as stored, 0 where it is not; raises `CheckpointError` for nonsense."""
    if tensor is None:
        return 0.0
    if tensor.numel() != 1 or not 0.0 <= float(tensor) <= 16.0:
        raise CheckpointError(f"{file} has a level of detail that makes no sense.")
    return float(tensor)


def side_of(source: Mapping[str, Tensor], name: str, axis: int, file: str) -> int:
    """The size of a weight along an axis; raises `CheckpointError` where there is none."""
    tensor = source.get(name)
    if tensor is None:
        raise CheckpointError(f"{file} lacks the weights {name!a}.", UNKNOWN_VARIANT)
    if tensor.ndim <= axis or not 0 < tensor.shape[axis] <= 65536:
        raise CheckpointError(f"{file} has weights {name!a} of an impossible shape.")
    return tensor.shape[axis]


def const_size(const: Tensor, file: str) -> tuple[int, int]:
    """Height and width of a learned constant (..., h, w); raises `CheckpointError` for others."""
    if const.ndim < 3 or not all(1 <= side <= 64 for side in const.shape[-2:]):
        raise CheckpointError(f"{file} has a constant of {_written(const.shape)} numbers.")
    return const.shape[-2], const.shape[-1]


def silent_noise(config: StyleGAN2Config) -> dict[str, Tensor]:
    """The weights of noise for a StyleGAN2 that was made without."""
    given: dict[str, Tensor] = {}
    for index in range(config.num_styles - 1):
        given[f"synthesis.layers.{index}.noise_strength"] = torch.zeros(())
        given[f"synthesis.noise{index}"] = torch.zeros(1, 1, *config.size((index + 1) // 2 + 2))
    return given


def drawn_noise(config: StyleGAN2Config) -> dict[str, Tensor]:
    """Noise maps for a StyleGAN2 whose file has none: normal, and the same every time."""
    source = torch.Generator().manual_seed(0)
    return {
        f"synthesis.noise{index}": torch.randn(
            1, 1, *config.size((index + 1) // 2 + 2), generator=source
        )
        for index in range(config.num_styles - 1)
    }


def drawn_maps(config: StyleGANConfig) -> dict[str, Tensor]:
    """Noise maps for a StyleGAN whose file has none: normal, and the same every time."""
    source = torch.Generator().manual_seed(0)
    found = {}
    for index in range(config.num_layers):
        side = 2 ** (index // 2 + 2)
        found[f"synthesis.noise{index}"] = torch.randn(1, 1, side, side, generator=source)
    return found


DRAWN_NOISE: Mapping[str, object] = {"noise_maps": "drawn"}
"""The fact that a file had no noise maps of its own."""


@torch.inference_mode()
def estimate_mean(network: Mapped) -> str:
    """Set the mean of W, which the file does not have, from fixed seeds; tells how."""
    source = torch.Generator().manual_seed(0)
    parts = torch.randn(SEEDS_OF_MEAN, network.config.z_dim, generator=source).split(1000)
    total = torch.stack([network.mapping(part).sum(dim=0) for part in parts]).sum(dim=0)
    network.w_avg.copy_(total / SEEDS_OF_MEAN)
    return f"estimated from {SEEDS_OF_MEAN} seeds"


SEEDS_OF_MEAN = 10_000


def taps_of(kernel: Tensor) -> tuple[float, ...] | None:
    """One direction of a filter that is the same in both; None for any other."""
    if kernel.ndim not in (1, 2) or len(kernel) not in range(2, 17, 2):
        return None
    line = kernel if kernel.ndim == 1 else kernel.sum(dim=1)
    if not bool(torch.isfinite(line).all()) or abs(float(line.sum()) - 1.0) > 1e-3:
        return None
    for taps in (USUAL_TAPS, tuple(line.tolist())):
        whole = filter_kernel(taps, line)
        alike = whole if kernel.ndim == 2 else whole.sum(dim=1)
        if alike.shape == kernel.shape and torch.allclose(alike, kernel, rtol=1e-5, atol=1e-7):
            return taps
    return None


USUAL_TAPS = (1.0, 3.0, 3.0, 1.0)


def shared_taps(
    source: dict[str, Tensor], ends: tuple[str, ...], gain: float, file: str
) -> tuple[float, ...]:
    """The taps of the filter that is stored under all names with these ends, which are taken out.

    `gain` is what the stored kernels add up to. Raises `CheckpointError` where they differ.
    """
    kernels = [source.pop(name).squeeze() / gain for name in [*source] if name.endswith(ends)]
    taps = taps_of(kernels[0]) if kernels else USUAL_TAPS
    if taps is None or not all(torch.equal(kernel, kernels[0]) for kernel in kernels):
        raise CheckpointError(
            f"{file} was made with a filter for its pictures that ganlab cannot use.",
            "Only filters that are the same in both directions and everywhere can be imported.",
        )
    return taps


def count_of(source: Mapping[str, Tensor], pattern: str) -> int:
    """How many names there are of a pattern with a number in it, counted from 0."""
    count = 0
    while pattern.format(count) in source:
        count += 1
    return count


# ------------------------------------------------------------------------------------------------
# Class names of models whose files have none.


IMAGENET = "imagenet_classes.txt"
"""The names of ImageNet's classes in their usual order, one a line."""


def class_names(count: int) -> tuple[str, ...] | None:
    """ImageNet's names for a model of 1000 classes, None for others."""
    if count != 1000:
        return None
    try:
        names = tuple((resources_dir() / IMAGENET).read_text(encoding="utf-8").splitlines())
    except OSError:
        return None
    return names if len(names) == count else None
