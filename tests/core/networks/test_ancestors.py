"""The ancestors against plain references written from the papers' equations."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks import (
    DCGANConfig,
    DCGANDiscriminator,
    DenseGANConfig,
    DenseGANDiscriminator,
    SAGANConfig,
    SAGANDiscriminator,
)
from tests.ancestors import generator

Weights = dict[str, Tensor]


def alike(ours: Tensor, reference: Tensor) -> bool:
    return torch.allclose(ours, reference, atol=1e-5, rtol=1e-4)


def affine(w: Weights, name: str, x: Tensor) -> Tensor:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


# --- GAN and CGAN ----------------------------------------------------------------------------------


def test_gan_is_a_perceptron_of_rectified_units_with_a_sigmoid() -> None:
    network = generator("gan", DenseGANConfig(16, 4, 12))
    w = dict(network.state_dict())
    z = torch.randn(5, 12)
    h = z
    for layer in (0, 1):
        h = affine(w, f"layers.{layer}.dense", h).clamp(min=0)
    probability = 1 / (1 + torch.exp(-affine(w, "layers.2.dense", h)))
    assert alike(network(z), (2 * probability - 1).reshape(5, 3, 16, 16))


def test_cgan_gives_z_and_y_hidden_layers_of_their_own_before_they_meet() -> None:
    network = generator("cgan", DenseGANConfig(8, 4, 12, 3))
    w = dict(network.state_dict())
    z, y = torch.randn(5, 12), torch.eye(3)[[0, 1, 2, 0, 1]]
    own = [affine(w, f"layers.0.of_{n}", x).clamp(min=0) for n, x in (("z", z), ("y", y))]
    h = affine(w, "layers.0.joint.dense", torch.cat(own, 1)).clamp(min=0)
    probability = torch.sigmoid(affine(w, "layers.1.dense", h))
    assert alike(network(z, y), (2 * probability - 1).reshape(5, 3, 8, 8))
    assert not alike(network(z, y), network(z, y.flip(1)))


def maxout(w: Weights, name: str, x: Tensor, pieces: int) -> Tensor:
    lines = affine(w, f"{name}.dense", x)
    return torch.stack([row.reshape(-1, pieces).max(dim=1).values for row in lines])


@pytest.mark.parametrize("classes", [0, 3])
def test_the_dense_discriminator_is_one_of_maxout_units(classes: int) -> None:
    network = DenseGANDiscriminator(DenseGANConfig(8, 2, 12, classes))
    w = dict(network.state_dict())
    x, y = torch.randn(4, 3, 8, 8), torch.eye(3)[[0, 1, 2, 0]]
    h = maxout(w, "blocks.0", x.flatten(1), 5)
    if classes:
        h = torch.cat([h, maxout(w, "of_y", y, 5)], 1)
    h = maxout(w, "blocks.1", h, 4 if classes else 5)
    assert alike(network(x, y if classes else None), affine(w, "score", h)[:, 0])


# --- DCGAN -----------------------------------------------------------------------------------------


def batch_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    def row(part: str) -> Tensor:
        return w[f"{name}.{part}"][None, :, None, None]

    return row("weight") * (x - row("running_mean")) / (row("running_var") + 1e-5).sqrt() + row(
        "bias"
    )


def test_dcgan_draws_by_fractional_strides_batch_norm_and_rectifiers() -> None:
    network = generator("dcgan", DCGANConfig(16, 4, 12))
    w = dict(network.state_dict())
    z = torch.randn(5, 12)
    x = torch.einsum("nz,zchw->nchw", z, w["layers.0.conv.weight"])
    x = batch_norm(w, "layers.0.norm", x).clamp(min=0)
    x = spread_conv(x, w["layers.1.conv.weight"])
    x = batch_norm(w, "layers.1.norm", x).clamp(min=0)
    assert alike(network(z), torch.tanh(spread_conv(x, w["layers.2.conv.weight"])))


def spread_conv(x: Tensor, weight: Tensor) -> Tensor:
    """A fractional stride: zeros between the pixels, then an ordinary 4x4 convolution."""
    n, c, h, width = x.shape
    spread = x.new_zeros(n, c, 2 * h - 1, 2 * width - 1)
    spread[:, :, ::2, ::2] = x
    return F.conv2d(F.pad(spread, (2, 2, 2, 2)), weight.flip(2, 3).transpose(0, 1))


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_the_critic_is_strided_and_normalises_as_its_paper_says(norm: str) -> None:
    network = DCGANDiscriminator(DCGANConfig(16, 4, 12, critic_norm=norm))
    w = dict(network.state_dict())
    images = torch.randn(6, 3, 16, 16)
    parts = []
    for x in images.chunk(2):
        x = F.conv2d(x, w["blocks.0.conv.weight"], w["blocks.0.conv.bias"], 2, 1)
        x = torch.where(x > 0, x, 0.2 * x)
        x = F.conv2d(x, w["blocks.1.conv.weight"], w.get("blocks.1.conv.bias"), 2, 1)
        if norm != "none":
            over = (0, 2, 3) if norm == "batch" else (1, 2, 3)
            mean, variance = x.mean(over, keepdim=True), x.var(over, keepdim=True, correction=0)
            gain, bias = (w[f"blocks.1.norm.{p}"][None, :, None, None] for p in ("weight", "bias"))
            x = gain * (x - mean) / (variance + 1e-5).sqrt() + bias
        x = torch.where(x > 0, x, 0.2 * x)
        parts.append((x * w["score.weight"]).sum((1, 2, 3)) + w["score.bias"])
    assert alike(network(images, batches=2), torch.cat(parts))


def test_a_wgan_gp_critic_tells_the_same_of_a_picture_in_any_company() -> None:
    one, others = torch.randn(1, 3, 16, 16), torch.randn(3, 3, 16, 16)
    for norm, meets in (("batch", True), ("layer", False)):
        critic = DCGANDiscriminator(DCGANConfig(16, 4, 12, critic_norm=norm))
        alone, together = critic(torch.cat([one, one])), critic(torch.cat([one, others]))
        assert torch.allclose(alone[0], together[0], atol=1e-5) is not meets


def test_training_begins_with_small_normal_weights() -> None:
    weight = DCGANDiscriminator(DCGANConfig(32, 32)).blocks[1].get_parameter("conv.weight")
    assert weight.std().item() == pytest.approx(0.02, rel=0.05)


# --- SAGAN -----------------------------------------------------------------------------------------


def spectral(w: Weights, name: str) -> Tensor:
    """W / sigma with the stored u, one step of the power iteration."""
    weight, u = w[f"{name}.weight"], w[f"{name}.u"]
    matrix = weight.flatten(1)
    v = F.normalize(matrix.T @ u, dim=0)
    return weight / (matrix @ v).norm()


def conv(w: Weights, name: str, x: Tensor) -> Tensor:
    kernel = spectral(w, name)
    return F.conv2d(x, kernel, w.get(f"{name}.bias"), padding=kernel.shape[-1] // 2)


def class_norm(w: Weights, name: str, x: Tensor, y: Tensor) -> Tensor:
    mean, variance = (w[f"{name}.norm.running_{k}"][None, :, None, None] for k in ("mean", "var"))
    gain, bias = (torch.stack([w[f"{name}.{k}"][i] for i in y.argmax(1)]) for k in ("gain", "bias"))
    x = (x - mean) / (variance + 1e-5).sqrt()
    return x * gain[:, :, None, None] + bias[:, :, None, None]


def up_block(w: Weights, name: str, x: Tensor, y: Tensor) -> Tensor:
    def up(t: Tensor) -> Tensor:
        return t.repeat_interleave(2, 2).repeat_interleave(2, 3)

    h = conv(w, f"{name}.conv0", up(class_norm(w, f"{name}.norm0", x, y).clamp(min=0)))
    h = conv(w, f"{name}.conv1", class_norm(w, f"{name}.norm1", h, y).clamp(min=0))
    return h + conv(w, f"{name}.skip", up(x))


def attended(w: Weights, name: str, x: Tensor) -> Tensor:
    """Equations 1 to 3, with keys and values pooled as in the published code."""
    f, g, h = (conv(w, f"{name}.{part}", x) for part in ("phi", "theta", "g"))
    f, h = (F.max_pool2d(t, 2).flatten(2) for t in (f, h))
    scores = torch.einsum("nci,ncj->nji", f, g.flatten(2))
    beta = scores.exp() / scores.exp().sum(2, keepdim=True)
    mixed = torch.einsum("nji,nci->ncj", beta, h).unflatten(2, x.shape[2:])
    return x + w[f"{name}.gamma"] * conv(w, f"{name}.o", mixed)


def test_sagan_draws_by_residual_blocks_of_the_class_and_one_attention() -> None:
    network = generator("sagan", SAGANConfig(16, 8, 12, 3, 8))
    w = dict(network.state_dict())
    z, y = torch.randn(4, 12), torch.eye(3)[[0, 1, 2, 0]]
    x = z @ spectral(w, "layers.0.dense").T + w["layers.0.dense.bias"]
    x = up_block(w, "layers.1", x.reshape(4, -1, 4, 4), y)
    x = attended(w, "layers.2.attend", x)
    x = up_block(w, "layers.3", x, y)
    x = conv(w, "layers.4.conv", batch_norm(w, "layers.4.norm", x).clamp(min=0))
    assert alike(network(z, y), torch.tanh(x))


def test_sagans_discriminator_projects_on_the_class() -> None:
    network = SAGANDiscriminator(SAGANConfig(16, 8, 12, 3, 8)).eval()
    network.attention.gamma.data.fill_(0.7)
    w = dict(network.state_dict())
    image, y = torch.randn(4, 3, 16, 16), torch.eye(3)[[0, 1, 2, 0]]
    x = image
    for index in (0, 1):
        name = f"blocks.{index}"
        h = conv(w, f"{name}.conv0", x.clamp(min=0) if index else x)
        h = conv(w, f"{name}.conv1", h.clamp(min=0)) + conv(w, f"{name}.skip", x)
        x = h.unflatten(2, (-1, 2)).unflatten(4, (-1, 2)).mean((3, 5))
        x = attended(w, "attention", x) if index == 0 else x
    h = x.clamp(min=0).sum((2, 3))
    linear = h @ spectral(w, "head.linear").T + w["head.linear.bias"]
    projection = (h * (y @ spectral(w, "head.embed"))).sum(1)
    assert alike(network(image, y), linear[:, 0] + projection)


@pytest.mark.parametrize(
    "config",
    [
        DenseGANConfig(128),
        DenseGANConfig(32, channels=0),
        DCGANConfig(512),
        DCGANConfig(32, label_size=3),
        DCGANConfig(32, critic_norm="instance"),
        SAGANConfig(32, attention=32),
        SAGANConfig(32, 2, attention=16),
    ],
)
def test_shapes_that_cannot_be_are_refused(config: DenseGANConfig) -> None:
    with pytest.raises(ValueError, match=r"."):
        config.check()
