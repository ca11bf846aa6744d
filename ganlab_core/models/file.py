"""The native model file: one `.safetensors` with the weights and a JSON header, never any code."""

from __future__ import annotations

import copy
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
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab_core.errors import CheckpointError, explain_os_error
from ganlab_core.files import atomic_path, canonical_json, load_json, tensor_header, user_models_dir
from ganlab_core.models.architectures import ARCHITECTURES
from ganlab_core.models.info import TUNED, ModelInfo, check_encodable, info_from_header, read_info
from ganlab_core.models.library import SUFFIX, checked_name, find_models, models_beside
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
    if info.tuned_from is not None and not weights:
        model = _tuned(load_model(base_of(info).path), _change_in(tensors), info)
    else:
        model = from_generator(_generator(info, weights, path), info)
        model.phases.update(phases_from(tensors, model))
    model.readouts.update(probes_from(tensors, model))
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
# A tuning: what a model's weights became for one picture (Roich et al. 2021), as products of narrow
# matrices (Hu et al. 2021, "LoRA") in a file of its own. It is a model like any other, of the fingerprint
# of all its weights, and opens where the model it was made of is at hand.


Change = Mapping[str, tuple[Tensor, Tensor]]
"""Names of weights -> (rows, k) and (k, columns), whose product is added to the weight."""

CHANGES = "t."
"""Begins the names of a change's tensors."""


def with_change(
    weight: Tensor, rows: Float[Tensor, "rows k"], columns: Float[Tensor, "k columns"]
) -> Tensor:
    """A weight with the product of two narrow matrices added, (rows, k) and (k, columns)."""
    return weight + (rows @ columns).view(weight.shape)


def base_of(info: ModelInfo) -> ModelInfo:
    """The model that a tuning was made of, or the model itself; raises `CheckpointError`.

    It is looked for in the library and beside the tuning's file, by its fingerprint.
    """
    if info.tuned_from is None:
        return info
    title, mark = info.tuned_from
    for found in (*find_models(), *models_beside(info.path)):
        if found.fingerprint == mark and found.tuned_from is None:
            return found
    raise CheckpointError(
        f"{info.name} is a tuning of {title}, which is not among your models.",
        f"Import {title} again, or put its file beside {info.path.name}.",
    )


def tunable_base(info: ModelInfo) -> ModelInfo:
    """What a tuning of a model is made of: it, or what it is a tuning of itself.

    Raises `CheckpointError` where that is not among the bundled models or the person's own.
    """
    base = base_of(info)
    if base.fingerprint not in {one.fingerprint for one in find_models()}:
        raise CheckpointError(
            f"{base.title or base.name} is not among your models, so a tuning of it would not open again.",
            "Keep the model first (File > Keep Model, or ganlab import).",
        )
    return base


def keep_tuning(model: Model, change: Change, name: str) -> Model:
    """Keep a change of a model's weights among the person's own models; the model that it makes.

    Its pictures are those of the file opened again, bit for bit: the numbers are rounded to half precision
    before. What tunes a tuned model is added to that one's change. Raises `CheckpointError` for a name
    that is taken or cannot be one, and where the model itself is not among the bundled ones or the
    person's own.
    """
    path = user_models_dir() / f"{checked_name(name)}{SUFFIX}"
    base = tunable_base(model.info)
    before: Change = {}
    if model.info.tuned_from is not None:
        before = _change_in(read_tensors(model.info.path, CHANGES))
    told = {"name": base.name, "title": base.title or base.name, "fingerprint": base.fingerprint}
    info = dataclasses.replace(
        model.info, name=path.stem, title=path.stem, path=path, second=None,
        provenance={**model.info.provenance, TUNED: told},
    )  # fmt: skip
    tuned = _tuned(load_model(base.path), _joined(before, _rounded(change)), info)
    weights = tuned.network.module.state_dict() | phase_tensors(tuned.phases)
    mark = fingerprint(info.architecture, info.config, weights)
    tuned.info = dataclasses.replace(info, fingerprint=mark)
    tensors = {
        f"{CHANGES}{name}.{part}": tensor.half()
        for name, pair in _joined(before, _rounded(change)).items()
        for part, tensor in zip(("rows", "columns"), pair, strict=True)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, tensors, {"ganlab": canonical_json(tuned.info.to_header())})
    return tuned


def _rounded(change: Change) -> Change:
    """As the file keeps it."""
    return {
        name: (rows.detach().cpu().half().float(), columns.detach().cpu().half().float())
        for name, (rows, columns) in change.items()
    }


def _joined(first: Change, second: Change) -> dict[str, tuple[Tensor, Tensor]]:
    """One change after another, as one."""
    found = dict(first)
    for name, (rows, columns) in second.items():
        if name in found:
            before, across = found[name]
            rows, columns = torch.cat([before, rows], 1), torch.cat([across, columns])
        found[name] = (rows, columns)
    return found


def _change_in(tensors: Mapping[str, Tensor]) -> Change:
    """The change among a file's tensors; what lacks its other half is left for `_tuned` to miss."""
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(CHANGES):
            weight, _, part = name.removeprefix(CHANGES).rpartition(".")
            parts.setdefault(weight, {})[part] = tensor.float()
    empty = torch.empty(0)
    return {
        name: (pair.get("rows", empty), pair.get("columns", empty)) for name, pair in parts.items()
    }


def _tuned(base: Model, change: Change, info: ModelInfo) -> Model:
    """A model with a change made to its weights; raises `CheckpointError` where it fits another one."""
    network: Any = copy.deepcopy(base.network.module)
    weights = dict(network.named_parameters())
    shape = (base.info.architecture, base.info.resolution, base.info.config)
    try:
        if shape != (info.architecture, info.resolution, info.config):
            raise _damaged(info.path)
        for name, (rows, columns) in change.items():
            weights[name].data = with_change(weights[name].data, rows, columns)
    except (KeyError, RuntimeError):
        raise _damaged(info.path) from None
    model = from_generator(network, info)
    model.phases.update(base.phases)
    return model


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
    """The state of a model file's discriminator in fp32, empty where it has none; `CheckpointError`.

    A tuning's is that of the model it was made of.
    """
    found = read_tensors(path, TRAINERS)
    if not found and (info := read_info(path)).tuned_from is not None:
        found = read_tensors(base_of(info).path, TRAINERS)
    return {name.removeprefix(TRAINERS): tensor.float() for name, tensor in found.items()}
