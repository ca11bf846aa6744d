"""What can be asked about the inside of a model, as plain values that two threads can share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ganlab_core.inspection.directions import Direction, DirectionSet
from ganlab_core.recipe import Capabilities, Recipe

PSIS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 1.0, 1.2)
"""Where the strip over the truncation psi is drawn."""

PARTS = ("noise", "style")
"""What can be left out of a layer."""

WINDOWS = ("hann", "none")
"""What the borders of a picture are faded by before its spectrum."""

NO_CRITIC = (
    "This model's file carries no discriminator.",
    "Models that ganlab train makes have one; published ones mostly leave it out.",
)
"""What is said where a model has no critic, and the way out."""

ONLY_CHOOSES = (
    "This model translates real pictures, and its z only chooses which: nothing leads from one to another.",
    "Choose another seed or class.",
)
"""What is said where a picture cannot be moved because its model only translates, and the way out."""


@dataclass(frozen=True, slots=True)
class FindDirections:
    """Search directions of the latent space.

    Attributes
    ----------
    kind
        `"components"` (PCA; GANSpace) or `"factors"` (closed form; SeFa).
    first, last
        The styles whose weights the factors explain, both included.
    """

    quick: ClassVar[bool] = False
    kind: str
    first: int = 0
    last: int = 64


@dataclass(frozen=True, slots=True)
class SeeMaps:
    """The feature maps after a stage; `large` is the map wanted at its full size, None for none."""

    quick: ClassVar[bool] = True
    recipe: Recipe
    stage: int
    large: int | None = None


@dataclass(frozen=True, slots=True)
class MeasureEffects:
    """How much the picture changes without each of the feature maps after a stage."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    stage: int


@dataclass(frozen=True, slots=True)
class SeeAttention:
    """Where one position of a self-attention stage looks; `row` and `column` are shares, 0 to 1."""

    quick: ClassVar[bool] = True
    recipe: Recipe
    stage: int
    row: float
    column: float


@dataclass(frozen=True, slots=True)
class CompareNoise:
    """The picture with and without noise, and how it varies over `draws` of the noise."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    draws: int = 16


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """What the picture loses without the noise, or the style, of each layer in turn."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    part: str = "noise"


@dataclass(frozen=True, slots=True)
class TryPsis:
    """The picture over the truncation psi."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    psis: tuple[float, ...] = PSIS


@dataclass(frozen=True, slots=True)
class SeeSpectrum:
    """The power of the picture's frequencies, or with a `stage` of its feature maps' on average.

    The `window` is one of `WINDOWS`: what borders are faded by before.
    """

    quick: ClassVar[bool] = True
    recipe: Recipe
    stage: int | None = None
    window: str = "hann"


@dataclass(frozen=True, slots=True)
class SeeMapping:
    """What each layer of the mapping network makes of this z, and where its w lies in W."""

    quick: ClassVar[bool] = True
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class SeeStyles:
    """The channels of a stage before and after its AdaIN or class-conditional batch norm.

    `other` is the seed, or without styles the class, of the picture that a style is exchanged with.
    """

    quick: ClassVar[bool] = True
    recipe: Recipe
    stage: int
    other: int = 1


@dataclass(frozen=True, slots=True)
class SeeNoiseStrengths:
    """How strongly each layer learned to add its noise."""

    quick: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class SeeCritic:
    """What a block of the model's own discriminator makes of the picture, counted from the picture on."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    block: int = 0


@dataclass(frozen=True, slots=True)
class SeeClasses:
    """One latent in every class; of a network that translates, a picture there and back."""

    quick: ClassVar[bool] = False
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class MapNetwork:
    """Shape, type, time and weights of every stage."""

    quick: ClassVar[bool] = False
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class LearnDirection:
    """A direction from pictures that are liked to others that are not.

    Attributes
    ----------
    liked, others
        At least one of each.
    name
        What it is to be called.
    """

    quick: ClassVar[bool] = False
    liked: tuple[Recipe, ...]
    others: tuple[Recipe, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class HoldDirection:
    """A direction held to a painted region of a picture; nothing of the rest is to change.

    Attributes
    ----------
    direction
        What it is to do in the region.
    recipe
        Whose picture was painted on.
    mask
        float32 (r, r) from 0 to 1, of any side; 1 = may change.
    """

    quick: ClassVar[bool] = False
    direction: Direction
    recipe: Recipe
    mask: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class RealPictures:
    """Real pictures at hand: of the model's own training, or of a folder that a person named.

    Attributes
    ----------
    pixels
        uint8 (N, 3, r, r), at the side that the model draws.
    labels
        The class of each, int64 (N,); zeros without classes.
    source
        Where they come from, in a word or two.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    source: str


@dataclass(frozen=True, slots=True)
class AskCritic:
    """What the model's own discriminator says of a picture among fresh fakes, and real ones at hand."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    reals: RealPictures | None = None


@dataclass(frozen=True, slots=True)
class MakeLineUp:
    """Real pictures and fresh fakes in one row, shuffled by a seed: half of `count` each."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    reals: RealPictures
    seed: int
    count: int = 12


@dataclass(frozen=True, slots=True)
class FindNearestReals:
    """The real pictures that the model's own discriminator finds most like a picture."""

    quick: ClassVar[bool] = False
    recipe: Recipe
    reals: RealPictures
    count: int = 4


Question = (
    FindDirections
    | LearnDirection
    | HoldDirection
    | AskCritic
    | MakeLineUp
    | FindNearestReals
    | SeeMaps
    | MeasureEffects
    | SeeAttention
    | CompareNoise
    | LeaveOut
    | TryPsis
    | SeeSpectrum
    | SeeMapping
    | SeeStyles
    | SeeNoiseStrengths
    | SeeCritic
    | SeeClasses
    | MapNetwork
)


STYLED = ("stylegan", "biggan", "biggan-deep", "sagan")
"""Architectures with norms that take a style or a class."""


def styled_stages(can: Capabilities) -> tuple[int, ...]:
    """The stages whose norm takes a style or a class; empty for other architectures."""
    if can.architecture not in STYLED:
        return ()
    if can.has_w:
        return tuple(layer.index for layer in can.layers)
    return tuple(
        layer.index for layer in can.layers if layer.index and layer.classes and not layer.attention
    )


def without_gains(recipe: Recipe, stage: int) -> Recipe:
    """The Recipe with the feature maps after one stage as the network makes them."""
    return replace(recipe, gains=tuple(pair for pair in recipe.gains if pair[0] != stage))


# ------------------------------------------------------------------------------------------------
# What is answered about the inside of a model: plain data that a window can show.


Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Feature maps as small pictures.

    Attributes
    ----------
    asked
        The question.
    grey
        uint8 (C, s, s), each from its least (0) to its largest value (255); s is at most 64.
    signed
        uint8 (C, s, s), zero at 128, the largest magnitude at 1 or 255.
    facts
        float32 (C, 3): mean, deviation, largest magnitude.
    side
        Side of the maps themselves, in positions.
    large
        The map asked for at full size, (grey, signed), each uint8 (side, side); else None.
    """

    asked: SeeMaps
    grey: Pixels
    signed: Pixels
    facts: NDArray[np.float32]
    side: int
    large: tuple[Pixels, Pixels] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Mean change of the picture in grey levels without each feature map, (C,)."""

    asked: MeasureEffects
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AttentionHeat:
    """Where one position looks.

    Attributes
    ----------
    asked
        The question.
    heat
        uint8 (r / 2, r / 2): 255 = the place most attended to.
    peak
        The share of all attention that the most attended place gets, 0 to 1.
    side
        Side of the stage's features r, in positions.
    gamma
        The trained strength, before the Recipe's factor.
    """

    asked: SeeAttention
    heat: Pixels
    peak: float
    side: int
    gamma: float


@dataclass(frozen=True, slots=True, eq=False)
class NoiseComparison:
    """What the noise does to a picture.

    Attributes
    ----------
    with_noise, without_noise
        uint8 (R, R, 3).
    difference
        Absolute difference of the two, multiplied by `gain`.
    deviation
        uint8 (R, R): each pixel's deviation over draws of the noise; 255 stands for `peak`.
    gain, peak
        A factor; the largest deviation in grey levels.
    change
        Mean absolute difference in grey levels.
    """

    with_noise: Pixels
    without_noise: Pixels
    difference: Pixels
    deviation: Pixels
    gain: float
    peak: float
    change: float


@dataclass(frozen=True, slots=True, eq=False)
class LayerDifference:
    """What the picture loses without one layer's noise or style: pictures uint8 (s, s, 3)."""

    layer: int
    name: str
    without: Pixels
    difference: Pixels
    change: float


@dataclass(frozen=True, slots=True, eq=False)
class LayerDifferences:
    """Every layer's difference, all multiplied by one `gain` so that they compare."""

    asked: LeaveOut
    whole: Pixels
    gain: float
    layers: tuple[LayerDifference, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PsiPicture:
    """The picture at one psi, uint8 (s, s, 3), and its style's distance from the centre."""

    psi: float
    pixels: Pixels
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class PsiStrip:
    """The picture over psi."""

    pictures: tuple[PsiPicture, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The power of frequencies.

    Attributes
    ----------
    asked
        The question.
    power
        Mean over circles of equal frequency: at 0, 1, ... r / 2 cycles a picture, r being the side of
        what was asked about.
    plane
        Log10 of the power at every frequency, float32 (r, r), with frequency 0 in the middle.
    """

    asked: SeeSpectrum
    power: NDArray[np.float64]
    plane: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class MappingActivations:
    """A latent on its way from Z to W.

    Attributes
    ----------
    asked
        The question.
    layers
        (name, values): z as it enters, after each layer, w.
    cloud, place, truncated
        Samples of W along its first two principal components, (N, 2); this w there, and what psi makes of
        it, each (2,).
    shares
        Of the variance of W, by component, largest first.
    """

    asked: SeeMapping
    layers: tuple[tuple[str, NDArray[np.float32]], ...]
    cloud: NDArray[np.float32]
    place: NDArray[np.float32]
    truncated: NDArray[np.float32]
    shares: NDArray[np.float32]

    @property
    def half(self) -> int:
        """How many components hold half of the variance."""
        return int((np.cumsum(self.shares) < 0.5).sum()) + 1


@dataclass(frozen=True, slots=True, eq=False)
class ChannelStyles:
    """What a norm with a condition does to each channel.

    Attributes
    ----------
    asked
        The question.
    kind, layer
        `"AdaIN"` or `"conditional batch norm"`, and the stage's name.
    channels
        float32 (C, 6): mean and deviation before, scale and bias of the style or class, mean and deviation
        after.
    pictures
        uint8 (s, s, 3): this picture, the other, this with the other's style here, and the other way
        round.
    """

    asked: SeeStyles
    kind: str
    layer: str
    channels: NDArray[np.float32]
    pictures: tuple[Pixels, Pixels, Pixels, Pixels]


@dataclass(frozen=True, slots=True, eq=False)
class NoiseStrengths:
    """(stage, name, learned factor of each channel), the coarsest first."""

    layers: tuple[tuple[int, str, NDArray[np.float32]], ...]


@dataclass(frozen=True, slots=True, eq=False)
class CriticMaps:
    """What a block of the discriminator makes of a picture.

    Attributes
    ----------
    asked
        The question.
    blocks
        (channels, side) of every block, from the picture on.
    maps
        Those of the block asked about, as of a stage; None where the file carries no discriminator.
    score, others
        What it says in the end of the picture, and of the fakes in its company.
    """

    asked: SeeCritic
    blocks: tuple[tuple[int, int], ...]
    maps: Maps | None
    score: float
    others: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ClassPictures:
    """(words, uint8 (s, s, 3)) of each picture, and a sentence about them."""

    asked: SeeClasses
    pictures: tuple[tuple[str, Pixels], ...]
    told: str


@dataclass(frozen=True, slots=True)
class StageFacts:
    """One stage as it ran.

    Attributes
    ----------
    name
        As the paper names it.
    shape
        Of its features: channels, height, width.
    dtype
        As torch names it: `"float32"`.
    milliseconds
        The shortest of several runs.
    parameters
        How many weights it used that no other stage uses.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    milliseconds: float
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """All stages; `parameters` counts every weight, also those of the mapping and shared ones."""

    stages: tuple[StageFacts, ...]
    parameters: int


@dataclass(frozen=True, slots=True, eq=False)
class CriticReport:
    """What the critic says of a picture.

    Attributes
    ----------
    score
        Of the picture; higher is more real.
    fakes, reals
        Scores of fresh fakes and of real pictures (empty where none are at hand), each float32 (N,).
    towards_real
        How each pixel's change would raise the score, float32 (r, r, 3): the gradient at the picture.
    """

    score: float
    fakes: NDArray[np.float32]
    reals: NDArray[np.float32]
    towards_real: NDArray[np.float32]

    @property
    def rank(self) -> float:
        """Share of the fakes that look less real than the picture, 0 to 1."""
        return float((self.fakes < self.score).mean()) if self.fakes.size else 0.5

    @property
    def heat(self) -> NDArray[np.float32]:
        """Where it looks: length of the gradient at each place, (r, r), 0 to 1 by its largest."""
        length: NDArray[np.float32] = np.sqrt(np.square(self.towards_real).sum(2))
        top = float(length.max())
        return length / np.float32(top) if top else length


@dataclass(frozen=True, slots=True, eq=False)
class LineUp:
    """Real and fake pictures in one row.

    Attributes
    ----------
    pictures
        uint8 (N, r, r, 3).
    real
        Which are real, bool (N,).
    scores
        What the discriminator says of each, float32 (N,); it has seen none of the fakes before.
    threshold
        The score that tells real from fake best among pictures that are not in the row.
    """

    pictures: Pixels
    real: NDArray[np.bool_]
    scores: NDArray[np.float32]
    threshold: float

    def sensitivity_specificity(self, called_fake: NDArray[np.bool_]) -> tuple[float, float]:
        """Sensitivity and specificity: shares of fakes called fake, and of reals not called so."""
        return float(called_fake[~self.real].mean()), float((~called_fake[self.real]).mean())

    @property
    def by_critic(self) -> NDArray[np.bool_]:
        """What the discriminator calls fake, bool (N,)."""
        called: NDArray[np.bool_] = self.scores < self.threshold
        return called


@dataclass(frozen=True, slots=True, eq=False)
class NearestReals:
    """Real pictures, the nearest first.

    Attributes
    ----------
    pictures
        uint8 (k, r, r, 3).
    distances
        From 0 (the same to the discriminator) to 4, float32 (k,).
    usual
        How near real pictures usually have their nearest one.
    """

    pictures: Pixels
    distances: NDArray[np.float32]
    usual: float


Answer = (
    DirectionSet
    | Maps
    | Effects
    | AttentionHeat
    | NoiseComparison
    | LayerDifferences
    | PsiStrip
    | Spectrum
    | NetworkFacts
    | CriticReport
    | LineUp
    | NearestReals
    | MappingActivations
    | ChannelStyles
    | NoiseStrengths
    | CriticMaps
    | ClassPictures
)
