"""The averaged generator: an exponential moving average of G's weights."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab_core.training.state import TrainState


@torch.no_grad()
def update_average(state: TrainState, images: int) -> None:
    """Let the average follow G after `images` more real pictures.

    The half-life is in images; before `ema_start_kimg` the average is a copy. Buffers, such as the mean of
    W, are copied, or averaged too where the architecture wants it.
    """
    config = state.config
    half_life = config.ema_kimg * 1000.0
    beta = 0.5 ** (images / half_life) if half_life > 0 else 0.0
    if state.images < config.ema_start_kimg * 1000.0:
        beta = 0.0
    average: list[Tensor] = list(state.average.parameters())
    current = [parameter.detach() for parameter in state.generator.parameters()]
    torch._foreach_lerp_(average, current, 1.0 - beta)
    for mean, buffer in zip(state.average.buffers(), state.generator.buffers(), strict=True):
        if state.players.averages_buffers and buffer.is_floating_point():
            mean.lerp_(buffer, 1.0 - beta)
        else:
            mean.copy_(buffer)
