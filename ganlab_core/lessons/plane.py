"""PlaneGame: the whole game of G and D on points of a plane, small enough to see all of it.

G and D are perceptrons of two hidden layers. The losses and penalties are those that train pictures; a
point is handed to them as a picture of one pixel and two colours, (N, 2, 1, 1).
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.inspection import Adam, Leaf
from ganlab_core.training import (
    clip_weights,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_penalty,
)

SHAPES = ("ring", "clusters", "grid", "spiral")
LOSSES = ("logistic", "logistic-r1", "wgan", "wgan-gp", "hinge")
CLUSTERS = 8
SPREAD = 0.05
"""Deviation of a cluster; the clusters lie on a circle of radius 1."""

REACH = 1.6
"""The square that is looked at goes so far from 0."""

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PlaneSettings:
    """What a game is played by.

    Attributes
    ----------
    shape
        Of the real points: `"ring"`, `"clusters"`, `"grid"` or `"spiral"`.
    loss
        `"logistic"` (2014), `"logistic-r1"`, `"wgan"` (clipped), `"wgan-gp"` or `"hinge"`.
    batch, units, z_dim
        Points of a step, width of the hidden layers, size of the latent.
    rate_g, rate_d
        Adam's step sizes.
    d_steps
        Steps of D for each of G.
    clip, penalty
        WGAN's bound of weights; weight of R1 or of the gradient penalty.
    seed
        Of everything random.
    """

    shape: str = "clusters"
    loss: str = "logistic-r1"
    batch: int = 128
    units: int = 64
    z_dim: int = 2
    rate_g: float = 1e-3
    rate_d: float = 1e-3
    d_steps: int = 1
    clip: float = 0.1
    penalty: float = 0.1
    seed: int = 0


class PlaneGame:
    """A game under way; every step is a function of the settings and of the steps before."""

    def __init__(self, settings: PlaneSettings) -> None:
        self.settings = settings
        self.steps = 0
        self._random = torch.Generator().manual_seed(settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.generator = _perceptron(settings.z_dim, 2, settings.units)
            self.discriminator = _perceptron(2, 1, settings.units)
        first = 0.5 if settings.loss == "logistic" else 0.0
        self._adam_g = _adam(self.generator, settings.rate_g, first)
        self._adam_d = _adam(self.discriminator, settings.rate_d, first)

    @property
    def kind(self) -> str:
        """The loss by the trainer's name."""
        loss = self.settings.loss
        return "logistic-r1" if loss == "logistic" else loss

    def play(self, steps: int) -> None:
        """So many steps of both."""
        for _ in range(steps):
            for _ in range(self.settings.d_steps):
                self.step_d()
            self.step_g()

    def step_d(self) -> float:
        """One step of D; returns its loss before it."""
        real, fake = self._real(), self._fake().detach()
        loss = self._loss_d(real, fake)
        total = loss + self._penalty(real, fake)
        self._adam_d.descend(total)
        if self.settings.loss == "wgan":
            clip_weights(self.discriminator, self.settings.clip)
        return float(loss.detach())

    def step_g(self) -> float:
        """One step of G; returns its loss before it."""
        loss = generator_loss(self.kind, self._scores(self._fake()))
        self._adam_g.descend(loss)
        self.steps += 1
        return float(loss.detach())

    # --- what can be seen --------------------------------------------------------------------------

    def real(self, count: int, seed: int = 1) -> Points:
        """Real points, float32 (count, 2)."""
        random = torch.Generator().manual_seed(seed)
        return real_points(self.settings.shape, count, random).numpy()

    def fake(self, count: int, seed: int = 2) -> Points:
        """G's points for fixed latents, float32 (count, 2)."""
        return self._fixed(count, seed).detach().numpy()

    def field(self, side: int = 40) -> NDArray[np.float32]:
        """D's scores on a grid over the square, float32 (side, side), row 0 at the bottom."""
        line = torch.linspace(-REACH, REACH, side)
        y, x = torch.meshgrid(line, line, indexing="ij")
        with torch.no_grad():
            scores = self._scores(torch.stack([x, y], dim=2).reshape(-1, 2))
        return scores.reshape(side, side).numpy()

    def slopes(self, count: int, seed: int = 2) -> Points:
        """Where G's loss pulls each of its points, minus the gradient, float32 (count, 2)."""
        points = self._fixed(count, seed).detach().requires_grad_()
        loss = generator_loss(self.kind, self._scores(points)) * count
        (gradient,) = torch.autograd.grad(loss, points)
        return (-gradient).numpy()

    def losses(self) -> tuple[float, float]:
        """D's and G's loss on one fixed batch."""
        real = torch.from_numpy(self.real(512))
        fake = self._fixed(512, 2).detach()
        with torch.no_grad():
            loss_g = generator_loss(self.kind, self._scores(fake))
            return float(self._loss_d(real, fake)), float(loss_g)

    def modes(self, count: int = 1000) -> int:
        """How many of the eight clusters have at least a fiftieth of their share of G's points near."""
        centres = cluster_centres().numpy()
        apart = np.linalg.norm(self.fake(count)[:, None] - centres, axis=2)
        near = (apart < 4 * SPREAD).sum(axis=0)
        return int((near >= count / CLUSTERS / 50).sum())

    def distance(self, count: int = 500) -> float:
        """Sliced Wasserstein distance of G's points to real ones, over 64 directions."""
        angles = np.linspace(0, math.pi, 64, endpoint=False)
        lines = np.stack([np.cos(angles), np.sin(angles)])
        real, fake = (
            np.sort(points @ lines, axis=0) for points in (self.real(count), self.fake(count))
        )
        return float(np.abs(real - fake).mean())

    def copy(self) -> PlaneGame:
        """The same game, to go on with separately."""
        return copy.deepcopy(self)

    # --- the game ----------------------------------------------------------------------------------

    def _real(self) -> Tensor:
        return real_points(self.settings.shape, self.settings.batch, self._random)

    def _fake(self) -> Tensor:
        z = torch.randn(self.settings.batch, self.settings.z_dim, generator=self._random)
        points: Tensor = self.generator(z)
        return points

    def _fixed(self, count: int, seed: int) -> Tensor:
        random = torch.Generator().manual_seed(seed)
        points: Tensor = self.generator(torch.randn(count, self.settings.z_dim, generator=random))
        return points

    def _scores(self, points: Tensor) -> Tensor:
        scores: Tensor = self.discriminator(points.flatten(1))
        return scores[:, 0]

    def _loss_d(self, real: Tensor, fake: Tensor) -> Tensor:
        return discriminator_loss(self.kind, self._scores(real), self._scores(fake), 0.0)

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        settings = self.settings
        pixels = real[:, :, None, None], fake[:, :, None, None]
        if settings.loss == "logistic-r1":
            return 0.5 * settings.penalty * r1_penalty(self._scores, pixels[0])
        if settings.loss == "wgan-gp":
            mix = torch.rand(len(real), 1, 1, 1, generator=self._random)
            return settings.penalty * gradient_penalty(self._scores, *pixels, mix)
        return real.new_zeros(())


def _perceptron(features_in: int, features_out: int, units: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(features_in, units), nn.LeakyReLU(0.2),
        nn.Linear(units, units), nn.LeakyReLU(0.2),
        nn.Linear(units, features_out),
    )  # fmt: skip


def _adam(network: nn.Module, rate: float, first: float) -> Adam:
    return Adam([Leaf(weight, rate) for weight in network.parameters()], 0.99, first)


def cluster_centres() -> Tensor:
    """The centres of the eight clusters, (8, 2)."""
    angles = torch.arange(CLUSTERS) * (2 * math.pi / CLUSTERS)
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def real_points(shape: str, count: int, random: torch.Generator) -> Tensor:
    """Points of a shape, (count, 2)."""
    uniform = torch.rand(count, generator=random)
    noise = torch.randn(count, 2, generator=random) * SPREAD
    if shape == "clusters":
        return cluster_centres()[(uniform * CLUSTERS).long()] + noise
    if shape == "grid":
        cell = (uniform * 9).long()
        return torch.stack([cell % 3 - 1, cell // 3 - 1], dim=1) + noise
    turn = uniform * 2 * math.pi * (1.5 if shape == "spiral" else 1.0)
    radius = 0.2 + 0.8 * uniform if shape == "spiral" else torch.ones(count)
    return radius[:, None] * torch.stack([turn.cos(), turn.sin()], dim=1) + noise


@dataclass(frozen=True, slots=True, eq=False)
class PlaneSnapshot:
    """A game as it can be drawn: points (N, 2), where G's are pulled, and D's scores on a grid."""

    steps: int
    real: Points
    fake: Points
    slopes: Points
    field: NDArray[np.float32]
    loss_d: float
    loss_g: float
    modes: int
    distance: float


def snapshot(game: PlaneGame, count: int = 128) -> PlaneSnapshot:
    """How a game looks now; equal games look equal."""
    loss_d, loss_g = game.losses()
    return PlaneSnapshot(
        game.steps, game.real(count), game.fake(count), game.slopes(count), game.field(),
        loss_d, loss_g, game.modes(), game.distance(),
    )  # fmt: skip


def advance(game: PlaneGame, steps_d: int, steps_g: int) -> PlaneSnapshot:
    """So many steps of D and of G, in turn where both are asked for; how it looks then."""
    for index in range(max(steps_d, steps_g)):
        if index < steps_d:
            game.step_d()
        if index < steps_g:
            game.step_g()
    return snapshot(game)
