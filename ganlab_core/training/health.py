"""How a run is doing, in words: what goes wrong, since when, what to do, and how long it still takes.

A function of the event log and of the sheets, so it says the same of a run that trains and of one
that ended long ago. It speaks only of what still holds at the end of the log.

A growing run gets slower with every resolution, so its speed of now says little about its end. What a
resolution costs is read off the log where it has been timed; what is still to come is scaled by the work
of a step. Nothing here needs torch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganlab_core.data import Images
from ganlab_core.training.config import ANCESTORS, BIGGANS, DENSE, TrainConfig, phases
from ganlab_core.training.events import Curve, RunHistory

SILENCE = 1e-4
"""A gap between D's real and fake scores below this is no signal."""

LASTING = 8
"""Reports in a row that something must hold for before it is spoken of."""

TINY_LOSS = 0.1
"""A discriminator loss below this (hinge, logistic) means that D is hardly ever wrong."""

WIDE_GAP = 8.0
"""Scores of D for real and fake further apart than this: a sigmoid of them is 0 or 1."""

MOST_BLOCKS = 200
GUESSING = {"logistic-r1": 2.0 * math.log(2), "relativistic": math.log(2)}
"""Loss of a discriminator that gives all pictures one score."""

NEARLY = 0.87
"""A loss of so much of that, with scores closer together than `NARROW_GAP`, hardly tells real from fake."""

NARROW_GAP = 0.35
GUESSED_IMAGES = 20_000
"""Images for which D has to have nearly guessed, and a quarter of the run at least, before it is named."""

SURE = {"logistic-r1": math.log(2), "relativistic": 0.5 * math.log(2), "hinge": 0.2}
"""Losses of a discriminator below which it is sure of what it sees: half of that of one that guesses, and
for hinge, where even a healthy D has less than that, a tenth. WGAN-GP's says no such thing."""

OFTEN = 20
"""Times that D has to have seen every picture before it can know them by heart."""

FALLEN = 0.4
"""BatchShard of its earlier peak below which the variety of the samples counts as collapsed."""

NO_VARIETY = 0.02
"""Samples that were never less alike than this had nothing to fall from."""

FEW_PICTURES = 5000
BLOW_UP = 2.0
"""A largest singular value that grows by this factor while the images seen double has left the path of
a healthy run."""

Diversity = Sequence[tuple[int, float]]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a run.

    Attributes
    ----------
    kind
        `"nan"`, `"collapse"`, `"dead"`, `"overfitting"`, `"overpowering"`, `"guessing"`, `"spectra"`
        or `"augmentation"`.
    since
        Images seen when it began.
    sentence, advice
        What it is, and what to do.
    chart
        The chart that shows it.
    """

    kind: str
    since: int
    sentence: str
    advice: str
    chart: str


def findings(story: RunHistory, diversity: Diversity = ()) -> tuple[Finding, ...]:
    """Everything that is wrong at the end of the log, the gravest first; empty for a healthy run."""
    found = (
        _not_finite(story),
        _collapse(story, diversity),
        _dead(story),
        _overfitting(story),
        _overpowering(story),
        _guessing(story),
        _spectra(story),
        _augmentation(story),
    )
    return tuple(finding for finding in found if finding is not None)


def _not_finite(story: RunHistory) -> Finding | None:
    advice = (
        "Go on from the last good checkpoint with half the learning rate or a larger R1 weight."
    )
    for name in ("loss_g", "loss_d", "real_score", "fake_score"):
        curve = story.curves.get(name)
        if curve is not None and len(curve) and not np.isfinite(curve[-1]):
            at = int(story.images[_since(~np.isfinite(curve))])
            sentence = "The losses are no longer finite numbers."
            return Finding("nan", at, sentence, advice, "losses")
    if "finite" in story.failed:
        return Finding("nan", story.last_images, story.failed, advice, "losses")
    return None


def _dead(story: RunHistory) -> Finding | None:
    """D gives real and fake pictures the same score, so there is nothing left to learn from it."""
    real, fake = story.curves.get("real_score"), story.curves.get("fake_score")
    if real is None or fake is None:
        return None
    since = _lasting(story, lambda size: np.abs(_medians(real - fake, size)) < SILENCE)
    if since is None:
        return None
    return Finding(
        "dead",
        since,
        "The discriminator gives real and fake pictures the same score, so the generator learns "
        "nothing from it any more.",
        "Go on from a checkpoint before that, with a smaller learning rate for D.",
        "scores",
    )


def _overpowering(story: RunHistory) -> Finding | None:
    """D is right about everything, so G learns nothing from it.

    Judged by medians: a discriminator that is far ahead still stumbles at single steps. The gap between
    its scores tells of a logistic loss only: others do not bound what a score means.
    """
    curves = [story.curves.get(name) for name in ("loss_d", "real_score", "fake_score")]
    if story.loss not in SURE or any(curve is None for curve in curves):
        return None
    loss, real, fake = (curve for curve in curves if curve is not None)
    widest = WIDE_GAP if story.loss in GUESSING else math.inf

    def ahead(size: int) -> Flags:
        is_ahead: Flags = (_medians(loss, size) < TINY_LOSS) | (
            _medians(real - fake, size) > widest
        )
        return is_ahead

    since = _lasting(story, ahead)
    if since is None:
        return None
    return Finding(
        "overpowering",
        since,
        "The discriminator tells every fake from every real picture, so the generator learns "
        "little from it.",
        "Raise the R1 weight, lower the learning rate of D, or use augmentation on a small set.",
        "scores",
    )


def _guessing(story: RunHistory) -> Finding | None:
    """D hardly tells real from fake, which a large R1 weight forbids it, and G learns slowly from it."""
    curves = [story.curves.get(name) for name in ("loss_d", "real_score", "fake_score")]
    guessed = GUESSING.get(story.loss)
    if guessed is None or any(curve is None for curve in curves):
        return None
    loss, real, fake = (curve for curve in curves if curve is not None)

    def unsure(size: int) -> Flags:
        flags: Flags = (_medians(loss, size) > NEARLY * guessed) & (
            np.abs(_medians(real - fake, size)) < NARROW_GAP
        )
        return flags

    since = _lasting(story, unsure)
    long = max(GUESSED_IMAGES, story.last_images // 4)
    if since is None or story.last_images - since < long:
        return None
    return Finding(
        "guessing",
        since,
        f"The discriminator has nearly guessed for {(story.last_images - since) // 1000} thousand "
        "pictures, so the generator learns slowly.",
        "Halve the R1 weight, or give D a larger learning rate or more feature maps.",
        "losses",
    )


def _collapse(story: RunHistory, diversity: Diversity) -> Finding | None:
    """The pictures of the fixed latents become alike (mode collapse; Salimans et al. 2016, sec. 3).

    What they fell from counts for no more than the data's own variety: the noise that an untrained
    network shows can be more varied than any picture. Where they never rose, the data is what they lack.
    """
    if len(diversity) < 4:
        return None
    values = np.array([value for _, value in diversity])
    peak = float(np.median(np.sort(values)[-max(2, len(values) // 3) :]))
    before = min(peak, story.variety or peak)
    low = values < FALLEN * before
    if before > NO_VARIETY and low[-2:].all() and np.argmax(values >= before) < len(values) - 2:
        shard = values[-1] / before
        return _alike(diversity[_since(low)][0], f"fell to {_percent(shard)} of what it was")
    poor = values < FALLEN * story.variety
    if len(values) >= LASTING and poor[-LASTING:].all():
        shard = values[-1] / story.variety
        return _alike(
            diversity[_since(poor)][0], f"is {_percent(shard)} of that of the training pictures"
        )
    return None


def _alike(since: int, how: str) -> Finding:
    return Finding(
        "collapse",
        since,
        f"The samples have become alike: their variety {how}.",
        "Go on from a checkpoint before that, with a smaller learning rate or a larger batch.",
        "variety",
    )


def _percent(shard: float) -> str:
    return f"{100 * shard:.0f}\N{NO-BREAK SPACE}%"


def _overfitting(story: RunHistory) -> Finding | None:
    """D is sure of few pictures that it has seen often (Karras et al. 2020, sec. 2).

    With pictures enough, a D as sure as this is a strong one; with few it has them by heart.
    """
    loss, sure = story.curves.get("loss_d"), SURE.get(story.loss)
    if loss is None or sure is None or not 0 < story.pictures < FEW_PICTURES:
        return None
    often = OFTEN * story.pictures
    since = _lasting(story, lambda size: _medians(loss, size) < sure)
    if since is None or story.last_images < 2 * often:
        return None
    times = story.last_images / story.pictures
    return Finding(
        "overfitting",
        max(since, often),
        f"The discriminator seems to know the {story.pictures} pictures by heart: it has seen each "
        f"{times:.0f} times and is hardly ever deceived.",
        "Use augmentation (color,translation,cutout), mirror the pictures, or add more of them.",
        "scores",
    )


def _augmentation(story: RunHistory) -> Finding | None:
    p = story.curves.get("augment_p")
    if p is None or len(p) < LASTING:
        return None
    high = p > 0.8
    if not high[-LASTING:].all():
        return None
    return Finding(
        "augmentation",
        int(story.images[_since(high)]),
        f"The augmentation probability has risen to {p[-1]:.2f}; it may begin to show in the "
        "pictures.",
        "Add more pictures; above 0.8 augmentations leak into the samples (Karras et al. 2020).",
        "augmentation",
    )


def _spectra(story: RunHistory) -> Finding | None:
    """A weight's largest singular value takes off before training collapses (Brock et al. 2019, 4.1)."""
    found: list[tuple[int, str]] = []
    for name, (images, values) in story.extra.items():
        if name.startswith("Spectra"):
            began = _take_off(images, values)
            if began is not None:
                found.append((began, name.partition(".")[2].removeprefix("values.")))
    if not found:
        return None
    since, layer = min(found)
    others = f" and of {len(found) - 1} more layers" if len(found) > 1 else ""
    return Finding(
        "spectra",
        since,
        f"The largest singular value of {layer}{others} is blowing up.",
        "Go on from an earlier checkpoint with a smaller learning rate or orthogonal regularisation: "
        "a collapse usually follows.",
        "spectra",
    )


def _take_off(images: Curve, values: Curve) -> int | None:
    """Images seen when values began to grow faster than time itself; None where they do not.

    In a healthy run they grow ever more slowly: they do not double while the images seen do. Two
    readings in a row have to say so, not longer ago than three quarters of the run, and what they say has
    to hold to its end.
    """
    if len(values) < 2 * LASTING:
        return None
    smooth = np.median([values[2:], values[1:-1], values[:-2]], axis=0)
    at = images[2:]
    before = smooth[np.searchsorted(at, at / 2)]
    high = smooth > BLOW_UP * before
    twice = np.flatnonzero(high[LASTING:-1] & high[LASTING + 1 :] & (at[LASTING:-1] >= at[-1] / 4))
    if not len(twice):
        return None
    first = int(twice[0]) + LASTING
    return int(at[first]) if smooth[-1] > BLOW_UP * before[first] else None


def _lasting(story: RunHistory, judged: Callable[[int], Flags]) -> int | None:
    """Images seen when something began that holds to the end; None where it does not.

    `judged` tells it of blocks of so many reports: of 8, in a long run of a half per cent of it. It has
    to hold for the last two blocks; a single one without it, after two with it, ends nothing.
    """
    size = max(LASTING, len(story.images) // MOST_BLOCKS)
    told = judged(size)
    holds = told.copy()
    holds[2:] |= told[1:-1] & told[:-2]
    if len(holds) < 2 or not holds[-2:].all():
        return None
    return int(story.images[size * _since(holds)])


def _medians(values: Curve, size: int) -> Curve:
    """Medians of blocks of `size`, from the beginning on; what is left over waits for more."""
    count = len(values) // size
    medians: Curve = np.median(values[: count * size].reshape(count, size), axis=1)
    return medians


def _since(holds: Flags) -> int:
    """Where the stretch that holds to the end begins."""
    broken = np.flatnonzero(~holds)
    return int(broken[-1]) + 1 if len(broken) else 0


# ------------------------------------------------------------------------------------------------
# How different pictures are from one another: the same measure for the data and for the samples.


TILE_SIDE = 16
CLASSES_LOOKED_AT = 16
PER_CLASS = 32


def variety_of_sheet(sheet: Path | BinaryIO, grid: tuple[int, int]) -> float:
    """Mean distance of two pictures in a row of a sheet, 0 (all alike) to 1; raises `OSError`.

    The pictures come from fixed latents, so that the figures of one run compare. Where there are classes a
    row is of one class, so that classes which differ do not hide that each of them shows one picture.
    """
    rows, columns = grid
    with Image.open(sheet, formats=["PNG"]) as picture:
        small = picture.convert("RGB").resize(
            (columns * TILE_SIDE, rows * TILE_SIDE), Image.Resampling.BOX
        )
    pixels = np.asarray(small, np.float32) / 255.0
    tiles = pixels.reshape(rows, TILE_SIDE, columns, TILE_SIDE, 3).swapaxes(1, 2)
    groups = tiles.reshape(rows, columns, -1)
    if columns == 1:
        groups = groups.swapaxes(0, 1)
    return float(np.mean([_mean_distance(group) for group in groups]))


def variety_of_data(images: Images, resolution: int) -> float:
    """Mean distance of two pictures of one class, over classes and pictures from all over a data set.

    At most as fine as a sheet is looked at; `resolution` is that of the training.
    """
    classes = np.unique(images.labels)
    chosen = classes[_spread(len(classes), CLASSES_LOOKED_AT)]
    distances = []
    for number in chosen:
        members = np.flatnonzero(images.labels == number)
        pixels = images.batch(members[_spread(len(members), PER_CLASS)], min(TILE_SIDE, resolution))
        distances.append(_mean_distance(pixels.reshape(len(pixels), -1).astype(np.float32) / 255.0))
    return float(np.mean(distances))


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most so many numbers below `count`, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _mean_distance(vectors: npt.NDArray[np.float32]) -> float:
    count = len(vectors)
    if count < 2:
        return 1.0
    squares = (vectors**2).sum(axis=1)
    between = squares[:, None] + squares[None] - 2.0 * vectors @ vectors.T
    distances = np.sqrt(np.maximum(between, 0.0) / vectors.shape[1])
    return float(distances.sum() / (count * (count - 1)))


READ_AND_WRITE: Final = 60.0
"""What reading and writing a feature costs beside its convolutions, in their multiplications."""

PASSES_G, PASSES_D, PASSES_R1 = 4.0, 8.0, 5.0
"""Times that one picture goes through G and D in a step, forward as 1 and backward as 2; more for R1."""

LAST_REPORTS = 12
"""Reports of a resolution whose speed counts: the machine may have had other work before."""


def work(config: TrainConfig, resolution: int) -> float:
    """About how many multiplications training takes for each real picture at a resolution."""
    if config.architecture in DENSE:
        one = 3.0 * resolution**2 * 32 * config.channels
        return one * (PASSES_G + PASSES_D)
    one = sum(_block(config, side, resolution) for side in _sides(resolution))
    passes = PASSES_G + PASSES_D * (1 if config.fresh_reals else config.d_steps)
    if config.loss in ("logistic-r1", "relativistic") and config.r1_gamma > 0:
        passes += PASSES_R1 / config.r1_interval
    if config.loss == "wgan-gp":
        passes += PASSES_R1
    return one * passes


def _sides(resolution: int) -> list[int]:
    return [2**level for level in range(2, resolution.bit_length())]


def _block(config: TrainConfig, side: int, resolution: int) -> float:
    """One block of two 3x3 convolutions, of G or of D."""
    into, out = _width(config, max(4, side // 2), resolution), _width(config, side, resolution)
    layers = 4 if config.architecture == "biggan-deep" else 2
    products = 9.0 * (into * out + (layers - 1) * out * out)
    return side**2 * (products + READ_AND_WRITE * layers * out)


def _width(config: TrainConfig, side: int, resolution: int) -> float:
    """Channels of the block of a side."""
    if config.architecture in BIGGANS or config.architecture in ANCESTORS:
        most = 16 if config.architecture in BIGGANS else 8
        narrow = 4 if config.architecture == "biggan-deep" else 1  # its bottlenecks
        return config.channels * min(most, max(1, resolution // side)) / narrow
    return min(config.fmap_max, 2 * config.fmap_base / side)


def whole_work(config: TrainConfig) -> float:
    """About how many multiplications a whole run takes."""
    plan = _remaining(config, 0)
    return sum(images * work(config, side) for side, images in plan.items())


def _remaining(config: TrainConfig, images: int) -> Counter[int]:
    """Resolution -> real pictures that a run will still see there, `images` having been seen."""
    plan, found = phases(config), Counter[int]()
    every = max(1, (config.images - images) // 2000)
    clock = plan[0].clock
    for at in range(images, config.images, every):
        gone = clock(at)
        phase = next((one for one in plan if gone < one.end), plan[-1])
        found[phase.resolution] += min(every, config.images - at)
    return found


def seconds_per_image(history: RunHistory) -> dict[int, float]:
    """Resolution -> seconds of its last reports for each real picture; nothing of what was not timed."""
    sides, speeds = history.curves.get("resolution"), history.curves.get("images_per_second")
    if sides is None or speeds is None:
        return {}
    found = {}
    good = np.isfinite(speeds) & (speeds > 0) & (sides > 0)
    for side in np.unique(sides[good]):
        last = speeds[good & (sides == side)][-LAST_REPORTS:]
        found[int(side)] = float((1.0 / last).mean())
    return found


def seconds_left(config: TrainConfig, timed: Mapping[int, float], images: int) -> float | None:
    """About how long a run will train on from `images`, later resolutions counted; None while unknown.

    `timed` are `seconds_per_image`. Checkpoints and sheets count as they did so far; what follows the
    last picture does not.
    """
    if not timed:
        return None
    total = 0.0
    for side, count in _remaining(config, images).items():
        known = timed.get(side)
        if known is None:
            nearest = max((one for one in timed if one < side), default=min(timed))
            known = timed[nearest] * work(config, side) / work(config, nearest)
        total += count * known
    return total
