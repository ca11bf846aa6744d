"""A picture that no model drew, brought into a model: the Recipe whose picture comes nearest to it.

From the nearest of many seeds a gradient leads on (Abdal et al. 2019, "Image2StyleGAN"; Karras et al.
2020, sec. 5), measured by pixels at several scales and by what lenses see: the model's own discriminator,
a network of general sight. What comes out is a Recipe and nothing else, so it renders anywhere.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.inspection.critic import Critic, Lens, seen_distance
from ganlab_core.inspection.differentiable import DifferentiableChain
from ganlab_core.inspection.handles import Adam, Beginning, handles_from, pixel_distance
from ganlab_core.inspection.own_picture import Pixels, psnr
from ganlab_core.models import Model
from ganlab_core.recipe import Classes, Recipe
from ganlab_core.rendering import class_weights, z_from_seed

CRITIC_WEIGHT, GENERAL_WEIGHT = 0.05, 0.02
"""Of what the critic and a network of general sight see, beside pixels."""

PIXELS_FIRST = 0.6
"""The share of an effort in which pixels lead alone: such steps cost half and go the longest way."""

SEEDS = 600
NEAR = 8
"""Seeds that are looked at closely, out of all."""

UNLIKE = 0.25
"""How far a pixel's colour, -1 to 1, is from the ground's where something stands."""

SMALL = 32
"""Side that seeds are compared at, at most."""

SLICE = 12
"""Seeds drawn at a time."""

WARM_UP, CALM, FALL = 10, 150, 0.25
"""Steps over which the step size rises, and after which it falls as their root: without, W+ runs away in
thousands of steps. And the last share of an effort, over which it falls to nothing."""


# ------------------------------------------------------------------------------------------------
# What is looked through, and for how long.


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A lens beside plain pixels.

    Attributes
    ----------
    lens
        What sees.
    weight
        Of its distance, which is 0 to 4, beside the squared distance of pixels from -1 to 1.
    begins
        The share of an effort after which it is looked through, 0 to 1.
    """

    lens: Lens
    weight: float
    begins: float = PIXELS_FIRST


def sights(critic: Critic | None, general: Lens | None = None) -> tuple[Sight, ...]:
    """What a projection looks through: the model's own critic and a network of general sight."""
    found = () if critic is None else (Sight(critic.features, CRITIC_WEIGHT),)
    return found if general is None else (*found, Sight(general, GENERAL_WEIGHT))


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to go on: so many steps, so many seconds of work, whichever ends first.

    Time in which nobody asks for the next step does not count.
    """

    steps: int | None = 400
    seconds: float | None = None

    def spent(self, steps: int, seconds: float) -> float:
        """The share of it that is spent, from 0 on; 1 and above = done."""
        shares = [steps / self.steps] if self.steps else []
        return max([*shares, seconds / self.seconds] if self.seconds else shares, default=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """How far a projection is.

    Attributes
    ----------
    step
        Steps made; 0 = the nearest seed.
    spent
        The share of the effort, 0 to 1.
    loss
        What is being made smaller.
    psnr
        Likeness to the picture in dB.
    came
        How far it came, 0 to 1: see `Projection.came`.
    strange
        How unlike the model's pictures the picture is; 1 = as they are among themselves.
    pixels
        The picture it has now, uint8 (r, r, 3).
    recipe
        The Recipe of that picture.
    """

    step: int
    spent: float
    loss: float
    psnr: float
    came: float
    strange: float
    pixels: Pixels
    recipe: Recipe


# ------------------------------------------------------------------------------------------------
# Where to begin: many seeds' pictures, drawn once for a model and kept for the next picture.


class Beginnings:
    """Small pictures of many seeds of a model, to begin from the nearest.

    Conditional models have their classes in turn. Drawn by `draw`, slice by slice.
    """

    def __init__(self, model: Model, count: int = SEEDS) -> None:
        self.model, self.count = model, count
        self.chain = DifferentiableChain(model)
        self._vectors: list[Tensor] = []
        self._pictures: list[Tensor] = []

    def draw(self) -> Iterator[int]:
        """Draw what is missing; tells after each slice how many there are."""
        while (done := sum(map(len, self._vectors))) < self.count:
            seeds = range(done, min(self.count, done + SLICE))
            vectors = torch.cat([self._vector(seed) for seed in seeds])
            pictures = torch.cat([self._picture(self._place(vectors, done, s)) for s in seeds])
            self._vectors.append(vectors)
            self._pictures.append(_smaller(pictures, SMALL))
            yield seeds.stop

    @property
    def deviation(self) -> Float[Tensor, " d"]:
        """How much vectors differ in each direction, (D,)."""
        return torch.cat(self._vectors).std(0)

    def nearest(self, target: Float[Tensor, "1 3 r r"], through: Sequence[Sight]) -> Beginning:
        """The seed whose picture is nearest: by small pixels first, then through the sights."""
        vectors = torch.cat(self._vectors)
        small = pixel_distance(torch.cat(self._pictures), _smaller(target, SMALL), 4)
        near = small.argsort()[:NEAR].tolist()
        places = [self._place(vectors, 0, seed) for seed in near]
        seen = [_seen(self._picture(place), target, through) for place in places]
        return places[min(range(len(near)), key=lambda index: seen[index])]

    @property
    def ground(self) -> tuple[int, int, int]:
        """The colour that the pictures' borders mostly have, 0 to 255 each."""
        pictures = torch.cat(self._pictures)
        rows = pictures[..., [0, -1], :].flatten(2), pictures[..., [0, -1]].flatten(2)
        border = torch.cat(rows, 2).transpose(0, 1).flatten(1)
        colour = ((border.median(1).values + 1.0) * 127.5).round().clamp(0, 255).tolist()
        return int(colour[0]), int(colour[1]), int(colour[2])

    def presence(self, side: int = 256) -> NDArray[np.float32]:
        """How often each place of a picture is unlike the ground, 0 to 1, float32 (side, side).

        It tells where the model's subject stands: near 1 within it, near 0 around it.
        """
        pictures = torch.cat(self._pictures)
        ground = torch.tensor(self.ground, device=pictures.device)[:, None, None] / 127.5 - 1.0
        unlike = ((pictures - ground).abs().amax(1) > UNLIKE).float().mean(0)[None, None]
        padded = torch.nn.functional.pad(unlike, (2, 2, 2, 2), mode="replicate")
        smooth = torch.nn.functional.avg_pool2d(padded, 5, 1)
        shown = torch.nn.functional.interpolate(smooth, (side, side), mode="bicubic")
        found: NDArray[np.float32] = shown[0, 0].clamp(0.0, 1.0).cpu().numpy()
        return found

    def some(self, count: int = 16) -> Float[Tensor, "n 3 r r"]:
        """Pictures of seeds far apart in the row, at full size."""
        vectors = torch.cat(self._vectors)
        step = max(1, len(vectors) // count)
        seeds = range(0, len(vectors), step)[:count]
        return torch.cat([self._picture(self._place(vectors, 0, seed)) for seed in seeds])

    def _classes(self, seed: int) -> Classes:
        count = len(self.model.capabilities.classes)
        return ((seed % count, 1.0),) if count else ()

    def _place(self, vectors: Tensor, first: int, seed: int) -> Beginning:
        return Beginning(vectors[seed - first : seed - first + 1], self._classes(seed), seed)

    @torch.no_grad()
    def _vector(self, seed: int) -> Float[Tensor, "1 d"]:
        can, device = self.model.capabilities, self.chain.device
        labels = class_weights(self.model, self._classes(seed))
        z = z_from_seed(seed, can.z_dim, can.threshold).to(device)
        return self.model.network.map(z, None if labels is None else labels.to(device))

    @torch.no_grad()
    def _picture(self, place: Beginning) -> Float[Tensor, "1 3 r r"]:
        whole = torch.ones_like(place.vector[0])
        handles = handles_from(self.model, self.chain, place, whole, 1.0)
        return displayed(self.chain.picture(handles.given()))


def _smaller(pictures: Float[Tensor, "n 3 r r"], side: int) -> Float[Tensor, "n 3 s s"]:
    while pictures.shape[-1] > side:
        pictures = torch.nn.functional.avg_pool2d(pictures, 2)
    return pictures


@torch.no_grad()
def _seen(ours: Tensor, theirs: Tensor, through: Sequence[Sight]) -> float:
    total = pixel_distance(ours, theirs)
    for sight in through:
        total = total + sight.weight * seen_distance(sight.lens(ours), sight.lens(theirs))
    return float(total.mean())


# ------------------------------------------------------------------------------------------------
# The way from there.


class Projection:
    """One picture on its way into a model.

    Parameters
    ----------
    beginnings
        The model's seeds, all drawn.
    target
        The picture, uint8 (r, r, 3), of the model's resolution.
    through
        What is looked through beside pixels.
    editable
        0 = as close to the picture as can be; 1 = where the model's own pictures lie, so that everything
        that edits those edits it.
    """

    def __init__(
        self,
        beginnings: Beginnings,
        target: Pixels,
        through: Sequence[Sight] = (),
        editable: float = 0.25,
    ) -> None:
        self._model, self._chain = beginnings.model, beginnings.chain
        side = self._chain.side
        if target.shape != (side, side, 3):
            raise ValueError(f"need a picture of {side} x {side} x 3, not {target.shape}")
        self._pixels = target
        self._target = as_tensor(target).to(self._chain.device)
        self._through = tuple(through)
        self._goal = [_fixed(sight.lens, self._target) for sight in self._through]
        self._hold = 1e-5 * 1000.0**editable if editable else 0.0
        start = beginnings.nearest(self._target, self._through)
        self._handles = handles_from(
            self._model, self._chain, start, beginnings.deviation, editable
        )
        self._unlike, usual = _usual_distances(beginnings, self._goal, self._through, self._target)
        self._strange = self._unlike / usual if usual else 1.0
        self._adam = Adam(self._handles.leaves)
        self.steps = 0

    @property
    def recipe(self) -> Recipe:
        """The Recipe of where it is."""
        return self._handles.recipe()

    def run(self, effort: Effort, every: int = 10) -> Iterator[Projected]:
        """Go on for an effort, telling the beginning, one in `every` steps and the end.

        Not asking pauses, closing stops; what was reached so far stays. May be run again to go on longer.
        """
        taken, seconds, spent = 0, 0.0, 0.0
        yield self._progress(0.0, math.nan)
        while spent < 1.0:
            began = time.perf_counter()
            loss = self.step(spent, taken)
            taken += 1
            seconds += time.perf_counter() - began
            spent = effort.spent(taken, seconds)
            if taken % every == 0 or spent >= 1.0:
                yield self._progress(min(spent, 1.0), loss)

    def step(self, spent: float, taken: int = WARM_UP) -> float:
        """One step of Adam with `spent` of the effort behind it, `taken` steps of it; the loss before."""
        size = min(1.0, (1.0 - spent) / FALL, (taken + 1) / WARM_UP) / math.sqrt(1 + taken / CALM)
        loss = self._loss(displayed(self._chain.picture(self._handles.given())), spent)
        self._adam.descend(loss, size)
        self.steps += 1
        return float(loss.detach())

    @torch.no_grad()
    def came(self, picture: Float[Tensor, "1 3 r r"]) -> float:
        """How far a picture came: 1 = it is the picture, 0 = as unlike as the model's pictures usually are.

        Measured through the first sight, by pixels without any. Never below 0.
        """
        if not self._through:
            distance = float(pixel_distance(picture, self._target).mean())
        else:
            seen = self._through[0].lens(picture)
            distance = float(seen_distance(seen, self._goal[0]).mean())
        return max(0.0, 1.0 - distance / self._unlike) if self._unlike else 1.0

    def _loss(self, picture: Float[Tensor, "1 3 r r"], spent: float) -> Float[Tensor, ""]:
        loss = pixel_distance(picture, self._target).mean()
        for sight, goal in zip(self._through, self._goal, strict=True):
            if spent >= sight.begins:
                loss = loss + sight.weight * seen_distance(sight.lens(picture), goal).mean()
        return loss + self._hold * self._handles.strain() if self._hold else loss

    @torch.no_grad()
    def _progress(self, spent: float, loss: float) -> Projected:
        picture = displayed(self._chain.picture(self._handles.given()))
        pixels = shown(self._model, picture)
        return Projected(
            self.steps, spent, loss, psnr(pixels, self._pixels), self.came(picture),
            self._strange, pixels,
            self.recipe,
        )  # fmt: skip


def displayed(picture: Float[Tensor, "n 3 r r"]) -> Float[Tensor, "n 3 r r"]:
    """A picture as a screen shows it, clipped to -1..1; gradients pass as if it were not."""
    return picture + (picture.clamp(-1.0, 1.0) - picture).detach()


def as_tensor(pixels: Pixels) -> Float[Tensor, "1 3 r r"]:
    """uint8 (r, r, 3) -> (1, 3, r, r) from -1 to 1."""
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1)[None].float() / 127.5 - 1.0


def shown(model: Model, picture: Float[Tensor, "1 3 r r"]) -> Pixels:
    """A picture as the model rounds it, uint8 (r, r, 3)."""
    shown: NDArray[np.uint8] = model.network.to_uint8(picture)[0].permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(shown)


@torch.no_grad()
def _fixed(lens: Lens, picture: Tensor) -> list[Tensor]:
    return [layer.detach() for layer in lens(picture)]


@torch.no_grad()
def _usual_distances(
    beginnings: Beginnings,
    goal: Sequence[Sequence[Tensor]],
    through: Sequence[Sight],
    target: Tensor,
) -> tuple[float, float]:
    """Median distances of some of the model's own pictures, from the picture and from each other."""
    pictures = beginnings.some()
    others = pictures.roll(1 + len(pictures) // 3, 0)
    if not through:
        found = pixel_distance(pictures, target), pixel_distance(pictures, others)
    else:
        seen = through[0].lens(pictures)
        rolled = [layer.roll(1 + len(pictures) // 3, 0) for layer in seen]
        found = seen_distance(seen, goal[0]), seen_distance(seen, rolled)
    return float(found[0].median()), float(found[1].median())


CLOSE, NEARLY, STRANGE = 0.9, 0.7, 1.5


def reconstruction_text(came: float, strange: float = 1.0) -> str:
    """In a sentence, how far a projection came (`Projection.came`, `Projected.strange`)."""
    share = f"{100.0 * came:.0f} % of the way"
    if strange > STRANGE:
        return f"It came {share}, bent far: no picture of this model's own is like it."
    if came >= CLOSE:
        return f"It came {share}: this model can draw it."
    if came >= NEARLY:
        return f"It came {share}: the whole is there, details are the model's own."
    return f"It came {share}: such pictures are not what this model learnt to draw."
