"""The arithmetic of a run's convolutions."""

from __future__ import annotations

import torch

from ganlab_core.training.config import TrainConfig


def autocast(config: TrainConfig, device: torch.device) -> torch.autocast:
    """bfloat16 where the config asks for it, else nothing."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=config.precision == "bf16")
