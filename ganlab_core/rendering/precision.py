"""In what a network counts: which ways there are, and which is fastest here, measured and never assumed.

bfloat16 is twice as fast on processors with AMX or AVX512-BF16 and on GPUs, and twenty times slower on
those without, which compute it in software. The names can be had without torch.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganlab_core.errors import RenderError

if TYPE_CHECKING:
    from torch import device as Device
    from torch import dtype as DType

AUTO = "auto"
"""Asks for whatever is fastest on the device."""


@dataclass(frozen=True, slots=True)
class Precision:
    """One way to count.

    Attributes
    ----------
    words
        For a person who chooses.
    kind
        torch's name of the features' type.
    devices
        The only kinds of device that it is for; empty = all.
    """

    words: str
    kind: str
    devices: tuple[str, ...] = ()


PRECISIONS = {
    "fp32": Precision("32 bits, exact", "float32"),
    "tf32": Precision("32 bits, products of 19 (TF32, NVIDIA)", "float32", ("cuda",)),
    "bf16": Precision("16 bits (bfloat16)", "bfloat16"),
    "fp16": Precision("16 bits (float16, GPU)", "float16", ("cuda", "mps")),
}
"""By the names they are asked for."""

CHOICES = {
    **{name: one.words for name, one in PRECISIONS.items()},
    AUTO: "whichever is fastest here",
}
"""What may be asked for, each with words for a person."""


def check_precision(name: str, device: Device | None = None) -> str:
    """`name` if it is one of `CHOICES`, and one for the device; raises `RenderError`."""
    if name not in CHOICES:
        raise RenderError(f"There is no precision {name!r}.", f"Use one of {', '.join(CHOICES)}.")
    if device is not None and not counts_in(name, device.type):
        raise RenderError(
            f"The precision {name} is for a GPU, and this is the {device.type}.",
            "Use fp32, bf16 or auto.",
        )
    return name


def counts_in(name: str, kind: str) -> bool:
    """Whether a precision is one for this kind of device, such as `"cpu"`."""
    return name == AUTO or not PRECISIONS[name].devices or kind in PRECISIONS[name].devices


def dtype_of(name: str) -> DType:
    """The type of features, and of the weights they meet, in a precision."""
    import torch

    dtype: DType = getattr(torch, PRECISIONS[name].kind)
    return dtype


CHANNELS, SIDE = 128, 32
ROUNDS = 5
SECONDS = 0.4
"""After which no further round is begun."""

GAIN = 0.85
"""bfloat16 is chosen where it takes less than this part of fp32's time; its error is not for nothing."""


def fastest_precision(device: Device) -> str:
    """`"bf16"` where convolutions are clearly faster in it on this device, else `"fp32"`.

    Takes less than a second, once for each device and number of threads.
    """
    import torch

    return _measured(str(device), torch.get_num_threads())


@functools.cache
def _measured(name: str, threads: int) -> str:
    import torch

    device = torch.device(name)
    fp32, bf16 = (_seconds(device, dtype) for dtype in (torch.float32, torch.bfloat16))
    return "bf16" if bf16 < GAIN * fp32 else "fp32"


def _seconds(device: Device, dtype: DType) -> float:
    """The shortest of some convolutions as in the middle of a network."""
    import torch
    import torch.nn.functional as F

    features = torch.ones(1, CHANNELS, SIDE, SIDE, device=device, dtype=dtype)
    weight = torch.ones(CHANNELS, CHANNELS, 3, 3, device=device, dtype=dtype)
    features, weight = (
        one.contiguous(memory_format=torch.channels_last) for one in (features, weight)
    )
    shortest, began = float("inf"), time.perf_counter()
    for number in range(ROUNDS):
        at = time.perf_counter()
        with torch.inference_mode():
            F.conv2d(features, weight, padding=1)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if number:  # the first plans and allocates
            shortest = min(shortest, time.perf_counter() - at)
        if number and time.perf_counter() - began > SECONDS:
            break
    return shortest
