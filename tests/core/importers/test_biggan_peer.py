"""pytorch-pretrained-BigGAN itself, beside us: the same weights, the same pictures and numbers."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import PIL.Image  # noqa: F401 - theirs needs it loaded
import pytest
import torch

from ganlab_core.importers.published import import_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer


@pytest.fixture(scope="module")
def peer() -> ModuleType:
    """Their package, only where these tests run: SciPy takes a second."""
    found: ModuleType = pytest.importorskip(
        "pytorch_pretrained_biggan",
        reason="pytorch-pretrained-biggan or SciPy is not installed; the test extras have both",
        exc_type=ImportError,
    )
    return found


@pytest.fixture(scope="module")
def theirs(peer: ModuleType) -> torch.nn.Module:
    """A small network of theirs, every number random."""
    layers = [
        (False, 16, 8),
        (True, 8, 4),
        (False, 4, 4),
        (True, 4, 2),
        (False, 2, 2),
        (True, 2, 1),
    ]
    config = peer.BigGANConfig(
        output_dim=32, z_dim=12, class_embed_dim=12, channel_width=8, num_classes=5, layers=layers,
        attention_layer_position=3, n_stats=11,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(2)
        network = peer.BigGAN(config)
        for name, tensor in network.state_dict().items():
            if name.endswith("running_vars"):
                tensor.uniform_(0.5, 2.0)
            elif not name.endswith(("weight_u", "weight_v")):
                tensor.normal_(0.0, 0.5)
        network(torch.randn(1, 12), torch.eye(5)[:1], 1.0)  # moves their u and v
    return network.eval()


@pytest.fixture
def file(theirs: torch.nn.Module, tmp_path: Path) -> Path:
    torch.save(theirs.state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text(theirs.config.to_json_string())
    return tmp_path / "pytorch_model.bin"


@pytest.mark.parametrize("truncation", [1.0, 0.4, 0.37])
def test_the_same_pictures(
    peer: ModuleType, theirs: torch.nn.Module, file: Path, truncation: float
) -> None:
    renderer = Renderer(import_model(file), "cpu")
    z = torch.randn(3, 12, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([[1.0, 0, 0, 0, 0], [0, 0, 0, 1.0, 0], [0, 0.5, 0, 0.25, 0.5]])
    with torch.inference_mode():
        wanted = theirs(truncation * z, labels, truncation)
    for row, weights, image in zip(z.double(), labels, wanted, strict=True):
        recipe = Recipe(
            latent=Latent(vector=tuple(row.tolist())),
            psi=truncation,
            classes=tuple(enumerate(weights.tolist())),
        )
        assert torch.isfinite(image).all()
        np.testing.assert_allclose(renderer.raw(recipe), image.numpy(), atol=5e-5, rtol=0)
        pixels = renderer.render(recipe).pixels.astype(int)
        (picture,) = peer.convert_to_images(image[None])
        assert np.abs(pixels - np.asarray(picture).astype(int)).max() <= 1


def test_their_config_says_what_ours_read(theirs: torch.nn.Module, file: Path) -> None:
    model = import_model(file)
    stated = json.loads(theirs.config.to_json_string())
    assert model.capabilities.resolution == stated["output_dim"]
    assert len(model.capabilities.classes) == stated["num_classes"]
    assert model.network.module.config.n_stats == stated["n_stats"]
