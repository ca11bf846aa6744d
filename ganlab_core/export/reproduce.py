"""What makes the same picture elsewhere: a command for a shell, or a few lines of Python."""

from __future__ import annotations

import glob
import re
import shlex
from collections.abc import Collection
from pathlib import Path

from ganlab_core.files import bundled_models_dir, user_models_dir
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe

MOST_NAMED = 3
"""Classes in a file's name."""

LONGEST_NAME = 60
"""Letters of a model's or a class's name in a file's name."""

LONGEST_ARGUMENT = 30_000
"""Letters; a Recipe with more goes to the command's input, as systems limit a command's length."""

PYTHON = """\
from pathlib import Path

from ganlab_core.device import leave_a_core
from ganlab_core.export.png import save_png
from ganlab_core.models.library import resolve
from ganlab_core.importers.published import open_model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering.probes import load_saved_probes
from ganlab_core.rendering.renderer import Renderer

recipe = Recipe.from_json(
    {recipe!r}
)
leave_a_core()  # the number of threads decides the last bit of a picture
model = open_model(resolve({model!r}))
load_saved_probes(model)  # what growth is read through, once the program has fitted it
{second}frame = Renderer(model{device}).render(recipe)
save_png(Path({name!r}), frame.pixels, recipe, model.info)
"""


def as_command(info: ModelInfo, recipe: Recipe, device: str = "") -> str:
    """A line for a POSIX shell that renders this Recipe with this model; equal pixels on `device`."""
    text = recipe.to_json()
    short = len(text) < LONGEST_ARGUMENT
    words = ["ganlab", "render", model_name(info), "--recipe-json", text if short else "-"]
    if info.second is not None and recipe.asks_for_second:
        words += ["--with", model_name(info.second)]
    if device:
        words += ["--device", device]
    command = shlex.join([*words, "--out", picture_name(info, recipe)])
    return command if short else f"{command} <<'RECIPE'\n{text}\nRECIPE"


def as_python(info: ModelInfo, recipe: Recipe, device: str = "") -> str:
    """A Python program on ganlab_core that renders this Recipe; equal pixels on `device`."""
    return PYTHON.format(
        recipe=recipe.to_json(),
        model=model_name(info),
        second=_second(info, recipe),
        device=f", {device!r}" if device else "",
        name=picture_name(info, recipe),
    )


def _second(info: ModelInfo, recipe: Recipe) -> str:
    """The line that puts a second model beside the first, where its weights are asked for."""
    if info.second is None or not recipe.asks_for_second:
        return ""
    other = f"open_model(resolve({model_name(info.second)!r}))"
    return f"from ganlab_core.models import with_second\n\nmodel = with_second(model, {other})\n"


def picture_name(info: ModelInfo, recipe: Recipe) -> str:
    """A file name that says which model and which seed: `"adventurer-seed1729.png"`."""
    return f"{picture_stem(info, recipe)}.png"


def picture_stem(info: ModelInfo, recipe: Recipe) -> str:
    """The model, its classes where they are chosen, and the seed, `blend` or `vector`.

    As in `"adventurer-seed0042"`, `"garments-shirt-dress-blend"`.
    """
    names = [
        info.classes[index] if index < len(info.classes) else f"class{index}"
        for index, weight in recipe.classes
        if weight
    ]
    shown = names if len(names) <= MOST_NAMED else ["mix"]
    latent = recipe.latent
    where = "blend" if latent.blend else "vector" if latent.vector else f"seed{latent.seed:04d}"
    return "-".join(
        [plain_name(info.name) or "picture", *filter(None, map(plain_name, shown)), where]
    )


def free_path(folder: Path, stem: str, taken: Collection[str] = ()) -> Path:
    """A path without ending, numbered where a file, or one of `taken`, has the name already."""
    known = {path.stem for path in folder.glob(f"{glob.escape(stem)}*")} | set(taken)
    names = (stem, *(f"{stem}-{number}" for number in range(2, len(known) + 3)))
    return folder / next(name for name in names if name not in known)


def plain_name(name: str) -> str:
    """A name with only letters, digits, points and dashes, and not too long; may be empty."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:LONGEST_NAME]


def model_name(info: ModelInfo) -> str:
    """How a command calls a model: by name where the library has it, else by its file."""
    path = info.path.absolute()
    if path.parent in (bundled_models_dir().absolute(), user_models_dir().absolute()):
        return path.stem
    return str(path)
