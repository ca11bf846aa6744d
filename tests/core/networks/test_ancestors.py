"""The ancestors against plain references written from the papers' equations."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks import (
    CoGANConfig,
    CoGANDiscriminator,
    CycleGANConfig,
    CycleGANDiscriminator,
    CycleGANGenerator,
    DCGANConfig,
    DCGANDiscriminator,
    DenseGANConfig,
    DenseGANDiscriminator,
    SAGANConfig,
    SAGANDiscriminator,
    cycle_loss,
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


# --- CoGAN -----------------------------------------------------------------------------------------


def prelu(w: Weights, name: str, x: Tensor) -> Tensor:
    return x.clamp(min=0) + w[f"{name}.slope.weight"] * x.clamp(max=0)


def test_cogan_draws_both_domains_from_one_trunk_and_each_by_layers_of_its_own() -> None:
    network = generator("cogan", CoGANConfig(16, 4, 12, 2, own_layers=2))
    w = dict(network.state_dict())
    z = torch.randn(5, 12)
    trunk = torch.einsum("nz,zchw->nchw", z, w["layers.0.conv.weight"])
    trunk = prelu(w, "layers.0", batch_norm(w, "layers.0.norm", trunk))
    drawn = []
    for domain in (0, 1):
        own = f"layers.1.of.{domain}"
        x = spread_conv(trunk, w[f"{own}.conv.weight"])
        x = prelu(w, own, batch_norm(w, f"{own}.norm", x))
        drawn.append(torch.tanh(spread_conv(x, w[f"layers.2.of.{domain}.conv.weight"])))
    y = torch.eye(2)[[0, 1, 1, 0, 1]]
    assert alike(network(z, y), torch.stack([drawn[d][i] for i, d in enumerate(y.argmax(1))]))
    assert not alike(drawn[0], drawn[1])


def test_cogans_discriminators_share_what_follows_the_first_layers() -> None:
    config = CoGANConfig(16, 4, 12, 2, own_layers=1)
    network = CoGANDiscriminator(config)
    w = dict(network.state_dict())
    images, y = torch.randn(4, 3, 16, 16), torch.eye(2)[[0, 1, 1, 0]]
    first = []
    for image, domain in zip(images, y.argmax(1).tolist(), strict=True):
        own = f"blocks.0.of.{domain}"
        x = F.conv2d(image[None], w[f"{own}.conv.weight"], w[f"{own}.conv.bias"], 2, 1)
        first.append(prelu(w, own, x))
    x = F.conv2d(torch.cat(first), w["blocks.1.conv.weight"], None, 2, 1)
    mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
    gain, bias = (w[f"blocks.1.norm.{p}"][None, :, None, None] for p in ("weight", "bias"))
    x = prelu(w, "blocks.1", gain * (x - mean) / (variance + 1e-5).sqrt() + bias)
    assert alike(network(images, y), (x * w["score.weight"]).sum((1, 2, 3)) + w["score.bias"])


def test_a_shared_layers_gradient_is_the_sum_of_both_domains() -> None:
    """Sharing by the formula: d/dw (L_1 + L_2) = d/dw L_1 + d/dw L_2; a domain's own weights know one."""
    network = generator("cogan", CoGANConfig(16, 4, 12, 2)).requires_grad_(requires_grad=True)
    z = torch.randn(4, 12)
    y = [torch.eye(2)[[d] * 4] for d in (0, 1)]
    shared = network.layers[0].get_parameter("conv.weight")
    own = [network.layers[-1].get_parameter(f"of.{d}.conv.weight") for d in (0, 1)]
    losses = [network(z, one).square().sum() for one in y]
    apart = [torch.autograd.grad(loss, shared, retain_graph=True)[0] for loss in losses]
    (together,) = torch.autograd.grad(sum(losses), shared, retain_graph=True)
    assert alike(together, apart[0] + apart[1])
    for d in (0, 1):
        grads = torch.autograd.grad(losses[d], own, allow_unused=True, retain_graph=True)
        assert grads[d] is not None
        assert grads[1 - d] is None


# --- CycleGAN --------------------------------------------------------------------------------------


def instance_norm(x: Tensor) -> Tensor:
    mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, correction=0)
    return (x - mean) / (variance + 1e-5).sqrt()


def mirrored(w: Weights, name: str, x: Tensor) -> Tensor:
    kernel, bias = w[f"{name}.conv.weight"], w[f"{name}.conv.bias"]
    side = kernel.shape[-1] // 2
    rows = torch.cat([x[:, :, 1 : side + 1].flip(2), x, x[:, :, -side - 1 : -1].flip(2)], 2)
    both = torch.cat([rows[..., 1 : side + 1].flip(3), rows, rows[..., -side - 1 : -1].flip(3)], 3)
    return F.conv2d(both, kernel, bias)


def doubled(w: Weights, name: str, x: Tensor) -> Tensor:
    n, c, h, width = x.shape
    spread = x.new_zeros(n, c, 2 * h, 2 * width)
    spread[:, :, ::2, ::2] = x
    kernel = w[f"{name}.conv.weight"].flip(2, 3).transpose(0, 1)
    return F.conv2d(F.pad(spread, (1, 1, 1, 1)), kernel, w[f"{name}.conv.bias"])


def translated(w: Weights, domain: int, x: Tensor, blocks: int) -> Tensor:
    """Appendix 7.2: c7s1-c, d2c, d4c, R4c ..., u2c, uc, c7s1-3."""

    def name(layer: int, part: str = "") -> str:
        return f"layers.{layer}.of.{domain}{part}"

    x = instance_norm(mirrored(w, name(0, ".0"), x)).clamp(min=0)
    for part in (".1", ".2"):
        at = name(0, part)
        x = F.conv2d(x, w[f"{at}.conv.weight"], w[f"{at}.conv.bias"], 2, 1)
        x = instance_norm(x).clamp(min=0)
    for block in range(1, blocks + 1):
        h = instance_norm(mirrored(w, name(block, ".first"), x)).clamp(min=0)
        x = x + instance_norm(mirrored(w, name(block, ".second"), h))
    x = instance_norm(doubled(w, name(blocks + 1), x)).clamp(min=0)
    x = instance_norm(doubled(w, name(blocks + 2, ".0"), x)).clamp(min=0)
    return torch.tanh(mirrored(w, name(blocks + 2, ".1"), x))


def test_cyclegan_translates_the_picture_that_z_chooses() -> None:
    network = generator("cyclegan", CycleGANConfig(16, 4, 12))
    w = dict(network.state_dict())
    z, y = torch.randn(3, 12), torch.eye(2)[[0, 1, 1]]
    for row, (one, domain) in enumerate(zip(z, y.argmax(1).tolist(), strict=True)):
        shares = torch.exp(60 * (one - one.max()))
        shares = shares / shares.sum()
        known = w["gallery.pictures"][1 - domain].float() / 127.5 - 1
        source = (shares[:, None, None, None] * known).sum(0, keepdim=True)
        wanted = translated(w, domain, source, network.config.blocks)
        assert alike(network(z, y)[row : row + 1], wanted)


def test_its_discriminators_judge_patches() -> None:
    network = CycleGANDiscriminator(CycleGANConfig(32, 4, 12))
    w = dict(network.state_dict())
    image = torch.randn(1, 3, 32, 32)
    x = F.conv2d(image, w["blocks.0.of.1.conv.weight"], w["blocks.0.of.1.conv.bias"], 2, 1)
    x = torch.where(x > 0, x, 0.2 * x)
    x = F.conv2d(x, w["blocks.1.of.1.conv.weight"], w["blocks.1.of.1.conv.bias"], 1, 1)
    x = instance_norm(x)
    x = torch.where(x > 0, x, 0.2 * x)
    x = F.conv2d(x, w["score.of.1.weight"], w["score.of.1.bias"], 1, 1)
    assert alike(network(image, torch.tensor([[0.0, 1.0]])), x.flatten(1))
    assert x.shape[-1] == 14  # places, each seen through 16 px


def test_the_cycle_loss_is_the_mean_absolute_difference_after_there_and_back() -> None:
    network = generator("cyclegan", CycleGANConfig(16, 4, 12))
    assert isinstance(network, CycleGANGenerator)
    x, there = torch.rand(3, 3, 16, 16) * 2 - 1, torch.eye(2)[[1, 1, 1]]
    back = network.translate(network.translate(x, there), there.flip(1))
    apart = [abs(float(a) - float(b)) for a, b in zip(back.flatten(), x.flatten(), strict=True)]
    assert float(cycle_loss(x, back)) == pytest.approx(sum(apart) / len(apart), rel=1e-5)
    assert float(cycle_loss(x, x)) == 0.0


@pytest.mark.parametrize(
    "config",
    [
        DenseGANConfig(128),
        CoGANConfig(16, label_size=1),
        CoGANConfig(16, own_layers=3),
        CycleGANConfig(32, label_size=3),
        CycleGANConfig(8),
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
