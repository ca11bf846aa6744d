"""Tiny models of what came before ProGAN, their batch norms as after some training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from ganlab_core.models import ARCHITECTURES, Model, ModelInfo, from_generator
from ganlab_core.networks import LatentGenerator, describe
from ganlab_core.networks.cyclegan import Gallery


def generator(architecture: str, config: Any, seed: int = 0) -> LatentGenerator:
    """A network with random weights and random running statistics, in eval mode."""
    config.check()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made: LatentGenerator = ARCHITECTURES[architecture].generator(config)
        for layer in made.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_mean.normal_(0.0, 0.2)
                layer.running_var.uniform_(0.5, 1.5)
            elif isinstance(layer, Gallery):
                layer.pictures.random_(0, 256)
            elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.weight.data.mul_(8.0)
        for name, parameter in made.named_parameters():
            if name.endswith(("gain", "gamma")):
                parameter.data.normal_(1.0, 0.3)
    return made.eval().requires_grad_(requires_grad=False)


def model(architecture: str, config: Any) -> Model:
    """The model of such a network, with as many classes as it knows."""
    names = ("red", "green", "blue")[: config.label_size]
    info = ModelInfo(
        "tiny", "Tiny", architecture, config.resolution, names, "", "", "0" * 32,
        describe(config), {}, float(config.resolution.bit_length() - 1), Path(),
    )  # fmt: skip
    return from_generator(generator(architecture, config), info)
