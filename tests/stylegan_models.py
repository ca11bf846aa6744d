"""A tiny StyleGAN whose every weight is random, so that every quirk of the network shows."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from ganlab_core.models import Model, ModelInfo, from_generator
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator


def tiny_config(resolution: int = 16, label_size: int = 0) -> StyleGANConfig:
    return StyleGANConfig(
        resolution=resolution,
        fmap_base=128,
        fmap_max=16,
        z_dim=16,
        w_dim=16,
        mapping_layers=3,
        mapping_fmaps=16,
        label_size=label_size,
    )


def random_generator(config: StyleGANConfig) -> StyleGANGenerator:
    """A generator with random biases, noise weights, style biases and mean of W as well."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1234)
        generator = StyleGANGenerator(config)
        with torch.no_grad():
            for name, parameter in generator.named_parameters():
                if name.endswith("bias") or "noise_weight" in name:
                    scale = 20.0 if name.startswith("mapping") else 0.3
                    parameter.normal_(0.0, scale)
            generator.w_avg.normal_(0.0, 0.3)
    return generator.eval().requires_grad_(requires_grad=False)


def tiny_stylegan(
    resolution: int = 16, classes: tuple[str, ...] = (), growth: float | None = None
) -> Model:
    """A model around such a generator."""
    config = tiny_config(resolution, len(classes))
    info = ModelInfo(
        name="tiny",
        title="Tiny",
        architecture="stylegan",
        resolution=resolution,
        classes=classes,
        licence="CC0",
        attribution="",
        fingerprint="0" * 32,
        config=dataclasses.asdict(config),
        provenance={},
        growth=float(config.levels) if growth is None else growth,
        path=Path("tiny.safetensors"),
    )
    return from_generator(random_generator(config), info)
