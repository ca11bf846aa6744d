"""From a Recipe's `Latent` to tensors, the same on every device."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab_core.errors import RenderError
from ganlab_core.model import Model
from ganlab_core.recipe import Latent


def z_from_seed(seed: int, z_dim: int) -> Tensor:
    """A standard normal z of shape (1, z_dim), drawn on the CPU so that all devices agree."""
    return torch.randn(1, z_dim, generator=torch.Generator().manual_seed(seed))


def explicit_vector(latent: Latent, size: int) -> Tensor:
    """The latent's own coordinates as (1, size); raises `RenderError` for another length."""
    if len(latent.vector) != size:
        raise RenderError(
            f"This model's {latent.space} has {size} numbers, the Recipe's {len(latent.vector)}.",
            "Use a Recipe made with this model, or a seed.",
        )
    return torch.tensor([latent.vector], dtype=torch.float32)


def uniform_classes(model: Model) -> Tensor | None:
    """Equal weights of all classes, (1, classes); None for a model without classes.

    A Recipe names no class, so a class-conditional model is shown at the centre of its classes.
    """
    count = len(model.capabilities.classes)
    return torch.full((1, count), 1.0 / count) if count else None


def w_from_latent(model: Model, latent: Latent, device: torch.device) -> Tensor:
    """The untruncated w of a latent, (1, w_dim), on `device`; a w vector is taken as it is."""
    can = model.capabilities
    if latent.vector and latent.space == "w":
        return explicit_vector(latent, can.w_dim).to(device)
    z = explicit_vector(latent, can.z_dim) if latent.vector else z_from_seed(latent.seed, can.z_dim)
    labels = uniform_classes(model)
    return model.network.map(z.to(device), None if labels is None else labels.to(device))


@torch.inference_mode()
def class_latent(model: Model, seed: int, label: int) -> Latent:
    """The latent of a seed under one class, as a w vector; the plain seed without classes."""
    count = len(model.capabilities.classes)
    if not count:
        return Latent(seed)
    device = model.network.w_mean.device
    one_hot = torch.eye(count)[label : label + 1].to(device)
    w = model.network.map(z_from_seed(seed, model.capabilities.z_dim).to(device), one_hot)
    return Latent(seed, tuple(w[0].cpu().double().tolist()), "w")
