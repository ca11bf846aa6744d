"""The shape of a BigGAN-PyTorch network, told by its weights alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import count_of, side_of
from ganlab_core.networks.biggan import (
    DISCRIMINATOR_WIDTHS,
    GENERATOR_WIDTHS,
    BigGANConfig,
    BigGANDeepConfig,
    SharedConfig,
)

Source = Mapping[str, Tensor]
C = TypeVar("C", bound=SharedConfig)


@dataclass(frozen=True, slots=True)
class Epsilons:
    """Of the conditional batch norms and of spectral normalisation."""

    batch_norm: float
    spectral: float


def generator_config(source: Source, eps: Epsilons, file: str) -> BigGANConfig:
    """A BigGAN's generator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    resolution = _resolution(count, file)
    shared = "shared.weight" in source
    gain = "blocks.0.0.bn1.gain.weight"
    first = side_of(source, "linear.weight", 1, file)
    embedding = side_of(source, "shared.weight", 1, file) if shared else 1
    hierarchical = shared and side_of(source, gain, 1, file) > embedding
    config = BigGANConfig(
        resolution=resolution,
        channels=_unit(source, "output_layer.2.weight", 1, GENERATOR_WIDTHS[resolution][-1], file),
        z_dim=first * (count + 1) if hierarchical else first,
        shared_dim=embedding,
        label_size=side_of(source, "shared.weight" if shared else gain, 0, file),
        attention_after=_attention(source, count),
        bn_eps=eps.batch_norm,
        sn_eps=eps.spectral,
        spectral_norm=False,
        rounding="truncated",
        hierarchical=hierarchical,
        shared=shared,
    )
    return checked(config, file)


def deep_generator_config(source: Source, eps: Epsilons, file: str) -> BigGANDeepConfig:
    """A BigGAN-deep's generator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    resolution = _resolution(count / 2, file)
    embedding = side_of(source, "shared.weight", 1, file)
    config = BigGANDeepConfig(
        resolution=resolution,
        channels=_unit(source, "output_layer.2.weight", 1, GENERATOR_WIDTHS[resolution][-1], file),
        z_dim=side_of(source, "linear.weight", 1, file) - embedding,
        shared_dim=embedding,
        label_size=side_of(source, "shared.weight", 0, file),
        attention_after=_attention(source, count),
        bn_eps=eps.batch_norm,
        sn_eps=eps.spectral,
        spectral_norm=False,
        rounding="truncated",
    )
    return checked(config, file)


def discriminator_config(source: Source, eps: Epsilons, file: str) -> BigGANConfig:
    """A BigGAN's discriminator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    first = side_of(source, "blocks.0.0.conv2.weight", 0, file)
    resolution = _scored_resolution(source, count, first, file)
    return BigGANConfig(
        resolution=resolution,
        channels=_unit(
            source, "blocks.0.0.conv2.weight", 0, DISCRIMINATOR_WIDTHS[resolution][0], file
        ),
        label_size=_label_size(source, file),
        attention_after=_attention(source, count),
        sn_eps=eps.spectral,
        spectral_norm="linear.u0" in source,
        wide=side_of(source, "blocks.0.0.conv1.weight", 0, file) == first,
    )


def deep_discriminator_config(source: Source, eps: Epsilons, file: str) -> BigGANDeepConfig:
    """A BigGAN-deep's discriminator; raises `CheckpointError` for shapes that none has."""
    count = count_of(source, "blocks.{}.0.conv1.weight")
    first = side_of(source, "input_conv.weight", 0, file)
    resolution = _scored_resolution(source, count + 1, first, file)
    return BigGANDeepConfig(
        resolution=resolution,
        channels=_unit(source, "input_conv.weight", 0, DISCRIMINATOR_WIDTHS[resolution][0], file),
        label_size=_label_size(source, file),
        attention_after=_attention(source, count, position=2),
        sn_eps=eps.spectral,
        spectral_norm="linear.u0" in source,
    )


def _resolution(levels: float, file: str) -> int:
    """Side in pixels that so many up-scaling blocks give."""
    for resolution in GENERATOR_WIDTHS:
        if 4 * 2**levels == resolution:
            return resolution
    raise CheckpointError(f"{file} has {levels:g} scales, which no BigGAN of 32 to 512 px has.")


def _scored_resolution(source: Source, count: int, first: int, file: str) -> int:
    """Side in pixels of what a discriminator with so many widths scores.

    Networks for 32 px are told from larger ones by all their widths being the same.
    """
    last = side_of(source, "linear.weight", 1, file)
    for resolution, widths in DISCRIMINATOR_WIDTHS.items():
        if len(widths) == count and widths[-1] * first == widths[0] * last:
            return resolution
    raise CheckpointError(f"{file} has the widths of no BigGAN's discriminator.")


def _label_size(source: Source, file: str) -> int:
    return side_of(source, "embed.weight", 0, file) if "embed.weight" in source else 0


def _unit(source: Source, name: str, axis: int, multiple: int, file: str) -> int:
    """The unit of widths, from a weight that has a multiple of it."""
    side = side_of(source, name, axis, file)
    if side % multiple:
        raise CheckpointError(f"{file} has weights {name!a} of an impossible shape.")
    return side // multiple


def _attention(source: Source, count: int, position: int = 1) -> tuple[int, ...]:
    """After how many blocks self-attention comes; it lies behind the block of that number."""
    return tuple(
        index + 1 for index in range(count) if f"blocks.{index}.{position}.gamma" in source
    )


def checked(config: C, file: str) -> C:
    """The config itself; raises `CheckpointError` where no network could be built from it."""
    try:
        config.check()
    except ValueError as error:
        raise CheckpointError(f"{file} is of no BigGAN that could be run: {error}.") from None
    return config
