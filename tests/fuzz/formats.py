"""Every format the program reads: valid files of it, how they are changed, and how they are read.

A reader is given a folder of its own with the file in it. Whatever the file holds, it returns or raises
a `GanlabError`; anything else is a find.
"""

from __future__ import annotations

import functools
import json
import random
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlab_core.errors import GanlabError
from tests.fuzz.mutations import (
    bytes_mutated,
    json_mutated,
    legacy_mutated,
    pickle_mutated,
    png_mutated,
    safetensors_mutated,
    zip_mutated,
    zipped,
)

Mutate = Callable[[bytes, Sequence[bytes], random.Random], bytes]
GOLDEN = Path(__file__).parents[1] / "data" / "golden"


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Attributes
    ----------
    file
        What the file is called.
    seeds
        Makes valid files, in a folder that may be used for it.
    mutate
        Changes one of them.
    read
        Reads it, given its path.
    count
        Inputs of a whole campaign.
    """

    file: str
    seeds: Callable[[Path], list[bytes]]
    mutate: Mutate
    read: Callable[[Path], object]
    count: int = 100_000


LONGEST_LINE = 2**25
"""Changes upon changes could make gigabytes, which would test this machine and no reader."""


def as_json(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    return json_mutated(data.decode(), [one.decode() for one in others], source)


def as_lines(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """Lines of JSON, one of them changed; now and then they come in another order or number."""
    whole = data.splitlines()
    lines = list(whole)
    for _ in range(source.choice((1, 2, 5))):
        at = source.randrange(len(lines))
        try:
            json.loads(lines[at])
        except (ValueError, RecursionError):  # no line to change again
            break
        lines[at] = as_json(lines[at], whole, source)[:LONGEST_LINE]
    if source.random() < 0.2:
        source.shuffle(lines)
    return b"\n".join(lines) + b"\n"


# --- Recipes and what is built of them ---------------------------------------------------------------


def recipes(_: Path) -> list[bytes]:
    from ganlab_core.recipe import EditDirection, Latent, LayerNoise, Mix, Noise, Recipe

    blend = Latent(
        blend=((Latent(1), 0.5), (Latent(vector=(0.5, -1.0), space="w"), 0.5)), space="w"
    )
    full = Recipe(
        latent=blend, psi=0.5, psi_at=((8, 0.3),), centre=Latent(3), cutoff=4,
        mix_at=((4, Mix(Latent(2), 0.25)),), mix_layers=((3, Mix(Latent(9))),),
        noise=Noise("random", 5, 0.5, 6, 0.25), noise_layers=((2, LayerNoise(False, 2.0)),),
        growth=3.5, threshold=1.5, classes=((0, 1.0), (2, 0.5)), classes_at=((8, ((1, 1.0),)),),
        pushes=(EditDirection((1.0, 2.0), 3.0, 0, 5, "smile"),), gains=((1, ((7, 0.0),)),), attention=0.5,
        extra='{"future":[1,{"a":"b"}]}',
    )  # fmt: skip
    return [recipe.to_json().encode() for recipe in (Recipe(), full)]


def read_recipe(path: Path) -> object:
    from ganlab_core.recipe import Recipe, recipe_diff

    recipe = Recipe.from_json(path.read_bytes())
    assert Recipe.from_json(recipe.to_json()) == recipe
    recipe_diff(Recipe(), recipe)
    return hash(recipe)


def timelines(folder: Path) -> list[bytes]:
    from ganlab_core.recipe import Latent, Recipe
    from ganlab_core.timeline import Keyframe, Timeline

    found = [Recipe.from_json(text) for text in recipes(folder)]
    keys = (
        Keyframe(0.0, found[0]),
        Keyframe(1.5, found[0], "spline"),
        Keyframe(2.0, Recipe(Latent(7)), "hold"),
    )
    one = Timeline(keys, duration=3.0, loop=True)
    two = Timeline((Keyframe(0.0, found[1]),), extra='{"unit":"beats","bpm":90}')
    return [line.to_json().encode() for line in (one, two)]


def read_timeline(path: Path) -> object:
    from ganlab_core.timeline import Timeline

    line = Timeline.from_json(path.read_bytes())
    assert Timeline.from_json(line.to_json()) == line
    return [line.recipe_at(share * line.duration) for share in (0.0, 0.3, 1.0)]


def film_notes(folder: Path) -> list[bytes]:
    lines = [json.loads(text) for text in timelines(folder)]
    model = {"name": "tiny", "title": "Tiny", "fingerprint": "0" * 32, "architecture": "stylegan"}
    film = {
        "ganlab_film": 1,
        "timelines": lines,
        "model": model,
        "frames": 90,
        "look": {"side": 64},
    }
    return [json.dumps(film).encode(), *timelines(folder)]


def read_film_note(path: Path) -> object:
    from ganlab_core.export import note_of_film

    return note_of_film(path)


def export_jobs(folder: Path) -> list[bytes]:
    """A job of each kind, with all that may stand in one."""
    from ganlab_core.export import (
        FilmJob,
        FilmPlan,
        PerformancePlan,
        PictureSize,
        RecipeChanges,
        SheetJob,
        StartRecipe,
        StillJob,
        job_to_json,
    )
    from ganlab_core.performance import PerformanceMap
    from ganlab_core.recipe import Recipe
    from ganlab_core.timeline import Timeline

    changes = RecipeChanges(
        classes="0:0.5,1:0.5", psi=0.6, cutoff=3, growth=4.5, noise="random", noise_seed=4, shift_x=0.1,
        bends=("16:blur=0.5",), centres="seeds:3,8", blend="4=1,8=0.5", aspect="2:1",
        styles_across=(3, 4),
    )  # fmt: skip
    full = Recipe.from_json(recipes(folder)[1])
    start = StartRecipe(recipe=full, fingerprint="0" * 32, changes=changes)
    line = Timeline.from_json(timelines(folder)[0])
    own = PerformanceMap.from_json(maps(folder)[0])
    jobs = (
        StillJob(model="tiny", out=Path("pictures"), seeds=(0, 1, 5), start=start, second="other"),
        StillJob(model="tiny", raw=Path("z.npy"), latents=Path("a.npy"), labels=Path("b.npy")),
        SheetJob(models=("a", "b"), out=Path("a.png"), kind="compare", across="models", seeds=(1, 2)),
        SheetJob(models=("a",), out=Path("a.jpg"), kind="compare", across="psi", values=("0", "1")),
        FilmJob(models=("tiny",), out=Path("a.mp4"), timeline=line, sound=Path("a.wav"), caption="{time}"),
        FilmJob(models=("tiny",), out=Path("a.webm"), plan=FilmPlan(kind="classes", tour=(0, 1), seconds=2),
                size=PictureSize(side=256), grid=(2, 2), seeds=(1, 2, 3, 4), gap=3, show="16:0-15"),
        FilmJob(models=("tiny",), out=Path("b.mp4"), performance=PerformancePlan(map=own)),
    )  # fmt: skip
    return [job_to_json(job).encode() for job in jobs]


def read_export_job(path: Path) -> object:
    """The job, written again the same, and what is asked of it before anything is rendered."""
    from ganlab_core.export import FilmJob, job_from_json, job_to_json, read_job
    from ganlab_core.recipe import fit

    job = read_job(path)
    assert job_from_json(job_to_json(job)) == job
    can = _some_capabilities()
    with suppress(GanlabError):  # only the model knows its classes and stages
        fit(job.start.settled(_some_info(), can), can)
    if isinstance(job, FilmJob):
        if job.timeline is not None:
            for one in job.of_seeds(job.changed(job.timeline)):
                one.recipe_at(0.3 * one.duration)
        return job.kind_of_film, job.look, job.target
    return job.target, job.size.scaled


def presets(folder: Path) -> list[bytes]:
    from ganlab_core.export import Preset
    from ganlab_core.recipe import PARTS, Recipe

    return [
        Preset(f"My {i}", tuple(PARTS), Recipe.from_json(text)).to_json().encode()
        for i, text in enumerate(recipes(folder))
    ]


def read_preset(path: Path) -> object:
    from ganlab_core.export import Preset, read_presets

    read_presets(path.parent)
    return Preset.from_json(path.read_bytes()).to_json()


def maps(folder: Path) -> list[bytes]:
    from ganlab_core.performance import BankScene, Mapping, Modulator, PerformanceMap, Transform
    from ganlab_core.recipe import Recipe

    scenes = tuple(
        BankScene(name=f"Scene {i}", recipe=Recipe.from_json(text))
        for i, text in enumerate(recipes(folder))
    )
    how = Transform(expression="if(x > 0.5, low, tri(beat))", attack=0.2, steps=5, high=0.9)
    mappings = (
        Mapping(source="midi/1/cc/7", control="psi@8", transform=how),
        Mapping(source="mod/slow", control="scene@2", mode="add", on=False),
    )
    waves = (Modulator(name="slow", beats=4.0), Modulator(name="hit", kind="envelope"))
    own = PerformanceMap(mappings=mappings, modulators=waves, scenes=scenes, corners=(1, 2, 3, 4))
    return [own.to_json().encode(), PerformanceMap().to_json().encode()]


def read_map_file(path: Path) -> object:
    from ganlab_core.performance import Performer, Signal, read_map
    from ganlab_core.recipe import Recipe

    own = read_map(path)
    performer = Performer(own, _some_capabilities(), Recipe())
    heard = [Signal(mapping.source, 0.7, 0.1) for mapping in own.mappings]
    return own.to_json(), performer.frame(0.2, heard).recipe.to_json()


def takes(folder: Path) -> list[bytes]:
    from ganlab_core.performance import TakeWriter
    from ganlab_core.recipe import Recipe

    path = folder / "seed.ganlab-take"
    writer = TakeWriter(path, "tiny", "abc")
    for i, text in enumerate(recipes(folder)):
        writer.write(0.5 * i, Recipe.from_json(text))
    writer.close(9.0)
    data = path.read_bytes()
    path.unlink()
    return [data]


def read_take_file(path: Path) -> object:
    from fractions import Fraction

    from ganlab_core.performance import read_take, thinned

    take = read_take(path)
    frames = take.frames(Fraction(1))[:20]
    return thinned(frames, Fraction(1), _some_capabilities()).timeline.to_json()


def directions(_: Path) -> list[bytes]:
    from ganlab_core.inspection import Direction, DirectionSet

    size = _some_capabilities().direction_dim
    one = Direction("smile", (0.5,) * size, 0.3, 0, 4)
    pair = (one, Direction("", (1.0,) * size))
    return [DirectionSet("0" * 32, kind, pair).to_json().encode() for kind in ("pca", "factors")]


def read_directions(path: Path) -> object:
    from ganlab_core.inspection import check_fits, load_directions
    from ganlab_core.recipe import Capabilities

    found = load_directions(path)
    can = _some_capabilities()
    assert isinstance(can, Capabilities)
    check_fits(found, "0" * 32, can)
    return found.to_json()


@functools.cache
def _some_model() -> Any:
    from tests.stylegan_models import tiny_stylegan

    return tiny_stylegan()


def _some_capabilities() -> Any:
    return _some_model().capabilities


def _some_info() -> Any:
    return _some_model().info


# --- pictures --------------------------------------------------------------------------------------------


def pictures(folder: Path) -> list[bytes]:
    """Favourites: small PNGs with Recipe and note."""
    import numpy as np

    from ganlab_core.export import encode_png_with

    pixels = np.zeros((8, 8, 3), np.uint8)
    return [encode_png_with(pixels, text, note) for text, note in _picture_texts(folder)]


def _picture_texts(folder: Path) -> list[tuple[str, str]]:
    model = {"name": "tiny", "title": "Tiny", "fingerprint": "0" * 32, "architecture": "stylegan"}
    texts = [
        json.dumps({"recipe": json.loads(text), "model": model, "ganlab": "0.1.0"})
        for text in recipes(folder)
    ]
    note = json.dumps({"name": "The one", "tags": ["a", "b"]})
    return [(texts[0], note), (texts[1], "")]


def favourites(folder: Path) -> list[bytes]:
    """What stands in them, as one JSON object; `picture_of` puts it into a PNG."""
    return [
        json.dumps({"text": json.loads(text), "note": json.loads(note or "{}")}).encode()
        for text, note in _picture_texts(folder)
    ]


def read_picture(path: Path) -> object:
    from ganlab_core.export import read_png
    from ganlab_core.export.favourites import read_favourite
    from ganlab_core.export.png import read_note, with_note

    for read in (read_note, read_png, read_favourite):
        with suppress(GanlabError):
            read(path)
    return with_note(path, "")


def read_favourite_json(path: Path) -> object:
    """The parts of a JSON object as the texts of a picture, however broken."""
    import numpy as np

    from ganlab_core.export import encode_png_with
    from ganlab_core.export.favourites import read_favourite, read_favourites

    text = path.read_bytes().decode("utf-8", "replace")
    head, _, note = text.partition(', "note": ')
    pixels = np.zeros((2, 2, 3), np.uint8)
    picture = path.with_suffix(".png")
    picture.write_bytes(
        encode_png_with(pixels, head.removeprefix('{"text": '), note.removesuffix("}"))
    )
    read_favourites(path.parent)
    return read_favourite(picture)


# --- runs ------------------------------------------------------------------------------------------------


def configs(_: Path) -> list[bytes]:
    from ganlab_core.training import TrainConfig, with_settings

    more = {
        "batch_size_at.8": 32,
        "fade_kimg_at.16": 2.0,
        "learning_rate_d": 0.002,
        "growth_speed_at.50": 0.5,
    }
    plain = TrainConfig(data="pictures", name="a run")
    shaped = TrainConfig(
        shape='{"blur":false,"channel_list":[8,8,8,8,8,8]}', architecture="stylegan"
    )
    return [one.to_json().encode() for one in (plain, with_settings(plain, dict(more)), shaped)]


def read_config(path: Path) -> object:
    from ganlab_core.training import TrainConfig, open_run
    from ganlab_core.training.config import phase_at
    from ganlab_core.training.state import shape_of

    with suppress(GanlabError):
        open_run(path.parent).status()
    config = TrainConfig.from_json(path.read_bytes())
    assert TrainConfig.from_json(config.to_json()) == config
    phase_at(config, 100)
    with suppress(TypeError, ValueError):  # as documented
        shape_of(config, 0)
    return config


def wishes(_: Path) -> list[bytes]:
    return [
        b'{"paused": true, "steps": 3, "settings": {"learning_rate": 0.002, "augment": "color"}}',
        b'{"paused": false, "stop": true, "steps": 0, "settings": {"growth_speed": 0.5, "r1_gamma": 1}}',
    ]


def read_wishes_file(path: Path) -> object:
    from ganlab_core.training import Change, TrainConfig, applied, read_control

    found = read_control(path.parent)
    return applied(TrainConfig(), Change(1, 1, found.settings))


def record(_: Path) -> list[bytes]:
    return [
        b'{"step": 3, "images": 48, "settings": {"learning_rate": 0.002}}\n'
        b'{"step": 9, "images": 144, "settings": {"growth_speed": 0.5, "augment": "color,cutout"}}\n'
    ]


def read_record_file(path: Path) -> object:
    from ganlab_core.training import TrainConfig
    from ganlab_core.training.run_folder import replayed

    return replayed(TrainConfig(), path.parent, 10**6)


def events(_: Path) -> list[bytes]:
    plain = [
        {"event": "Started", "images": 0, "device": "cpu", "parameters_g": 10, "parameters_d": 20,
         "pictures": 40, "skipped": 0, "variety": 3.5},
        {"event": "PhaseBegan", "images": 0, "resolution": 4, "fading": False},
        {"event": "Progress", "images": 16, "resolution": 8, "alpha": 0.5, "loss_g": 0.7, "loss_d": 1.1,
         "growth": 2.5, "images_per_second": 12.0, "penalty": 0.1},
        {"event": "Spectra", "images": 16, "values": {"g.4.conv": 1.5, "d.4.conv": 2.5}},
        {"event": "Measured", "images": 16, "growth": 2.5, "distance": 31.0, "by_size": {"16": 3.0}},
        {"event": "SheetSaved", "images": 16, "resolution": 8, "alpha": 0.5,
         "path": "sheets/000000016.png"},
        {"event": "CheckpointSaved", "images": 16, "path": "checkpoints/000000016.safetensors"},
        {"event": "Steered", "images": 16, "step": 2, "changes": {"paused": True, "learning_rate": 0.1}},
        {"event": "Failed", "images": 16, "message": "The disk is full."},
    ]  # fmt: skip
    return [b"\n".join(json.dumps(one).encode() for one in plain) + b"\n"]


def read_events(path: Path) -> object:
    from ganlab_core.training import LogReader, RunReader
    from ganlab_core.training.events import known_scores

    config = {"images": 1000, "loss": "wgan-gp", "sheet_rows": 2, "sheet_columns": 3}
    history = LogReader(path.parent, config)
    history.update()
    story = history.history()
    assert 0 <= story.last_images < 2**62
    known_scores(path)
    return RunReader(path.parent, config).status()


def signs(_: Path) -> list[bytes]:
    return [b'{"pid": 1234, "began": "77", "host": "here", "ended": false}']


def read_alive(path: Path) -> object:
    from ganlab_core.training import life_of

    return life_of(path.parent)


# --- the window's own ------------------------------------------------------------------------------------


def journals(folder: Path) -> list[bytes]:
    """The workspace: texts under keys, each line with its checksum."""
    recipe, line = recipes(folder)[1].decode(), timelines(folder)[0].decode()
    job = {"title": "a", "target": "/x/film.mp4", "arguments": ["video", "tiny"], "keeps": "frames",
           "files": [["film.json", line]], "state": "done", "error": ""}  # fmt: skip
    texts = {
        "step/1": '{"label":"seed","parent":null,"stamp":1}\t' + recipe,
        "film/1": '{"label":"add","stamp":2,"empty":false}\t' + line,
        "job/1": json.dumps(job),
        "desk": '{"now":1,"towards":[[1,2]]}',
        "playhead": '{"now":1,"selected":0,"place":0.5}',
        "layout": '{"state":"AAAA","geometry":"AAAA","inside":1}',
    }
    said = [f"{key} {text}".encode() for key, text in texts.items()]
    return [b"".join(_checked(one) for one in said)]


def _checked(said: bytes) -> bytes:
    return b"%08x %s\n" % (zlib.crc32(said), said)


def as_journal(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """A journal with one text changed, its checksum right again, or with other bytes."""
    if source.random() < 0.2:
        return bytes_mutated(data, others, source)
    lines = [line[9:] for line in data.splitlines()]
    at = source.randrange(len(lines))
    key, _, text = lines[at].partition(b" ")
    head, tab, body = text.partition(b"\t")
    if tab and source.random() < 0.5:
        body = as_json(body, [], source)
    else:
        head = as_json(head, [], source)
    lines[at] = key + b" " + head + tab + body
    return b"".join(map(_checked, lines))


def read_journal(path: Path) -> object:
    from ganlab import workspace as saver
    from ganlab.workspace import Journal
    from ganlab_core.recipe import Recipe
    from ganlab_core.timeline import Timeline

    found = Journal(path.parent).read()
    for key, text in found.items():
        if key.startswith("job/"):
            saver._job_of(1, text)
        head, body = saver._split(text)
        assert isinstance(head, dict)
        for prefix, read in (("step/", Recipe.from_json), ("film/", Timeline.from_json)):
            if key.startswith(prefix):
                with suppress(GanlabError):
                    read(body)
    return found


# --- models ----------------------------------------------------------------------------------------------


def headers(folder: Path) -> list[bytes]:
    from ganlab_core.models import read_info

    found = []
    for number, data in enumerate(models(folder)):
        path = folder / f"header{number}.safetensors"
        path.write_bytes(data)
        header = read_info(path).to_header()
        header["provenance"] = {"picks": [{"name": "a", "recipe": json.loads(recipes(folder)[1])}],
                                "truncation": {"psi": 0.5, "cutoff": 4}}  # fmt: skip
        found.append(json.dumps(header).encode())
    return found


def read_header(path: Path) -> object:
    """The text as the header of a model file without weights, and what depends on it."""
    import struct

    from ganlab_core.models import read_info, start_recipe

    text = path.read_bytes().decode("utf-8", "replace")
    packed = json.dumps({"__metadata__": {"ganlab": text}}).encode()
    file = path.with_suffix(".safetensors")
    file.write_bytes(struct.pack("<Q", len(packed)) + packed)
    info = read_info(file)
    start_recipe(info, _some_capabilities())
    assert info.title.encode()
    return json.dumps(info.to_header())


def models(folder: Path) -> list[bytes]:
    from ganlab_core.models import save_model
    from tests import biggan_models, stylegan2_models, tiny_progan
    from tests.stylegan_models import tiny_stylegan

    made = (
        tiny_stylegan(), tiny_stylegan(classes=("a", "b")), tiny_progan.tiny_model(tiny_progan.small()),
        stylegan2_models.model(), biggan_models.make_biggan(), biggan_models.make_deep(),
    )  # fmt: skip
    found = []
    for number, model in enumerate(made):
        save_model(model, folder / f"model{number}.safetensors")
        found.append((folder / f"model{number}.safetensors").read_bytes())
    return found


def read_model(path: Path) -> object:
    from ganlab_core.importers import open_model
    from ganlab_core.models import start_recipe
    from ganlab_core.recipe import fit

    model = open_model(path)
    return fit(start_recipe(model.info, model.capabilities), model.capabilities)


def tf_pickles(_: Path) -> list[bytes]:
    names = ("stylegan_tf_64/network.pkl", "progan_tf_32_fused_cond/network.pkl")
    return [(GOLDEN / name).read_bytes() for name in names]


def ada_pickles(_: Path) -> list[bytes]:
    from tests.ada_pickles import ada_discriminator, ada_generator, ada_pickle
    from tests.stylegan2_models import discriminator, generator

    both = {"G_ema": ada_generator(generator()), "D": ada_discriminator(discriminator())}
    return [ada_pickle(both), ada_pickle(both["G_ema"], 4)]


def _torch_states() -> list[Any]:
    import torch

    from tests.biggan_models import make_biggan
    from tests.core.importers.biggan_files import generator_of

    config = make_biggan().network.module.config
    state = generator_of(config)[1]
    return [state, {"generator": state, "config": {"a": 1}, "epoch": 3}, torch.zeros(2)]


def legacy_torch(_: Path) -> list[bytes]:
    from tests.hostile import saved

    golden = (GOLDEN / "stylegan_zoo_32/model.pth").read_bytes()
    own = [saved(state, legacy=True) for state in _torch_states()[:2]]
    return [*own, *([golden] if not golden.startswith(b"PK") else [])]


def zipped_torch(_: Path) -> list[bytes]:
    from tests.hostile import saved

    golden = (GOLDEN / "stylegan_zoo_32/model_zip.pth").read_bytes()
    more = (GOLDEN / "biggan_ajbrock_32_unshared/G_ema.pth").read_bytes()
    return [saved(_torch_states()[0]), golden, *([more] if more.startswith(b"PK") else [])]


# --- data sets -------------------------------------------------------------------------------------------


def data_sets(_: Path) -> list[bytes]:
    import io

    import numpy as np
    from PIL import Image

    random_ = np.random.default_rng(0)
    entries = []
    for number in range(4):
        buffer = io.BytesIO()
        pixels = random_.integers(0, 255, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(buffer, "PNG" if number % 2 else "JPEG")
        entries.append((f"{number % 2:05d}/img{number:08d}.png", buffer.getvalue()))
    labels = [[name, number % 2] for number, (name, _) in enumerate(entries)]
    listed = json.dumps({"labels": labels}).encode()
    plain = [(name.replace("00000", "cats"), data) for name, data in entries]
    return [zipped([*entries, ("dataset.json", listed)]), zipped(plain)]


def read_data_set(path: Path) -> object:
    import os

    from ganlab_core.data import survey

    os.environ["GANLAB_HOME"] = str(path.parent / "home")
    return survey(path)


FORMATS: dict[str, Format] = {
    "recipe": Format("recipe.json", recipes, as_json, read_recipe),
    "timeline": Format("timeline.json", timelines, as_json, read_timeline),
    "film": Format("film.json", film_notes, as_json, read_film_note),
    "job": Format("job.json", export_jobs, as_json, read_export_job),
    "preset": Format("preset.json", presets, as_json, read_preset),
    "favourite": Format("favourite.txt", favourites, as_json, read_favourite_json),
    "map": Format("map.json", maps, as_json, read_map_file),
    "take": Format("jam.ganlab-take", takes, as_lines, read_take_file),
    "directions": Format("directions.json", directions, as_json, read_directions),
    "config": Format("config.json", configs, as_json, read_config),
    "steering": Format("steering.json", wishes, as_json, read_wishes_file),
    "record": Format("steering.jsonl", record, as_lines, read_record_file),
    "events": Format("events.jsonl", events, as_lines, read_events),
    "alive": Format("alive.json", signs, as_json, read_alive),
    "workspace": Format("00000001.journal", journals, as_journal, read_journal),
    "header": Format("header.json", headers, as_json, read_header),
    "png": Format("picture.png", pictures, png_mutated, read_picture, 10_000),
    "safetensors": Format("model.safetensors", models, safetensors_mutated, read_model, 10_000),
    "tf": Format("network.pkl", tf_pickles, pickle_mutated, read_model, 10_000),
    "ada": Format("network.pkl", ada_pickles, pickle_mutated, read_model, 10_000),
    "torch-legacy": Format("model.pth", legacy_torch, legacy_mutated, read_model, 10_000),
    "torch-zip": Format("model.pth", zipped_torch, zip_mutated, read_model, 10_000),
    "zip": Format("pictures.zip", data_sets, zip_mutated, read_data_set, 10_000),
}
"""Name on the command line -> the format."""
