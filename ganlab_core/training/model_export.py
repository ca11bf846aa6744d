"""The averaged generator of a run as a model file, cut to the resolution reached; as sheets and morphs.

The morph goes through a run's averaged generators in order: the weights of two moments of one training
lie on a path on which the straight line between them makes pictures as good as theirs, which is why
averages of weights work at all (Izmailov et al. 2018).
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab_core.data import Images
from ganlab_core.errors import CheckpointError, GanlabError, TrainingError, explain_os_error
from ganlab_core.files import ConfinedFolder, atomic_path, load_json, user_models_dir
from ganlab_core.importers import Container, open_model, recognise
from ganlab_core.models import (
    ARCHITECTURES,
    FAULTS,
    SUFFIX,
    Model,
    ModelInfo,
    add_discriminator,
    blended,
    checked_name,
    fingerprint,
    from_generator,
    load_model,
    open_tensors,
    phase_tensors,
    read_info,
    resolve,
    run_of,
    save_model,
    suggested_name,
    with_second,
)
from ganlab_core.networks import describe, split_growth, upscale
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Frame, Renderer, fit_probes
from ganlab_core.training.adapters import ADAPTERS, fixed_latents
from ganlab_core.training.config import BIGGANS, TrainConfig, phase_at
from ganlab_core.training.events import MOST_IMAGES
from ganlab_core.training.run_folder import RunFolder, replayed
from ganlab_core.training.state import TrainState, discriminator_of, shape_of

MOST_KIMG = 10**6
"""No run is longer."""


def export_model(
    state: TrainState,
    growth: float,
    classes: tuple[str, ...],
    path: Path,
    samples: int = 0,
    phases: Mapping[int, Path] = MappingProxyType({}),
) -> None:
    """Write the EMA generator to `path`; blocks that have not been grown yet are left out.

    With `samples` its linear read-outs are fitted to so many pictures first and kept in the file.
    `phases` are the model files of resolutions whose own phase has ended; those below the resolution
    reached are kept in the file too.
    """
    generator, info = published(state.average, state.config, state.images, growth, classes, path)
    model = from_generator(generator, info)
    if samples:
        fit_probes(model, samples=samples)
    for side, kept in phases.items():
        if side < generator.config.resolution:
            model.phases[side] = load_model(kept)
    save_model(model, path)


def images_of(path: Path) -> int:
    """How many images the generator in a model file has seen; 0 where the file does not say."""
    try:
        kimg = read_info(path).provenance.get("kimg", 0)
    except GanlabError:
        return 0
    known = isinstance(kimg, int | float) and 0 < kimg <= MOST_KIMG
    return round(1000 * kimg) if known else 0


def published(
    average: Any,
    config: TrainConfig,
    images: int,
    growth: float,
    classes: tuple[str, ...],
    path: Path,
) -> tuple[Any, ModelInfo]:
    """The averaged G after `images` as it is put into a model file, on the CPU, and its header."""
    level, _ = split_growth(growth)
    generator = ADAPTERS[config.architecture].export_ema(average, config, level)
    return generator, _info(config, generator.config, images, growth, classes, path)


def _info(
    config: TrainConfig,
    shape: Any,
    images: int,
    growth: float,
    classes: tuple[str, ...],
    path: Path,
) -> ModelInfo:
    return ModelInfo(
        name=path.stem,
        title=config.name or Path(config.data).stem,
        architecture=config.architecture,
        resolution=shape.resolution,
        classes=classes,
        licence=config.licence,
        attribution=config.attribution,
        fingerprint="",
        config=describe(shape),
        provenance={
            "kimg": round(images / 1000, 3),
            "data": Path(config.data).name,
            "seed": config.seed,
            "loss": config.loss,
            "trained_by": "ganlab",
        },
        growth=growth,
        path=path,
    )


# ------------------------------------------------------------------------------------------------
# A training checkpoint seen as a model: its averaged generator, without the rest of the run.


AVERAGE = "ema."

MOST_BATCHES = 2
"""Batches behind the batch-norm statistics of a BigGAN that is only looked at; a model file has more."""


def open_any(path: Path) -> Model:
    """The model in a file of any kind, checkpoints of runs included; raises `GanlabError`."""
    return open_checkpoint(path) if is_checkpoint(path) else open_model(path)


def is_checkpoint(path: Path) -> bool:
    """Whether a file is a run's checkpoint, by the place it lies in."""
    return path.suffix == ".safetensors" and path.parent.name == "checkpoints"


def open_checkpoint(path: Path) -> Model:
    """The averaged generator of a checkpoint that lies in its run's folder, on the CPU.

    It is what the run would have written as model file at that moment: cut to the resolution that was
    reached, with the settings that held then and the phases that had ended. Only a BigGAN's standing
    statistics come from fewer batches. Raises `CheckpointError` and `TrainingError`.
    """
    root = path.parent.parent
    folder = RunFolder(root)
    counters, weights = _read(folder, path.name)
    config = replayed(folder.config(), root, int(counters["step"]))
    config = dataclasses.replace(
        config, standing_batches=min(MOST_BATCHES, config.standing_batches)
    )
    images = int(counters["images"])
    growth = phase_at(config, images)[1].growth(images)
    classes = config.today(_classes(counters, root))
    average = _average(config, len(classes), weights, path)
    generator, info = published(average, config, images, growth, classes, path)
    phases = folder.phases() if config.keep_phases else {}
    below = {side: load_model(kept) for side, kept in phases.items() if side < info.resolution}
    tensors = generator.state_dict() | phase_tensors(below)
    mark = fingerprint(info.architecture, info.config, tensors)
    model = from_generator(generator, dataclasses.replace(info, fingerprint=mark))
    model.phases.update(below)
    return model


def _read(folder: RunFolder, name: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The counters and the averaged weights; what is beside them in the file is not read."""
    try:
        path = folder.files.path(f"checkpoints/{name}")
        with open_tensors(path) as file:
            counters = load_json((file.metadata() or {})["ganlab"])
            keys = [key for key in file.keys() if key.startswith(AVERAGE)]  # noqa: SIM118
            weights = {key.removeprefix(AVERAGE): file.get_tensor(key) for key in keys}
        seen, done = counters["images"], counters["step"]
        sane = all(type(one) is int and 0 <= one <= MOST_IMAGES for one in (seen, done))
        if not weights or not sane:
            raise ValueError("no checkpoint")
    except FAULTS:
        raise CheckpointError(
            f"The checkpoint {name} is not there any more, or is damaged.",
            "Choose another moment of the run.",
        ) from None
    return counters, weights


def _classes(counters: dict[str, Any], root: Path) -> tuple[str, ...]:
    """The names of the data's classes; checkpoints of old runs leave them to the model file."""
    kept = counters.get("classes")
    if isinstance(kept, list):
        return tuple(str(name) for name in kept)
    folder = RunFolder(root)
    return read_info(folder.files.path(folder.model.name)).classes


def _average(config: TrainConfig, label_size: int, weights: dict[str, Tensor], path: Path) -> Any:
    architecture = ARCHITECTURES[config.architecture]
    try:
        shape = shape_of(config, label_size)
        shape.check()
        with torch.device("meta"):
            average = architecture.generator(shape)
        average.load_state_dict(weights, assign=True)
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        raise TrainingError(
            f"The checkpoint {path.name} does not fit the run's config.",
            "Open the run's model file instead.",
        ) from None
    return average.eval().requires_grad_(requires_grad=False)


# ------------------------------------------------------------------------------------------------
# Sample sheets: the averaged generator's pictures from latents that stay fixed for the whole run.


@torch.no_grad()
def sheet(state: TrainState, growth: float) -> Tensor:
    """uint8 (rows * h, columns * w, 3), each picture at the final size, nearest up-scaled.

    Grey is shown in three equal colours; what is see-through lies on white.
    """
    config, average = state.config, state.average
    images = state.adapter.sample_grid(average, config, growth)
    stages = ARCHITECTURES[config.architecture].stages(average)
    while images.shape[-1] < config.picture_shape(config.resolution)[2]:
        images = upscale(images)
    rows = [
        opaque(stages.to_uint8(part)).permute(2, 0, 3, 1).flatten(1, 2)  # (h, columns * w, 3)
        for part in images.split(config.sheet_columns)
    ]
    return torch.cat(rows).cpu()


def reals_row(images: Images, config: TrainConfig) -> Tensor:
    """Some of the data's pictures side by side, classes in turn: uint8 (h, columns * w, 3)."""
    count = min(config.sheet_columns, len(images))
    sorts = max(1, len(images.classes))
    of_class = [np.flatnonzero(images.labels == sort) for sort in range(sorts)]
    turns = -(-count // sorts)
    some = [own[turn * len(own) // turns] for turn in range(turns) for own in of_class][:count]
    pixels = torch.from_numpy(images.batch(np.array(some), config.resolution))
    return opaque(pixels).permute(2, 0, 3, 1).flatten(1, 2)


def sample_recipe(config: TrainConfig, index: int, classes: int) -> Recipe:
    """The Recipe of a sample of a run's sheets, by its place; of a network that knows so many classes.

    Its picture is that of the sheet where the network is the one of that moment; the centre of
    truncation is measured anew for model files, so it may differ by a little.
    """
    dimensions = int(shape_of(config, classes).z_dim)
    z = fixed_latents(config, dimensions, torch.device("cpu"))[index]
    place = index // config.sheet_columns if config.architecture in BIGGANS else index
    return Recipe(
        latent=Latent(vector=tuple(z.tolist())),
        psi=config.sheet_psi,
        classes=((place % classes, 1.0),) if classes else (),
    )


def opaque(pixels: Tensor) -> Tensor:
    """uint8 (N, C, h, w) in three colours, (N, 3, h, w): grey as it is, what is see-through on white."""
    if pixels.shape[1] <= 3:
        return pixels.expand(-1, 3, -1, -1)
    colours, opacity = pixels[:, :3].int(), pixels[:, 3:].int()
    return ((colours * opacity + 255 * (255 - opacity) + 127) // 255).to(torch.uint8)


def save_sheet(pixels: Tensor, path: Path) -> None:
    """Write a sheet as PNG, whole or not at all."""
    with atomic_path(path) as temporary:
        Image.fromarray(pixels.numpy()).save(temporary, format="PNG")


# ------------------------------------------------------------------------------------------------
# Keeping a model among a person's own, where lists show it and runs can start from it.


def keep_blend(first: str, second: str, recipe: Recipe, name: str) -> ModelInfo:
    """Write the blend of two models under a Recipe's amounts among the person's own.

    Raises `GanlabError` as `keep_model` does, and for two that have no equal shapes.
    """
    target = user_models_dir() / f"{checked_name(name)}{SUFFIX}"
    pair = with_second(open_any(resolve(first)), open_any(resolve(second)))
    model = blended(pair, recipe)
    model.info = replace(model.info, title=target.stem)
    target.parent.mkdir(parents=True, exist_ok=True)
    return save_model(model, target)


def keep_model(source: str, name: str = "") -> ModelInfo:
    """Write a model among the person's own; returns what its new file says of itself.

    Its discriminator is kept with it where there is one: a model file's own, or that of the newest
    checkpoint of the run whose newest model it is. Published files keep theirs to themselves.

    Parameters
    ----------
    source
        A model's name, a model file of any kind that opens, or a run's folder.
    name
        Of the new model, and its title in lists; the run's or the file's own when empty.

    Raises
    ------
    GanlabError
        For a name that is taken or cannot be one, and for what cannot be read or written.
    """
    found = resolve(source)
    usual = suggested_name(found)
    target = user_models_dir() / f"{checked_name(name or usual)}{SUFFIX}"
    model = open_any(found)
    if name not in ("", usual):
        model.info = replace(model.info, title=target.stem)
    run = run_of(found)
    native = recognise(found) is Container.NATIVE
    critic = discriminator_of(str(run or found)) if run or native else {}
    try:
        info = save_model(model, target)
        if critic:
            add_discriminator(target, critic)
    except OSError as error:
        raise CheckpointError(explain_os_error(error, "writing the model")) from None
    return info


KEPT = 2
"""Pairs of neighbours that are kept open."""


def moments_of(run: Path) -> tuple[Path, ...]:
    """The kept generators of a run, oldest first: its snapshots, and checkpoints of other moments.

    Raises `TrainingError` where there are not two.
    """
    found: dict[int, Path] = {}
    folder = ConfinedFolder(run)
    for kind in ("checkpoints", "snapshots"):
        try:
            files = folder.files(kind, ".safetensors")
        except OSError:
            continue
        numbered = [entry for entry in files if entry.path.stem.isdecimal()]
        found |= {int(entry.path.stem): entry.path for entry in numbered}
    if len(found) < 2:
        raise TrainingError(
            f"{run} has kept no two moments to go between.",
            "Choose the folder of a run that has written two checkpoints or snapshots.",
        )
    return tuple(found[images] for images in sorted(found))


class RunMorph:
    """Draws the moments of a run: a Recipe's `second` of 0 is the first, of 1 the last, all evenly between.

    At a moment the picture is that of its own generator, bit for bit. Between one that has grown and the
    one before, what they share is morphed; the new resolution stays that of the larger.
    """

    def __init__(
        self, moments: Sequence[Path], device: str | None = None, precision: str = "fp32"
    ) -> None:
        self._moments = tuple(moments)
        self._machine = device, precision
        self._pairs: OrderedDict[int, tuple[Renderer, bool]] = OrderedDict()
        last = open_any(self._moments[-1])
        can = dataclasses.replace(last.capabilities, blendable=last.capabilities.resolutions)
        self.model = dataclasses.replace(last, capabilities=can)

    @property
    def moments(self) -> tuple[Path, ...]:
        """The files in order."""
        return self._moments

    def render(self, recipe: Recipe) -> Frame:
        """The picture of the moment that `second` tells; smaller ones have their pixels repeated."""
        place = recipe.second * (len(self._moments) - 1)
        index = min(int(place), len(self._moments) - 2)
        renderer, turned = self._pair(index)
        amount = place - index
        own = dataclasses.replace(
            recipe, second=1.0 - amount if turned else amount, second_at=(), second_mapping=None
        )
        return self._enlarged(renderer.render(own))

    def _enlarged(self, frame: Frame) -> Frame:
        times = self.model.capabilities.size[0] // frame.pixels.shape[0]
        if times <= 1:
            return frame
        pixels = np.repeat(np.repeat(frame.pixels, times, axis=0), times, axis=1)
        return dataclasses.replace(frame, pixels=pixels, channels=None)

    def _pair(self, index: int) -> tuple[Renderer, bool]:
        """Two neighbours, and whether the later is the first of the pair, because it is larger."""
        if index not in self._pairs:
            before, after = (open_any(path) for path in self._moments[index : index + 2])
            turned = after.capabilities.resolution > before.capabilities.resolution
            pair = with_second(after, before) if turned else with_second(before, after)
            self._pairs[index] = Renderer(pair, *self._machine), turned
        self._pairs.move_to_end(index)
        while len(self._pairs) > KEPT:
            self._pairs.popitem(last=False)
        return self._pairs[index]
