"""StyleGAN3: filters by their definitions, samples in place, and pictures that move as the plane does."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ganlab_core.models import load_model, save_model
from ganlab_core.networks import StyleGAN3Config
from ganlab_core.networks.stylegan3 import downsampled, lowpass, upsampled
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.stylegan3_models import LABELLED, TINY, TURNING, generator, model

RECIPE = Recipe(Latent(3), psi=1.0)


def raw(config: StyleGAN3Config, **changes: float) -> NDArray[np.float32]:
    return Renderer(model(config), "cpu").raw(Recipe(Latent(3), psi=1.0, **changes))  # type: ignore[arg-type]


def test_the_published_shape_has_the_papers_layers() -> None:
    bands = StyleGAN3Config().bands()
    assert [band.size for band in bands] == [
        36, 36, 36, 52, 52, 84, 148, 148, 276, 276, 532, 1044, 1044, 1044, 1024, 1024,
    ]  # fmt: skip
    assert bands[0].size == 36
    assert bands[-1].size == bands[-2].size == 1024
    assert bands[1].channels == 512
    assert bands[-1].channels == 3
    assert bands[-1].cutoff == 512.0


def test_a_filter_passes_its_band_and_stops_beyond() -> None:
    kernel = lowpass(24, 4.0, 4.0, 32.0, radial=False).double().numpy()
    assert kernel.sum() == pytest.approx(1.0, abs=1e-6)
    answer = np.abs(np.fft.fft(kernel, 32 * 16))[::16]
    assert answer[1] == pytest.approx(1.0, abs=0.02)
    assert answer[7:16].max() < 0.01


def test_a_radial_filter_is_the_same_in_all_directions() -> None:
    kernel = lowpass(12, 4.0, 8.0, 32.0, radial=True).numpy()
    np.testing.assert_allclose(kernel, kernel.T)
    np.testing.assert_allclose(kernel, kernel[::-1])
    assert kernel.sum() == pytest.approx(1.0, abs=1e-6)


def test_sampling_up_and_down_agrees_with_the_naive_way() -> None:
    source = np.random.default_rng(0)
    x, kernel = source.standard_normal((5, 5)), source.standard_normal(6)
    kernel = kernel + kernel[::-1]
    sparse = np.zeros((10, 10))
    sparse[::2, ::2] = x
    padded = np.pad(sparse, ((3, 4), (3, 4)))
    wanted = np.zeros((12, 12))
    for row in range(12):
        for column in range(12):
            square = padded[row : row + 6, column : column + 6]
            wanted[row, column] = (square * np.outer(kernel, kernel) * 4).sum()
    tensor, taps = torch.tensor(x)[None, None], torch.tensor(kernel)
    found = upsampled(tensor, taps, 2, (3, 4))
    np.testing.assert_allclose(found[0, 0].numpy(), wanted, atol=1e-9)
    less = [[(wanted[r : r + 6, c : c + 6] * np.outer(kernel, kernel)).sum() for c in (0, 2, 4, 6)]
            for r in (0, 2, 4, 6)]  # fmt: skip
    np.testing.assert_allclose(downsampled(found, taps, 2)[0, 0].numpy(), less, atol=1e-9)
    plane = downsampled(found, torch.outer(taps, taps), 2)
    np.testing.assert_allclose(plane[0, 0].numpy(), less, atol=1e-9)


@pytest.mark.parametrize("config", [TINY, TURNING])
def test_a_shift_of_the_input_shifts_the_picture(config: StyleGAN3Config) -> None:
    still = raw(config)
    right, down = raw(config, shift_x=4 / 32), raw(config, shift_y=4 / 32)
    moved = np.abs(right - still).max()
    assert moved > 0.02
    assert np.abs(right[:, :, 4:] - still[:, :, :-4]).max() < 0.1 * moved
    assert np.abs(down[:, 4:] - still[:, :-4]).max() < 0.1 * moved


def test_a_turn_of_the_input_turns_the_picture_of_configuration_r() -> None:
    still, turned = raw(TURNING), raw(TURNING, turn=90.0)
    np.testing.assert_allclose(turned, np.rot90(still, -1, (1, 2)), atol=1e-4 * np.abs(still).max())


def test_the_chain_gives_what_the_network_gives() -> None:
    network = generator(LABELLED)
    tiny = model(LABELLED)
    recipe = Recipe(Latent(5), psi=0.6, classes=((1, 1.0),))
    z = torch.randn(1, 8, generator=torch.Generator().manual_seed(5))
    w = network.mapping(z, torch.tensor([[0.0, 1.0, 0.0]]))
    w = network.w_avg + 0.6 * (w - network.w_avg)
    wanted = network.synthesis(w[:, None].expand(-1, LABELLED.num_layers + 2, -1))
    found = Renderer(tiny, "cpu").raw(recipe)
    np.testing.assert_allclose(found, wanted[0].numpy(), atol=1e-5)


def test_only_the_first_stage_knows_of_the_placement() -> None:
    renderer = Renderer(model(), "cpu")
    renderer.render(RECIPE)
    frame = renderer.render(Recipe(Latent(3), psi=1.0, turn=10.0))
    assert len(frame.stages_run) == frame.stages_total
    again = renderer.render(Recipe(Latent(3), psi=1.0, turn=10.0))
    assert again.stages_run == ()


def test_it_survives_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "tiny3.safetensors"
    save_model(model(TURNING), path)
    again = Renderer(load_model(path), "cpu").raw(RECIPE)
    assert np.array_equal(again, Renderer(model(TURNING), "cpu").raw(RECIPE))


@pytest.mark.parametrize(
    "changes",
    [{"resolution": 8}, {"num_critical": 5}, {"margin": 1000}, {"conv_kernel": 5},
     {"first_cutoff": math.inf}, {"img_channels": 2}, {"channel_list": (3, 3)}],
)  # fmt: skip
def test_shapes_that_no_network_has_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        replace(TINY, **changes).check()  # type: ignore[arg-type]
