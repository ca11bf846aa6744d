"""Footage: the frames of a film one by one, whether rendered from Timelines or read from pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ganlab_core.errors import ExportError, RecipeError
from ganlab_core.export.png import BROKEN
from ganlab_core.export.sheets import (
    METHODS,
    Pixels,
    Render,
    alike,
    check_size,
    resized,
    squarest,
    text_line,
    text_size,
    tiled,
)
from ganlab_core.files import ConfinedFolder
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe, read_maps, read_stage
from ganlab_core.timeline import Timeline

if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer

CAPTION_WORDS = ("{time}", "{frame}", "{seed}", "{psi}", "{growth}", "{model}")


@dataclass(frozen=True, slots=True)
class FilmCell:
    """One of the pictures side by side in a film's frame.

    Attributes
    ----------
    render
        Draws it.
    timeline
        What it shows when. The first cell's decides the number of frames and the rate.
    info
        The model that draws it.
    """

    render: Render
    timeline: Timeline
    info: ModelInfo


@dataclass(frozen=True, slots=True)
class FilmLook:
    """How the pictures of a frame are arranged.

    Attributes
    ----------
    side
        Pixels of each picture's larger side, 1 to 16384; None = as rendered.
    method
        `"nearest"` or `"lanczos"`.
    columns
        Pictures in a row; None = nearly a square.
    gap
        Pixels between pictures, 0 to 256.
    caption
        Words below the frame, in which {time}, {frame}, {seed}, {psi}, {growth} and {model} of the
        first cell are replaced; empty = none.
    """

    side: int | None = None
    method: str = "lanczos"
    columns: int | None = None
    gap: int = 0
    caption: str = ""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ExportError(f"Pictures are resized by {' or '.join(METHODS)}.")
        if self.side is not None:
            check_size(self.side, self.side)
        if (self.side is not None and self.side < 1) or not 0 <= self.gap <= 256:
            raise ExportError("A picture's side is at least 1 pixel, a gap at most 256.")
        if self.columns is not None and not 1 <= self.columns <= 64:
            raise ExportError("A film has from 1 to 64 columns.")


@dataclass(frozen=True, slots=True)
class Footage:
    """The frames of a film; nothing is drawn before it is asked for.

    Attributes
    ----------
    count, fps
        How many frames, how many a second.
    picture
        Frame number -> uint8 (H, W, 3), or 4 with an opacity; of one shape throughout.
    recipe
        Frame number -> the first cell's Recipe; None for pictures that have none.
    info
        The first cell's model.
    timelines
        Of all cells.
    look
        How it is arranged.
    sound
        The file whose sound begins with the first frame, cut or made longer by silence to their length;
        None = silent.
    """

    count: int
    fps: Fraction
    picture: Callable[[int], Pixels]
    recipe: Callable[[int], Recipe] | None = None
    info: ModelInfo | None = None
    timelines: tuple[Timeline, ...] = ()
    look: FilmLook = FilmLook()
    sound: Path | None = None


def filmed(cells: Sequence[FilmCell], look: FilmLook = FilmLook()) -> Footage:
    """Footage rendered from one or more cells side by side."""
    first = cells[0].timeline
    timelines = tuple(
        cell.timeline if cell is cells[0] else replace(cell.timeline, fps=first.fps)
        for cell in cells
    )

    def picture(frame: int) -> Pixels:
        found = [
            cell.render(timeline.frame_recipe(frame))
            for cell, timeline in zip(cells, timelines, strict=True)
        ]
        whole = arranged(found, look)
        return captioned(whole, _caption(look, first, frame, cells[0].info))

    return Footage(
        first.frame_count, first.fps, picture, first.frame_recipe, cells[0].info, timelines, look
    )


MOST_SHOWN = 1024
"""Feature maps side by side in a frame."""

LEAST_SIDE = 512
"""Pixels about that a frame of small maps is repeated to."""

RANGE_FRAMES = 9
"""Frames of a film from which the range of each map's greys is taken."""


def maps_shown(renderer: Renderer, timeline: Timeline, shown: str) -> Render:
    """What draws feature maps of a stage as grey tiles in place of the picture.

    `shown` is a stage and its maps, as 16x16/conv1:0-15, or a stage alone for all of them. Black and white
    are a map's least and largest value along the film, so that its greys mean the same in every frame.
    Raises `RecipeError` for what the model lacks, `ExportError` for more than 1024 maps.
    """
    word, _, numbers = shown.strip().partition(":")
    stage = read_stage(word, renderer.model.capabilities)
    last = timeline.frame_count - 1
    times = sorted({round(last * part / (RANGE_FRAMES - 1)) for part in range(RANGE_FRAMES)})
    recipe = timeline.frame_recipe(0)
    count = len(renderer.features(recipe, stage))
    maps = read_maps(numbers) if numbers and numbers != "all" else tuple(range(count))
    if max(maps) >= count:
        raise RecipeError(f"This stage has {count} feature maps, and no map {max(maps)}.")
    if len(maps) > MOST_SHOWN:
        raise ExportError(f"A frame shows at most {MOST_SHOWN} maps.", "Name fewer, as 0-63.")
    along = [renderer.features(timeline.frame_recipe(time), stage)[list(maps)] for time in times]
    low = np.min([own.min(axis=(1, 2)) for own in along], axis=0)[:, None, None]
    span = np.max([own.max(axis=(1, 2)) for own in along], axis=0)[:, None, None] - low
    columns = squarest(len(maps))
    larger = max(1, LEAST_SIDE // (columns * max(along[0].shape[1:])))

    def picture(recipe: Recipe) -> Pixels:
        features = renderer.features(recipe, stage)[list(maps)]
        scaled = (features - low) / np.where(span > 0.0, span, 1.0)
        grey = np.rint(255.0 * np.clip(scaled, 0.0, 1.0)).astype(np.uint8)
        grey = grey.repeat(larger, axis=1).repeat(larger, axis=2)
        return tiled([one[..., None].repeat(3, axis=2) for one in grey], columns, 1)

    return picture


def of_pictures(paths: Sequence[Path], fps: Fraction, look: FilmLook = FilmLook()) -> Footage:
    """Footage of pictures that are files already, one frame each, all as large as the last one.

    Raises `ExportError` when there are none; a file that is no picture is told when its turn comes.
    """
    if not paths:
        raise ExportError("There are no pictures to make a film of.", "Choose another folder.")
    last = _read(paths[-1])

    def picture(frame: int) -> Pixels:
        found = _read(paths[frame])
        if found.shape != last.shape:
            size = (last.shape[1], last.shape[0])
            found = np.asarray(Image.fromarray(found).resize(size, METHODS["nearest"]))
        words = look.caption.replace("{frame}", str(frame)).replace("{time}", paths[frame].stem)
        return captioned(arranged([found], look), words)

    return Footage(len(paths), fps, picture, look=look)


def run_sheets(folder: Path) -> list[Path]:
    """The sample sheets of a training run, oldest first; raises `ExportError` when there are none."""
    try:
        sheets = ConfinedFolder(folder).files("sheets", ".png")
        found = [sheet.path for sheet in sheets if sheet.path.stem.isdecimal()]
    except OSError:
        found = []
    if not found:
        raise ExportError(f"{folder} holds no run with sample sheets.", "Choose a run's folder.")
    return found


def arranged(pictures: Sequence[Pixels], look: FilmLook) -> Pixels:
    """The pictures of one frame, resized and side by side."""
    fitted = [resized(picture, look.side, look.method) for picture in pictures]
    if len(fitted) == 1:
        return fitted[0]
    return tiled(fitted, look.columns or squarest(len(fitted)), look.gap)


def captioned(picture: Pixels, words: str) -> Pixels:
    """The frame with words below it, or as it is without."""
    if not words:
        return picture
    width = picture.shape[1]
    line = text_line(words, width, text_size(width), centred=False)
    return np.concatenate(alike([picture, line]))


def _caption(look: FilmLook, timeline: Timeline, frame: int, info: ModelInfo) -> str:
    if not look.caption:
        return ""
    recipe = timeline.frame_recipe(frame)
    growth = "full" if recipe.growth is None else f"{2**recipe.growth:.0f} px"
    values = (
        f"{timeline.frame_time(frame):.2f} s",
        str(frame),
        str(recipe.latent.seed),
        f"{recipe.psi:.2f}",
        growth,
        info.name,
    )
    words = look.caption
    for word, value in zip(CAPTION_WORDS, values, strict=True):
        words = words.replace(word, value)
    return words


def _read(path: Path) -> Pixels:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except BROKEN:
        raise ExportError(f"{path.name} is not a readable picture.", "Take it out.") from None
