"""Beginning a run with the weights of another: everything whose name and shape agree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from ganlab_core.errors import GanlabError, TrainingError
from ganlab_core.library import resolve
from ganlab_core.opening import open_model
from ganlab_core.tensor_file import read_tensors
from ganlab_core.training.run_folder import RunFolder
from ganlab_core.training.state import TrainState

Weights = Mapping[str, Tensor]


def start_from(state: TrainState, source: str) -> tuple[int, int]:
    """Load what fits of a model file, a checkpoint or a run; tells how many tensors G and D took.

    A run folder gives its newest checkpoint, which holds G, its average and D; a model file gives
    its averaged generator to both. Resolutions that the source does not have stay as they were
    drawn. Raises `TrainingError` when nothing of G fits.
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


def _weights(path: Path, name: str) -> dict[str, Weights]:
    """Tensors by network: g, ema, and d where the source has it."""
    if path.is_dir():
        checkpoints = RunFolder(path).checkpoints()
        if checkpoints:
            path = checkpoints[-1]
            name = str(path)
    if path.parent.name == "checkpoints" and path.suffix == ".safetensors":
        return _of_checkpoint(path)
    try:
        weights = open_model(resolve(name)).network.module.state_dict()
    except TrainingError:
        raise
    except GanlabError as error:
        raise TrainingError(
            f"The run cannot start from {path.name}: {error.what}", error.remedy
        ) from None
    return {"g": weights, "ema": weights}


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
