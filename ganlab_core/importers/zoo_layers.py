"""What the PyTorch GAN zoo's networks have in common: names of weights, and a layer's arithmetic.

A layer there is (W x + b) sqrt(2 / fan-in): the bias is scaled like the weight, and no layer has
another gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from ganlab_core.importers.building import Rule
from ganlab_core.importers.settings import Settings
from ganlab_core.networks.layers import LRELU_SLOPE


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How the layers of one file compute.

    Attributes
    ----------
    equalized
        Whether they scale by sqrt(2 / fan-in); otherwise weights and biases are used as they are.
    slope
        Of the leaky ReLU.
    """

    equalized: bool = True
    slope: float = LRELU_SLOPE

    def scale(self, fan_in: int) -> float:
        """What a layer's output is multiplied by."""
        return math.sqrt(2.0 / fan_in) if self.equalized else 1.0


def arithmetic_of(settings: Settings) -> Arithmetic:
    """As the file states it."""
    return Arithmetic(
        settings.flag("equalizedlR", default=True),
        settings.number("leakyReluLeak", LRELU_SLOPE, 0.0, 1.0),
    )


def with_modules(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names of older files, without `.module`, as in newer ones."""
    found = {}
    for name, tensor in tensors.items():
        stem, dot, kind = name.rpartition(".")
        old = kind in ("weight", "bias") and not stem.endswith(".module") and dot
        found[f"{stem}.module.{kind}" if old else name] = tensor
    return found


def times(factor: float) -> Callable[[Tensor], Tensor]:
    """Multiplication, as a rule's way."""
    return lambda tensor: tensor * factor


def layer_rules(
    ours: str,
    theirs: str,
    fan_in: int,
    gain: float = math.sqrt(2.0),
    arithmetic: Arithmetic = Arithmetic(),
) -> list[Rule]:
    """A layer of theirs as W' x gain / sqrt(fan-in) + b', for our layer of that gain."""
    scale = arithmetic.scale(fan_in)
    return [
        Rule(f"{ours}.weight", f"{theirs}.module.weight", times(scale * math.sqrt(fan_in) / gain)),
        Rule(f"{ours}.bias", f"{theirs}.module.bias", times(scale)),
    ]
