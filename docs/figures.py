"""Make the figures of the README and of the model cards from a run and a model.

`python docs/figures.py growing RUN docs/growing.png`: one row of samples per moment of a run.
`python docs/figures.py learning RUN docs/learning.webp`: a run's sheets as a film of two minutes.
`python docs/figures.py sheet MODEL sheet.png`: unpicked samples, seeds 0 to 39 at psi 0.7.
`python docs/figures.py blend A,B blend.png`: seeds 0 to 9 of A, of B, and of blends of their weights.
`python docs/figures.py bending MODEL docs/bending.png`: every operation of bends after the 16 px stage.
`python docs/figures.py own TOLD.json docs/own.png`: own pictures, what they became, and the same tuned;
TOLD.json is what `ganlab project MODEL PICTURE... --out FOLDER --tune S --json` printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROWS = 7
COLUMNS = 10
CAPTION_WIDTH = 150


def growing(run: Path, out: Path) -> None:
    """The first pictures of sheets spread over the run, coarse to fine, with their moment beside."""
    from ganlab_core.training import open_run

    side = int(open_run(run).config["resolution"])
    columns = int(open_run(run).config["sheet_columns"])
    sheets = sorted((run / "sheets").glob("*.png"))
    chosen = [sheets[round(i)] for i in np.geomspace(1, len(sheets), ROWS) - 1]
    canvas = Image.new("RGB", (CAPTION_WIDTH + columns * side, ROWS * side), "white")
    draw = ImageDraw.Draw(canvas)
    for row, path in enumerate(chosen):
        strip = Image.open(path).crop((0, 0, columns * side, side))
        canvas.paste(strip, (CAPTION_WIDTH, row * side))
        draw.text(
            (12, row * side + side // 2 - 6), f"{int(path.stem) / 1000:.0f} kimg", fill="black"
        )
    canvas.save(out)


FILM_SECONDS = 120
FILM_COLUMNS, FILM_ROWS = 6, 3
ENLARGED = 3


def learning(run: Path, out: Path) -> None:
    """Every sheet of a run as long as any other, with its resolution, alpha and images below."""
    from ganlab_core.training import open_run

    config = open_run(run).config
    side = int(config["resolution"])
    width, height = FILM_COLUMNS * side * ENLARGED, FILM_ROWS * side * ENLARGED
    frames = []
    told = map(json.loads, (run / "events.jsonl").read_text().splitlines())
    for event in (line for line in told if line["event"] == "SheetSaved"):
        sheet = Image.open(run / event["path"]).convert("RGB")
        part = sheet.crop((0, 0, FILM_COLUMNS * side, FILM_ROWS * side))
        frame = Image.new("RGB", (width, height + 24), "white")
        frame.paste(part.resize((width, height), Image.Resampling.NEAREST), (0, 0))
        draw = ImageDraw.Draw(frame)
        shown = event["images"]
        words = (
            f"{shown / 1000:5.2f} kimg    {event['resolution']} px    alpha {event['alpha']:.2f}"
        )
        draw.text((8, height + 6), words, fill="black")
        along = round(width * shown / int(config["images"]))
        draw.rectangle((0, height, along, height + 2), fill="#d9822b")
        frames.append(frame)
    each = round(1000 * FILM_SECONDS / len(frames))
    frames[0].save(
        out, save_all=True, append_images=frames[1:], duration=each, loop=0, quality=45, method=4
    )


def sheet(name: str, out: Path) -> None:
    """Pictures of consecutive seeds, none left out."""
    from ganlab_core.models import load_model, resolve
    from ganlab_core.recipe import Latent, Recipe
    from ganlab_core.rendering import Renderer

    renderer = Renderer(load_model(resolve(name)))
    pictures = [renderer.render(Recipe(latent=Latent(seed))).pixels for seed in range(4 * COLUMNS)]
    rows = [np.hstack(pictures[i : i + COLUMNS]) for i in range(0, len(pictures), COLUMNS)]
    Image.fromarray(np.vstack(rows)).save(out)


BLENDS = (
    ("A", "0"),
    ("half of B\nfrom 32 px", "0,32=0.5,64=0.5"),
    ("B from 32 px", "0,32=1,64=1"),
    ("B up to 8 px", "0,4=1,8=1,mapping=1"),
    ("half of B", "0.5"),
    ("B", "1"),
)
"""Words and the amounts of the second model, a row each."""


def blend(names: str, out: Path) -> None:
    """Pictures of consecutive seeds with more and more of the second model, none left out."""
    from ganlab_core.models import load_model, resolve, with_second
    from ganlab_core.recipe import Latent, Recipe, with_amounts
    from ganlab_core.rendering import Renderer

    pair = with_second(*(load_model(resolve(name)) for name in names.split(",")))
    renderer, side = Renderer(pair, "cpu"), pair.capabilities.resolution
    canvas = Image.new("RGB", (CAPTION_WIDTH + COLUMNS * side, len(BLENDS) * side), "white")
    draw = ImageDraw.Draw(canvas)
    for row, (words, amounts) in enumerate(BLENDS):
        draw.text((12, row * side + side // 2 - 12), words, fill="black")
        for seed in range(COLUMNS):
            recipe = with_amounts(Recipe(latent=Latent(seed)), amounts)
            picture = Image.fromarray(renderer.render(recipe).pixels)
            canvas.paste(picture, (CAPTION_WIDTH + seed * side, row * side))
    canvas.save(out)


BENDS = (
    "scale 1.6", "rotate 45", "translate 0.25,0", "mirror 0", "threshold 0", "blur 1.5", "sharpen 3",
    "dilate 1", "erode 1", "invert 0 strength=0.7", "noise 1 seed=1", "freeze 38 maps=share:0.5",
)  # fmt: skip
BENT_SEEDS = (11, 61, 10, 5)


def bending(name: str, out: Path) -> None:
    """A row of seeds without a bend and under each operation, two blocks of rows side by side."""
    from ganlab_core.models import load_model, resolve
    from ganlab_core.recipe import Latent, Recipe, read_bend
    from ganlab_core.rendering import Renderer

    renderer = Renderer(load_model(resolve(name)))
    can, side = renderer.model.capabilities, 96
    rows = ("", "", *BENDS)
    width = CAPTION_WIDTH + len(BENT_SEEDS) * side
    canvas = Image.new("RGB", (2 * width, len(rows) // 2 * side), "white")
    draw = ImageDraw.Draw(canvas)
    for index, words in enumerate(rows):
        left, top = index % 2 * width, index // 2 * side
        bends = (read_bend(f"16 {words}", can),) if words else ()
        draw.text(
            (left + 12, top + side // 2 - 6), words.replace(" maps", "\nmaps") or "no bend", "black"
        )
        for column, seed in enumerate(BENT_SEEDS):
            picture = Image.fromarray(renderer.render(Recipe(Latent(seed), bends=bends)).pixels)
            canvas.paste(
                picture.resize((side, side), Image.Resampling.LANCZOS),
                (left + CAPTION_WIDTH + column * side, top),
            )
    canvas.quantize(256).save(out, optimize=True)


OWN_SIDE = 192
"""Of each picture of the figure, in pixels."""


def own(told: str, out: Path) -> None:
    """A row for each picture: its square, the Recipe it became, and the same drawn by tuned weights."""
    from ganlab_core.inspection import cut_square, read_own_picture
    from ganlab_core.models import base_of, load_model, read_info, resolve
    from ganlab_core.recipe import Recipe
    from ganlab_core.rendering import Renderer

    rows = []
    for one in json.loads(Path(told).read_text()):
        renderer = Renderer(load_model(base_of(read_info(resolve(one["tuned"]))).path))
        side = renderer.model.capabilities.resolution
        square = cut_square(read_own_picture(Path(one["picture"]), side), side, (255, 255, 255))
        became = renderer.render(Recipe.from_json(json.dumps(one["recipe"]))).pixels
        with Image.open(one["file"]) as tuned:
            rows.append(np.hstack([square, became, np.asarray(tuned.convert("RGB"))]))
    whole = Image.fromarray(np.vstack(rows))
    larger = OWN_SIDE // side
    size = (whole.width * larger, whole.height * larger)
    whole.resize(size, Image.Resampling.NEAREST).save(out, optimize=True)


if __name__ == "__main__":
    what, source, target = sys.argv[1:4]
    if what == "growing":
        growing(Path(source), Path(target))
    elif what == "learning":
        learning(Path(source), Path(target))
    elif what == "blend":
        blend(source, Path(target))
    elif what == "own":
        own(source, Path(target))
    elif what == "bending":
        bending(source, Path(target))
    else:
        sheet(source, Path(target))
