"""Whether class-conditional samples show their class: a small classifier trained on real pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

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
