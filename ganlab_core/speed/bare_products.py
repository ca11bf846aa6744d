"""The floor under a frame: its convolutions and matrix products alone, in the same precision.

What a frame costs above that is passes over memory, conversions, launches and Python. A network is
watched once while it runs plainly, as its paper reads; each product is then repeated by itself, on
random numbers of the same shapes, channels last, one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ganlab_core.models import Model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Conditioner, arithmetic, stage_inputs

PRODUCTS = frozenset(
    {
        "convolution",
        "conv2d",
        "conv_transpose2d",
        "linear",
        "matmul",
        "mm",
        "addmm",
        "bmm",
        "baddbmm",
    }
)
"""Names of torch's operators that multiply matrices or convolve."""

MAPPING, READ = "mapping", "read"
"""Where products belong that no stage has: from z to w, and from the last features to colours."""


@dataclass(frozen=True, slots=True)
class Product:
    """One convolution or matrix product.

    Attributes
    ----------
    operator
        torch's, to be called with `arguments`.
    arguments
        As they were, with tensors replaced by their shapes.
    """

    operator: Callable[..., Tensor]
    arguments: tuple[Any, ...]

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        sizes = [one for one in self.arguments if isinstance(one, torch.Size)]
        if "conv" in str(self.operator):  # those with a stride are transposed: once for each input
            return 2 * math.prod(sizes[1]) * math.prod(sizes[0][2:])
        if "linear" in str(self.operator):
            return 2 * math.prod(sizes[1]) * math.prod(sizes[0][:-1])
        return 2 * math.prod(sizes[-2]) * sizes[-1][-1]

    def on(self, device: torch.device, dtype: torch.dtype) -> Callable[[], Tensor]:
        """A call of it on random numbers of this type, channels last where there are channels."""
        given = [
            _random(one, device, dtype) if isinstance(one, torch.Size) else one
            for one in self.arguments
        ]
        return lambda: self.operator(*given)


def _random(shape: torch.Size, device: torch.device, dtype: torch.dtype) -> Tensor:
    drawn = torch.randn(shape, device=device).to(dtype)
    return drawn.contiguous(memory_format=torch.channels_last) if drawn.dim() == 4 else drawn


class _Watch(TorchDispatchMode):
    """Notes every product that is computed inside the block."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: list[Product] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func.overloadpacket.__name__ in PRODUCTS and not (_depthwise(args) or _folds(args)):
            shapes = tuple(one.shape if isinstance(one, Tensor) else one for one in args)
            self.seen.append(Product(func, shapes))
        return func(*args, **(kwargs or {}))


def _depthwise(args: tuple[Any, ...]) -> bool:
    """A filter of each map by itself is a pass over memory, not a product of maps."""
    weight = args[1]
    return (
        isinstance(weight, Tensor)
        and weight.dim() == 4
        and weight.shape[:2] == (args[0].shape[1], 1)
    )


def _folds(args: tuple[Any, ...]) -> bool:
    """`layers.shifted_sum`, which makes a 4x4 kernel of a 3x3 one and sees no features."""
    return isinstance(args[1], Tensor) and args[1].shape == (9, 16)


class BareProducts:
    """The products of one network, by stage, ready to be repeated.

    Parameters
    ----------
    found
        Stage (or `MAPPING`, `READ`) -> its products, as `products_of` finds them.
    device, dtype
        Where and in which precision they are repeated.
    """

    def __init__(
        self, found: dict[int | str, list[Product]], device: torch.device, dtype: torch.dtype
    ) -> None:
        self._device, self._dtype = device, dtype
        self._calls = {
            place: [product.on(device, dtype) for product in products]
            for place, products in found.items()
        }

    @torch.inference_mode()
    def run(self, places: Iterable[int | str]) -> None:
        """Compute the products of these stages once; on a GPU they are waited for."""
        with arithmetic(self._device):
            for place in places:
                for call in self._calls.get(place, ()):
                    call()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


@torch.inference_mode()
def products_of(model: Model, device: torch.device) -> dict[int | str, list[Product]]:
    """Stage -> the products of one frame in the plain network, in fp32; `MAPPING` and `READ` besides."""
    conditioner = Conditioner(model, device)
    network, can = model.network, model.capabilities
    found: dict[int | str, list[Product]] = {MAPPING: [], READ: []}
    features: Tensor | None = None
    for stage, inputs in enumerate(stage_inputs(Recipe(), can)):
        with _Watch() as watch:
            condition = conditioner.condition(stage, inputs)
        found[MAPPING] += watch.seen
        with _Watch() as watch:
            features = network.run_stage(stage, features, condition)
        found[stage] = watch.seen
    assert features is not None
    with _Watch() as watch:
        network.to_rgb(can.resolution, features)
    found[READ] += watch.seen
    return found
