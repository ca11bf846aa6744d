"""Passes that a GPU's compiler joins, here compiled for the processor by torch's plainest compiler."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.device import FusedPass, TwiceDifferentiated
from ganlab_core.prepared import passes
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.every_model import MODELS


@pytest.fixture
def on_this_device(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is done on a GPU is done here, by a compiler that makes no code."""
    monkeypatch.setattr(FusedPass, "devices", ("cpu",))
    monkeypatch.setattr(FusedPass, "backend", "aot_eager")
    monkeypatch.setattr(passes, "FEW", 0)
    yield
    FusedPass.wait()


def test_a_pass_is_compiled_beside_and_gives_the_same(on_this_device: None) -> None:
    told: list[str] = []

    def plain(x: Tensor, factor: float) -> Tensor:
        told.append("plain")
        return x * factor

    fused = FusedPass(plain, lambda x, factor: factor * x)
    x = torch.randn(2, 3, 4, 4)
    with torch.inference_mode():
        first = fused(x, 3.0)  # not waited for
        FusedPass.wait()
        assert not FusedPass.is_compiling()
        told.clear()
        torch.testing.assert_close(fused(x, 3.0), first)
        assert not told  # the compiled one ran
        torch.testing.assert_close(fused(x, 2.0), 2.0 * x)  # another value is compiled by itself
    assert told == ["plain"]


def test_what_cannot_be_compiled_is_run_plainly(on_this_device: None) -> None:
    def formula(x: Tensor) -> Tensor:
        raise ValueError("no compiler takes this")

    fused = FusedPass(lambda x: x + 1.0, formula)
    for _ in range(2):
        torch.testing.assert_close(fused(torch.zeros(3)), torch.ones(3))
        FusedPass.wait()


@pytest.mark.parametrize("name", ["stylegan", "stylegan2", "progan"])
def test_a_gpus_frames_are_the_processors(
    name: str, on_this_device: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODELS[name]()
    with monkeypatch.context() as plainly:
        plainly.setattr(FusedPass, "devices", ())
        wanted = Renderer(model, "cpu").raw(Recipe(Latent(4)))
    fused = Renderer(model, "cpu")
    for _ in range(2):  # before the compiler is done, and after
        torch.testing.assert_close(
            torch.from_numpy(fused.raw(Recipe(Latent(4)))),
            torch.from_numpy(wanted),
            atol=2e-5,
            rtol=1e-4,
        )
        FusedPass.wait()
        fused.forget()


@pytest.mark.parametrize("noisy", [True, False])
@pytest.mark.parametrize("taps", [(), (0.25, 0.75, 0.75, 0.25)])
def test_a_filtered_layer_is_the_same_in_one_pass(taps: tuple[float, ...], noisy: bool) -> None:
    x = torch.randn(1, 5, 9, 9).contiguous(memory_format=torch.channels_last)
    side = 8 if taps else 9
    noise = torch.randn(1, 1, side, side) if noisy else None
    given = (x, taps, torch.randn(5), noise, torch.randn(5), 1.5)
    joined = passes._filtered_in_one(*given)
    torch.testing.assert_close(joined, passes._filtered_by_passes(*given))
    assert joined.shape == (1, 5, side, side)
    assert joined.abs().max() <= 1.5


def penalty_gradients(*, twice: bool) -> list[Tensor]:
    """Of the squared gradient at a picture, by weights of three kinds of convolutions."""
    source = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        made = torch.randn(shape, generator=source, dtype=torch.float64)
        return made.requires_grad_()

    x, first, bias = drawn(2, 3, 8, 8), drawn(5, 3, 3, 3), drawn(5)
    down, up, odd = drawn(4, 5, 4, 4), drawn(4, 6, 4, 4), drawn(2, 6, 3, 3)

    def critic() -> Tensor:
        y = F.conv2d(x, first, bias, padding="same").tanh()
        y = F.conv2d(y, down, stride=2, padding=1).tanh()
        y = F.conv_transpose2d(y, up, stride=2, padding=1).tanh()
        y = F.conv2d(y, odd, stride=2)  # leaves a row of pixels unseen
        return F.conv2d(y, drawn(2, 1, 1, 1), groups=2).square().sum()

    if twice:
        with TwiceDifferentiated():
            score = critic()
    else:
        score = critic()
    (gradient,) = torch.autograd.grad(score, x, create_graph=True)
    return list(torch.autograd.grad(gradient.square().sum(), [x, first, bias, down, up, odd]))


def test_second_gradients_of_convolutions_are_torchs() -> None:
    for ours, torchs in zip(
        penalty_gradients(twice=True), penalty_gradients(twice=False), strict=True
    ):
        torch.testing.assert_close(ours, torchs)


def test_second_gradients_follow_autocast() -> None:
    x, kernel = torch.randn(1, 3, 8, 8), torch.randn(4, 3, 3, 3, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        wanted = F.conv2d(x, kernel, padding=1)
        with TwiceDifferentiated():
            made = F.conv2d(x, kernel, padding=1)
    assert made.dtype is wanted.dtype is torch.bfloat16
    assert torch.equal(made, wanted)
    made.float().sum().backward()
    assert kernel.grad is not None
    assert kernel.grad.dtype is torch.float32
