"""Spectral norm's power iteration as the trainer handles it: its stored vectors, its singular values."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ganlab_core.networks.layers import SpectralLayer, power_step

SETTLING_STEPS = 20
"""Steps after which sigma is taken to be the singular value itself."""


def power_vectors(network: nn.Module) -> list[Tensor]:
    """Every stored vector u of a network, in the order of its layers; empty without spectral norm."""
    return [layer.u for _, layer in _layers(network)]


@torch.no_grad()
def settle_power(network: nn.Module) -> None:
    """Iterate every u until it has come to rest."""
    for _, layer in _layers(network):
        matrix = layer.weight.flatten(1)
        for _ in range(SETTLING_STEPS):
            layer.u.copy_(power_step(matrix, layer.u, layer.spectral.eps)[1])


@torch.no_grad()
def singular_values(network: nn.Module) -> dict[str, Tensor]:
    """Layer -> the estimate of its largest singular value that its weight is divided by."""
    values = {}
    for name, layer in _layers(network):
        matrix = layer.weight.flatten(1)
        v, u = power_step(matrix, layer.u, layer.spectral.eps)
        values[name] = torch.dot(u, torch.mv(matrix, v))
    return values


def _layers(network: nn.Module) -> Iterator[tuple[str, SpectralLayer]]:
    for name, layer in network.named_modules():
        if isinstance(layer, SpectralLayer) and layer.spectral.on:
            yield name, layer
