"""TrainState: what a run carries from one step to the next, its checkpoints, and weights to begin with."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError, GanlabError, TrainingError, explain_os_error
from ganlab_core.files import Fields, canonical_json, load_json
from ganlab_core.importers import Container, Published, open_model, open_published, recognise
from ganlab_core.models import (
    ARCHITECTURES,
    ModelInfo,
    open_tensors,
    read_discriminator,
    read_tensors,
    resolve,
    write_tensors,
)
from ganlab_core.training.adapters import ADAPTERS, ArchitectureAdapter, power_vectors
from ganlab_core.training.augmentation import Overfitting
from ganlab_core.training.config import (
    NETWORK,
    TrainConfig,
    aspect_of,
    const_size_of,
    network_settings,
)
from ganlab_core.training.distributed import DistributedContext, seed_for
from ganlab_core.training.run_folder import RunFolder

# ------------------------------------------------------------------------------------------------
# The pair of networks a config asks for.


def build(config: TrainConfig, label_size: int) -> tuple[Any, Any]:
    """G and D with weights drawn from the config's seed; the global generator is left as it was.

    Raises `TrainingError` where such networks cannot be.
    """
    architecture = ARCHITECTURES[config.architecture]
    try:
        shape = shape_of(config, label_size)
        shape.check()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_for(config.seed, "weights"))
            return architecture.generator(shape), architecture.discriminator(shape)
    except (TypeError, ValueError) as error:
        raise TrainingError(
            f"No {config.architecture} can be built from these settings: {error}.",
            "Change resolution, z_dim, channels or attention.",
        ) from None


def shape_of(config: TrainConfig, label_size: int) -> Any:
    """The networks' config: by the settings, then by `config.shape` where a model gave one.

    Raises `ValueError` or `TypeError` for options that the architecture does not have.
    """
    shape = ADAPTERS[config.architecture].shape(config, label_size)
    if not config.shape:
        return shape
    options = {**dataclasses.asdict(shape), **load_json(config.shape)}
    options |= {"resolution": config.resolution, "label_size": label_size}
    return ARCHITECTURES[config.architecture].config(**options)


MOST = 2**53
"""No counter of a run gets so far."""


PATH_LENGTH, AUGMENTATION = "step.path_length", "step.augmentation"
"""Their names in a checkpoint."""


@dataclass(frozen=True, slots=True)
class NetworkTensors:
    """What a network is made of, found once: to walk its layers in every step takes as long as Adam.

    Attributes
    ----------
    weights
        Its parameters, in their order.
    buffers
        What belongs to it without being learned, in its order.
    power
        The buffers that are spectral norm's stored vectors.
    """

    weights: list[Tensor]
    buffers: list[Tensor]
    power: list[Tensor]

    @staticmethod
    def of(network: nn.Module) -> NetworkTensors:
        """Those of a network, which must keep its tensors and change them in place."""
        return NetworkTensors(
            list(network.parameters()), list(network.buffers()), power_vectors(network)
        )


@dataclass(slots=True)
class TrainState:
    """Networks, optimisers and counters of a run.

    Attributes
    ----------
    generator, discriminator
        What is being trained.
    average
        The exponential moving average of G: what people look at.
    adapter
        What is the architecture's own.
    distributed
        The processes that train together.
    images, step, phase
        Real pictures seen, optimiser steps done, number of the growth phase.
    log_bytes
        Length of the event log at the last checkpoint.
    checkpoint_images
        Images seen when a checkpoint was last due; one at the end or at a stop is not due.
    snapshot_due
        Whether a model file is to be kept beside the checkpoint of this moment.
    classes
        Names of the data's classes as they were when the run began, in the order the networks know.
    path_length
        The length that G's paths should have, which follows their mean; a scalar.
    augmentation
        ADA's probability and what it follows.
    data
        What the pictures are told from others by (`Images.fingerprint`).
    tensors_g, tensors_d, tensors_average
        What the three networks are made of.
    """

    config: TrainConfig
    generator: Any
    discriminator: Any
    average: Any
    device: torch.device
    distributed: DistributedContext = field(default_factory=DistributedContext)
    images: int = 0
    step: int = 0
    phase: int = 0
    log_bytes: int = 0
    checkpoint_images: int = 0
    snapshot_due: bool = False
    classes: tuple[str, ...] = ()
    data: str = ""
    path_length: Tensor = field(init=False)
    augmentation: Overfitting = field(init=False)
    adapter: ArchitectureAdapter = field(init=False)
    optimizer_g: torch.optim.Adam = field(init=False)
    optimizer_d: torch.optim.Adam = field(init=False)
    tensors_g: NetworkTensors = field(init=False)
    tensors_d: NetworkTensors = field(init=False)
    tensors_average: NetworkTensors = field(init=False)

    def __post_init__(self) -> None:
        self.path_length = torch.zeros((), device=self.device)
        self.augmentation = Overfitting(self.config.augment_p)
        self.adapter = ADAPTERS[self.config.architecture]
        self.tensors_g = NetworkTensors.of(self.generator)
        self.tensors_d = NetworkTensors.of(self.discriminator)
        self.tensors_average = NetworkTensors.of(self.average)
        self.reset_optimizers()

    @staticmethod
    def start(
        config: TrainConfig,
        label_size: int,
        device: torch.device,
        distributed: DistributedContext | None = None,
    ) -> TrainState:
        """A fresh state, the same in every process."""
        generator, discriminator = build(config, label_size)
        average = copy.deepcopy(generator).eval().requires_grad_(requires_grad=False)
        networks = (generator.to(device), discriminator.to(device), average.to(device))
        return TrainState(config, *networks, device, distributed or DistributedContext())

    def reset_optimizers(self) -> None:
        """Forget Adam's moments, as the published schedule does at each phase."""
        self.optimizer_g = _adam(self.generator, self.config)
        self.optimizer_d = _adam(self.discriminator, self.config)

    def first_bad_tensor(self) -> str | None:
        """Name of a weight that is not finite, or None."""
        for name, tensor in self._networks().items():
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                return name
        return None

    # --- files -------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write everything to one safetensors file, whole or not at all."""
        tensors = self._networks()
        for name, optimizer in self._optimizers().items():
            for index, moments in optimizer.state_dict()["state"].items():
                for key, value in moments.items():
                    tensors[f"{name}.{index}.{key}"] = value
        if bool(self.path_length):
            tensors[PATH_LENGTH] = self.path_length
        if "ada" in self.config.augment:
            tensors[AUGMENTATION] = self.augmentation.to_tensor()
        counters = {
            "ganlab_checkpoint": 1,
            "tensors": len(tensors),
            "images": self.images,
            "step": self.step,
            "phase": self.phase,
            "log_bytes": self.log_bytes,
            "checkpoint_images": self.checkpoint_images,
            "snapshot": self.snapshot_due,
            "classes": list(self.classes),
            "data": self.data,
            "config": json.loads(self.config.to_json()),
        }
        write_tensors(path, tensors, {"ganlab": canonical_json(counters)})

    def load(self, path: Path) -> None:
        """Take over what `save` wrote; raises `TrainingError`, and then the state is as it was."""
        self.take(read_checkpoint(path))

    def take(self, checkpoint: Checkpoint) -> None:
        """Take over a checkpoint; raises `UnusableCheckpoint`, and then the state is as it was."""
        self._check_networks(checkpoint)
        moments = {
            name: _moments(checkpoint, name, optimizer)
            for name, optimizer in self._optimizers().items()
        }
        for prefix, network in self._modules().items():
            network.load_state_dict(_part(checkpoint.tensors, prefix))
        self.reset_optimizers()
        for name, optimizer in self._optimizers().items():
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": moments[name], "param_groups": groups})
        length = checkpoint.tensors.get(PATH_LENGTH)
        if length is not None and length.shape == () and bool(torch.isfinite(length)):
            self.path_length.copy_(length)
        kept = checkpoint.tensors.get(AUGMENTATION)
        if kept is not None and kept.shape == (4,):
            with contextlib.suppress(ValueError):
                self.augmentation = Overfitting.from_tensor(kept)
        self.images, self.step, self.phase = checkpoint.images, checkpoint.step, checkpoint.phase
        self.log_bytes = checkpoint.log_bytes
        self.checkpoint_images = checkpoint.checkpoint_images
        self.snapshot_due = checkpoint.snapshot_due
        self.data = checkpoint.data

    def _check_networks(self, checkpoint: Checkpoint) -> None:
        """Raise `UnusableCheckpoint` unless the file holds exactly these networks, in finite numbers."""
        own = self._networks()
        parts = {f"{prefix}." for prefix in self._modules()}
        found = {k: v for k, v in checkpoint.tensors.items() if f"{k.partition('.')[0]}." in parts}
        alike = own.keys() == found.keys() and all(
            (tensor.shape, tensor.dtype) == (found[name].shape, found[name].dtype)
            for name, tensor in own.items()
        )
        if not alike:
            raise UnusableCheckpoint(
                f"The checkpoint {checkpoint.path.name} is of another network than the run's config.",
                fits=False,
            )
        for name, tensor in found.items():
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise UnusableCheckpoint(
                    f"The checkpoint {checkpoint.path.name} is damaged: {name} is not finite."
                )

    def _modules(self) -> dict[str, nn.Module]:
        return {"g": self.generator, "d": self.discriminator, "ema": self.average}

    def _optimizers(self) -> dict[str, torch.optim.Adam]:
        return {"adam_g": self.optimizer_g, "adam_d": self.optimizer_d}

    def _networks(self) -> dict[str, Tensor]:
        return {
            f"{prefix}.{name}": tensor
            for prefix, network in self._modules().items()
            for name, tensor in network.state_dict().items()
        }


def _adam(network: nn.Module, config: TrainConfig) -> torch.optim.Adam:
    return torch.optim.Adam(
        network.parameters(),
        lr=config.learning_rate,
        betas=(config.adam_beta1, config.adam_beta2),
        eps=config.adam_epsilon,
        fused=True,
    )


def _moments(
    checkpoint: Checkpoint, name: str, optimizer: torch.optim.Adam
) -> dict[int, dict[str, Tensor]]:
    """Adam's moments by the number of the parameter; raises `UnusableCheckpoint` unless all are there."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for key, tensor in _part(checkpoint.tensors, name).items():
        index, _, kind = key.partition(".")
        if index.isascii() and index.isdigit() and len(index) < 9:
            moments.setdefault(int(index), {})[kind] = tensor
    for number, kept in moments.items():
        shape = weights[number].shape if number < len(weights) else None
        shapes = {kind: tensor.shape for kind, tensor in kept.items()}
        if shapes != {"step": torch.Size([]), "exp_avg": shape, "exp_avg_sq": shape}:
            raise UnusableCheckpoint(
                f"The checkpoint {checkpoint.path.name} is incomplete: {name}.{number} lacks a part."
            )
    return moments


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}


# --- a checkpoint as a file ------------------------------------------------------------------------------


class UnusableCheckpoint(TrainingError):
    """A checkpoint that a run cannot go on from, where an older one may do.

    Attributes
    ----------
    fits
        False where the file is whole, but of another network.
    """

    def __init__(self, what: str, *, fits: bool = True) -> None:
        super().__init__(
            what, "Put the file back as it was, or take it away for an older one to do."
        )
        self.fits = fits


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What `TrainState.save` wrote.

    Attributes
    ----------
    classes, config
        None in the files of ganlab versions that did not write them.
    """

    path: Path
    tensors: dict[str, Tensor]
    images: int
    step: int
    phase: int
    log_bytes: int
    checkpoint_images: int
    snapshot_due: bool
    classes: tuple[str, ...] | None
    data: str
    config: dict[str, Any] | None


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file.

    Raises `UnusableCheckpoint` where what is in the file is no checkpoint, or a damaged one, and
    another `TrainingError` where the file could not be read: that may pass.
    """
    try:
        with path.open("rb") as file:
            while file.read(2**20):  # here a failing disk is an error; in mapped memory it kills
                pass
        with open_tensors(path) as opened:
            header = (opened.metadata() or {}).get("ganlab", "null")
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except OSError as error:
        raise TrainingError(
            explain_os_error(error, f"reading the checkpoint {path.name}"),
            "Nothing was changed; see that the file can be read, then go on.",
        ) from None
    except (SafetensorError, ValueError, KeyError):
        raise UnusableCheckpoint(f"The checkpoint {path.name} is damaged.") from None
    try:
        return _checkpoint(path, tensors, header)
    except (TrainingError, ValueError, RecursionError) as error:
        why = f": {error.what}" if isinstance(error, TrainingError) else "."
        raise UnusableCheckpoint(f"The checkpoint {path.name} is damaged{why}") from None


def _checkpoint(path: Path, tensors: dict[str, Tensor], header: str) -> Checkpoint:
    counters = Fields("header", load_json(header), TrainingError)
    images = counters.integer("images", -1)
    classes = counters.take("classes", None)
    config = counters.take("config", None)
    found = Checkpoint(
        path,
        tensors,
        images,
        counters.integer("step", -1),
        counters.integer("phase", -1),
        counters.integer("log_bytes", 0),
        counters.integer("checkpoint_images", images),
        counters.flag("snapshot", default=False),
        tuple(str(name) for name in classes) if isinstance(classes, list) else None,
        counters.text("data", ""),
        config if isinstance(config, dict) else None,
    )
    numbers = (images, found.step, found.phase, found.log_bytes, found.checkpoint_images)
    if not all(0 <= number < MOST for number in numbers):
        raise TrainingError("Its counters cannot be.")
    if counters.integer("tensors", len(tensors)) != len(tensors):
        raise TrainingError("It lacks a tensor.")
    if path.stem.isdigit() and int(path.stem) != images:
        raise TrainingError(f"It is of {images} images, and its name says otherwise.")
    return found


# ------------------------------------------------------------------------------------------------
# Beginning a run with the weights of another: everything whose name and shape agree.


Weights = Mapping[str, Tensor]

RUNS_OWN = ("resolution", "label_size", "spectral_norm", "n_stats", "stats_blend")
"""Options of a model that a run decides itself; a model for rendering has its sigmas divided out."""


def start_from(state: TrainState, source: str) -> tuple[int, int]:
    """Load what fits of a model file, a checkpoint or a run; tells how many tensors G and D took.

    A run folder gives its newest checkpoint that can be read, else its model file. A checkpoint holds
    G, its average and D; so does a published one with a discriminator; a model file gives its averaged
    generator to both, and its discriminator where it carries one, as the bundled models do. Resolutions
    that the source does not have stay as they were drawn. Raises `TrainingError` when nothing of G fits.
    """
    found = _weights(Path(source), source)
    own = {"g": state.generator, "d": state.discriminator, "ema": state.average}
    taken = {prefix: _take(own[prefix], found.get(prefix, {})) for prefix in own}
    if not taken["g"]:
        raise TrainingError(
            f"{Path(source).name} shares no weights with the network to be trained.",
            "Choose the architecture, widths and z_dim of that model, or leave start_from empty.",
        )
    return taken["g"], taken["d"]


def discriminator_of(source: str) -> Weights:
    """The discriminator of a run's newest checkpoint, a checkpoint or a model file; empty without one."""
    return _weights(Path(source), source).get("d", {})


def _weights(path: Path, name: str) -> dict[str, Weights]:
    """Tensors by network: g, ema, and d where the source has it."""
    if path.is_dir():
        for checkpoint in reversed(RunFolder(path).checkpoints()):
            with contextlib.suppress(CheckpointError):
                return _of_checkpoint(checkpoint)
    if path.parent.name == "checkpoints" and path.suffix == ".safetensors":
        return _of_checkpoint(path)
    try:
        found = resolve(name)
        if recognise(found) is not Container.NATIVE:
            return _of_published(open_published(found))
        weights = open_model(found).network.module.state_dict()
        critic = read_discriminator(found)
    except TrainingError:
        raise
    except GanlabError as error:
        raise TrainingError(
            f"The run cannot start from {path.name}: {error.what}", error.remedy
        ) from None
    return {"g": weights, "ema": weights, "d": critic}


def _of_published(published: Published) -> dict[str, Weights]:
    """The trained and the averaged generator, and the discriminator where it is of their kind."""
    plain, averaged = (published.generator(averaged=flag) for flag in (False, True))
    found: dict[str, Weights] = {
        "g": plain.network.module.state_dict(),
        "ema": averaged.network.module.state_dict(),
    }
    with contextlib.suppress(CheckpointError):
        critic = published.discriminator()
        # the GAN zoo's StyleGAN was trained against a ProGAN's, whose weights mean something else
        if isinstance(critic, ARCHITECTURES[plain.info.architecture].discriminator):
            found["d"] = critic.state_dict()
    return found


def adopted(config: TrainConfig) -> TrainConfig:
    """The config with the network's shape taken over from the model or run it starts from.

    Resolution, classes and everything about training stay the run's own. Raises `TrainingError`
    for a model of another architecture.
    """
    if not config.start_from or config.shape:
        return config
    path = Path(config.start_from)
    run = _run_of(path)
    if run is not None:
        return _with_settings_of(config, run)
    try:
        found = resolve(config.start_from)
        info = open_model(found).info
        critic = {} if recognise(found) is Container.NATIVE else _critic_options(found)
    except GanlabError as error:
        raise TrainingError(
            f"The run cannot start from {path.name}: {error.what}", error.remedy
        ) from None
    _check_architecture(config, path.name, info.architecture)
    _check_pictures(info)
    return _with_shape(config, info, critic)


def _critic_options(path: Path) -> dict[str, Any]:
    """What a published file's discriminator has of its own; nothing where it brings none of its kind."""
    published = open_published(path)
    with contextlib.suppress(CheckpointError):
        critic: Any = published.discriminator()
        architecture = ARCHITECTURES[published.generator(averaged=True).info.architecture]
        if isinstance(critic, architecture.discriminator):
            options = dataclasses.asdict(critic.config)
            return {k: v for k, v in options.items() if k.startswith(("critic", "mbstd"))}
    return {}


def _check_pictures(info: ModelInfo) -> None:
    """Raise `TrainingError` for a model of pictures that no data set is prepared as."""
    size = tuple(info.config.get("const_size", (4, 4)))
    if const_size_of(aspect_of(size)) != size:
        raise TrainingError(
            f"{info.name} makes pictures whose shorter side is not {info.resolution} px.",
            "Choose another model to start from.",
        )


def _run_of(path: Path) -> RunFolder | None:
    """The run that a folder is, or that a checkpoint is of."""
    if path.parent.name == "checkpoints" and path.suffix == ".safetensors":
        path = path.parent.parent
    run = RunFolder(path)
    return run if run.files.is_file("config.json") else None


def _with_settings_of(config: TrainConfig, run: RunFolder) -> TrainConfig:
    other = run.config()
    _check_architecture(config, run.root.name, other.architecture)
    return dataclasses.replace(config, **{name: getattr(other, name) for name in NETWORK})


def _check_architecture(config: TrainConfig, name: str, architecture: str) -> None:
    if architecture != config.architecture:
        raise TrainingError(
            f"{name} is a {architecture}, and the run trains a {config.architecture}.",
            f"Choose --architecture {architecture}, or another model to start from.",
        )


def _with_shape(config: TrainConfig, info: ModelInfo, critic: Mapping[str, Any]) -> TrainConfig:
    shape = {key: value for key, value in info.config.items() if key not in RUNS_OWN}
    shape.update(critic)
    widths = shape.get("channel_list") or ()
    if widths:
        levels = len(widths) - (info.resolution.bit_length() - config.resolution.bit_length())
        if levels > len(widths):
            raise TrainingError(
                f"{info.name} says its widths up to {info.resolution} px only.",
                f"Train at {info.resolution} px or below.",
            )
        shape["channel_list"] = list(widths)[:levels]
    own: dict[str, Any] = network_settings(info.config)
    return dataclasses.replace(config, shape=canonical_json(shape), **own)


def _of_checkpoint(path: Path) -> dict[str, Weights]:
    parts: dict[str, dict[str, Tensor]] = {"g": {}, "d": {}, "ema": {}}
    for name, tensor in read_tensors(path).items():
        prefix, _, rest = name.partition(".")
        if prefix in parts:
            parts[prefix][rest] = tensor
    return dict(parts)


def _take(network: nn.Module, weights: Weights) -> int:
    """Copy every tensor of the same name and shape; tells how many there were."""
    taken = 0
    for name, tensor in network.state_dict().items():
        other = weights.get(name)
        if other is not None and other.shape == tensor.shape:
            tensor.copy_(other)
            taken += 1
    return taken
