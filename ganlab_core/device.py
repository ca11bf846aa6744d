"""Choosing where to compute; only calls choose, importing does nothing."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ganlab_core.errors import RenderError


def choose_device(name: str | None = None) -> torch.device:
    """`"auto"` or None = CUDA, else MPS, else the CPU; a named one must be there (`RenderError`)."""
    if name in (None, "", "auto"):
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(str(name))
    except RuntimeError:
        raise RenderError(f"There is no device called {name!r}.", "Use cpu, cuda or mps.") from None
    missing = (device.type == "cuda" and not torch.cuda.is_available()) or (
        device.type == "mps" and not torch.backends.mps.is_available()
    )
    if missing:
        raise RenderError(f"This machine has no {device.type} device.", "Use --device cpu.")
    return device


def leave_a_core() -> int:
    """Let torch use all cores but one, which belongs to the window or the encoder; returns how many.

    Everything that renders asks for this, because the number of threads decides in which order a
    convolution adds up, and with it the last bit of a picture. `OMP_NUM_THREADS` has the last word.

    Where the main thread renders, freed memory is kept: a frame of 1024 px takes a third longer without.
    The C library keeps it only there, and a window's render thread is another.
    """
    if threading.current_thread() is threading.main_thread():
        _keep_freed_memory()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), max(1, _cores() - 1)))
    return torch.get_num_threads()


def use_threads(count: int) -> int:
    """Set how many CPU threads torch uses; 0 = all cores this process may use. Returns the number.

    Gradients are made ready for several: see `weight_gradient`.
    """
    _keep_freed_memory()
    chosen = count or _cores()
    if chosen > 1:
        _share_weight_gradients()
    torch.set_num_threads(chosen)
    return chosen


def _cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _keep_freed_memory() -> None:
    """Ask glibc to keep big freed blocks instead of giving them back to the system.

    Each step frees and asks for the same tensors; returning them costs a page fault per 4 KiB every
    time. `tests/benchmarks/training_speed.py` shows the difference.
    """
    if not sys.platform.startswith("linux"):
        return
    trim_threshold, top_pad, mmap_max = -1, -2, -4  # the numbers of malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library, such as musl
        return
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(top_pad, 2**28)


# ------------------------------------------------------------------------------------------------
# Gradients of kernels in bfloat16, by several threads.


def weight_gradient(
    picture: Float[Tensor, "n i _ _"],
    gradient: Float[Tensor, "n o _ _"],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
) -> Float[Tensor, "o i _ _"]:
    """What a convolution's kernel gets, as one product of matrices.

    oneDNN has its threads meet for each picture of a batch when it makes this in bfloat16, and they wait
    by spinning: where another program has one of the cores, each meeting costs a slice of its time, and a
    step of training ten times the processor's. In a product they meet nowhere.

    Parameters
    ----------
    picture
        What was convolved, (N, I, H, W).
    gradient
        That of what came out, (N, O, H', W').
    kernel, stride, padding
        Down and across, in pixels.

    Returns
    -------
    Tensor
        (O, I, *kernel), lying channels last.
    """
    (n, outputs, *sides), channels = gradient.shape, picture.shape[1]
    down, across = padding
    if down or across:
        picture = F.pad(picture, (across, across, down, down))
    lying = picture.permute(0, 2, 3, 1).contiguous()
    each, row, column, _ = lying.stride()
    seen = lying.as_strided(  # what each place of the output was made of
        (n, *sides, kernel[0], kernel[1] * channels),
        (each, stride[0] * row, stride[1] * column, row, 1),
    )
    given = gradient.permute(0, 2, 3, 1).reshape(-1, outputs)
    flat = given.t() @ seen.reshape(len(given), -1)
    return flat.view(outputs, *kernel, channels).permute(0, 3, 1, 2)


@functools.cache
def _share_weight_gradients() -> torch.library.Library:
    """Let this process's convolutions make their kernels' gradients by `weight_gradient` where it helps.

    That is on the CPU, in bfloat16, with several threads; all else is torch's own to the bit. It stands
    below autograd, so gradients of gradients need nothing more. It holds while what is returned lives.
    """
    plain = torch.library.get_kernel(torch.ops.aten.convolution_backward.default, "CPU")

    def backward(
        keys: torch._C.DispatchKeySet, gradient: Tensor, x: Tensor, weight: Tensor, *how: Any
    ) -> tuple[Tensor | None, ...]:
        def by_torch(*wanted: bool) -> tuple[Tensor | None, ...]:
            return plain.call_boxed(keys, gradient, x, weight, *how[:-1], wanted)  # type: ignore[no-any-return]

        _bias, stride, padding, dilation, transposed, _more, groups, wanted = how
        of_x, of_weight, of_bias = wanted
        picture, made = (gradient, x) if transposed else (x, gradient)
        known = x.dtype == torch.bfloat16 and x.ndim == 4 and groups == max(dilation) == 1
        shared = known and torch.get_num_threads() > 1 and (of_weight or of_bias)
        if not shared or _meets_nowhere(picture, weight, stride):
            return by_torch(*wanted)
        kernel = weight.shape[2:]
        return (
            by_torch(True, False, False)[0] if of_x else None,
            weight_gradient(picture, made, kernel, stride, padding) if of_weight else None,
            gradient.sum(dim=(0, 2, 3)) if of_bias else None,
        )

    library = torch.library.Library("aten", "IMPL")
    library.impl("convolution_backward", backward, "CPU", with_keyset=True)
    return library


def _meets_nowhere(picture: Tensor, weight: Tensor, stride: Sequence[int]) -> bool:
    """Whether oneDNN's threads share this gradient without meeting for each picture, as found by trying.

    They do where 3x3 kernels of stride 1 meet large pictures with neither few nor very many maps. A
    product would take up to three times as long there.
    """
    (one, other, *kernel), (height, width) = weight.shape, picture.shape[2:]
    return (
        [*kernel, *stride] == [3, 3, 1, 1]
        and height * width >= 16 * 16
        and min(one, other) >= 16
        and max(one, other) <= 192
    )


# ------------------------------------------------------------------------------------------------
# Passes over memory that a GPU makes as one.


class FusedPass:
    """A function of tensors whose passes over memory torch's compiler makes into one, on CUDA.

    It is compiled once for all sizes, for each type and layout, in a thread of its own, and for inference
    mode, in which all is rendered. Until then the plain function is run, and so it is for good where there
    is no compiler. Both ways give the same but for rounding.

    Parameters
    ----------
    plain
        Takes tensors, and values that it is compiled for one by one.
    formula
        The same written in what a compiler fuses, where `plain` is not.

    Attributes
    ----------
    devices
        Kinds of devices that it is compiled for.
    backend
        Of `torch.compile`.
    """

    devices: tuple[str, ...] = ("cuda",)
    backend = "inductor"
    _threads: list[threading.Thread] = []

    def __init__(
        self, plain: Callable[..., Tensor], formula: Callable[..., Tensor] | None = None
    ) -> None:
        functools.update_wrapper(self, plain)
        self._plain = plain
        self._formula = formula or plain
        self._ways: dict[tuple[object, ...], Callable[..., Tensor]] = {}

    def __call__(self, *given: Any) -> Tensor:
        """What `plain` gives."""
        if given[0].device.type not in self.devices:
            return self._plain(*given)
        key = tuple(map(_nature, given))
        way = self._ways.get(key) or self._begun(key, given)
        if way is self._plain:
            return way(*given)
        try:
            return way(*given)
        except torch.OutOfMemoryError:
            raise
        except Exception:  # noqa: BLE001 - a compiler may fail in any way, and is not needed
            self._ways[key] = self._plain
            return self._plain(*given)

    @staticmethod
    def is_compiling() -> bool:
        """Whether some pass will soon be faster than it is now."""
        return any(thread.is_alive() for thread in FusedPass._threads)

    @staticmethod
    def wait() -> None:
        """Return when nothing is being compiled any more."""
        for thread in tuple(FusedPass._threads):
            thread.join()

    def _begun(self, key: tuple[object, ...], given: Sequence[Any]) -> Callable[..., Tensor]:
        """What to run this time for inputs of this nature, which are new."""
        self._ways[key] = self._plain
        if given[0].is_cuda and importlib.util.find_spec("triton") is None:
            return self._plain
        alike = [torch.empty_like(one) if isinstance(one, Tensor) else one for one in given]
        thread = threading.Thread(target=self._compile, args=(key, alike), daemon=True)
        FusedPass._threads[:] = [one for one in FusedPass._threads if one.is_alive()]
        thread.start()
        FusedPass._threads.append(thread)
        return self._plain

    @torch.inference_mode()
    def _compile(self, key: tuple[object, ...], given: Sequence[Any]) -> None:
        """Compile for inputs of this nature; where that cannot be, the plain function stays."""
        compiled = torch.compile(self._formula, dynamic=True, fullgraph=True, backend=self.backend)
        try:
            compiled(*given)  # which compiles
        except Exception:  # noqa: BLE001 - see __call__
            return
        self._ways[key] = compiled


def _nature(given: Any) -> object:
    """What a compiled function depends on besides values and sizes."""
    if not isinstance(given, Tensor):
        return given
    last = given.dim() == 4 and given.is_contiguous(memory_format=torch.channels_last)
    return given.dtype, given.dim(), last, given.is_contiguous(), given.shape[0] == 1


# ------------------------------------------------------------------------------------------------
# Convolutions that are differentiated twice.


class TwiceDifferentiated(TorchFunctionMode):
    """Within it, convolutions whose gradient's gradient is made of convolutions of their own size.

    torch makes the kernel's part of it by a convolution with a kernel as large as the features, for which
    cuDNN has but slow algorithms: at 256 px a quarter of a training step went into eight of them. Here it
    is what a plain backward pass makes of kernels. The sums are the same but for rounding.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        way = _TWICE.get(func)
        made = None if way is None else way(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {})) if made is None else made


Pair = tuple[int, int]


class _Convolved(torch.autograd.Function):
    """x convolved with a kernel, or transposed so, when `more` is added to the output's sides."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        kernel: Tensor,
        bias: Tensor | None,
        stride: Pair,
        padding: Pair,
        more: Pair,
        transposed: bool,
    ) -> Tensor:
        ctx.save_for_backward(x, kernel)
        ctx.how = stride, padding, more, transposed
        made: Tensor = torch.ops.aten.convolution(
            x, kernel, bias, stride, padding, (1, 1), transposed, more, 1
        )
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (x, kernel), (given,) = ctx.saved_tensors, gradients
        of_x, of_kernel, of_bias = ctx.needs_input_grad[:3]
        kernels: Callable[..., Tensor] = _KernelGradient.apply
        return (
            _led_back(given, kernel, x, *ctx.how) if of_x else None,
            kernels(x, given, kernel, *ctx.how) if of_kernel else None,
            given.sum((0, 2, 3)) if of_bias else None,
            *(None,) * 4,
        )


class _KernelGradient(torch.autograd.Function):
    """What a convolution's kernel gets: linear in x and in the gradient of what came out."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        given: Tensor,
        kernel: Tensor,
        stride: Pair,
        padding: Pair,
        more: Pair,
        transposed: bool,
    ) -> Tensor:
        ctx.save_for_backward(x, given)
        ctx.how = stride, padding, more, transposed
        how = (stride, padding, (1, 1), transposed, more, 1, (False, True, False))
        made: Tensor = torch.ops.aten.convolution_backward(given, x, kernel, None, *how)[1]
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (x, given), (kernel,) = ctx.saved_tensors, gradients
        of_x, of_given = ctx.needs_input_grad[:2]
        return (
            _led_back(given, kernel, x, *ctx.how) if of_x else None,
            _convolved(x, kernel, None, *ctx.how) if of_given else None,
            *(None,) * 5,
        )


def _convolved(x: Tensor, kernel: Tensor, bias: Tensor | None, *how: Any) -> Tensor:
    apply: Callable[..., Tensor] = _Convolved.apply
    return apply(x, kernel, bias, *how)


def _led_back(
    given: Tensor,
    kernel: Tensor,
    x: Tensor,
    stride: Pair,
    padding: Pair,
    more: Pair,
    transposed: bool,
) -> Tensor:
    """The gradient of what came out, led back to x: the same convolution the other way round."""
    more = (0, 0)  # forwards nothing is added; back, the rows that the convolution left unseen
    if not transposed:
        rows, columns = (
            x.shape[2 + axis]
            - (given.shape[2 + axis] - 1) * stride[axis]
            + 2 * padding[axis]
            - kernel.shape[2 + axis]
            for axis in (0, 1)
        )
        more = rows, columns
    return _convolved(given, kernel, None, stride, padding, more, not transposed)


def _pair(given: int | Sequence[int]) -> Pair:
    return (given, given) if isinstance(given, int) else (given[0], given[1])


def _conv2d_twice(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor | None:
    """`F.conv2d`; None = torch's own is as good."""
    if groups != 1 or _pair(dilation) != (1, 1) or x.dim() != 4 or padding == "valid":
        return None
    sides = kernel.shape[2] // 2, kernel.shape[3] // 2
    around = sides if isinstance(padding, str) else _pair(padding)
    return _in_arithmetic(x, kernel, bias, _pair(stride), around, (0, 0), False)


def _conv_transpose2d_twice(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor | None:
    """`F.conv_transpose2d`; None = torch's own is as good."""
    if groups != 1 or _pair(dilation) != (1, 1) or x.dim() != 4:
        return None
    how = _pair(stride), _pair(padding), _pair(output_padding), True
    return _in_arithmetic(x, kernel, bias, *how)


def _in_arithmetic(x: Tensor, kernel: Tensor, bias: Tensor | None, *how: Any) -> Tensor:
    """In the type that autocast would choose, which does not look inside."""
    kind = x.device.type
    if torch.is_autocast_enabled(kind):
        wanted = torch.get_autocast_dtype(kind)
        x, kernel = x.to(wanted), kernel.to(wanted)
        bias = None if bias is None else bias.to(wanted)
    return _convolved(x, kernel, bias, *how)


_TWICE: dict[Callable[..., Any], Callable[..., Tensor | None]] = {
    F.conv2d: _conv2d_twice,
    F.conv_transpose2d: _conv_transpose2d_twice,
}
