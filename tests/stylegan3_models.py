"""Tiny StyleGAN3s whose every number is random, so that every quirk shows."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import torch

from ganlab_core.models import Model, ModelInfo, from_generator
from ganlab_core.networks import StyleGAN3Config, StyleGAN3Generator, describe

TINY = StyleGAN3Config(
    resolution=32,
    z_dim=8,
    w_dim=7,
    channel_list=(6, 6, 5, 5, 4, 4, 3),
    num_layers=5,
    num_critical=2,
)
TURNING = dataclasses.replace(TINY, conv_kernel=1, radial=True)
LABELLED = dataclasses.replace(TINY, label_size=3)
FIXED = ("up_filter", "down_filter", "transform", "magnitude_ema")


def generator(config: StyleGAN3Config = TINY, seed: int = 1) -> StyleGAN3Generator:
    network, draws = StyleGAN3Generator(config), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if not name.endswith(FIXED):
                tensor.copy_(torch.randn(tensor.shape, generator=draws))
        for layer in network.synthesis.layers:
            layer.bias.mul_(0.1)  # or little is to be seen beside them
        network.synthesis.layers[-1].weight.mul_(6.0)
    return network.eval().requires_grad_(requires_grad=False)


def model(config: StyleGAN3Config = TINY) -> Model:
    """A model around a random generator."""
    info = ModelInfo(
        name="tiny3",
        title="Tiny",
        architecture="stylegan3",
        resolution=config.resolution,
        classes=tuple(map(str, range(config.label_size))),
        licence="CC0",
        attribution="",
        fingerprint="0" * 32,
        config=describe(config),
        provenance={},
        growth=math.log2(config.resolution),
        path=Path("tiny3.safetensors"),
    )
    return from_generator(generator(config), info)
