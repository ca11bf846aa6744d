"""The last step of a projection: the weights are tuned until the picture comes (Roich et al. 2021).

"Pivotal tuning for latent-based editing of real images": with the Recipe fixed as the pivot, the synthesis
weights follow the picture's loss, and a second loss holds the pictures of other places to what they were
(sec. 3.2). What is turned are narrow matrices whose product is added to each weight (Hu et al. 2021,
"LoRA"), so that what is kept is small.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ganlab_core.inspection.critic import seen_distance
from ganlab_core.inspection.differentiable import DifferentiableChain, Given
from ganlab_core.inspection.handles import Adam, Leaf, pixel_distance
from ganlab_core.inspection.own_picture import Pixels, psnr
from ganlab_core.inspection.projection import Effort, Sight, as_tensor, displayed, shown
from ganlab_core.models import ARCHITECTURES, Change, Model, with_change
from ganlab_core.recipe import Classes, Latent, Recipe

RANK = 8
"""How narrow the matrices are."""

RATE = 0.002
"""Adam's step size, of a weight's own deviation."""

LOCALITY = 1.0
"""Weight of what holds other pictures, beside the picture's own loss (the paper's lambda_R)."""

WARM_UP, FALL = 10, 0.25
"""Steps over which the step size rises; the last share of an effort, over which it falls to nothing."""

SEEDS = 2**31


@dataclass(frozen=True, slots=True, eq=False)
class TunedSoFar:
    """How far a tuning is.

    Attributes
    ----------
    step
        Steps made; 0 = the picture of the Recipe as it was.
    spent
        The share of the effort, 0 to 1.
    psnr
        Likeness to the picture in dB.
    pixels
        The Recipe's picture now, uint8 (r, r, 3).
    """

    step: int
    spent: float
    psnr: float
    pixels: Pixels


class Tuning:
    """A model's synthesis weights on their way to one picture; the model itself stays as it is.

    Parameters
    ----------
    model, recipe
        What draws the pivot, and the pivot: what a projection came to.
    target
        The picture, uint8 (r, r, 3), of the model's resolution.
    through
        What is looked through beside pixels; each is looked through five times a step, so one is enough.
    seed
        Of the other places that are held; equal ones give equal weights.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        target: Pixels,
        through: Sequence[Sight] = (),
        seed: int = 0,
    ) -> None:
        self._plain = DifferentiableChain(model)
        if target.shape != (self._plain.side, self._plain.side, 3):
            raise ValueError(f"need a picture of side {self._plain.side}, not {target.shape}")
        own = _copied(model)
        self._model, self._chain = own, DifferentiableChain(own)
        self._pixels, self._target = target, as_tensor(target).to(self._chain.device)
        self._through = tuple(through)
        with torch.no_grad():
            self._goal = [sight.lens(self._target) for sight in self._through]
        self._pivot = self._plain.given_by(recipe)
        self._class_count = len(model.capabilities.classes)
        self._random = torch.Generator().manual_seed(seed)
        self._weights = self._used(_turned(own, self._random))
        self._adam = Adam([leaf for weight in self._weights for leaf in weight.leaves])
        self.steps = 0

    @property
    def change(self) -> Change:
        """What is added to the weights so far, for `keep_tuning`."""
        return {weight.name: (weight.rows, weight.columns) for weight in self._weights}

    def run(self, effort: Effort, every: int = 5) -> Iterator[TunedSoFar]:
        """Go on for an effort, telling the beginning, one in `every` steps and the end.

        Not asking pauses, closing stops; what was reached so far stays.
        """
        taken, seconds, spent = 0, 0.0, 0.0
        yield self._progress(0.0)
        while spent < 1.0:
            began = time.perf_counter()
            size = min(1.0, (1.0 - spent) / FALL, (taken + 1) / WARM_UP)
            self._adam.descend(self._loss(), size)
            taken, self.steps = taken + 1, self.steps + 1
            seconds += time.perf_counter() - began
            spent = effort.spent(taken, seconds)
            if taken % every == 0 or spent >= 1.0:
                yield self._progress(min(spent, 1.0))

    def _loss(self) -> Float[Tensor, ""]:
        """How far the pivot's picture is from the target, and another place's from what it was."""
        self._write()
        picture = displayed(self._chain.picture(self._pivot))
        loss = self._distance(picture, self._target, self._goal)
        place = self._place()
        with torch.no_grad():
            before = displayed(self._plain.picture(place))
            seen = [sight.lens(before) for sight in self._through]
        after = displayed(self._chain.picture(place))
        return loss + LOCALITY * self._distance(after, before, seen)

    def _distance(
        self, ours: Tensor, theirs: Tensor, goal: Sequence[Sequence[Tensor]]
    ) -> Float[Tensor, ""]:
        loss = pixel_distance(ours, theirs).mean()
        for sight, seen in zip(self._through, goal, strict=True):
            loss = loss + sight.weight * seen_distance(sight.lens(ours), seen).mean()
        return loss

    def _place(self) -> list[Given]:
        """Somewhere on the way from the pivot to a seed of any class, up to the seed (sec. 3.2)."""
        seed = int(torch.randint(SEEDS, (), generator=self._random))
        share = float(torch.rand((), generator=self._random))
        classes: Classes = ()
        if self._class_count:
            chosen = int(torch.randint(self._class_count, (), generator=self._random))
            classes = ((chosen, 1.0),)
        other = self._plain.given_by(Recipe(Latent(seed), psi=1.0, classes=classes))
        return [
            _between(here, there, share) for here, there in zip(self._pivot, other, strict=True)
        ]

    def _used(self, weights: Sequence[_Turned]) -> list[_Turned]:
        """Those that the picture hangs on: read-outs of lower resolutions are left alone."""
        total = self._chain.picture(self._pivot).sum()
        rows = [weight.rows for weight in weights]
        slopes = torch.autograd.grad(total, rows, allow_unused=True)
        return [weight for weight, one in zip(weights, slopes, strict=True) if one is not None]

    def _write(self) -> None:
        for weight in self._weights:
            weight.write()

    @torch.no_grad()
    def _progress(self, spent: float) -> TunedSoFar:
        self._write()
        pixels = shown(self._model, displayed(self._chain.picture(self._pivot)))
        return TunedSoFar(self.steps, spent, psnr(pixels, self._pixels), pixels)


class _Turned:
    """One weight, and the narrow matrices whose product is added to it.

    A vector has a column of its own numbers and nothing to multiply them with.
    """

    def __init__(self, name: str, owner: nn.Module, part: str, random: torch.Generator) -> None:
        weight = owner.get_parameter(part).detach().clone()
        self.name, self._owner, self._part, self._weight = name, owner, part, weight
        rows = weight.shape[0] if weight.dim() else 1
        columns = weight.numel() // rows
        rank = min(RANK, rows, columns)
        is_vector = rank == 1
        if is_vector:
            rows, columns = weight.numel(), 1
        size = float(weight.std()) if weight.numel() > 1 and weight.std() > 0 else 1.0
        self.rows = weight.new_zeros(rows, rank).requires_grad_()
        drawn = torch.randn(rank, columns, generator=random) * size / rank**0.5
        self.columns = weight.new_ones(1, 1) if is_vector else drawn.to(weight).requires_grad_()
        self.leaves = [Leaf(self.rows, RATE)]
        self.leaves += [] if is_vector else [Leaf(self.columns, RATE * size)]
        delattr(
            owner, part
        )  # a plain tensor takes the parameter's place, through which gradients flow
        self.write()

    def write(self) -> None:
        """Let the network compute with the weight as it is now."""
        setattr(self._owner, self._part, with_change(self._weight, self.rows, self.columns))


def _turned(model: Model, random: torch.Generator) -> list[_Turned]:
    """Every weight of the stages; what comes before them (W) stays."""
    module = model.network.module
    names = [name for name, weight in module.named_parameters() if weight.is_floating_point()]
    found = []
    for name in names:
        if model.network.place(name):
            path, _, part = name.rpartition(".")
            found.append(_Turned(name, module.get_submodule(path), part, random))
    return found


def _copied(model: Model) -> Model:
    network = copy.deepcopy(model.network.module)
    stages = ARCHITECTURES[model.info.architecture].stages(network)
    return Model(model.info, model.capabilities, stages, {})


def _between(here: Given, there: Given, share: float) -> Given:
    """What a stage receives between two places; all but the style is the second one's."""
    ours, theirs = here.condition.style, there.condition.style
    if ours is None or theirs is None:
        return there
    style = ours + (theirs - ours) * share
    return replace(there, condition=replace(there.condition, style=style))
