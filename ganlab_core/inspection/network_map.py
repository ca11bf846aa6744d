"""The network as a list of its stages: shapes, numbers of weights, and milliseconds as they run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ganlab_core.inspection.answers import NetworkFacts, StageFacts
from ganlab_core.model import Model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering.chain import Chain
from ganlab_core.rendering.conditions import Conditioner


def network_map(model: Model, recipe: Recipe, repeats: int = 3) -> tuple[StageFacts, ...]:
    """Every stage run on its own, on the device the model lies on."""
    found = network_facts(model, recipe, repeats)
    assert found is not None
    return found.stages


@torch.inference_mode()
def network_facts(
    model: Model,
    recipe: Recipe,
    repeats: int = 3,
    progress: Callable[[float], bool] | None = None,
) -> NetworkFacts | None:
    """Every stage run on its own `repeats` times, then once to see its weights; None when stopped."""
    conditioner = Conditioner(model, model.network.truncation_centre.device)
    times = []
    for repeat in range(repeats):
        times.append(_times(model, conditioner, recipe))
        if progress is not None and not progress((repeat + 1) / (repeats + 1)):
            return None
    best = [min(column) for column in zip(*times, strict=True)]
    total = sum(weights.numel() for weights in model.network.module.parameters())
    return NetworkFacts(_facts(model, conditioner, recipe, best), total)


def _times(model: Model, conditioner: Conditioner, recipe: Recipe) -> list[float]:
    """Milliseconds of each stage in one run from the first to the last."""
    chain, device = Chain(model, conditioner), conditioner.device
    took = []
    for stage in range(len(model.network.stage_names)):
        _wait(device)
        began = time.perf_counter()
        chain.reach_stage(recipe, stage)
        _wait(device)
        took.append(1000.0 * (time.perf_counter() - began))
    return took


def _facts(
    model: Model, conditioner: Conditioner, recipe: Recipe, best: Sequence[float]
) -> tuple[StageFacts, ...]:
    """What each stage gives and uses; w is known by now, so the mapping network is not seen."""
    chain = Chain(model, conditioner)
    shapes, used = [], []
    for stage in range(len(model.network.stage_names)):
        with _Weights() as seen:
            chain.reach_stage(recipe, stage)
        features = chain.features(stage)
        shapes.append((tuple(features.shape[1:]), str(features.dtype).removeprefix("torch.")))
        used.append(seen.sizes)
    shared = _repeated(key for sizes in used for key in sizes)
    return tuple(
        StageFacts(name, shape, dtype, took, _sum_without(sizes, shared))
        for name, (shape, dtype), took, sizes in zip(
            model.network.stage_names, shapes, best, used, strict=True
        )
    )


def _repeated(keys: Iterable[int]) -> set[int]:
    once: set[int] = set()
    twice: set[int] = set()
    for key in keys:
        (twice if key in once else once).add(key)
    return twice


def _sum_without(sizes: dict[int, int], shared: set[int]) -> int:
    return sum(size for key, size in sizes.items() if key not in shared)


class _Weights(TorchFunctionMode):
    """Notes which weights torch is handed meanwhile, whatever the architecture does with them."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run `func` as it is, and note the weights among its arguments."""
        self._note((*args, *(kwargs or {}).values()))
        return func(*args, **(kwargs or {}))

    def _note(self, values: Iterable[Any]) -> None:
        for value in values:
            if isinstance(value, nn.Parameter):
                self.sizes[id(value)] = value.numel()
            elif isinstance(value, list | tuple):
                self._note(value)


def _wait(device: torch.device) -> None:
    """Let a GPU finish, so that its time is counted where it belongs."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
