"""What genforce's `.pth` files have in common: where their networks lie, and the discriminator's names."""

from __future__ import annotations

from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.building import Rule
from ganlab_core.importers.contents import Found

CONSTANTS = (".blur.kernel",)
"""End the names of constants that are stored with the weights."""


class GenforceFile:
    """The networks of one file: `generator`, `generator_smooth` where there is one, `discriminator`."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._path = found.path

    def _generator_weights(self, *, averaged: bool) -> dict[str, Tensor]:
        """The smooth one where there is one."""
        return _without_constants(self._found.weights(averaged=averaged))

    def _discriminator_weights(self) -> dict[str, Tensor]:
        """Empty where there is none."""
        source = _without_constants(self._found.critic("discriminator"))
        source.pop("lod", None)
        return source

    def _need_discriminator(self) -> dict[str, Tensor]:
        source = self._discriminator_weights()
        if not source:
            raise CheckpointError(f"{self._path.name} holds no discriminator.")
        return source


def _without_constants(source: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in source.items() if not key.endswith(CONSTANTS)}


def critic_rules(levels: int, down: str) -> list[Rule]:
    """A discriminator's, its convolutions that scale down called `down` by us.

    Their layers count from the finest resolution down, ours from the coarsest up.
    """
    last = 2 * levels - 4
    names = {"conv": f"layer{last}", "dense0": f"layer{last + 1}", "dense1": f"layer{last + 2}"}
    for level in range(2, levels + 1):
        names[f"from_rgb.{level - 2}"] = f"input{levels - level}"
    for level in range(3, levels + 1):
        names[f"blocks.{level - 3}.conv0"] = f"layer{2 * (levels - level)}"
        names[f"blocks.{level - 3}.{down}"] = f"layer{2 * (levels - level) + 1}"
    return [rule for ours, theirs in names.items() for rule in layer_rules(ours, theirs)]


def layer_rules(ours: str, theirs: str) -> list[Rule]:
    """A layer's weight and bias."""
    return [Rule(f"{ours}.{kind}", f"{theirs}.{kind}") for kind in ("weight", "bias")]
