"""TrainState: everything a run carries from one step to the next, and how it travels through a file."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ganlab_core.errors import TrainingError
from ganlab_core.reading import Fields, canonical_json
from ganlab_core.tensor_file import write_tensors
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.networks import build
from ganlab_core.training.players.contract import Players
from ganlab_core.training.players.table import PLAYERS
from ganlab_core.training.team import Team


@dataclass(slots=True)
class TrainState:
    """Networks, optimisers and counters of a run.

    Attributes
    ----------
    generator, discriminator
        What is being trained.
    average
        The exponential moving average of G: what people look at.
    team
        The processes that train together.
    images, step, phase
        Real pictures seen, optimiser steps done, number of the growth phase.
    log_bytes
        Length of the event log at the last checkpoint.
    classes
        Names of the data's classes.
    """

    config: TrainConfig
    generator: Any
    discriminator: Any
    average: Any
    device: torch.device
    team: Team = field(default_factory=Team)
    images: int = 0
    step: int = 0
    phase: int = 0
    log_bytes: int = 0
    classes: tuple[str, ...] = ()
    optimizer_g: torch.optim.Adam = field(init=False)
    optimizer_d: torch.optim.Adam = field(init=False)

    def __post_init__(self) -> None:
        self.reset_optimizers()

    @property
    def players(self) -> Players:
        """What the architecture has to say for itself."""
        return PLAYERS[self.config.architecture]

    @staticmethod
    def start(
        config: TrainConfig, label_size: int, device: torch.device, team: Team | None = None
    ) -> TrainState:
        """A fresh state, the same in every process of a team."""
        generator, discriminator = build(config, label_size)
        average = copy.deepcopy(generator).eval().requires_grad_(requires_grad=False)
        networks = (generator.to(device), discriminator.to(device), average.to(device))
        return TrainState(config, *networks, device, team or Team())

    def reset_optimizers(self) -> None:
        """Forget Adam's moments, as the published schedule does at each phase."""
        self.optimizer_g = _adam(self.generator, self.config)
        self.optimizer_d = _adam(self.discriminator, self.config)

    def set_learning_rate(self, rate: float, rate_d: float | None = None) -> None:
        """Set G's step size and D's; None = the same."""
        rates = (rate, rate if rate_d is None else rate_d)
        for optimizer, chosen in zip((self.optimizer_g, self.optimizer_d), rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = chosen

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
        counters = {
            "ganlab_checkpoint": 1,
            "images": self.images,
            "step": self.step,
            "phase": self.phase,
            "log_bytes": self.log_bytes,
            "classes": list(self.classes),
        }
        write_tensors(path, tensors, {"ganlab": canonical_json(counters)})

    def load(self, path: Path) -> None:
        """Take over what `save` wrote; raises `TrainingError` when the file does not fit."""
        tensors, header = _read(path)
        counters = Fields("checkpoint", header, TrainingError)
        try:
            for prefix, network in self._modules().items():
                network.load_state_dict(_part(tensors, prefix))
        except RuntimeError:
            raise TrainingError(
                f"The checkpoint {path.name} does not fit the run's config.",
                "Resume with the config the run was started with.",
            ) from None
        self.reset_optimizers()
        for name, optimizer in self._optimizers().items():
            _load_optimizer(optimizer, _part(tensors, name))
        self.images = counters.integer("images", 0)
        self.step = counters.integer("step", 0)
        self.phase = counters.integer("phase", 0)
        self.log_bytes = counters.integer("log_bytes", 0)

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


def _load_optimizer(optimizer: torch.optim.Adam, tensors: dict[str, Tensor]) -> None:
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        moments.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}


def _read(path: Path) -> tuple[dict[str, Tensor], Any]:
    import json

    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get("ganlab", "null"))
            return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118
    except (OSError, SafetensorError, ValueError):
        raise TrainingError(
            f"The checkpoint {path.name} cannot be read.", "Delete it to resume from an older one."
        ) from None
