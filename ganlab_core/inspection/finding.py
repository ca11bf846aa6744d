"""Finding directions of the latent space.

By principal components (Haerkoenen et al. 2020, GANSpace), and in closed form from the style weights
(Shen & Zhou 2021, SeFa).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ganlab_core.inspection.directions import Direction, DirectionSet
from ganlab_core.latents.sampling import class_weights, z_from_seed
from ganlab_core.model import Model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering.chain import Chain
from ganlab_core.rendering.conditions import Conditioner

SAMPLES = 4096
FEATURE_SAMPLES = 1024
COUNT = 32

Progress = Callable[[float], bool]
"""Told the fraction done; answering False stops the search."""


def principal_directions(
    model: Model, count: int = COUNT, samples: int | None = None, progress: Progress | None = None
) -> DirectionSet | None:
    """PCA of W where there is one, else of early features with z regressed on them (GANSpace, sec. 2).

    Equal models give equal directions. None when stopped by `progress`.
    """
    if model.capabilities.has_w:
        latents = _ws(model, samples or SAMPLES, progress)
        return None if latents is None else _pca_set(model, latents, count)
    found = _zs_and_features(model, samples or FEATURE_SAMPLES, progress)
    return None if found is None else _regressed_set(model, *found, count)


def factor_directions(model: Model, first: int, last: int, count: int = COUNT) -> DirectionSet:
    """Eigenvectors of A^T A, where A holds the style weights of layers `first` to `last` (SeFa, eq. 4).

    A step of one latent standard deviation: the vectors have the length of W's mean deviation, or 1
    in Z.
    """
    layers = [
        layer
        for layer in model.capabilities.layers
        if layer.style and first <= layer.w_plus_index <= last
    ]
    matrices = [model.network.style_matrix(layer.index) for layer in layers]
    rows = [_normalised(matrix) for matrix in matrices if matrix is not None]
    weights = torch.cat(rows).double().cpu()
    values, vectors = torch.linalg.eigh(weights.T @ weights)
    order = values.argsort(descending=True)[:count]
    scale = _latent_deviation(model)
    share = values / values.sum()
    directions = tuple(
        _direction(
            f"factor {rank + 1}", vectors[:, index] * scale, float(share[index]), first, last
        )
        for rank, index in enumerate(order.tolist())
    )
    return DirectionSet(model.info.fingerprint, "factors", directions)


def _normalised(matrix: Tensor) -> Tensor:
    """Each layer counts alike."""
    weights = matrix.detach()
    scaled: Tensor = weights / torch.linalg.vector_norm(weights).clamp(min=1e-12)
    return scaled


@torch.inference_mode()
def _ws(model: Model, samples: int, progress: Progress | None) -> Tensor | None:
    device = model.network.truncation_centre.device
    count = max(1, len(model.capabilities.classes))
    found = []
    for start in range(0, samples, 256):
        seeds = range(start, min(samples, start + 256))
        z = torch.cat([z_from_seed(seed, model.capabilities.z_dim) for seed in seeds]).to(device)
        labels = [class_weights(model, ((seed % count, 1.0),)) for seed in seeds]
        given = [label for label in labels if label is not None]
        found.append(model.network.map(z, torch.cat(given).to(device) if given else None).cpu())
        if progress is not None and not progress((seeds[-1] + 1) / samples):
            return None
    return torch.cat(found)


def _pca_set(model: Model, latents: Tensor, count: int) -> DirectionSet:
    """Eigenvectors of the covariance: as the singular vectors, and much cheaper."""
    centred = latents.double() - latents.double().mean(dim=0)
    found, vectors = torch.linalg.eigh(centred.T @ centred / max(1, len(latents) - 1))
    variances, components = found.flip(0).clamp(min=0.0), vectors.flip(1).T
    share = variances / variances.sum()
    directions = tuple(
        _direction(f"component {i + 1}", components[i] * variances[i].sqrt(), float(share[i]))
        for i in range(min(count, len(components), len(latents)))
    )
    return DirectionSet(model.info.fingerprint, "pca", directions)


def early_stage(model: Model) -> int:
    """The stage whose features are analysed: the last one at the second resolution."""
    second = model.capabilities.resolutions[min(1, len(model.capabilities.resolutions) - 1)]
    return model.capabilities.layers_at(second)[-1].index


@torch.inference_mode()
def _zs_and_features(
    model: Model, samples: int, progress: Progress | None
) -> tuple[Tensor, Tensor] | None:
    """z (N, z_dim) and the features after the early stage, flattened (N, F)."""
    conditioner = Conditioner(model, model.network.truncation_centre.device)
    stage = early_stage(model)
    zs, features = [], []
    for seed in range(samples):
        chain = Chain(model, conditioner)
        chain.reach_stage(Recipe(latent=Latent(seed), psi=1.0), stage)
        features.append(chain.features(stage).flatten().cpu())
        zs.append(z_from_seed(seed, model.capabilities.z_dim, model.capabilities.threshold)[0])
        if progress is not None and not progress((seed + 1) / samples):
            return None
    return torch.stack(zs), torch.stack(features)


def _regressed_set(model: Model, z: Tensor, features: Tensor, count: int) -> DirectionSet:
    """Components of the features, each with the step in z that best explains it (GANSpace, eq. 2).

    There are fewer samples than features, so the samples' products are taken apart instead of the
    features' covariance; the scores are the same.
    """
    centred = features - features.mean(dim=0)
    products = torch.zeros(len(z), len(z), dtype=torch.float64)
    for part in centred.split(4096, dim=1):
        products += part.double() @ part.double().T
    found, left = torch.linalg.eigh(products)
    variances, scores = found.flip(0).clamp(min=0.0), left.flip(1)
    share = variances / variances.sum()
    most = min(count, len(z) - 1, z.shape[1])
    solution = torch.linalg.lstsq(
        scores[:, :most] / scores[:, :most].std(dim=0), z.double() - z.double().mean(dim=0)
    ).solution  # (most, z_dim): one standard deviation of each component
    directions = tuple(
        _direction(f"component {i + 1}", solution[i], float(share[i])) for i in range(len(solution))
    )
    return DirectionSet(model.info.fingerprint, "features", directions)


def _latent_deviation(model: Model) -> float:
    """Root mean square of the deviations of W's coordinates; 1 in Z."""
    if not model.capabilities.has_w:
        return 1.0
    latents = _ws(model, 512, None)
    assert latents is not None
    deviation = latents.double().std(dim=0).square().mean().sqrt()
    return float(deviation) * math.sqrt(latents.shape[1])


def _direction(
    name: str, vector: Tensor, share: float, first: int = 0, last: int = 64
) -> Direction:
    """Signed so that its largest coordinate is positive: an eigenvector's own sign is arbitrary."""
    largest = vector[vector.abs().argmax()]
    signed = vector if largest >= 0 else -vector
    return Direction(name, tuple(signed.tolist()), share, first, last)
