"""How a run is doing, in words: what goes wrong, since when, what shows it, and what to do.

A function of the event log and of the sheets, so it says the same of a run that trains and of one
that ended long ago. It speaks only of what still holds at the end of the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganlab_core.training.run_history import Curve, Story

LASTING = 8
"""Reports in a row that something must hold for before it is spoken of."""

TINY_LOSS = 0.1
"""A discriminator loss below this (hinge, logistic) means that D is hardly ever wrong."""

WIDE_GAP = 8.0
"""Scores of D for real and fake further apart than this: a sigmoid of them is 0 or 1."""

MOST_BLOCKS = 200

FALLEN = 0.4
"""Share of its earlier peak below which the variety of the samples counts as collapsed."""

FEW_PICTURES = 5000
TILE_SIDE = 16
MOST_TILES = 64
BLOW_UP = 4.0
"""A largest singular value this many times its median has left the path of a healthy run."""

Diversity = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a run.

    Attributes
    ----------
    kind
        `"nan"`, `"overpowering"`, `"collapse"`, `"overfitting"`, `"augmentation"` or `"spectra"`.
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


def findings(story: Story, diversity: Diversity = ()) -> tuple[Finding, ...]:
    """Everything that is wrong at the end of the log, the gravest first; empty for a healthy run."""
    found = (
        _not_finite(story),
        _collapse(diversity),
        _overpowering(story),
        _spectra(story),
        _overfitting(story),
        _augmentation(story),
    )
    return tuple(finding for finding in found if finding is not None)


def diversity_of(path: Path, grid: tuple[int, int]) -> float:
    """Mean pairwise distance of a sheet's pictures, 0 (all alike) to 1; raises `OSError`.

    The pictures come from fixed latents, so that the figures of one run compare.
    """
    rows, columns = grid
    with Image.open(path) as sheet:
        small = sheet.convert("RGB").resize(
            (columns * TILE_SIDE, rows * TILE_SIDE), Image.Resampling.BOX
        )
    pixels = np.asarray(small, np.float32) / 255.0
    tiles = pixels.reshape(rows, TILE_SIDE, columns, TILE_SIDE, 3).swapaxes(1, 2)
    return _mean_distance(tiles.reshape(rows * columns, -1)[:MOST_TILES])


def _mean_distance(vectors: npt.NDArray[np.float32]) -> float:
    count = len(vectors)
    if count < 2:
        return 1.0
    squares = (vectors**2).sum(axis=1)
    between = squares[:, None] + squares[None] - 2.0 * vectors @ vectors.T
    distances = np.sqrt(np.maximum(between, 0.0) / vectors.shape[1])
    return float(distances.sum() / (count * (count - 1)))


def _not_finite(story: Story) -> Finding | None:
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


def _overpowering(story: Story) -> Finding | None:
    """D is right about everything, so G learns nothing from it.

    Judged by medians: a discriminator that is far ahead still stumbles at single steps.
    """
    curves = [story.curves.get(name) for name in ("loss_d", "real_score", "fake_score")]
    if story.loss == "wgan-gp" or any(curve is None for curve in curves):
        return None
    loss, real, fake = (curve for curve in curves if curve is not None)
    size = max(LASTING, len(loss) // MOST_BLOCKS)
    ahead = (_medians(loss, size) < TINY_LOSS) | (_medians(real - fake, size) > WIDE_GAP)
    if len(ahead) < 2 or not ahead[-2:].all():
        return None
    first = len(loss) - size * (len(ahead) - _since(ahead))
    return Finding(
        "overpowering",
        int(story.images[first]),
        "The discriminator tells every fake from every real picture, so the generator learns "
        "little from it.",
        "Raise the R1 weight, lower the learning rate, or use augmentation on a small set.",
        "scores",
    )


def _collapse(diversity: Diversity) -> Finding | None:
    """The pictures of the fixed latents become alike (mode collapse; Salimans et al. 2016, sec. 3)."""
    if len(diversity) < 4:
        return None
    values = np.array([value for _, value in diversity])
    peak = float(np.median(np.sort(values)[-max(2, len(values) // 3) :]))
    low = values < FALLEN * peak
    after = int(np.argmax(values >= peak))
    if peak < 0.02 or not low[-2:].all() or after >= len(values) - 2:
        return None
    return Finding(
        "collapse",
        diversity[_since(low)][0],
        f"The samples have become alike: their variety fell to {100 * values[-1] / peak:.0f} % "
        "of what it was.",
        "Go on from a checkpoint before the fall, with a smaller learning rate or a larger batch.",
        "variety",
    )


def _overfitting(story: Story) -> Finding | None:
    """A gap between D(real) and D(fake) that keeps widening on a small set (Karras et al. 2020)."""
    real, fake = story.curves.get("real_score"), story.curves.get("fake_score")
    loss = story.curves.get("loss_d")
    if real is None or fake is None or loss is None or not 0 < story.pictures < FEW_PICTURES:
        return None
    resolution = story.curves.get("resolution")
    here = (
        np.arange(len(real)) if resolution is None else np.flatnonzero(resolution == resolution[-1])
    )
    if len(here) < 3 * LASTING or story.images[here[-1]] < 10 * story.pictures:
        return None
    gap = _smooth((real - fake)[here])
    third = len(gap) // 3
    wider = float(np.median(gap[-third:])) > 2.0 * abs(float(np.median(gap[:third]))) + 0.5
    if not wider or float(np.median(loss[here][-third:])) > 0.5:
        return None
    return Finding(
        "overfitting",
        int(story.images[here[len(gap) - third]]),
        f"The discriminator may be learning the {story.pictures} pictures by heart: its scores for "
        "real and fake keep moving apart.",
        "Use augmentation (color,translation,cutout), mirror the pictures, or add more of them.",
        "scores",
    )


def _augmentation(story: Story) -> Finding | None:
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


def _spectra(story: Story) -> Finding | None:
    """A weight's largest singular value takes off before training collapses (Brock et al. 2019, 4.1)."""
    for name, (images, values) in story.extra.items():
        if not name.startswith("Spectra") or len(values) < LASTING:
            continue
        high = values > BLOW_UP * max(float(np.median(values)), 1e-12)
        if high[-2:].all() and bool((np.diff(values[-4:]) > 0).all()):
            layer = name.partition(".")[2].removeprefix("values.")
            return Finding(
                "spectra",
                int(images[_since(high)]),
                f"The largest singular value of {layer} is blowing up.",
                "Stop soon and keep an earlier checkpoint: a collapse usually follows.",
                "spectra",
            )
    return None


def _smooth(values: Curve, width: int = 5) -> Curve:
    """A running mean, shorter at the beginning."""
    total = np.cumsum(np.insert(values, 0, 0.0))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - width)
    smooth: Curve = (total[ends] - total[starts]) / (ends - starts)
    return smooth


def _medians(values: Curve, size: int) -> Curve:
    """Medians of blocks of `size`, counted from the end; what is left over at the beginning falls away."""
    count = len(values) // size
    medians: Curve = np.median(values[len(values) - count * size :].reshape(count, size), axis=1)
    return medians


def _since(holds: npt.NDArray[np.bool_]) -> int:
    """Where the stretch that holds to the end begins."""
    broken = np.flatnonzero(~holds)
    return int(broken[-1]) + 1 if len(broken) else 0
