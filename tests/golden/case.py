"""One case of a folder, whatever its family."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.importers import Published
from ganlab_core.recipe import Latent

Arrays = dict[str, NDArray[Any]]


class Case:
    """One case: its inputs and settings; families say how an output comes about.

    `companions` are files that come with weights without holding a generator.
    """

    companions: tuple[str, ...] = ()

    def __init__(self, published: Published, case: dict[str, Any], arrays: Arrays) -> None:
        self.published = published
        self.inputs: dict[str, str] = case["inputs"]
        self.settings: dict[str, Any] = case["settings"]
        self.arrays = arrays

    def output(self, name: str) -> Tensor:
        """What our networks give for the output called `name`; raises `NotImplementedError`."""
        raise NotImplementedError(name)

    def input(self, role: str) -> Tensor:
        """The input in a role; `x[:3]` in the case means its first 3 rows."""
        key, _, rows = self.inputs[role].partition("[:")
        array = self.arrays[key]
        return torch.from_numpy(array[: int(rows.rstrip("]"))] if rows else array)

    def labels(self) -> Tensor | None:
        """The labels, None where there are none or they are empty."""
        labels = self.input("labels") if "labels" in self.inputs else None
        return None if labels is None or labels.shape[1] == 0 else labels


def latent(row: Tensor, space: str) -> Latent:
    """A row of numbers as a Recipe's latent."""
    return Latent(vector=tuple(row.double().tolist()), space=space)


def class_mix(row: Tensor) -> tuple[tuple[int, float], ...]:
    """A row of class weights as a Recipe's class mix."""
    return tuple((index, float(weight)) for index, weight in enumerate(row.double().tolist()))
