"""How many threads render, and what several of them make of gradients.

All that renders takes as many, because their number decides the last bit of a picture.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.cli import main
from ganlab_core.device import leave_a_core, use_threads, weight_gradient


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def test_rendering_leaves_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    expected = max(1, cores() - 1)
    assert leave_a_core() == torch.get_num_threads() == expected
    assert leave_a_core() == expected, "asked twice it takes no more away"


def test_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    torch.set_num_threads(7)
    assert leave_a_core() == 7


@pytest.mark.usefixtures("model_file")
def test_the_command_line_renders_with_as_many(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    expected = max(1, cores() - 1)
    assert main(["render", "tiny", "--out", str(tmp_path), "--device", "cpu"]) == 0
    assert torch.get_num_threads() == expected


CONVOLUTIONS = [  # maps in and out, side, kernel, stride, padding
    (3, 16, 16, 3, 1, 1),
    (16, 3, 16, 1, 1, 0),
    (17, 16, 4, 3, 1, 1),
    (16, 32, 8, 4, 2, 1),
    (16, 8, 9, 3, 2, 0),
    (8, 1, 4, 4, 1, 0),
    (3, 8, 14, 7, 1, 0),
    (32, 16, 16, 3, 1, 1),
]
convolutions = pytest.mark.parametrize(
    ("maps", "outputs", "side", "kernel", "stride", "padding"), CONVOLUTIONS
)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    source = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=source, dtype=torch.float64)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@convolutions
def test_a_kernels_gradient_is_one_product(
    maps: int,
    outputs: int,
    side: int,
    kernel: int,
    stride: int,
    padding: int,
    layout: torch.memory_format,
) -> None:
    x = drawn(2, maps, side, side).contiguous(memory_format=layout)
    weight = drawn(outputs, maps, kernel, kernel, seed=1).requires_grad_()
    y = F.conv2d(x, weight, stride=stride, padding=padding)
    given = drawn(*y.shape, seed=2)
    (expected,) = torch.autograd.grad(y, weight, given)
    pairs = [(one, one) for one in (kernel, stride, padding)]
    torch.testing.assert_close(weight_gradient(x, given, *pairs), expected)


def gradients(x: Tensor, weight: Tensor, bias: Tensor, **how: int | bool) -> list[Tensor]:
    """Those of a score, and those of the squared slope of the score, as R1 and WGAN-GP take them."""
    convolve = F.conv_transpose2d if how.pop("up") else F.conv2d
    leaves = [one.clone().requires_grad_() for one in (x, weight, bias)]
    score = convolve(*leaves, **how).square().sum()
    found = torch.autograd.grad(score, leaves, create_graph=True)
    slopes = torch.autograd.grad(found[0].square().sum(), leaves)
    return [*(one.detach() for one in found), *slopes]


@pytest.mark.parametrize("up", [False, True])
@convolutions
def test_two_threads_in_bfloat16_get_the_gradients_that_torch_gets(
    maps: int, outputs: int, side: int, kernel: int, stride: int, padding: int, up: bool
) -> None:
    use_threads(2)
    ends = (maps, outputs) if up else (outputs, maps)
    x = drawn(4, maps, side, side).contiguous(memory_format=torch.channels_last)
    numbers = [x, drawn(*ends, kernel, kernel, seed=1), drawn(outputs, seed=2)]
    rough = [one.bfloat16() for one in numbers]
    how = {"stride": stride, "padding": padding, "up": up}
    found = gradients(*rough, **how)
    for one, exact in zip(found, gradients(*(one.double() for one in rough), **how), strict=True):
        assert one.dtype == torch.bfloat16
        assert (one.double() - exact).norm() < 0.02 * exact.norm()


@pytest.mark.parametrize(("threads", "product"), [(1, False), (2, True)])
def test_several_threads_are_given_a_product_to_share(threads: int, product: bool) -> None:
    use_threads(threads)
    layer = torch.nn.Conv2d(16, 16, 4, 2, 1, dtype=torch.bfloat16)
    score = layer(drawn(4, 16, 8, 8).bfloat16()).sum()
    with torch.profiler.profile() as seen:
        score.backward()
    assert ("aten::mm" in {event.name for event in seen.events()}) == product


def test_only_bfloat16_in_several_threads_is_counted_in_another_way() -> None:
    program = """
import torch
from ganlab_core.device import use_threads

def bits(threads, kind):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x = torch.randn(4, 3, 8, 8, dtype=kind)
    layer = torch.nn.Conv2d(3, 8, 4, 2, 1).to(kind)
    layer(x).square().sum().backward()
    return layer.weight.grad.view(torch.uint8).tolist(), layer.bias.grad.view(torch.uint8).tolist()

ways = [(1, torch.float32), (2, torch.float32), (1, torch.bfloat16), (2, torch.float64)]
before = [bits(*way) for way in ways]
use_threads(2)
assert [bits(*way) for way in ways] == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
