"""The discriminator that a model file may carry: what it says of a picture, and because of where.

Its features are the one perceptual measure that was made for a model's own pictures; its score tells how
real a picture looks to the network that had to tell.
"""

from __future__ import annotations

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
from ganlab_core.inspection.questions import CriticReport
from ganlab_core.models import ARCHITECTURES, ModelInfo, read_discriminator

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
}
"""Architecture -> how its discriminator is asked, for those that grow."""


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

    def to(self, device: torch.device) -> Critic:
        """Move it to where the model lies."""
        self._network.to(device)
        return self

    def scores(
        self, pictures: Float[Tensor, "n 3 r r"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, " n"]:
        """How real each picture looks, (N,): higher is more real, 0 is about undecided."""
        return self._says(self._network, pictures, labels, self._growth)

    def features(self, pictures: Float[Tensor, "n 3 r r"]) -> list[Float[Tensor, "n c _ _"]]:
        """What its blocks make of pictures, finest first: a `Lens`."""
        seen: list[Tensor] = []
        blocks: Any = self._network.blocks
        hooks = [
            block.register_forward_hook(lambda _block, _inputs, output: seen.append(output))
            for block in blocks
        ]
        try:
            self.scores(pictures)
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
) -> CriticReport:
    """What the critic says of a picture among fakes and real pictures, and because of where.

    A critic with a minibatch standard deviation compares what it sees together; the picture and every other
    are therefore looked at in the company of the same three fakes. At least three fakes are needed.
    """
    company = fakes[: GROUP - 1]
    leaf = picture.detach().clone().requires_grad_()
    score = _in_company(critic, leaf, company, labels)
    (gradient,) = torch.autograd.grad(score.sum(), leaf)
    with torch.no_grad():
        return CriticReport(
            float(score.detach()),
            _scores_of(critic, fakes[GROUP - 1 :], company, labels),
            _scores_of(critic, reals, company, labels),
            gradient[0].permute(1, 2, 0).contiguous().cpu().numpy(),
        )


def _in_company(
    critic: Critic, picture: Tensor, company: Tensor, labels: Tensor | None
) -> Float[Tensor, " 1"]:
    together = torch.cat([picture, company])
    spread = None if labels is None else labels.expand(len(together), -1)
    return critic.scores(together, spread)[:1]


def _scores_of(
    critic: Critic, pictures: Tensor | None, company: Tensor, labels: Tensor | None
) -> NDArray[np.float32]:
    if pictures is None or not len(pictures):
        return np.empty(0, np.float32)
    each = [_in_company(critic, one[None], company, labels) for one in pictures]
    found: NDArray[np.float32] = torch.cat(each).float().cpu().numpy()
    return found


def please(
    critic: Critic, picture: Callable[[], Tensor], leaves: Sequence[Tensor], rate: float
) -> float:
    """One step up the critic's score by what `picture` (1, 3, r, r) is made from; the score before it.

    Each leaf is moved in place by `rate` times its gradient over that gradient's own length.
    """
    score = critic.scores(picture()).sum()
    for leaf, slope in zip(leaves, torch.autograd.grad(score, list(leaves)), strict=True):
        with torch.no_grad():
            leaf += rate * slope / (slope.norm() + 1e-12)
    return float(score.detach())
