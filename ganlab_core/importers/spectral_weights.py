"""Weights that published BigGANs divide by a singular value when they are used, divided beforehand."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.networks.layers import power_step


def fold_power_steps(source: Mapping[str, Tensor], eps: float, file: str) -> dict[str, Tensor]:
    """BigGAN-PyTorch: sigma is what one step of power iteration from the stored `u0` gives.

    `sv0` is a record without effect, and further pairs `u1`, `sv1`, ... divide nothing.
    """
    folded = without_vectors(source)
    for name, tensor in source.items():
        if not name.endswith(".u0"):
            continue
        weight = f"{name[:-3]}.weight"
        matrix = _matrix(source.get(weight), tensor.numel(), weight, file)
        v, u = power_step(matrix, tensor.double().reshape(-1), eps)
        sigma = torch.dot(u, torch.mv(matrix, v))
        folded[weight] = (matrix / sigma).float().reshape(source[weight].shape)
    return folded


def without_vectors(source: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors without those that only spectral normalisation needs."""
    return {
        name: tensor
        for name, tensor in source.items()
        if not (
            _numbered(name.rpartition(".")[2]) and f"{name.rpartition('.')[0]}.weight" in source
        )
    }


def _numbered(kind: str) -> bool:
    """`u0`, `sv0`, `u1`, ..."""
    return kind.removeprefix("sv").isdigit() or kind.removeprefix("u").isdigit()


def fold_stored_vectors(source: Mapping[str, Tensor], file: str) -> dict[str, Tensor]:
    """PyTorch's own: sigma = u . W v with the stored vectors; `weight_orig` becomes `weight`."""
    folded = {}
    for name, tensor in source.items():
        stem, _, kind = name.rpartition(".")
        if kind in ("weight_u", "weight_v") and f"{stem}.weight_orig" in source:
            continue
        if kind != "weight_orig":
            folded[name] = tensor
            continue
        u, v = (_vector(source, f"{stem}.{part}", file) for part in ("weight_u", "weight_v"))
        matrix = _matrix(tensor, u.numel(), name, file)
        if matrix.shape[1] != v.numel():
            raise _wrong(name, file)
        sigma = torch.dot(u, torch.mv(matrix, v))
        folded[f"{stem}.weight"] = (matrix / sigma).float().reshape(tensor.shape)
    return folded


def _vector(source: Mapping[str, Tensor], name: str, file: str) -> Tensor:
    if name not in source:
        raise CheckpointError(
            f"{file} lacks the weights {name!a}.", "Get the file again from where it was published."
        )
    return source[name].double().reshape(-1)


def _matrix(weight: Tensor | None, rows: int, name: str, file: str) -> Tensor:
    if weight is None or weight.ndim < 2 or weight.shape[0] != rows or not weight.numel():
        raise _wrong(name, file)
    return weight.double().flatten(1)


def _wrong(name: str, file: str) -> CheckpointError:
    return CheckpointError(
        f"{file} has weights {name!a} that do not fit their spectral normalisation.",
        "Get the file again from where it was published.",
    )
