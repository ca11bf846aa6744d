"""The discriminator that a model file may carry: what it says of a picture, and because of where.

Its features are the one perceptual measure that was made for a model's own pictures; its score tells how
real a picture looks to the network that had to tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.inspection.differentiable import DifferentiableChain, Given
from ganlab_core.inspection.handles import RecipeHandles
from ganlab_core.inspection.questions import CriticReport
from ganlab_core.models import ARCHITECTURES, Model, ModelInfo, read_discriminator
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import class_weights

Lens = Callable[[Tensor], Sequence[Tensor]]
"""Pictures (N, 3, r, r) from -1 to 1 -> feature maps of some layers, each (N, C, r', r')."""

SPECTRAL = ".u"
"""Ends the names of the vectors that spectral norm keeps."""

GROUP = 4
"""Pictures that are looked at together, because the minibatch standard deviation compares them."""


Says = Callable[[Any, Tensor, Tensor | None, float], Tensor]
"""Discriminator, pictures (N, 3, r, r), labels (N, classes) or None, growth -> scores (N,)."""

GROWING_CRITICS: dict[str, Says] = {
    "progan": lambda network, pictures, _labels, growth: network(pictures, growth)[:, 0],
    "stylegan": lambda network, pictures, labels, growth: network(pictures, labels, growth),
    "cyclegan": lambda network, pictures, labels, _growth: network(pictures, labels).mean(1),
}
"""Architecture -> how its discriminator is asked, for those that grow or score patches."""


def _finished(network: Any, pictures: Tensor, labels: Tensor | None, _growth: float) -> Tensor:
    scores: Tensor = network(pictures, labels)
    return scores


class Critic:
    """A model's own discriminator, in fp32 and fixed.

    Parameters
    ----------
    network
        The discriminator, whose `blocks` are its layers from the finest on.
    growth
        Log2 of the resolution that its training has reached.
    says
        How it is asked.
    """

    def __init__(self, network: nn.Module, growth: float, says: Says = _finished) -> None:
        self._network = network.eval().requires_grad_(requires_grad=False)
        self._growth = growth
        self._says = says

    @property
    def side(self) -> int:
        """Side of the pictures that it looks at, in pixels."""
        return 1 << math.ceil(self._growth)

    def fitting(self, pictures: Float[Tensor, "n 3 _ _"]) -> Float[Tensor, "n 3 r r"]:
        """Square pictures at the side that it looks at, larger ones as means of areas."""
        height, width = pictures.shape[-2:]
        if height != width or width == self.side:
            return pictures
        return F.interpolate(pictures, size=(self.side, self.side), mode="area")

    def to(self, device: torch.device) -> Critic:
        """Move it to where the model lies."""
        self._network.to(device)
        return self

    def scores(
        self, pictures: Float[Tensor, "n 3 r r"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, " n"]:
        """How real each picture looks, (N,): higher is more real, 0 is about undecided."""
        return self._says(self._network, pictures, labels, self._growth)

    def features(
        self, pictures: Float[Tensor, "n 3 r r"], labels: Float[Tensor, "n classes"] | None = None
    ) -> list[Float[Tensor, "n c _ _"]]:
        """What its blocks make of pictures, finest first: a `Lens`."""
        seen: list[Tensor] = []
        blocks: Any = self._network.blocks
        hooks = [
            block.register_forward_hook(lambda _block, _inputs, output: seen.append(output))
            for block in blocks
        ]
        try:
            self.scores(pictures, labels)
        finally:
            for hook in hooks:
                hook.remove()
        return seen


def read_critic(info: ModelInfo) -> Critic | None:
    """The critic in a model's file, None where it carries none.

    Raises `CheckpointError` where what it carries fits no network of this shape.
    """
    architecture = ARCHITECTURES.get(info.architecture)
    if architecture is None or not info.path.is_file() or info.path.suffix != ".safetensors":
        return None
    state = read_discriminator(info.path)
    if not state:
        return None
    try:
        config = architecture.config_from(info.config)
        if any(
            name.endswith(SPECTRAL) for name in state
        ):  # which the generator's is settled without
            config = replace(config, spectral_norm=True)
        with torch.device("meta"):
            network = architecture.discriminator(config)
        network.load_state_dict(state, assign=True)
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        raise CheckpointError(
            f"The discriminator in {info.path.name} is damaged.", "Train the model on for a moment."
        ) from None
    growth = min(max(2.0, info.growth), float(config.resolution.bit_length() - 1))
    return Critic(network, growth, GROWING_CRITICS.get(info.architecture, _finished))


# ------------------------------------------------------------------------------------------------
# How far two pictures are apart by what a lens sees.


def seen_distance(
    ours: Sequence[Float[Tensor, "n c _ _"]], theirs: Sequence[Float[Tensor, "#n c _ _"]]
) -> Float[Tensor, " n"]:
    """Mean squared distance of the features' directions, (N,), 0 to 4 (as Zhang et al. 2018, eq. 1).

    Each place's features are brought to length 1 first, so that no layer and no bright spot outweighs
    the others.
    """
    layers = [
        (F.normalize(one, dim=1, eps=1e-4) - F.normalize(other, dim=1, eps=1e-4))
        .square()
        .sum(1)
        .mean((1, 2))
        for one, other in zip(ours, theirs, strict=True)
    ]
    return torch.stack(layers).mean(0)


# ------------------------------------------------------------------------------------------------
# What the critic says of one picture among others, and where it looks.


def report_of_critic(
    critic: Critic,
    picture: Float[Tensor, "1 3 r r"],
    fakes: Float[Tensor, "n 3 r r"],
    reals: Float[Tensor, "m 3 r r"] | None = None,
    labels: Float[Tensor, "1 classes"] | None = None,
    real_labels: Float[Tensor, "m classes"] | None = None,
) -> CriticReport:
    """What the critic says of a picture among fakes and real pictures, and because of where.

    A critic with a minibatch standard deviation compares what it sees together; the picture and every other
    are therefore looked at in the company of the same three fakes. At least three fakes are needed. Real
    pictures have labels of their own where `real_labels` says so.
    """
    company = fakes[: GROUP - 1]
    leaf = picture.detach().clone().requires_grad_()
    score = scores_in_company(critic, leaf, company, labels)
    (gradient,) = torch.autograd.grad(score.sum(), leaf)
    own = labels if real_labels is None else real_labels
    with torch.no_grad():
        return CriticReport(
            float(score.detach()),
            _as_array(scores_in_company(critic, fakes[GROUP - 1 :], company, labels)),
            _as_array(None if reals is None else scores_in_company(critic, reals, company, own)),
            gradient[0].permute(1, 2, 0).contiguous().cpu().numpy(),
        )


def scores_in_company(
    critic: Critic,
    pictures: Float[Tensor, "n 3 r r"],
    company: Float[Tensor, "k 3 r r"],
    labels: Float[Tensor, "#n classes"] | None,
) -> Float[Tensor, " n"]:
    """The score of each picture, looked at together with the company alone, (N,)."""
    found = []
    for index, picture in enumerate(pictures):
        together = torch.cat([picture[None], company])
        own = None if labels is None else labels[index % len(labels)].expand(len(together), -1)
        found.append(critic.scores(together, own)[:1])
    return torch.cat(found) if found else pictures.new_zeros(0)


def _as_array(scores: Tensor | None) -> NDArray[np.float32]:
    if scores is None:
        return np.empty(0, np.float32)
    found: NDArray[np.float32] = scores.float().cpu().numpy()
    return found


@torch.no_grad()
def seen_vectors(
    critic: Critic,
    pictures: Float[Tensor, "n 3 r r"],
    company: Float[Tensor, "k 3 r r"],
    labels: Float[Tensor, "#n classes"] | None = None,
) -> Float[Tensor, "n d"]:
    """What the critic's last block makes of each picture as a vector of length 1, (N, D).

    A fourth of the block's places and more are taken together as means, so that a picture moved by a pixel
    stays near. Looked at in company, as for its score.
    """
    found = []
    for index, picture in enumerate(pictures):
        together = torch.cat([picture[None], company])
        own = None if labels is None else labels[index % len(labels)].expand(len(together), -1)
        last = critic.features(together, own)[-1][:1]
        places = min(2, last.shape[-1])
        means = F.adaptive_avg_pool2d(last, places) if last.ndim == 4 else last
        found.append(F.normalize(means.flatten(1)))
    return torch.cat(found)


def threshold_between(reals: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """The score above which most reals lie and most others do not: both shares count alike.

    In the middle between two scores; with none of a kind, halfway between the means there are, or 0.
    """
    if not reals.size or not others.size:
        known = np.concatenate([reals, others])
        return float(known.mean()) if known.size else 0.0
    known = np.unique(np.concatenate([reals, others]))
    middles = np.concatenate([[known[0] - 1.0], (known[1:] + known[:-1]) / 2.0, [known[-1] + 1.0]])
    gains = [(reals > middle).mean() + (others <= middle).mean() for middle in middles]
    best = np.flatnonzero(np.isclose(gains, max(gains)))
    return float(middles[best].mean())


# ------------------------------------------------------------------------------------------------
# Climbing its score.


PLEASING_RATE = 0.02
"""How far one step goes, of the length of what is moved."""


class Pleasing:
    """A Recipe on its way up the critic's score, by its styles or its z; all else stays as it is.

    Parameters
    ----------
    model, critic
        What draws, and who is to be pleased; on the same device.
    recipe
        Where to begin.
    """

    def __init__(self, model: Model, recipe: Recipe, critic: Critic) -> None:
        self._chain = DifferentiableChain(model)
        self._critic = critic.to(self._chain.device)
        self._handles = RecipeHandles(model, self._chain, recipe)
        (leaf,) = self._handles.leaves
        self._leaf = leaf.values
        self._rate = PLEASING_RATE * float(self._leaf.detach().norm())
        labels = class_weights(model, recipe.classes)
        self._labels = None if labels is None else labels.to(self._chain.device)
        with torch.no_grad():
            others = [self._chain.given_by(Recipe(Latent(seed))) for seed in range(GROUP - 1)]
            self._company = torch.cat([self._seen(given) for given in others])

    @property
    def recipe(self) -> Recipe:
        """The Recipe of where it is."""
        return self._handles.recipe()

    def step(self) -> float:
        """One step up; the score before it."""
        score = scores_in_company(
            self._critic, self._seen(self._handles.given()), self._company, self._labels
        ).sum()
        (slope,) = torch.autograd.grad(score, self._leaf)
        with torch.no_grad():
            self._leaf += self._rate * slope / (slope.norm() + 1e-12)
        return float(score.detach())

    def _seen(self, given: Sequence[Given]) -> Float[Tensor, "1 3 r r"]:
        return self._critic.fitting(self._chain.picture(given))
