"""Tiny BigGANs whose every number is random, so that every quirk shows."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from ganlab_core.models import Model, ModelInfo, from_generator
from ganlab_core.networks import (
    BatchNorm,
    BigGANConfig,
    BigGANDeepConfig,
    BigGANDeepGenerator,
    BigGANGenerator,
    StagedGenerator,
)

Z_DIM = 8
SIZES = {
    "resolution": 32, "channels": 4, "z_dim": Z_DIM, "shared_dim": 5, "label_size": 3,
    "attention": (16,), "n_stats": 4, "spectral_norm": False, "threshold": 2.0,
}  # fmt: skip


def model_of(generator: StagedGenerator, architecture: str) -> Model:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        for name, parameter in generator.named_parameters():
            parameter.normal_(0.0, 0.3)
            if name == "output_norm.gain":
                parameter.add_(1.0)
        for layer in generator.modules():
            if isinstance(layer, BatchNorm):
                layer.mean.normal_(0.0, 0.5)
                layer.variance.uniform_(0.5, 2.0)
    config = generator.config
    classes = tuple(f"class {index}" for index in range(config.label_size))
    info = ModelInfo(
        "tiny", "Tiny", architecture, 32, classes, "", "", "0" * 32, dataclasses.asdict(config), {},
        5.0, Path("tiny.safetensors"),
    )  # fmt: skip
    return from_generator(generator.eval().requires_grad_(requires_grad=False), info)


def make_biggan(**changes: object) -> Model:
    config = BigGANConfig(**(SIZES | changes))
    return model_of(BigGANGenerator(config), "biggan")


def make_deep(**changes: object) -> Model:
    config = BigGANDeepConfig(**(SIZES | changes))
    return model_of(BigGANDeepGenerator(config), "biggan-deep")
