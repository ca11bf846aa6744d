"""The stored vectors of spectral norm's power iteration."""

from __future__ import annotations

from torch import Tensor, nn

from ganlab_core.networks.spectral import SpectralLayer


def power_vectors(network: nn.Module) -> list[Tensor]:
    """Every stored vector u of a network, in the order of its layers; empty without spectral norm."""
    return [
        layer.u
        for layer in network.modules()
        if isinstance(layer, SpectralLayer) and layer.spectral.on
    ]
