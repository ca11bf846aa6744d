"""Whether a change left every bit alone: frames, weights, films and imported networks as hashes.

    python -m tests.same_bits record HASHES.json    # before the change
    python -m tests.same_bits check HASHES.json     # after it; exit status 1 and the names that differ

The last bit of a sum depends on the machine and the build of torch, so hashes are compared on the
machine that recorded them and are not kept with the sources. `check` also opens what `record` wrote
beside the hashes (`HASHES.json.files`): models, a run, a picture, a film and its Timeline.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganlab_core.cli import main as ganlab
from ganlab_core.export import FilmCell, codec_for, filmed, read_png, save_png, write_film
from ganlab_core.files import bundled_models_dir
from ganlab_core.importers import open_model
from ganlab_core.models import Model, load_model, read_tensors
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Keyframe, Timeline
from ganlab_core.training import BIGGANS, TRAINABLE, TrainConfig, preset, train, with_settings
from tests.every_model import MODELS, edited, everything, saved

Hashes = dict[str, str]
RECIPES_OF_A_TINY_MODEL = 150
RECIPES_OF_A_BUNDLED_MODEL = 70
PUBLISHED = ("network.pkl", "model.pth", "G_ema.pth", "pytorch_model.bin")
GOLDEN = Path(__file__).parent / "data" / "golden"
TRAINED: dict[str, object] = {
    "threads": 1,
    "device": "cpu",
    "images": 304,
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "channels": 2,
    "shared_dim": 4,
    "batch_size": 8,
    "batch_size_at.4": 8,
    "batch_size_at.8": 8,
    "r1_interval": 2,
    "ema_kimg": 0.1,
    "ema_start_kimg": 0,
    "augment": "translation,cutout",
    "sheet_rows": 2,
    "sheet_columns": 2,
    "checkpoint_kimg": 0.152,
    "snapshot_kimg": 0.152,
    "spectra_kimg": 0.032,
    "standing_batches": 1,
    "readout_samples": 8,
}


def digest(*parts: bytes) -> str:
    """A short hash of bytes."""
    return hashlib.blake2b(b"".join(parts), digest_size=12).hexdigest()


def frames(model: Model, count: int) -> Iterator[tuple[str, str]]:
    """Pictures of `count` Recipes, each one edit away from the last, through one cache."""
    source, recipe = random.Random(model.info.name), Recipe()
    renderer, can = Renderer(model, "cpu"), model.capabilities
    for index in range(count):
        if index % 20 == 0:
            recipe = everything(can) if index % 40 == 0 else Recipe(Latent(index))
        recipe = edited(recipe, can, source)
        raw = renderer.raw(recipe)
        yield f"{index:03d}", digest(np.ascontiguousarray(raw).tobytes(), str(raw.shape).encode())


def film(model: Model) -> Timeline:
    """A loop from every edit to hardly any and back."""
    plain = Recipe(Latent(9), psi=1.0, noise=Noise("stored", strength=0.5))
    keys = (
        Keyframe(0.0, everything(model.capabilities), "spline"),
        Keyframe(0.2, plain, "smooth"),
    )
    full = float(model.capabilities.full_growth)
    return Timeline(keys, 0.4, loop=True, noise="loop", full_growth=full)


def film_frames(model: Model, folder: Path) -> Iterator[tuple[str, str]]:
    """Every PNG of a film, bytes and all that is written into it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(model, "cpu")
    cell = FilmCell(lambda recipe: renderer.render(recipe).pixels, film(model), model.info)
    list(write_film(folder, filmed([cell]), codec_for("png", ""), 80))
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as image:
            yield (
                path.stem,
                digest(np.asarray(image).tobytes(), read_png(path).recipe.to_json().encode()),
            )


def pictures(folder: Path) -> Path:
    """Two classes of twelve pictures."""
    source = np.random.default_rng(0)
    for name, colour in (("blue", (30, 60, 220)), ("red", (220, 60, 30))):
        (folder / name).mkdir(parents=True)
        for index in range(12):
            pixels = np.array(colour) + source.integers(-20, 20, (32, 32, 3))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
                folder / name / f"{index}.png"
            )
    return folder


def config(architecture: str, data: Path) -> TrainConfig:
    """A tiny network; those that grow go from 4 to 8 px."""
    big = architecture in BIGGANS
    size: dict[str, object] = {"resolution": 32 if big else 8, "data": str(data)}
    if architecture == "sagan":
        size |= {"resolution": 16, "attention": 8, "channels": 4}
    if architecture in ("cogan", "cyclegan"):
        size |= {"resolution": 16, "channels": 2}
    schedule = {} if big else {"fade_kimg": 0.08, "stable_kimg": 0.08}
    settings = {**preset("minutes", architecture), **TRAINED, **schedule, **size}
    return with_settings(TrainConfig(), settings)


def weights(run: Path) -> Iterator[tuple[str, str]]:
    """Every tensor of every file of weights that a run left, and its sheets."""
    for path in sorted(run.rglob("*.safetensors")):
        tensors = read_tensors(path)
        for name in sorted(tensors):
            tensor = tensors[name].contiguous()
            raw = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
            yield f"{path.relative_to(run).as_posix()}/{name}", digest(raw)
    for path in sorted(run.rglob("*.png")):
        with Image.open(path) as image:
            yield path.relative_to(run).as_posix(), digest(np.asarray(image).tobytes())


def named(prefix: str, found: Iterator[tuple[str, str]]) -> Hashes:
    """The hashes with their kind in front."""
    sys.stderr.write(f"{prefix}\n")
    return {f"{prefix}/{name}": value for name, value in found}


def all_hashes(folder: Path) -> Hashes:
    """Everything there is to compare; models and runs are left in `folder`."""
    hashes: Hashes = {}
    for name in MODELS:
        model = saved(name, folder / "models")
        hashes |= named(f"frames/{name}", frames(model, RECIPES_OF_A_TINY_MODEL))
        hashes |= named(f"film/{name}", film_frames(model, folder / "films" / name))
    for path in sorted(bundled_models_dir().glob("*.safetensors")):
        model = load_model(path)
        hashes |= named(f"frames/{path.stem}", frames(model, RECIPES_OF_A_BUNDLED_MODEL))
    for path in sorted(path for path in GOLDEN.glob("*/*") if path.name in PUBLISHED):
        hashes |= named(f"imported/{path.parent.name}", frames(open_model(path), 20))
    data = pictures(folder / "pictures")
    for architecture in TRAINABLE:
        run = folder / "runs" / architecture
        list(train(config(architecture, data), run))
        hashes |= named(f"weights/{architecture}", weights(run))
    return hashes


def leave_files(folder: Path) -> None:
    """What a person may have from this version: a picture and a film with their Recipes."""
    model = load_model(folder / "models" / "stylegan.safetensors")
    recipe = everything(model.capabilities)
    save_png(
        folder / "picture.png", Renderer(model, "cpu").render(recipe).pixels, recipe, model.info
    )
    (folder / "film.json").write_text(film(model).to_json(), encoding="utf-8")


def old_files(folder: Path) -> Hashes:
    """What the recording version's models, film and half-done runs give now."""
    hashes: Hashes = {}
    for path in sorted((folder / "models").glob("*.safetensors")):
        hashes |= named(f"frames/{path.stem}", frames(load_model(path), RECIPES_OF_A_TINY_MODEL))
    model = load_model(folder / "models" / "stylegan.safetensors")
    pixels = Renderer(model, "cpu").render(read_png(folder / "picture.png").recipe).pixels
    with Image.open(folder / "picture.png") as image:
        hashes["old/picture"] = str(np.array_equal(np.asarray(image), pixels))
    timeline = Timeline.from_json((folder / "film.json").read_text(encoding="utf-8"))
    hashes["old/film"] = str(timeline == film(model))
    with tempfile.TemporaryDirectory() as copies:
        for run in sorted((folder / "runs").iterdir()):
            hashes |= named(f"weights/{run.name}", weights(_half_redone(run, Path(copies))))
    return hashes


def open_bundled() -> Model:
    """A bundled model from its file."""
    return open_model(bundled_models_dir() / "adventurer.safetensors")


def one_training_step(folder: Path) -> Callable[[], object]:
    """A tiny StyleGAN that has begun; each call takes it to its next report, one step away.

    Singular values, which a run reads every few hundred images, are not read meanwhile.
    """
    settings = {"spectra_kimg": 1.0}
    plain = with_settings(config("stylegan", pictures(folder / "pictures")), dict(settings))
    events = train(plain, folder / "run")
    for event in events:
        if type(event).__name__ == "Progress":
            break
    return lambda: next(events)


def _half_redone(run: Path, folder: Path) -> Path:
    """A copy of a finished run that lost its second half and was taken up again."""
    copied = folder / run.name
    shutil.copytree(run, copied)
    sorted((copied / "checkpoints").iterdir())[-1].unlink()
    with contextlib.redirect_stdout(sys.stderr):
        ganlab(["train", "--resume", str(copied)])
    return copied


def record(path: Path) -> int:
    """Write the hashes of now, and files for later versions to open."""
    folder = path.with_name(f"{path.name}.files")
    hashes = all_hashes(folder)
    leave_files(folder)
    path.write_text(json.dumps(hashes, indent=0, sort_keys=True), encoding="utf-8")
    sys.stdout.write(f"{len(hashes)} hashes, {_kinds(hashes)}\n")
    return 0


def check(path: Path) -> int:
    """Compare with what was recorded; 1 on any difference."""
    before: Hashes = json.loads(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        now = all_hashes(Path(folder))
    different = sorted(name for name in before if before[name] != now.get(name))
    old = old_files(path.with_name(f"{path.name}.files"))
    different += sorted(
        f"file of before: {name}"
        for name, value in old.items()
        if value != ("True" if name.startswith("old/") else before.get(name, value))
    )
    for name in different[:40]:
        sys.stdout.write(f"DIFFERS {name}\n")
    sys.stdout.write(f"{len(now)} hashes, {len(different)} differ; {_kinds(now)}\n")
    return 1 if different else 0


def _kinds(hashes: Hashes) -> str:
    kinds = [name.split("/")[0] for name in hashes]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))


def main(arguments: list[str]) -> int:
    """Run the command in a home of its own."""
    commands: dict[str, Callable[[Path], int]] = {"record": record, "check": check}
    if len(arguments) != 2 or arguments[0] not in commands:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    torch.set_num_threads(1)
    path = Path(arguments[1]).absolute()
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLAB_HOME"] = home
        return commands[arguments[0]](path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
