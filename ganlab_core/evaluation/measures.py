"""The figures of `ganlab evaluate`: every measure of a model, next to the same between real halves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.data import Images
from ganlab_core.evaluation.distances import kernel_distance, sliced_wasserstein
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.rendering import Renderer

# ------------------------------------------------------------------------------------------------
# Variety of pictures, and whether they repeat the training set; all by distances of features.


FeatureRows = NDArray[np.floating]

_ROWS = 1024


def diversity(features: FeatureRows) -> float:
    """Mean distance of two different pictures' features (n, d), n >= 2; 0 when all are the same."""
    n = len(features)
    if n < 2:
        raise ValueError(f"need two pictures or more, not {n}")
    total = sum(float(distances(rows, features).sum()) for rows in _parts(features))
    return total / (n * (n - 1))


def nearest(
    queries: FeatureRows, references: FeatureRows, count: int = 1
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The `count` nearest references of each query: indices and distances, (n, count), nearest first."""
    indices, found = [], []
    for rows in _parts(queries):
        table = distances(rows, references)
        order = np.argsort(table, axis=1, kind="stable")[:, :count]
        indices.append(order)
        found.append(np.take_along_axis(table, order, axis=1))
    return np.concatenate(indices), np.concatenate(found)


def memorising(samples: FeatureRows, train: FeatureRows, held_out: FeatureRows) -> float:
    """Median distance to the nearest training picture: of samples, over that of held-out real ones.

    About 1: samples keep the distance that unseen real pictures keep. Far below 1: they repeat the
    training set. `train` must not contain `held_out`.
    """
    ours = float(np.median(nearest(samples, train)[1]))
    theirs = float(np.median(nearest(held_out, train)[1]))
    return ours / theirs if theirs else float("nan")


def distances(a: FeatureRows, b: FeatureRows) -> NDArray[np.float64]:
    """Euclidean distances of all pairs, (n, m), of (n, d) and (m, d)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * a @ b.T
    table: NDArray[np.float64] = np.sqrt(np.maximum(squares, 0.0))
    return table


def _parts(features: FeatureRows) -> list[FeatureRows]:
    return [features[start : start + _ROWS] for start in range(0, len(features), _ROWS)]


Uint8 = NDArray[np.uint8]
Features = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a model, and the same of real pictures against other real ones."""

    model: float
    real: float


def pixel_measures(real: Uint8, fake: Uint8, other: Uint8) -> dict[str, Measure]:
    """Sliced Wasserstein distance x 1000 at each scale (Karras et al. 2018, sec. 5): `swd_<side>`."""
    ours, theirs = sliced_wasserstein(real, fake), sliced_wasserstein(real, other)
    return {f"swd_{side}": Measure(value, theirs[side]) for side, value in ours.items()}


def feature_measures(real: Features, fake: Features, other: Features) -> dict[str, Measure]:
    """Kernel distance, diversity, and distance to the nearest real picture, by features (N, d).

    `kid` is lower when better; `diversity` should be near that of the real pictures; `memorising` is
    1 for real pictures by definition, and far below it where samples repeat `real`.
    """
    return {
        "kid": Measure(kernel_distance(real, fake), kernel_distance(real, other)),
        "diversity": Measure(diversity(fake), diversity(other)),
        "memorising": Measure(memorising(fake, real, other), 1.0),
    }


# ------------------------------------------------------------------------------------------------
# Pictures to measure: unpicked samples of a model, and real ones at the same side.


def class_labels(model: Model, images: Images, chosen: NDArray[np.int64]) -> list[int]:
    """A class for every picture: those of the real ones where the names agree, else all in turn."""
    classes = model.capabilities.classes
    if classes and images.classes == classes:
        return [int(label) for label in images.labels[chosen]]
    return [index % max(1, len(classes)) for index in range(len(chosen))]


def sample(
    renderer: Renderer,
    recipe: Recipe,
    labels: list[int],
    watch: Callable[[Iterable[int]], Iterable[int]] = lambda seeds: seeds,
) -> Uint8:
    """Pictures from seeds 0, 1, 2, ..., each of its class and with its own noise: (N, 3, h, w).

    `watch` passes the seeds through, as a progress bar does.
    """
    has_classes = bool(renderer.model.capabilities.classes)
    pictures = []
    for seed in watch(range(len(labels))):
        classes = ((labels[seed], 1.0),) if has_classes else ()
        own = replace(recipe, latent=Latent(seed), classes=classes, noise=Noise("random", seed))
        pictures.append(renderer.render(own).pixels.transpose(2, 0, 1))
    return np.stack(pictures)


def resized(pictures: Uint8, size: tuple[int, int]) -> Uint8:
    """(N, 3, h, w) at another height and width of the same shape: pixels repeated, or averaged in boxes."""
    factor = size[1] // pictures.shape[-1]
    if factor >= 1:
        return pictures.repeat(factor, axis=2).repeat(factor, axis=3)
    box = pictures.shape[-1] // size[1]
    shape = (*pictures.shape[:2], size[0], box, size[1], box)
    means: NDArray[np.float64] = pictures.reshape(shape).mean(axis=(3, 5))
    return np.rint(means).astype(np.uint8)


BATCH = 128
LEARNING_RATE = 2e-3
STEPS = 600


class Classifier(nn.Module):
    """Three convolutions with batch norm and pooling, then one dense layer.

    Shapes: uint8 (N, 3, r, r) -> logits (N, classes).
    """

    def __init__(self, classes: int, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for factor in (1, 2, 4):
            layers += [nn.Conv2d(before, factor * width, 3, padding=1), nn.ReLU()]
            layers += [nn.BatchNorm2d(factor * width), nn.MaxPool2d(2)]
            before = factor * width
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(before, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of pictures in 0..255."""
        x = self.features(pictures.float() / 127.5 - 1.0)
        logits: Tensor = self.head(x.mean(dim=(2, 3)))
        return logits


def train_classifier(
    pictures: NDArray[np.uint8],
    labels: NDArray[np.int64],
    classes: int,
    steps: int = STEPS,
    counted: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Classifier:
    """A classifier of (N, 3, r, r) after `steps` of Adam with a falling step size; seeded.

    Every class is drawn equally often, so that rare ones are not given up. `counted` hands the steps
    on one by one, for showing how far it is.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Classifier(classes)
    random = np.random.default_rng(0)
    members = [np.flatnonzero(labels == label) for label in range(classes)]
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in counted(range(steps)):
        drawn = random.integers(classes, size=BATCH)
        chosen = np.array([random.choice(members[label]) for label in drawn])
        logits = network(torch.from_numpy(pictures[chosen]))
        loss = F.cross_entropy(logits, torch.from_numpy(drawn))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.inference_mode()
def accuracy(network: Classifier, pictures: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Share of pictures (N, 3, r, r) whose class is told right, 0 to 1."""
    right = 0
    for start in range(0, len(pictures), 256):
        logits = network(torch.from_numpy(pictures[start : start + 256]))
        right += int((logits.argmax(1).numpy() == labels[start : start + 256]).sum())
    return right / len(pictures)
