"""Choose the Recipes that show what a model can do, and write them into its file.

`python docs/pick.py look MODEL sheet.png --seeds 64` draws a numbered sheet to choose from.
`python docs/pick.py set MODEL.safetensors 3 17 better.json saved.png` writes picks, best first: seeds
under the model's plain start, or Recipes from files; `--names "Curls,Beard"` names them.

The first pick is where the model begins and where Reset All returns to. A small picture of it is kept
as the model's face in lists. Weights and fingerprint stay as they are, so it can be done again.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from ganlab_core.models import PICKS, THUMBNAIL, plain_start, resolve, update_provenance
from ganlab_core.recipe import Latent, Recipe

if TYPE_CHECKING:
    from ganlab_core.rendering import Renderer

COLUMNS = 8
FACE = 64
CAPTION = 14


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    look_ = commands.add_parser("look")
    look_.add_argument("model")
    look_.add_argument("out", type=Path)
    look_.add_argument("--seeds", type=int, default=64)
    look_.set_defaults(run=look)
    set_ = commands.add_parser("set")
    set_.add_argument("model")
    set_.add_argument("picks", nargs="+", help="seeds, or Recipe files (.json, .png)")
    set_.add_argument("--names", default="", help="names of the picks, with commas between")
    set_.set_defaults(run=set_picks)
    arguments = parser.parse_args()
    arguments.run(arguments)


def look(arguments: argparse.Namespace) -> None:
    """A sheet of consecutive seeds, each with its number."""
    renderer = renderer_of(arguments.model)
    start = plain_start(renderer.model.info)
    side = renderer.model.info.resolution
    rows = -(-arguments.seeds // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * side, rows * (side + CAPTION)), "white")
    draw = ImageDraw.Draw(sheet)
    for seed in range(arguments.seeds):
        pixels = renderer.render(replace(start, latent=Latent(seed))).pixels
        left, top = seed % COLUMNS * side, seed // COLUMNS * (side + CAPTION)
        sheet.paste(Image.fromarray(pixels), (left, top))
        draw.text((left + 2, top + side), str(seed), fill="black")
    sheet.save(arguments.out)


def set_picks(arguments: argparse.Namespace) -> None:
    """Write picks and face into the model's header."""
    path = resolve(arguments.model)
    renderer = renderer_of(str(path))
    start = plain_start(renderer.model.info)
    names = [name.strip() for name in arguments.names.split(",") if name.strip()]
    chosen = [pick(text, start) for text in arguments.picks]
    named = names + [name for name, _ in chosen[len(names) :]]
    listed = [
        {"name": name, "recipe": json.loads(recipe.to_json())}
        for name, (_, recipe) in zip(named, chosen, strict=True)
    ]
    pixels = renderer.render(chosen[0][1]).pixels
    update_provenance(path, {PICKS: listed, THUMBNAIL: face(Image.fromarray(pixels))})


def pick(text: str, start: Recipe) -> tuple[str, Recipe]:
    """The name and the Recipe meant by a seed or a file."""
    if text.isdigit():
        return f"Seed {text}", replace(start, latent=Latent(int(text)))
    path = Path(text)
    if path.suffix.lower() == ".png":
        from ganlab_core.export import read_png

        return path.stem, read_png(path).recipe
    return path.stem, Recipe.from_json(path.read_text(encoding="utf-8"))


def face(picture: Image.Image) -> str:
    """A PNG of at most 64 pixels, base64."""
    small = picture if picture.width <= FACE else picture.resize((FACE, FACE), Image.Resampling.BOX)
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def renderer_of(name: str) -> Renderer:
    """A renderer of a model on the CPU."""
    from ganlab_core.importers import open_model
    from ganlab_core.rendering import Renderer

    return Renderer(open_model(resolve(name)), "cpu")


if __name__ == "__main__":
    main()
