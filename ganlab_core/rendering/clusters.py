"""Groups found by k-means: of feature maps that act alike, and of W, whose middles truncation may move to.

All is deterministic: the same model on the same device gives the same groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.recipe import Classes, Latent, Recipe

if TYPE_CHECKING:
    from ganlab_core.rendering.conditions import Conditioner

PICTURES = 4
"""Of which seeds, from 0, feature maps are compared."""

PATTERN = 8
"""Positions of a side that a map is brought to before it is compared."""

SAMPLES = 4096
"""Of W, from seeds 0 on."""

ROUNDS = 100
"""In which Lloyd's algorithm nearly always comes to rest."""

Numbers = NDArray[np.float64]


def k_means(points: Numbers, count: int) -> tuple[NDArray[np.int64], Numbers]:
    """The group of each of (N, D) points and the groups' means (count, D), largest group first.

    Beginnings are drawn as k-means++ does (Arthur and Vassilvitskii 2007), from a fixed seed. With fewer
    different points than groups some groups stay empty.
    """
    drawn = torch.rand(count, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    means = _beginnings(points, drawn.numpy())
    labels = np.full(len(points), -1)
    for _ in range(ROUNDS):
        found = _distances(points, means).argmin(axis=1)
        if np.array_equal(found, labels):
            break
        labels = found
        for group in range(count):
            if (labels == group).any():
                means[group] = points[labels == group].mean(axis=0)
    order = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    places = np.empty(count, dtype=np.int64)
    places[order] = np.arange(count)
    return places[labels], means[order]


def _beginnings(points: Numbers, drawn: Numbers) -> Numbers:
    """Points far from each other: each with a chance that grows with the square of its distance."""
    chosen = [min(len(points) - 1, int(drawn[0] * len(points)))]
    for share in drawn[1:]:
        near = _distances(points, points[chosen]).min(axis=1)
        total = np.cumsum(near)
        place = int(np.searchsorted(total, share * total[-1], side="right"))
        chosen.append(min(len(points) - 1, place))
    return points[chosen].copy()


def _distances(points: Numbers, means: Numbers) -> Numbers:
    """Squared distances (N, K), never below 0."""
    squares = (points**2).sum(1)[:, None] + (means**2).sum(1)[None] - 2.0 * points @ means.T
    distances: Numbers = np.maximum(squares, 0.0)
    return distances


class Clusters:
    """The groups of one model, each computed when first asked for.

    They are found by the model's conditioner, which is not kept: it keeps these groups, and a closed model
    would stay until the garbage is collected.
    """

    def __init__(self) -> None:
        self._maps: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._centres: dict[tuple[int, Classes, float], Tensor] = {}

    def forget(self) -> None:
        """Drop all, as after the weights have changed."""
        self._maps.clear()
        self._centres.clear()

    def of_maps(self, conditioner: Conditioner, stage: int, count: int) -> Int[np.ndarray, " c"]:
        """The group, 0 to count - 1, of each feature map after a stage.

        Maps are alike that rise and fall at the same places of the pictures of `PICTURES` seeds, however
        strongly. They are computed by the first model's own stages in fp32.
        """
        key = (stage, count)
        if key not in self._maps:
            self._maps[key] = k_means(_patterns(conditioner, stage), count)[0]
        return self._maps[key]

    def knows(self, stage: int, count: int) -> bool:
        """Whether the groups of a stage's maps have been found."""
        return (stage, count) in self._maps

    def centres(
        self, conditioner: Conditioner, count: int, classes: Classes, second: float = 0.0
    ) -> Float[Tensor, "k d"]:
        """The middles of `count` groups of W under these classes, (count, w_dim), largest group first.

        `second` is how much of a second model the mapping network holds now.
        """
        key = (count, classes, second)
        if key not in self._centres:
            w = conditioner.w_of_seeds(SAMPLES, classes)
            middles = k_means(w.double().cpu().numpy(), count)[1]
            self._centres[key] = torch.from_numpy(middles).to(w)
        return self._centres[key]


@torch.no_grad()
def _patterns(conditioner: Conditioner, stage: int) -> Numbers:
    """What each map looks like over several pictures, at mean 0 and deviation 1: (C, numbers)."""
    layer = conditioner.model.capabilities.layers[stage]
    shown = []
    for seed in range(PICTURES):
        maps = conditioner.plain_features(Recipe(Latent(seed)), stage)
        side = (min(PATTERN, maps.shape[2]), min(PATTERN, maps.shape[3]))
        own = maps[0, : layer.channels or maps.shape[1]]
        shown.append(F.adaptive_avg_pool2d(own.float(), side).flatten(1))
    patterns: Numbers = torch.cat(shown, dim=1).double().cpu().numpy()
    patterns = patterns - patterns.mean(axis=1, keepdims=True)
    spread = patterns.std(axis=1, keepdims=True)
    alike: Numbers = patterns / np.where(spread > 1e-12, spread, np.inf)
    return alike
