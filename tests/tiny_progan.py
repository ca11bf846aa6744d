"""Tiny ProGANs whose every weight is random, biases too, so that every quirk of the network shows."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from ganlab_core.models import Model, ModelInfo, from_generator
from ganlab_core.networks import ProGANConfig, ProGANGenerator


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def small(resolution: int = 16, **settings: object) -> ProGANConfig:
    shape: dict[str, object] = {"fmap_base": 100, "fmap_max": 14, "z_dim": 10}
    return ProGANConfig(resolution=resolution, **{**shape, **settings})  # type: ignore[arg-type]


def randomised(network: torch.nn.Module) -> torch.nn.Module:
    """The network with biases as large as its weights."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0.0, 1.0, generator=generator)
    return network.eval().requires_grad_(requires_grad=False)


def tiny_generator(config: ProGANConfig) -> ProGANGenerator:
    generator = randomised(ProGANGenerator(config))
    assert isinstance(generator, ProGANGenerator)
    return generator


def tiny_model(
    config: ProGANConfig, *, growth: float | None = None, classes: tuple[str, ...] | None = None
) -> Model:
    """A model around such a generator, its classes named c0, c1, ... unless told."""
    named = tuple(f"c{index}" for index in range(config.label_size))
    info = ModelInfo(
        name="tiny",
        title="Tiny",
        architecture="progan",
        resolution=config.resolution,
        classes=named if classes is None else classes,
        licence="CC0",
        attribution="",
        fingerprint="0" * 32,
        config=dataclasses.asdict(config),
        provenance={},
        growth=float(config.levels) if growth is None else growth,
        path=Path("tiny.safetensors"),
    )
    return from_generator(tiny_generator(config), info)
