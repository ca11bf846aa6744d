"""StudioGAN's BigGAN, against the published formulas on random weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.importers.published import import_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.core.importers.conftest import Save
from tests.tiny_progan import normal

State = dict[str, Tensor]
CH, SHARED, CHUNK, CLASSES = 2, 5, 3, 4
WIDTH = 4 * CH


def spectral(state: State, name: str, *shape: int) -> None:
    """A layer that is divided by u W v of the stored vectors."""
    seed = len(state)
    weight = normal(*shape, seed=seed)
    state[f"{name}.weight_orig"] = weight
    state[f"{name}.weight_u"] = F.normalize(normal(shape[0], seed=seed + 1), dim=0)
    state[f"{name}.weight_v"] = F.normalize(normal(weight[0].numel(), seed=seed + 2), dim=0)


def statistics(state: State, name: str, size: int) -> None:
    state[f"{name}.running_mean"] = normal(size, seed=len(state))
    state[f"{name}.running_var"] = normal(size, seed=len(state)).square() + 0.5
    state[f"{name}.num_batches_tracked"] = torch.tensor(7)


def network(attention: int) -> State:
    """32 px: three blocks, self-attention after block number `attention` (0 = nowhere)."""
    state: State = {"shared.weight": normal(CLASSES, SHARED)}
    spectral(state, "linear0", 16 * WIDTH, CHUNK)
    state["linear0.bias"] = normal(16 * WIDTH, seed=5)
    place = 0
    for block in range(1, 4):
        name = f"blocks.{place}.0"
        for number in (1, 2):
            statistics(state, f"{name}.bn{number}.bn", WIDTH)
            spectral(state, f"{name}.bn{number}.gain", WIDTH, SHARED + CHUNK)
            spectral(state, f"{name}.bn{number}.bias", WIDTH, SHARED + CHUNK)
        for number, kernel in enumerate((1, 3, 3)):
            spectral(state, f"{name}.conv2d{number}", WIDTH, WIDTH, kernel, kernel)
            state[f"{name}.conv2d{number}.bias"] = normal(WIDTH, seed=len(state))
        place += 1
        if block == attention:
            for part, maps in (("theta", 1), ("phi", 1), ("g", 4)):
                spectral(state, f"blocks.{place}.0.conv1x1_{part}", maps, WIDTH, 1, 1)
            spectral(state, f"blocks.{place}.0.conv1x1_attn", WIDTH, 4, 1, 1)
            state[f"blocks.{place}.0.sigma"] = torch.tensor([0.7])
            place += 1
    statistics(state, "bn4", WIDTH)
    state["bn4.weight"], state["bn4.bias"] = normal(WIDTH, seed=1) + 1.0, normal(WIDTH, seed=2)
    spectral(state, "conv2d5", 3, WIDTH, 3, 3)
    state["conv2d5.bias"] = normal(3, seed=3)
    return state


class Published:
    """The network in plain steps."""

    def __init__(self, state: State) -> None:
        self.state = state

    def weight(self, name: str) -> Tensor:
        weight = self.state[f"{name}.weight_orig"]
        u, v = self.state[f"{name}.weight_u"], self.state[f"{name}.weight_v"]
        return weight / (u @ weight.flatten(1) @ v)

    def conv(self, x: Tensor, name: str) -> Tensor:
        weight = self.weight(name)
        return F.conv2d(x, weight, self.state.get(f"{name}.bias"), padding=weight.shape[2] // 2)

    def norm(self, x: Tensor, name: str, label: Tensor) -> Tensor:
        gain, bias = (label @ self.weight(f"{name}.{kind}").T for kind in ("gain", "bias"))
        mean, variance = (self.state[f"{name}.bn.running_{kind}"] for kind in ("mean", "var"))
        x = F.batch_norm(x, mean, variance, eps=1e-4)
        return x * (1.0 + gain)[:, :, None, None] + bias[:, :, None, None]

    def block(self, x: Tensor, name: str, label: Tensor) -> Tensor:
        short = self.conv(F.interpolate(x, scale_factor=2.0), f"{name}.conv2d0")
        x = F.interpolate(F.relu(self.norm(x, f"{name}.bn1", label)), scale_factor=2.0)
        x = F.relu(self.norm(self.conv(x, f"{name}.conv2d1"), f"{name}.bn2", label))
        return short + self.conv(x, f"{name}.conv2d2")

    def attended(self, x: Tensor, name: str) -> Tensor:
        theta = self.conv(x, f"{name}.conv1x1_theta").flatten(2)
        phi, g = (
            F.max_pool2d(self.conv(x, f"{name}.conv1x1_{p}"), 2).flatten(2) for p in ("phi", "g")
        )
        looks = torch.softmax(theta.transpose(1, 2) @ phi, dim=-1)
        seen = (g @ looks.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.state[f"{name}.sigma"] * self.conv(seen, f"{name}.conv1x1_attn")

    def image(self, z: Tensor, label: int) -> Tensor:
        first, *others = z.split(CHUNK, dim=1)
        shared = self.state["shared.weight"][label][None]
        x = F.linear(first, self.weight("linear0"), self.state["linear0.bias"]).view(1, WIDTH, 4, 4)
        place = 0
        for part in others:
            x = self.block(x, f"blocks.{place}.0", torch.cat([shared, part], dim=1))
            place += 1
            if f"blocks.{place}.0.sigma" in self.state:
                x = self.attended(x, f"blocks.{place}.0")
                place += 1
        mean, variance = self.state["bn4.running_mean"], self.state["bn4.running_var"]
        weight, bias = self.state["bn4.weight"], self.state["bn4.bias"]
        x = F.batch_norm(x, mean, variance, weight, bias, eps=1e-4)
        return torch.tanh(self.conv(F.relu(x), "conv2d5"))[0]


@pytest.mark.parametrize("attention", [0, 1, 2])
def test_it_draws_as_its_formulas_say(save_torch: Save, attention: int) -> None:
    state, z = network(attention), normal(1, 4 * CHUNK, seed=9)
    model = import_model(save_torch({"state_dict": state, "epoch": 3}))
    assert len(model.capabilities.classes) == CLASSES
    recipe = Recipe(Latent(vector=tuple(z[0].double().tolist())), psi=1.0, classes=((2, 1.0),))
    found = torch.from_numpy(Renderer(model, "cpu").raw(recipe))
    torch.testing.assert_close(found, Published(state).image(z, 2), rtol=1e-3, atol=1e-3)
