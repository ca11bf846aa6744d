"""The architectures: how a network is built from the config in a file's header, one entry each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ganlab_core.capabilities import Capabilities
from ganlab_core.model import Network
from ganlab_core.networks import (
    biggan,
    biggan_base,
    biggan_deep,
    biggan_stages,
    progan,
    progan_stages,
    stylegan,
    stylegan2,
    stylegan2_critic,
    stylegan2_stages,
    stylegan_stages,
)

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


def _check_stylegan2(config: stylegan2.StyleGAN2Config) -> None:
    check_sizes(config.channel_base, config.channel_max, config.z_dim, config.w_dim)
    check_sizes(config.mapping_fmaps, *config.channel_list)
    check_resolution(config.resolution)
    if not 0 <= config.mapping_layers <= 64 or not 0 <= config.label_features <= MOST:
        raise ValueError("absurd size")
    if config.channel_list and len(config.channel_list) != config.levels - 1:
        raise ValueError("channel_list has another length than the network")
    if config.label_kind not in ("concat", "embed"):
        raise ValueError("unknown way of labels")
    if config.conv_clamp is not None and not 0.0 < config.conv_clamp < math.inf:
        raise ValueError("absurd clamp")
    taps = config.resample_filter
    if len(taps) not in range(2, 17, 2) or not 0.0 < abs(sum(taps)) < math.inf:
        raise ValueError("absurd filter")


def _check_progan(config: progan.ProGANConfig) -> None:
    check_resolution(config.resolution)
    if config.channel_list and len(config.channel_list) != config.levels:
        raise ValueError("channel_list has another length than the network")
    check_sizes(config.z_dim, *(config.channels(level) for level in range(1, config.levels + 1)))
    if not (0.0 <= config.epsilon <= 1.0 and -1.0 <= config.slope <= 1.0):
        raise ValueError("absurd arithmetic")


def _check_biggan(config: biggan.BigGANConfig) -> None:
    _check_shared(config)
    if config.hierarchical and (not config.chunk or config.z_dim % len(config.widths)):
        raise ValueError("z cannot be cut into that many chunks")
    if not config.label_size and not (config.hierarchical and config.shared):
        raise ValueError("blocks without any condition")
    _check_attention(config, config.steps)


def _check_biggan_deep(config: biggan_deep.BigGANDeepConfig) -> None:
    _check_shared(config)
    side, before = 4, 0
    if len(config.block_list) > 64:
        raise ValueError("absurd depth")
    for up, width, after in config.blocks:
        check_sizes(width, after, width * config.channels)
        if before not in (0, width) or after not in (width, width / 2):
            raise ValueError("blocks that do not fit together")
        side, before = side * (2 if up else 1), after
    if side != config.resolution:
        raise ValueError("another resolution than the blocks reach")
    _check_attention(config, config.steps)


def _check_shared(config: biggan_base.SharedConfig) -> None:
    check_sizes(config.channels, config.z_dim, config.shared_dim, config.n_stats)
    check_sizes(16 * 16 * config.channels)
    if config.label_size != 0:
        check_sizes(config.label_size)
    if config.resolution not in biggan.GENERATOR:
        raise ValueError("impossible resolution")
    if config.rounding not in biggan_stages.ROUNDINGS:
        raise ValueError("unknown rounding")
    if config.stats_blend not in ("linear", "swapped"):
        raise ValueError("unknown blend")
    if not all(0.0 < eps < 1.0 for eps in (config.bn_eps, config.output_eps, config.sn_eps)):
        raise ValueError("absurd epsilon")


def _check_attention(config: biggan_base.SharedConfig, steps: tuple[biggan_base.Step, ...]) -> None:
    """Where it comes, there are at least 8 feature maps, of which it uses an eighth."""
    attention = [step for step in steps if step.kind == "attention"]
    if any(step.channels < 8 for step in attention):
        raise ValueError("too few feature maps for attention")
    if config.attention_after is not None and len(attention) != len(config.attention_after):
        raise ValueError("attention after blocks that are not there")


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
    "biggan": Architecture(
        config=lambda header: biggan.BigGANConfig(**header),
        check=_check_biggan,
        generator=biggan.Generator,
        discriminator=biggan.Discriminator,
        stages=biggan_stages.BigGANStages,
        capabilities=biggan_stages.biggan_capabilities,
    ),
    "biggan-deep": Architecture(
        config=lambda header: biggan_deep.BigGANDeepConfig(**header),
        check=_check_biggan_deep,
        generator=biggan_deep.Generator,
        discriminator=biggan_deep.Discriminator,
        stages=biggan_stages.BigGANStages,
        capabilities=biggan_stages.biggan_deep_capabilities,
    ),
    "stylegan2": Architecture(
        config=lambda header: stylegan2.StyleGAN2Config(**header),
        check=_check_stylegan2,
        generator=stylegan2.Generator,
        discriminator=stylegan2_critic.Discriminator,
        stages=stylegan2_stages.StyleGAN2Stages,
        capabilities=stylegan2_stages.capabilities,
    ),
}
"""Name in a model file's header -> how to build it."""
