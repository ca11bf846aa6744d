"""From a Recipe's `Latent` to tensors, the same on every device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganlab_core.errors import RenderError
from ganlab_core.latents.truncation import blend, blend_normal
from ganlab_core.model import Model
from ganlab_core.recipe import Classes, Latent

ROOT_HALF = math.sqrt(0.5)


def z_from_seed(seed: int, z_dim: int, threshold: float | None = None) -> Tensor:
    """A normal z of shape (1, z_dim), cut at `threshold` deviations; drawn on the CPU for all devices.

    The truncated normal is drawn through its inverse distribution function from the same uniform
    numbers, so that a moving threshold moves z smoothly. In law it equals drawing the values beyond
    anew, which is BigGAN's truncation trick (Brock et al. 2019, sec. 3.1).
    """
    z = torch.randn(1, z_dim, generator=torch.Generator().manual_seed(seed))
    return z if threshold is None else cut_normal(z, threshold)


def cut_normal(z: Tensor, threshold: float) -> Tensor:
    """Standard normal values squeezed into a normal distribution cut at +-`threshold`."""
    bound = math.erf(threshold * ROOT_HALF)  # P(|z| < threshold)
    inside: Tensor = torch.special.erfinv(torch.erf(z.double() * ROOT_HALF) * bound) / ROOT_HALF
    cut: Tensor = inside.clamp(-threshold, threshold).to(z.dtype)
    return cut


def deviation_of_cut(threshold: float | None) -> float:
    """Standard deviation of a standard normal cut at +-`threshold`; 1 for None."""
    if threshold is None:
        return 1.0
    density = math.exp(-0.5 * threshold**2) / math.sqrt(2.0 * math.pi)
    inside = math.erf(threshold * ROOT_HALF)
    return math.sqrt(max(0.0, 1.0 - 2.0 * threshold * density / inside))


def explicit_vector(latent: Latent, size: int) -> Tensor:
    """The latent's own coordinates as (1, size); raises `RenderError` for another length."""
    if len(latent.vector) != size:
        raise RenderError(
            f"This model's {latent.space} has {size} numbers, the Recipe's {len(latent.vector)}.",
            "Use a Recipe made with this model, or a seed.",
        )
    return torch.tensor([latent.vector], dtype=torch.float32)


def class_weights(model: Model, classes: Classes) -> Tensor | None:
    """A class mix as (1, classes); no classes named = the first; None for a model without classes."""
    count = len(model.capabilities.classes)
    if not count:
        return None
    weights = torch.zeros(1, count)
    for index, weight in classes or ((0, 1.0),):
        if index >= count:
            raise RenderError(f"This model has {count} classes, and no class {index}.")
        weights[0, index] = weight
    return weights


def z_from_latent(model: Model, latent: Latent, threshold: float | None) -> Tensor:
    """The z of a latent, (1, z_dim), on the CPU."""
    can = model.capabilities
    if latent.blend:
        parts = latent.blend
        return blend_normal([(z_from_latent(model, z, threshold), share) for z, share in parts])
    if latent.vector:
        return explicit_vector(latent, can.z_dim)
    cut = can.threshold if threshold is None else threshold
    return z_from_seed(latent.seed, can.z_dim, cut)


def w_from_latent(
    model: Model,
    latent: Latent,
    device: torch.device,
    classes: Classes = (),
    threshold: float | None = None,
) -> Tensor:
    """The untruncated w of a latent, (1, w_dim), on `device`; a w vector is taken as it is.

    Without a W the network's `map` gives z back.
    """
    can = model.capabilities
    if latent.blend and latent.space == "w" and can.has_w:
        return blend(
            [
                (w_from_latent(model, part, device, classes, threshold), weight)
                for part, weight in latent.blend
            ]
        )
    if latent.vector and latent.space == "w":
        return explicit_vector(latent, can.w_dim).to(device)
    z = z_from_latent(model, latent, threshold).to(device)
    labels = class_weights(model, classes)
    return model.network.map(z, None if labels is None else labels.to(device))
