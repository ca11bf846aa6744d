"""Tiny StyleGAN2s whose every number is random, so that every quirk shows."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from ganlab_core.models import Model, ModelInfo, from_generator
from ganlab_core.networks import StyleGAN2Config, StyleGAN2Discriminator, StyleGAN2Generator

N = TypeVar("N", bound=nn.Module)

TINY = StyleGAN2Config(
    resolution=16,
    channel_list=(12, 10, 6),
    z_dim=8,
    w_dim=7,
    mapping_layers=2,
    mapping_fmaps=9,
    conv_clamp=2.0,
    critic_dense=5,
)
LABELLED = dataclasses.replace(TINY, label_size=3)


def _random(network: N, seed: int) -> N:
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.copy_(torch.randn(tensor.shape, generator=draws))
    return network.eval().requires_grad_(requires_grad=False)


def generator(config: StyleGAN2Config = TINY, seed: int = 1) -> StyleGAN2Generator:
    return _random(StyleGAN2Generator(config), seed)


def discriminator(config: StyleGAN2Config = TINY, seed: int = 2) -> StyleGAN2Discriminator:
    return _random(StyleGAN2Discriminator(config), seed)


def model(config: StyleGAN2Config = TINY) -> Model:
    """A model around a random generator."""
    info = ModelInfo(
        name="tiny2",
        title="Tiny",
        architecture="stylegan2",
        resolution=config.resolution,
        classes=tuple(map(str, range(config.label_size))),
        licence="CC0",
        attribution="",
        fingerprint="0" * 32,
        config=dataclasses.asdict(config),
        provenance={},
        growth=float(config.levels),
        path=Path("tiny2.safetensors"),
    )
    return from_generator(generator(config), info)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
