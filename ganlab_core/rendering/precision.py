"""Which precision a machine renders fastest in: measured, never assumed.

bfloat16 is twice as fast on processors with AMX or AVX512-BF16 and on GPUs, and twenty times slower on
those without, which compute it in software.
"""

from __future__ import annotations

import functools
import time

import torch
import torch.nn.functional as F

CHANNELS, SIDE = 128, 32
ROUNDS = 5
SECONDS = 0.4
"""After which no further round is begun."""

GAIN = 0.85
"""bfloat16 is chosen where it takes less than this part of fp32's time; its error is not for nothing."""


def fastest_precision(device: torch.device) -> str:
    """`"bf16"` where convolutions are clearly faster in it on this device, else `"fp32"`.

    Takes less than a second, once for each device and number of threads.
    """
    return _measured(str(device), torch.get_num_threads())


@functools.cache
def _measured(name: str, threads: int) -> str:
    device = torch.device(name)
    fp32, bf16 = (_seconds(device, dtype) for dtype in (torch.float32, torch.bfloat16))
    return "bf16" if bf16 < GAIN * fp32 else "fp32"


@torch.inference_mode()
def _seconds(device: torch.device, dtype: torch.dtype) -> float:
    """The shortest of some convolutions as in the middle of a network."""
    features = torch.ones(1, CHANNELS, SIDE, SIDE, device=device, dtype=dtype)
    weight = torch.ones(CHANNELS, CHANNELS, 3, 3, device=device, dtype=dtype)
    features, weight = (
        one.contiguous(memory_format=torch.channels_last) for one in (features, weight)
    )
    shortest, began = float("inf"), time.perf_counter()
    for number in range(ROUNDS):
        at = time.perf_counter()
        F.conv2d(features, weight, padding=1)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if number:  # the first plans and allocates
            shortest = min(shortest, time.perf_counter() - at)
        if number and time.perf_counter() - began > SECONDS:
            break
    return shortest
