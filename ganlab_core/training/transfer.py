"""Beginning a run with the weights of another: everything whose name and shape agree."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ganlab_core.errors import CheckpointError, GanlabError, TrainingError
from ganlab_core.files import canonical_json
from ganlab_core.importers import Container, Published, open_model, open_published, recognise
from ganlab_core.models import ARCHITECTURES, ModelInfo, read_discriminator, read_tensors, resolve
from ganlab_core.training.config import NETWORK, TrainConfig, network_settings
from ganlab_core.training.run_folder import RunFolder
from ganlab_core.training.state import TrainState

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
        info = open_model(resolve(config.start_from)).info
    except GanlabError as error:
        raise TrainingError(
            f"The run cannot start from {path.name}: {error.what}", error.remedy
        ) from None
    _check_architecture(config, path.name, info.architecture)
    return _with_shape(config, info)


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


def _with_shape(config: TrainConfig, info: ModelInfo) -> TrainConfig:
    shape = {key: value for key, value in info.config.items() if key not in RUNS_OWN}
    widths = shape.get("channel_list") or ()
    if widths:
        levels = config.resolution.bit_length() - 1
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
