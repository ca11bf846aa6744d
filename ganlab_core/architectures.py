"""The architectures: how a network is built from the config in a file's header, one entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ganlab_core.capabilities import Capabilities
from ganlab_core.model import Network
from ganlab_core.networks import progan, progan_stages, stylegan, stylegan_stages

MOST = 65536
"""Largest size of anything in a config."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One kind of network.

    Attributes
    ----------
    config
        JSON object of the header -> the network's config; raises `TypeError` or `ValueError`.
    check
        Raises `ValueError` for a config of absurd size, before anything is built from it.
    generator, discriminator
        Config -> network with fresh weights.
    stages
        Generator -> its chain of stages.
    capabilities
        Config and class names -> what it can do.
    """

    config: Callable[[Mapping[str, Any]], Any]
    check: Callable[[Any], None]
    generator: Callable[[Any], Any]
    discriminator: Callable[[Any], Any]
    stages: Callable[[Any], Network]
    capabilities: Callable[[Any, tuple[str, ...]], Capabilities]


def _check_stylegan(config: stylegan.StyleGANConfig) -> None:
    sizes = (config.fmap_base, config.fmap_max, config.z_dim, config.w_dim, config.mapping_fmaps)
    check_sizes(*sizes, *config.channel_list)
    check_resolution(config.resolution)
    if not 1 <= config.mapping_layers <= 64:
        raise ValueError("absurd depth")
    if config.channel_list and len(config.channel_list) != config.levels:
        raise ValueError("channel_list has another length than the network")


def _check_progan(config: progan.ProGANConfig) -> None:
    check_resolution(config.resolution)
    if config.channel_list and len(config.channel_list) != config.levels:
        raise ValueError("channel_list has another length than the network")
    check_sizes(config.z_dim, *(config.channels(level) for level in range(1, config.levels + 1)))
    if not (0.0 <= config.epsilon <= 1.0 and -1.0 <= config.slope <= 1.0):
        raise ValueError("absurd arithmetic")


def check_sizes(*sizes: object) -> None:
    """Raise `ValueError` unless each is a whole number from 1 to 65536."""
    if not all(isinstance(size, int) and 0 < size <= MOST for size in sizes):
        raise ValueError("absurd size")


def check_resolution(resolution: object) -> None:
    """Raise `ValueError` unless it is a power of two from 4 to 1024."""
    if resolution not in (4, 8, 16, 32, 64, 128, 256, 512, 1024):
        raise ValueError("impossible resolution")


ARCHITECTURES: dict[str, Architecture] = {
    "progan": Architecture(
        config=lambda header: progan.ProGANConfig(**header),
        check=_check_progan,
        generator=progan.Generator,
        discriminator=progan.Discriminator,
        stages=progan_stages.ProGANStages,
        capabilities=progan_stages.capabilities,
    ),
    "stylegan": Architecture(
        config=lambda header: stylegan.StyleGANConfig(**header),
        check=_check_stylegan,
        generator=stylegan.Generator,
        discriminator=stylegan.Discriminator,
        stages=stylegan_stages.StyleGANStages,
        capabilities=stylegan_stages.capabilities,
    ),
}
"""Name in a model file's header -> how to build it."""
