"""Spectral normalisation (Miyato et al. 2018) as BigGAN uses it, and layers that have it.

A weight is divided by an estimate of its largest singular value. The estimate comes from one step of
power iteration from a stored vector u, in training and evaluation alike; only training stores the new
u. What a trained network computes therefore depends on its u, and not on the exact singular value.

A network that will only be rendered can be *folded*: its weights divided once, and no u kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.networks.layers import normal, shifted_sum


@dataclass(frozen=True, slots=True)
class Spectral:
    """Whether and how weights are normalised.

    Attributes
    ----------
    on
        False = they are used as they are, because they have been folded.
    eps
        Smallest length that a vector of the power iteration is divided by.
    """

    on: bool = True
    eps: float = 1e-6


class SpectralLayer(nn.Module):
    """A layer with one weight that is normalised, as the matrix (first axis, all others)."""

    u: Tensor

    def __init__(self, shape: tuple[int, ...], spectral: Spectral) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(*shape, deviation=0.02))
        self.spectral = spectral
        if spectral.on:
            self.register_buffer("u", normal(shape[0]))

    def normal_weight(self) -> Tensor:
        """The weight divided by sigma, of its own shape; in training u takes its step."""
        if not self.spectral.on:
            return self.weight
        # bf16 would be too coarse for sigma
        with torch.autocast(self.weight.device.type, enabled=False):
            matrix = self.weight.flatten(1)
            with torch.no_grad():
                v, u = power_step(matrix, self.u, self.spectral.eps)
                if self.training:
                    self.u.copy_(u)
            return self.weight / torch.dot(u, torch.mv(matrix, v))


def power_step(matrix: Tensor, u: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """One step from u (rows,) of any length: unit vectors v (columns,) and the next u (rows,)."""
    v = F.normalize(torch.mv(matrix.t(), u), dim=0, eps=eps)
    return v, F.normalize(torch.mv(matrix, v), dim=0, eps=eps)


class SpectralLinear(SpectralLayer):
    """Dense layer: (N, features_in) -> (N, features_out)."""

    def __init__(
        self, features_in: int, features_out: int, spectral: Spectral, *, bias: bool = True
    ) -> None:
        super().__init__((features_out, features_in), spectral)
        self.bias = nn.Parameter(torch.zeros(features_out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, features_in) -> (N, features_out), linear."""
        return F.linear(x, self.normal_weight(), self.bias)


class SpectralConv2d(SpectralLayer):
    """Convolution of stride 1 and "same" zero padding: (N, C_in, H, W) -> (N, C_out, H, W)."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        spectral: Spectral,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__((channels_out, channels_in, kernel, kernel), spectral)
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) -> (N, C_out, H, W), linear."""
        return F.conv2d(x, self.normal_weight(), self.bias, padding=self.weight.shape[-1] // 2)

    def after_upscaling(self, x: Tensor) -> Tensor:
        """Nearest x2, then the 3x3 layer, as one transposed convolution, which costs half as much.

        Shapes: (N, C_in, H, W) -> (N, C_out, 2H, 2W).
        """
        kernel = shifted_sum(self.normal_weight(), mirrored=True).transpose(0, 1)
        return F.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)

    def then_downscaling(self, x: Tensor) -> Tensor:
        """The 3x3 layer, then the 2x2 mean, as one convolution of stride 2.

        Shapes: (N, C_in, H, W) -> (N, C_out, H/2, W/2).
        """
        kernel = shifted_sum(self.normal_weight(), 0.25)
        return F.conv2d(x, kernel, self.bias, stride=2, padding=1)


class SpectralTable(SpectralLayer):
    """One vector for each class: class weights (N, classes) -> (N, features)."""

    def __init__(self, classes: int, features: int, spectral: Spectral) -> None:
        super().__init__((classes, features), spectral)

    def forward(self, labels: Tensor) -> Tensor:
        """(N, classes) -> (N, features), the weighted sum of the classes' vectors."""
        return labels @ self.normal_weight()


class ClassTable(nn.Module):
    """One vector for each class, not normalised: class weights (N, classes) -> (N, features)."""

    def __init__(self, classes: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(classes, features, deviation=0.02))

    def forward(self, labels: Tensor) -> Tensor:
        """(N, classes) -> (N, features), the weighted sum of the classes' vectors."""
        return labels @ self.weight


def init_orthogonal(network: nn.Module) -> None:
    """Orthogonal matrices for all weights of layers, and no biases (Brock et al. 2019, appendix C).

    On the meta device, where a network waits to be filled from a file, nothing is done.
    """
    for layer in network.modules():
        if isinstance(layer, SpectralLayer | ClassTable) and not layer.weight.is_meta:
            nn.init.orthogonal_(layer.weight)


@torch.no_grad()
def folded_weights(network: nn.Module) -> dict[str, Tensor]:
    """The network's state with every normalised weight divided by its sigma, and without the us."""
    state = dict(network.state_dict())
    training = network.training
    network.eval()
    for name, layer in network.named_modules():
        if isinstance(layer, SpectralLayer) and layer.spectral.on:
            prefix = f"{name}." if name else ""
            state[f"{prefix}weight"] = layer.normal_weight().detach()
            del state[f"{prefix}u"]
    network.train(training)
    return state
