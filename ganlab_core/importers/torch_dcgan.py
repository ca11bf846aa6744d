"""DCGAN in the files of PyTorch's example: `netG_epoch_*.pth`, numbered layers of one `main`.

G is a transposed convolution, batch norm and ReLU in turn, D a convolution, batch norm and leaky ReLU; no
layer but a norm has a bias. The example draws 64 px; its copies with a layer more or less are read as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import UNKNOWN_VARIANT, Rule, build, imported_model, side_of
from ganlab_core.importers.contents import Found
from ganlab_core.models import Model
from ganlab_core.networks import DCGANConfig, DCGANGenerator

_STEP = 3
"""Numbers from one convolution of G to the next: convolution, norm, ReLU."""

_NORM = ("weight", "bias", "running_mean", "running_var")
_COUNTER = ".num_batches_tracked"
"""Ends the names of counters that change nothing, and that old files lack."""

_COLOURS = 3


class TorchDCGAN:
    """The generator of one file; its discriminator is in a file of its own.

    Parameters
    ----------
    found
        Where it lies.
    """

    layout = "DCGAN, PyTorch's example"

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def generator(self, *, averaged: bool = True) -> Model:
        """The one in the file: the example averages nothing."""
        file = self._path.name
        whole = self._found.weights(averaged=averaged)
        source = {name: value for name, value in whole.items() if not name.endswith(_COUNTER)}
        config = _config(source, file)
        norms = range(len(config.sides) - 1)
        counters = {f"layers.{index}.norm{_COUNTER}": torch.tensor(0) for index in norms}
        network = build(lambda: DCGANGenerator(config), _rules(config), source, file, counters)
        return imported_model("dcgan", network, self._path, self.layout)

    def discriminator(self) -> nn.Module:
        """There is none."""
        raise CheckpointError(f"{self._path.name} holds no discriminator; it is a file of its own.")


def _config(source: Mapping[str, Tensor], file: str) -> DCGANConfig:
    numbers = [int(name.split(".")[1]) for name in source if _is_convolution(name, source)]
    if sorted(numbers) != list(range(0, _STEP * len(numbers), _STEP)):
        raise CheckpointError(f"{file} is a DCGAN whose layers lie otherwise.", UNKNOWN_VARIANT)
    config = DCGANConfig(
        resolution=2 ** (len(numbers) + 1),
        channels=side_of(source, f"main.{max(numbers)}.weight", 0, file),
        z_dim=side_of(source, "main.0.weight", 0, file),
    )
    try:
        config.check()
    except ValueError:
        raise CheckpointError(
            f"{file} is a DCGAN for pictures of {config.resolution} px.",
            "Those of 8 to 256 px can be opened.",
        ) from None
    return config


def _is_convolution(name: str, source: Mapping[str, Tensor]) -> bool:
    parts = name.split(".")
    return len(parts) == 3 and parts[1].isdigit() and source[name].ndim == 4


def _rules(config: DCGANConfig) -> list[Rule]:
    rules = []
    last = len(config.sides) - 1
    for index in range(last + 1):
        at = _STEP * index
        how = _coloured if index == last else lambda weight: weight
        rules.append(Rule(f"layers.{index}.conv.weight", f"main.{at}.weight", how))
        if index < last:
            rules += [Rule(f"layers.{index}.norm.{p}", f"main.{at + 1}.{p}") for p in _NORM]
    return rules


def _coloured(weight: Tensor) -> Tensor:
    """(in, 1 or 3, 4, 4) -> (in, 3, 4, 4): grey, as of handwritten digits, as three equal colours."""
    return weight.expand(-1, _COLOURS, -1, -1).contiguous() if weight.shape[1] == 1 else weight
