"""StyleGAN2 as it is trained: path lengths by the formula, Freeze-D, and other people's networks."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch

from ganlab_core.importers import open_model, open_published
from ganlab_core.models import save_model
from ganlab_core.networks import StyleGAN2Config, StyleGAN2Discriminator
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import TrainConfig, adopted, preset, train, with_settings
from ganlab_core.training.adapters import path_lengths
from ganlab_core.training.state import TrainState, start_from
from ganlab_core.training.step import path_penalty, run_step
from tests.ada_pickles import ada_discriminator, ada_generator, ada_pickle
from tests.stylegan2_models import TINY, discriminator, generator, model, noise

SMALL: dict[str, object] = {
    "resolution": 8,
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "batch_size": 8,
    "threads": 1,
    "device": "cpu",
    "readout_samples": 0,
    "sheet_rows": 2,
    "sheet_columns": 2,
}


@pytest.fixture
def config(pictures: Path) -> TrainConfig:
    settings = {**preset("minutes", "stylegan2"), **SMALL, "data": str(pictures)}
    return with_settings(TrainConfig(), settings)


def pixels(count: int = 8, side: int = 8) -> torch.Tensor:
    draws = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, generator=draws)


def step(state: TrainState) -> None:
    run_step(state, pixels().numpy(), torch.zeros(8, dtype=torch.int64).numpy(), 3.0)


def test_path_lengths_are_those_of_the_whole_jacobian() -> None:
    network = generator()
    ws = noise(2, TINY.num_styles, TINY.w_dim, seed=1).requires_grad_()
    noises = [noise(2, 1, *TINY.size((i + 1) // 2 + 2), seed=i) for i in range(TINY.num_styles - 1)]
    y = noise(2, 3, 16, 16, seed=9)

    def picture(styles: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = network.synthesis(styles, noises)
        return result

    found = path_lengths(picture(ws), ws, y)
    jacobian = torch.autograd.functional.jacobian(picture, ws.detach(), vectorize=True)
    for index in range(2):
        own = jacobian[index, :, :, :, index]  # (3, 16, 16, styles, w_dim)
        product = torch.einsum("chw,chwsd->sd", y[index], own) / math.sqrt(16 * 16)
        expected = product.square().sum(dim=1).mean().sqrt()
        torch.testing.assert_close(found[index], expected, rtol=1e-4, atol=0.0)


def test_the_penalty_is_the_squared_distance_to_a_constant() -> None:
    lengths = torch.tensor([1.0, 4.0], requires_grad=True)
    wanted = torch.tensor(2.0, requires_grad=True)
    penalty = path_penalty(lengths, wanted)
    penalty.backward()
    assert penalty.item() == pytest.approx((1.0 + 4.0) / 2)
    assert lengths.grad is not None
    assert lengths.grad.tolist() == pytest.approx([-1.0, 2.0])
    assert wanted.grad is None


def test_paths_are_regularised_every_few_steps_and_their_length_follows(
    config: TrainConfig,
) -> None:
    state = TrainState.start(config, 0, torch.device("cpu"))
    lengths = []
    for number in range(2 * config.path_interval + 1):
        state.step = number
        step(state)
        lengths.append(float(state.path_length))
    assert [a != b for a, b in zip([0.0, *lengths], lengths, strict=False)] == [
        number % config.path_interval == 0 for number in range(len(lengths))
    ]
    plain = TrainState.start(with_settings(config, {"path_weight": 0}), 0, torch.device("cpu"))
    step(plain)
    assert float(plain.path_length) == 0.0


def test_the_first_layers_of_d_stay_frozen(config: TrainConfig) -> None:
    frozen = with_settings(config, {"freeze_d": 3})
    state = TrainState.start(frozen, 0, torch.device("cpu"))
    before = {name: value.clone() for name, value in state.discriminator.state_dict().items()}
    step(state)
    after = state.discriminator.state_dict()
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert same == {
        f"blocks.0.{layer}.{kind}"
        for layer in ("from_rgb", "conv0", "conv1")
        for kind in ("weight", "bias")
    }


def test_a_published_network_is_tuned_with_its_discriminator(
    config: TrainConfig, tmp_path: Path
) -> None:
    path = tmp_path / "network-snapshot.pkl"
    content = {
        "G": ada_generator(generator(seed=5)),
        "D": ada_discriminator(discriminator()),
        "G_ema": ada_generator(generator()),
    }
    path.write_bytes(ada_pickle(content, 3))
    begun = adopted(with_settings(config, {"resolution": 16, "start_from": str(path)}))
    state = TrainState.start(begun, 0, torch.device("cpu"))
    taken = start_from(state, str(path))
    assert taken == (len(state.generator.state_dict()), len(state.discriminator.state_dict()))
    published = open_published(path)
    for mine, theirs in (
        (state.generator, published.generator(averaged=False).network.module),
        (state.average, published.generator(averaged=True).network.module),
        (state.discriminator, published.discriminator()),
    ):
        for name, value in theirs.state_dict().items():
            assert torch.equal(mine.state_dict()[name], value), name
    list(train(with_settings(begun, {"images": 32}), tmp_path / "run"))
    tuned = open_model(tmp_path / "run/model.safetensors")
    assert Renderer(tuned, "cpu").render(Recipe()).pixels.shape == (16, 16, 3)


def test_a_grey_network_trains_on_in_grey(config: TrainConfig, tmp_path: Path) -> None:
    path = tmp_path / "grey.safetensors"
    save_model(model(dataclasses.replace(TINY, img_channels=1)), path)
    taken = adopted(with_settings(config, {"resolution": 16, "start_from": str(path)}))
    assert taken.img_channels == 1


def test_real_and_fake_pictures_in_one_pass_keep_their_statistics_apart() -> None:
    critic = StyleGAN2Discriminator(StyleGAN2Config(resolution=8, channel_max=8, channel_base=64))
    one, other = noise(4, 3, 8, 8, seed=1), noise(4, 3, 8, 8, seed=2)
    together = critic(torch.cat([one, other]), batches=2)
    torch.testing.assert_close(together, torch.cat([critic(one), critic(other)]))
    assert not torch.allclose(together, critic(torch.cat([one, other])))
