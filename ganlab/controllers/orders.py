"""From what a person chose in an export window to a command of ganlab."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ganlab.dialogs.export_film import FilmOrder
from ganlab.dialogs.export_pictures import PictureOrder
from ganlab.workers.job import Order
from ganlab_core.recipe import Recipe
from ganlab_core.timeline import Timeline
from ganlab_core.timeline_rates import fps_text

MOST_MODELS = 8


def film_order(
    chosen: FilmOrder, line: Timeline, model: Path, others: Sequence[Path] = ()
) -> Order:
    """The film of a timeline by a model; `others` stand beside it where models are compared."""
    models = _first(model, others) if chosen.models else [str(model)]
    words = ["video", *models, "--timeline", "{files}/timeline.json", "--out", str(chosen.path),
             "--codec", chosen.codec, "--quality", str(chosen.quality),
             "--fps", fps_text(chosen.fps), "--upscale", chosen.method]  # fmt: skip
    if chosen.side is not None:
        words += ["--size", str(chosen.side)]
    count = chosen.columns * chosen.rows
    if count > 1 and not chosen.models:
        last = chosen.first_seed + count - 1
        words += ["--grid", f"{chosen.columns}x{chosen.rows}"]
        words += ["--seeds", f"{chosen.first_seed}-{last}"]
    if chosen.caption:
        words.append(f"--caption={chosen.caption}")
    files = (("timeline.json", line.to_json()),)
    keeps: Literal["", "frames"] = "frames" if chosen.codec == "png" else ""
    return Order(f"Film {chosen.path.name}", chosen.path, tuple(words), files, keeps)


def picture_order(
    chosen: PictureOrder, recipe: Recipe, model: Path, others: Sequence[Path] = ()
) -> Order:
    """Pictures of a Recipe by a model; `others` stand beside it where models are compared."""
    recipe_words = ["--recipe", "{files}/recipe.json", "--quality", str(chosen.quality)]
    files = (("recipe.json", recipe.to_json()),)
    if chosen.kind in ("one", "batch"):
        words = ["render", str(model), "--out", str(chosen.path), "--format", chosen.format]
        words += ["--seeds", chosen.seeds] if chosen.kind == "batch" else []
        words += _sized(chosen)
    else:
        words = ["sheet", *_models(chosen, model, others), "--out", str(chosen.path),
                 "--kind", chosen.kind, "--seeds", chosen.seeds, *_sized(chosen),
                 *_sheet_words(chosen)]  # fmt: skip
    title = f"Pictures {chosen.path.name}" if chosen.kind == "batch" else chosen.path.name
    keeps: Literal["", "pictures"] = "pictures" if chosen.kind == "batch" else ""
    return Order(title, chosen.path, (*words, *recipe_words), files, keeps)


def _models(chosen: PictureOrder, model: Path, others: Sequence[Path]) -> list[str]:
    if chosen.kind != "compare" or chosen.across != "models":
        return [str(model)]
    return _first(model, others)


def _first(model: Path, others: Sequence[Path]) -> list[str]:
    """The model and the others of the library, as many as are worth seeing side by side."""
    found = dict.fromkeys((model, *others))
    return [str(path) for path in list(found)[:MOST_MODELS]]


def _sheet_words(chosen: PictureOrder) -> list[str]:
    words = {"compare": ["--across", chosen.across], "strip": ["--steps", str(chosen.steps)]}
    return [*words.get(chosen.kind, []), *([] if chosen.labels else ["--no-labels"])]


def _sized(chosen: PictureOrder) -> list[str]:
    """Another size than the rendered one."""
    if chosen.side is None:
        return []
    return ["--size", str(chosen.side), "--upscale", chosen.method]
