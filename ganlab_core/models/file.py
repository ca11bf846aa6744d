"""The native model file: one `.safetensors` with the weights and a JSON header, never any code."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab_core.errors import CheckpointError, explain_os_error
from ganlab_core.files import atomic_path, canonical_json, load_json, tensor_header
from ganlab_core.models.architectures import ARCHITECTURES
from ganlab_core.models.info import ModelInfo, check_encodable, info_from_header, read_info
from ganlab_core.models.model import Model

# ------------------------------------------------------------------------------------------------
# Writing safetensors files whole or not at all, with failures told in a sentence.


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write `tensors` and `metadata` to `path`; raises `CheckpointError`, and then nothing changed.

    A single metadata entry keeps the bytes the same from one writing to the next: the format does
    not order several.
    """
    check_encodable(path)
    packed = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        with atomic_path(path, in_scratch=True) as temporary:
            save_file(packed, temporary, dict(metadata))
    except OSError as error:
        raise CheckpointError(explain_os_error(error, f"writing {path.name}"), _REMEDY) from None
    except SafetensorError as error:  # the library's own wrapping of a full disk
        reason = str(error).rpartition("I/O error: ")[2]
        raise CheckpointError(f"Writing {path.name} failed: {reason}.", _REMEDY) from None


_REMEDY = "Make room on the disk, or choose another folder."


FAULTS = (
    OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError, AttributeError,
    NotImplementedError,
)  # fmt: skip
"""What opening a file and reading its tensors may raise."""


def open_tensors(path: Path) -> Any:
    """A safetensors file to read tensors from, in a `with`; raises one of `FAULTS`.

    Its header is read within our bounds first: the format's own reader has none for their number.
    """
    check_encodable(path)
    tensor_header(path)
    return safe_open(path, framework="pt")


def read_tensors(path: Path, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a safetensors file whose names begin so, by name; raises `CheckpointError`."""
    try:
        with open_tensors(path) as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}
    except FAULTS:
        raise CheckpointError(
            f"{path.name} is damaged or incomplete.", "Choose another file."
        ) from None


TRAINERS = "d."
"""Begins the names of tensors that only training reads (`model_discriminator`)."""

Readouts = dict[int, tuple[Tensor, Tensor]]


def fingerprint(architecture: str, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> str:
    """32 hex digits over the network's shape and every weight, by name, type, shape and value.

    Kept phases count as weights, because they decide what a Recipe of lower growth shows.
    """
    digest = hashlib.sha256(f"{architecture}\n{canonical_json(dict(config))}\n".encode())
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:32]


def save_model(model: Model, path: Path) -> ModelInfo:
    """Write a model to `path`, whole or not at all; returns its header with fingerprint and place."""
    weights = model.network.module.state_dict()
    phases = phase_tensors(model.phases)
    info = dataclasses.replace(
        model.info,
        name=path.stem,
        path=path,
        fingerprint=fingerprint(model.info.architecture, model.info.config, weights | phases),
    )
    tensors = {f"g.{name}": tensor for name, tensor in weights.items()}
    tensors |= phases | probe_tensors(model.readouts)
    try:
        header = canonical_json(info.to_header())
    except ValueError:
        raise CheckpointError(
            f"{path.name} would say a number of itself that is not finite.",
            "Get the model again from where it was published.",
        ) from None
    write_tensors(path, tensors, {"ganlab": header})
    return info


def load_model(path: Path) -> Model:
    """Read a model file; raises `CheckpointError` with a sentence when it is not one or is damaged."""
    read_info(path)  # a cheap look first: says plainly when the file is something else
    try:
        with open_tensors(path) as file:
            header = load_json((file.metadata() or {})["ganlab"])
            names = [name for name in file.keys() if not name.startswith(TRAINERS)]  # noqa: SIM118
            tensors = {name: file.get_tensor(name) for name in names}
    except FAULTS:
        raise _damaged(path) from None
    info = info_from_header(header, path)
    weights = {name[2:]: value for name, value in tensors.items() if name.startswith("g.")}
    model = from_generator(_generator(info, weights, path), info)
    model.readouts.update(probes_from(tensors, model))
    model.phases.update(phases_from(tensors, model))
    return model


def from_generator(generator: Any, info: ModelInfo) -> Model:
    """A model around a generator in memory, without read-outs."""
    architecture = ARCHITECTURES[info.architecture]
    can = architecture.capabilities(generator.config, info.classes)
    return Model(info, can, architecture.stages(generator), {})


def _generator(info: ModelInfo, weights: Mapping[str, Tensor], path: Path) -> Any:
    """The generator the header describes, with the file's weights in fp32."""
    architecture = ARCHITECTURES.get(info.architecture)
    if architecture is None:
        raise CheckpointError(
            f"This ganlab cannot open models of the architecture {info.architecture!r}.",
            "Update ganlab.",
        )
    try:
        config = architecture.config_from(info.config)
        if config.resolution != info.resolution or config.label_size != len(info.classes):
            raise _damaged(path)
        with torch.device("meta"):
            generator = architecture.generator(config)
        whole = {name: _aligned(value.float()) for name, value in weights.items()}
        generator.load_state_dict(whole, assign=True)
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        raise _damaged(path) from None
    return generator.eval().requires_grad_(requires_grad=False)


def _aligned(tensor: Tensor) -> Tensor:
    """The tensor where any allocation of torch's would lie: the last bit of a product hangs on it.

    So a model out of a file gives the very pixels of the one that was written.
    """
    return tensor.clone() if tensor.data_ptr() % 64 else tensor


def phase_tensors(phases: Mapping[int, Model]) -> dict[str, Tensor]:
    """Kept phases as the tensors of a file, in half precision."""
    return {
        f"phase.{resolution}.{name}": tensor.detach().cpu().half()
        for resolution, phase in phases.items()
        for name, tensor in phase.network.module.state_dict().items()
    }


def phases_from(tensors: Mapping[str, Tensor], model: Model) -> dict[int, Model]:
    """The kept phases among a file's tensors; raises `CheckpointError` when they fit another network."""
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("phase."):
            _, resolution, key = (name.split(".", 2) + ["", ""])[:3]
            parts.setdefault(resolution, {})[key] = tensor
    below = {str(side): side for side in model.capabilities.resolutions[:-1]}
    if not parts.keys() <= below.keys() or (parts and not model.capabilities.has_growth):
        raise _damaged(model.info.path)
    return {below[side]: _phase(model, below[side], part) for side, part in parts.items()}


def _phase(model: Model, resolution: int, weights: Mapping[str, Tensor]) -> Model:
    """The model cut to `resolution`, with these weights."""
    level = resolution.bit_length() - 1
    whole: Any = model.network.module.config
    config = dataclasses.replace(
        whole, resolution=resolution, channel_list=whole.channel_list[:level]
    )
    info = dataclasses.replace(
        model.info,
        resolution=resolution,
        growth=float(level),
        config=dataclasses.asdict(config),
    )
    return from_generator(_generator(info, weights, model.info.path), info)


def probe_tensors(readouts: Readouts) -> dict[str, Tensor]:
    """Fitted read-outs as the tensors of a file."""
    tensors = {}
    for resolution, parts in readouts.items():
        for kind, tensor in zip(("weight", "bias"), parts, strict=True):
            tensors[f"readout.{resolution}.{kind}"] = tensor.detach().cpu().contiguous()
    return tensors


def probes_from(tensors: Mapping[str, Tensor], model: Model) -> Readouts:
    """The read-outs among a file's tensors; raises `CheckpointError` when they fit another network."""
    result: Readouts = {}
    for resolution in model.capabilities.resolutions:
        weight = tensors.get(f"readout.{resolution}.weight")
        bias = tensors.get(f"readout.{resolution}.bias")
        if weight is None and bias is None:
            continue
        colours = model.capabilities.img_channels
        shape = (colours, model.network.channels(resolution))
        if weight is None or bias is None or weight.shape != shape or bias.shape != shape[:1]:
            raise _damaged(model.info.path)
        result[resolution] = (weight.float(), bias.float())
    return result


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is damaged or incomplete.", "Copy or download the file again."
    )


# ------------------------------------------------------------------------------------------------
# Changing what a model file says of itself, without touching its weights.


ALIGNMENT = 8
"""The format's header is padded with spaces to a multiple of this many bytes."""


def update_provenance(path: Path, changes: Mapping[str, Any]) -> ModelInfo:
    """Set entries of a model file's provenance, None removes one; returns the new header.

    The tensors' bytes are copied as they are, so that the fingerprint stays. Raises
    `CheckpointError`, and then nothing changed.
    """
    info = read_info(path)
    kept = {**info.provenance, **changes}
    provenance = {key: value for key, value in kept.items() if value is not None}
    try:
        header = tensor_header(path)
        with path.open("rb") as source, atomic_path(path) as temporary:
            source.seek(struct.unpack("<Q", source.read(8))[0], os.SEEK_CUR)
            ours = load_json(header["__metadata__"]["ganlab"])
            header["__metadata__"]["ganlab"] = canonical_json({**ours, "provenance": provenance})
            packed = json.dumps(header, separators=(",", ":")).encode()
            packed += b" " * (-len(packed) % ALIGNMENT)
            with temporary.open("wb") as target:
                target.write(struct.pack("<Q", len(packed)) + packed)
                shutil.copyfileobj(source, target)
    except OSError as error:
        raise CheckpointError(explain_os_error(error, f"writing {path.name}")) from None
    return read_info(path)


# ------------------------------------------------------------------------------------------------
# The discriminator that a model file may carry, so that others can train on from it.
# Nothing but training reads it: the model looks the same without, and has the same fingerprint.


def add_discriminator(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Put a discriminator's state into a model file, in half precision, in place of one it had.

    Raises `CheckpointError`, and then nothing changed.
    """
    kept = {name: t for name, t in read_tensors(path).items() if not name.startswith(TRAINERS)}
    kept |= {f"{TRAINERS}{name}": tensor.detach().half() for name, tensor in weights.items()}
    try:
        with open_tensors(path) as file:
            header = file.metadata() or {}
    except FAULTS as error:
        raise CheckpointError(f"{path.name} cannot be read: {error}.") from None
    write_tensors(path, kept, header)


def read_discriminator(path: Path) -> dict[str, Tensor]:
    """The state of a model file's discriminator in fp32, empty where it has none; `CheckpointError`."""
    return {
        name.removeprefix(TRAINERS): tensor.float()
        for name, tensor in read_tensors(path, TRAINERS).items()
    }
