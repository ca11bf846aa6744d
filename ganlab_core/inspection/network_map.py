"""The network as a list of its stages: shapes, numbers of weights, and milliseconds as they run."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from ganlab_core.model import Model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering.chain import Chain
from ganlab_core.rendering.conditions import Conditioner


@dataclass(frozen=True, slots=True)
class StageFacts:
    """One stage as it ran.

    Attributes
    ----------
    name
        As the paper names it.
    shape
        Of its features: channels, height, width.
    dtype
        As torch names it: `"float32"`.
    milliseconds
        The shortest of several runs.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    milliseconds: float


@torch.inference_mode()
def network_map(model: Model, recipe: Recipe, repeats: int = 3) -> tuple[StageFacts, ...]:
    """Every stage run on its own, on the device the model lies on."""
    device = model.network.w_mean.device
    conditioner = Conditioner(model, device)
    best: dict[int, float] = {}
    facts: list[StageFacts] = []
    for _ in range(repeats):
        chain = Chain(model, conditioner)
        facts = []
        for stage, name in enumerate(model.network.stage_names):
            _wait(device)
            began = time.perf_counter()
            chain.reach_stage(recipe, stage)
            _wait(device)
            took = 1000.0 * (time.perf_counter() - began)
            best[stage] = min(best.get(stage, took), took)
            features = chain.features(stage)
            dtype = str(features.dtype).removeprefix("torch.")
            facts.append(StageFacts(name, tuple(features.shape[1:]), dtype, best[stage]))
    return tuple(facts)


def _wait(device: torch.device) -> None:
    """Let a GPU finish, so that its time is counted where it belongs."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
