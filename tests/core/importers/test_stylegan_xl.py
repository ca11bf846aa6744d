"""StyleGAN-XL on StyleGAN3: files made here, pictures by plain arithmetic from the papers' equations."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_model
from ganlab_core.models import load_model, save_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer

Z, W, EMBEDDED, ROWS, CLASSES = 6, 7, 9, 12, 5
MARGIN = 10
LAYERS = (
    # name, sampling rate of its output, side, kernel; a stem of 16 px with layers put on it for 32 px
    ("L0_36_5", 16, 36, 1),
    ("L1_36_4", 16, 36, 1),
    ("L2_36_4", 16, 36, 3),
    ("L3_52_4", 32, 52, 3),
    ("L4_32_4", 32, 32, 3),
    ("L5_32_3", 32, 32, 1),
)
TAPS = 6


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def weights(classes: int = CLASSES) -> dict[str, Tensor]:
    """The tensors of a generator as that project saves them."""
    draw = iter(range(1000))
    take = lambda *shape: numbers(*shape, seed=next(draw))  # noqa: E731
    state = {"mapping.embed.weight": take(ROWS, EMBEDDED)}
    if classes:
        state |= {
            "mapping.embed_proj.weight": take(Z, EMBEDDED),
            "mapping.embed_proj.bias": take(Z),
        }
    state["mapping.w_avg"] = 0.3 * take(classes, W) if classes else 0.3 * take(W)
    for index, features in enumerate((2 * Z if classes else Z, W)):
        state[f"mapping.fc{index}.weight"] = 100.0 * take(W, features)
        state[f"mapping.fc{index}.bias"] = take(W)
    channels = 6
    state |= {
        "synthesis.input.weight": take(channels, channels),
        "synthesis.input.affine.weight": 0.3 * take(4, W),
        "synthesis.input.affine.bias": torch.tensor([1.0, 0.0, 0.0, 0.0]),
        "synthesis.input.freqs": take(channels, 2),
        "synthesis.input.phases": 0.3 * take(channels),
        "synthesis.input.transform": torch.eye(3),
    }
    before_rate = 16
    for name, rate, _, kernel in LAYERS:
        after = int(name.split("_")[2])
        prefix = f"synthesis.{name}"
        state[f"{prefix}.affine.weight"] = take(channels, W)
        state[f"{prefix}.affine.bias"] = take(channels)
        state[f"{prefix}.weight"] = take(after, channels, kernel, kernel)
        state[f"{prefix}.bias"] = 0.1 * take(after)
        state[f"{prefix}.magnitude_ema"] = take().abs() + 0.5
        if name != LAYERS[-1][0]:
            up, down = 2 * rate // before_rate, 2
            state[f"{prefix}.up_filter"] = low_pass(TAPS * up)
            plane = low_pass(TAPS * down)
            state[f"{prefix}.down_filter"] = torch.outer(plane, plane) if kernel == 1 else plane
        channels, before_rate = after, rate
    return state


def low_pass(taps: int) -> Tensor:
    line = torch.hann_window(taps + 2, periodic=False)[1:-1]
    return line / line.sum()


# --- the same by equations, without any of our networks ------------------------------------------------


def dense(state: dict[str, Tensor], name: str, x: Tensor, rate: float = 1.0) -> Tensor:
    weight = state[f"{name}.weight"]
    return x @ (weight * rate / math.sqrt(weight.shape[1])).T + state[f"{name}.bias"] * rate


def normalised(x: Tensor) -> Tensor:
    return x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()


def bent(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * math.sqrt(2.0)


def mapped(state: dict[str, Tensor], z: Tensor, label: int | None, psi: float) -> Tensor:
    x, centre = normalised(z), state["mapping.w_avg"]
    if label is not None:
        y = bent(dense(state, "mapping.embed_proj", state["mapping.embed.weight"][label][None]))
        x, centre = torch.cat([x, normalised(y)], dim=1), centre[label]
    for index in range(2):
        x = bent(dense(state, f"mapping.fc{index}", x, 0.01))
    return centre + psi * (x - centre)


def waves(state: dict[str, Tensor], w: Tensor) -> Tensor:
    prefix = "synthesis.input"
    c, s, right, down = dense(state, f"{prefix}.affine", w)[0].tolist()
    length = math.hypot(c, s)
    c, s, right, down = (one / length for one in (c, s, right, down))
    turn = torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    shift = torch.tensor([[1.0, 0.0, -right], [0.0, 1.0, -down], [0.0, 0.0, 1.0]])
    plane = turn @ shift @ state[f"{prefix}.transform"]
    freqs = state[f"{prefix}.freqs"] @ plane[:2, :2]
    phases = state[f"{prefix}.phases"] + (state[f"{prefix}.freqs"] @ plane[:2, 2:])[:, 0]
    loud = (1.0 - (freqs.norm(dim=1) - 2.0) / (16 / 2 - 2.0)).clamp(0.0, 1.0)
    places = (torch.arange(36) + 0.5 - 18) / 16
    grid = torch.stack(torch.meshgrid(places, places, indexing="xy"), dim=-1)
    x = torch.sin(2.0 * math.pi * (grid @ freqs.T + phases)) * loud
    mix = state[f"{prefix}.weight"]
    return (x @ (mix / math.sqrt(len(mix))).T).permute(2, 0, 1)[None]


def filtered(x: Tensor, line: Tensor, gain: float = 1.0) -> Tensor:
    plane = torch.outer(line, line) if line.ndim == 1 else line
    return F.conv2d(x, (plane * gain).expand(x.shape[1], 1, *plane.shape), groups=x.shape[1])


def layer(state: dict[str, Tensor], number: int, x: Tensor, w: Tensor) -> Tensor:
    name, rate, side, kernel = LAYERS[number]
    before, last = (LAYERS[number - 1][1] if number else 16), number == len(LAYERS) - 1
    prefix = f"synthesis.{name}"
    weight, style = state[f"{prefix}.weight"], dense(state, f"{prefix}.affine", w)
    if last:
        style = style / math.sqrt(weight.shape[1] * kernel**2)
    else:
        weight = weight / weight.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        style = style / style.square().mean().sqrt()
    weight = weight * style[:, :, None, None]
    if not last:
        weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
    weight = weight / state[f"{prefix}.magnitude_ema"].sqrt()
    incoming = x.shape[2]
    x = F.conv2d(x, weight, state[f"{prefix}.bias"], padding=kernel - 1)
    if last:
        return x.clamp(-256, 256)
    up, down = 2 * max(rate, before) // before, 2 * max(rate, before) // rate
    rising, falling = state[f"{prefix}.up_filter"], state[f"{prefix}.down_filter"]
    total = (side - 1) * down + 1 - (incoming + kernel - 1) * up + len(rising) + len(falling) - 2
    low = (total + up) // 2
    sparse = torch.zeros(1, x.shape[1], x.shape[2] * up, x.shape[3] * up)
    sparse[:, :, ::up, ::up] = x
    x = filtered(F.pad(sparse, (low, total - low, low, total - low)), rising, up**2)
    return filtered(bent(x).clamp(-256, 256), falling)[:, :, ::down, ::down]


def drawn(state: dict[str, Tensor], z: Tensor, label: int | None, psi: float = 1.0) -> np.ndarray:
    w = mapped(state, z, label, psi)
    x = waves(state, w)
    for number in range(len(LAYERS)):
        x = layer(state, number, x, w)
    return (0.25 * x)[0].numpy()


# --- what is held ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return weights()


@pytest.fixture(scope="module")
def opened(state, tmp_path_factory) -> Renderer:
    path = tmp_path_factory.mktemp("xl") / "xl.pth"
    torch.save({"G_ema": state}, path)
    return Renderer(open_model(path), "cpu")


def recipe_of(z: Tensor, label: int | None, psi: float) -> Recipe:
    classes = () if label is None else ((label, 1.0),)
    return Recipe(latent=Latent(0, tuple(z[0].tolist())), psi=psi, classes=classes)


@pytest.mark.parametrize("psi", [1.0, 0.4, 0.0])
@pytest.mark.parametrize("label", [0, 3])
def test_it_draws_what_the_equations_say(state, opened, label, psi):
    z = numbers(1, Z, seed=7000 + label)
    want = drawn(state, z, label, psi)
    got = opened.raw(recipe_of(z, label, psi))
    assert np.abs(got - want).max() < 1e-4 * max(1.0, np.abs(want).max())


def test_each_class_has_a_centre_of_its_own(opened):
    means = [opened.raw(Recipe(psi=0.0, classes=((label, 1.0),))) for label in range(2)]
    assert np.abs(means[0] - means[1]).max() > 1e-3
    half = opened.raw(Recipe(psi=0.0, classes=((0, 0.5), (1, 0.5))))
    assert np.abs(half - means[0]).max() > 1e-4


def test_one_without_classes_opens_as_well(tmp_path):
    state = weights(classes=0)
    torch.save(state, tmp_path / "plain.pth")
    renderer = Renderer(open_model(tmp_path / "plain.pth"), "cpu")
    z = numbers(1, Z, seed=5)
    want = drawn(state, z, None, 0.6)
    assert not renderer.model.capabilities.classes
    assert np.abs(renderer.raw(recipe_of(z, None, 0.6)) - want).max() < 1e-4 * np.abs(want).max()


def test_it_is_kept_and_opened_again_with_its_controls(opened, tmp_path):
    model = opened.model
    save_model(model, tmp_path / "kept.safetensors")
    again = Renderer(load_model(tmp_path / "kept.safetensors"), "cpu")
    recipe = replace(Recipe(latent=Latent(4), psi=0.5, classes=((2, 1.0),)), shift_x=0.1, turn=20.0)
    np.testing.assert_array_equal(again.raw(recipe), opened.raw(recipe))
    can = model.capabilities
    assert (can.resolution, can.architecture, len(can.classes)) == (32, "stylegan3", CLASSES)
    assert can.has_placement
    assert can.class_centres


@pytest.mark.parametrize(
    "broken",
    [
        {"mapping.embed_proj.weight": torch.zeros(Z, EMBEDDED + 1)},
        {"mapping.w_avg": torch.zeros(ROWS + 1, W)},
        {"synthesis.L3_52_4.weight": torch.zeros(4, 9, 3, 3)},
        {"synthesis.L3_52_4.up_filter": low_pass(7)},
    ],
)
def test_a_mangled_one_is_refused_in_a_sentence(state, broken, tmp_path):
    torch.save({**state, **broken}, tmp_path / "broken.pth")
    with pytest.raises(CheckpointError) as raised:
        open_model(tmp_path / "broken.pth")
    assert "Do not open" not in str(raised.value)
    assert Path("broken.pth").name in str(raised.value)
