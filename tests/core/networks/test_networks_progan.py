"""ProGAN's published shape, its quirks that change pixels, and its generator as a chain of stages."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from ganlab_core.networks import (
    Condition,
    ProGANConfig,
    ProGANDiscriminator,
    ProGANGenerator,
    ProGANStages,
    downscale,
    progan_capabilities,
    upscale,
)
from ganlab_core.networks.progan import ConvLayer, DenseLayer
from tests.tiny_progan import normal, randomised, small, tiny_generator


def unit(x: torch.Tensor, epsilon: float = 1e-8) -> torch.Tensor:
    """Feature vectors divided by their root mean square."""
    return x / ((x * x).mean(dim=1, keepdim=True) + epsilon).sqrt()


@pytest.mark.parametrize(
    ("network", "count"), [(ProGANGenerator, 23079115), (ProGANDiscriminator, 23087249)]
)
def test_the_published_networks_have_the_published_number_of_parameters(
    network: type[torch.nn.Module], count: int
) -> None:
    with torch.device("meta"):
        built = network(ProGANConfig())
    assert sum(parameter.numel() for parameter in built.parameters()) == count


def test_channels_are_cut_to_whole_numbers() -> None:
    config = ProGANConfig(resolution=64, fmap_base=1000, fmap_max=300)
    assert [config.channels(level) for level in range(1, 7)] == [300, 300, 250, 125, 62, 31]


# --- the generator ---------------------------------------------------------------------------------


def test_the_first_layer_counts_its_fan_in_as_a_convolution_and_has_one_bias_per_map() -> None:
    config = small()
    layer, x = randomised(DenseLayer(config)), normal(2, 10)
    flat = x @ layer.dense.weight.T * (math.sqrt(2) / 4 / math.sqrt(10))
    before = flat.reshape(2, 14, 4, 4) + layer.bias.reshape(1, 14, 1, 1)
    torch.testing.assert_close(layer(x), unit(F.leaky_relu(before, 0.2)))


def test_a_bias_per_pixel_is_an_option() -> None:
    assert DenseLayer(small(dense_bias="per pixel")).bias.shape == (14, 4, 4)


@pytest.mark.parametrize("fused", [True, False])
def test_a_fused_layer_reads_its_kernel_mirrored(fused: bool) -> None:
    layer = randomised(ConvLayer(5, 3, small(fused=fused), up=True))
    x, conv = normal(2, 5, 4, 4), layer.conv
    kernel = conv.weight.flip(2, 3) if fused else conv.weight
    before = F.conv2d(upscale(x), kernel, padding=1) * math.sqrt(2 / 45)
    wanted = unit(F.leaky_relu(before + conv.bias[:, None, None], 0.2))
    torch.testing.assert_close(layer(x), wanted, rtol=1e-4, atol=1e-5)


def test_activation_and_norm_are_options() -> None:
    config = small(slope=0.0, normalize_features=False)
    layer, x = randomised(ConvLayer(14, 2, config, up=False)), normal(1, 14, 4, 4)
    torch.testing.assert_close(layer(x), F.relu(layer.conv(x)))
    wide = randomised(ConvLayer(14, 2, small(epsilon=0.5), up=False))
    wanted = unit(F.leaky_relu(wide.conv(x), 0.2), 0.5)
    torch.testing.assert_close(wide(x), wanted)


def test_the_latent_is_normalised_together_with_its_labels() -> None:
    z, labels = normal(3, 10), torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.3, -2.0]])
    both = torch.cat([z, labels], dim=1)
    start = ProGANGenerator(small(label_size=2)).start(z, labels)
    torch.testing.assert_close(start, unit(both))
    plain = ProGANGenerator(small(label_size=2, normalize_latents=False))
    assert torch.equal(plain.start(z, labels), both)
    apart = ProGANGenerator(small(label_size=2, normalize_z_first=True))
    torch.testing.assert_close(apart.start(z, labels), unit(torch.cat([unit(z), labels], dim=1)))


def test_no_labels_count_as_zeros() -> None:
    generator, z = tiny_generator(small(label_size=2)), normal(1, 10)
    assert torch.equal(generator(z), generator(z, torch.zeros(1, 2)))


@pytest.mark.parametrize("growth", [2.3, 3.0, 3.25, 4.0])
def test_a_fading_generator_blends_the_upscaled_old_picture_with_the_new(growth: float) -> None:
    generator, z = tiny_generator(small()), normal(2, 10)
    level = math.ceil(growth)
    old, new = (generator(z, growth=float(each)) for each in (level - 1, level))
    blended = torch.lerp(upscale(old), new, growth - level + 1)
    torch.testing.assert_close(generator(z, growth=growth), blended)


# --- its stages ------------------------------------------------------------------------------------


def test_the_stages_have_the_papers_names_and_only_the_first_takes_a_style() -> None:
    can = progan_capabilities(small(label_size=2), ("a", "b"))
    assert [layer.name for layer in can.layers] == [
        "4x4/dense", "4x4/conv", "8x8/conv0", "8x8/conv1", "16x16/conv0", "16x16/conv1",
    ]  # fmt: skip
    assert [layer.style for layer in can.layers] == [True] + [False] * 5
    assert [layer.classes for layer in can.layers] == [True] + [False] * 5
    assert not any(layer.noise for layer in can.layers)
    assert [layer.channels for layer in can.layers] == [14, 14, 14, 14, 12, 12]
    assert (can.style_count, can.direction_dim) == (1, 10)


@pytest.mark.parametrize("resolution", [4, 8, 16])
def test_the_stages_together_are_the_generator(resolution: int) -> None:
    generator = tiny_generator(small(resolution, label_size=2))
    stages, z, labels = ProGANStages(generator), normal(2, 10), normal(2, 2, seed=1)
    features = None
    for stage in range(len(stages.stage_names)):
        style = stages.stage_style(stage, stages.map(z, labels), labels)
        features = stages.run_stage(stage, features, Condition(style, None))
    assert features is not None
    assert torch.equal(stages.to_rgb(resolution, features), generator(z, labels))
    assert stages.channels(resolution) == features.shape[1]


def test_the_centre_of_z_is_zero() -> None:
    assert torch.equal(ProGANStages(ProGANGenerator(small())).truncation_centre, torch.zeros(10))


def test_rounding_is_to_the_nearest_as_published() -> None:
    stages = ProGANStages(ProGANGenerator(small()))
    image = torch.tensor([-7.0, -1.0, -1 / 255, 0.0, 0.99609, 1.0, 7.0])
    assert stages.to_uint8(image).tolist() == [0, 0, 127, 128, 255, 255, 255]
    assert stages.to_uint8(torch.tensor([0.5 / 127.5, -0.6 / 127.5])).tolist() == [128, 127]


# --- the discriminator -----------------------------------------------------------------------------


@pytest.mark.parametrize("fused", [True, False])
def test_only_the_fused_discriminator_scales_down_before_its_activation(fused: bool) -> None:
    block = randomised(ProGANDiscriminator(small(fused=fused)).blocks[0])
    x = normal(2, 14, 8, 8)
    inner = F.leaky_relu(F.conv2d(x, block.conv0.weight, padding=1) * block.conv0.scale
                         + block.conv0.bias[:, None, None], 0.2)  # fmt: skip
    conv = F.conv2d(inner, block.conv1.weight, padding=1) * block.conv1.scale
    bias = block.conv1.bias[:, None, None]
    wanted = (
        F.leaky_relu(downscale(conv) + bias, 0.2)
        if fused
        else downscale(F.leaky_relu(conv + bias, 0.2))
    )
    torch.testing.assert_close(block(x), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("growth", [2.3, 3.25])
def test_a_fading_discriminator_blends_in_the_downscaled_picture(growth: float) -> None:
    discriminator = randomised(ProGANDiscriminator(small(mbstd_group_size=0)))
    level = math.ceil(growth)
    image = normal(4, 3, 2**level, 2**level)
    new = discriminator.blocks[level - 3](
        F.leaky_relu(discriminator.from_rgb[level - 2](image), 0.2)
    )
    old = F.leaky_relu(discriminator.from_rgb[level - 3](downscale(image)), 0.2)
    x = torch.lerp(old, new, growth - level + 1)
    for block in list(discriminator.blocks)[: level - 3][::-1]:
        x = block(x)
    x = F.leaky_relu(discriminator.conv(x), 0.2)
    wanted = F.leaky_relu(discriminator.dense0(x.flatten(1)), 0.2)
    torch.testing.assert_close(discriminator.features(image, growth), wanted)


def test_scores_come_with_the_classes_logits() -> None:
    discriminator, image = ProGANDiscriminator(small(label_size=3)), normal(4, 3, 16, 16)
    assert discriminator(image).shape == (4, 4)
    assert discriminator(downscale(image), growth=3.0).shape == (4, 4)


@pytest.mark.parametrize("grouping", ["strided", "consecutive"])
def test_stacked_batches_score_as_separate_ones(grouping: str) -> None:
    discriminator = randomised(ProGANDiscriminator(small(mbstd_grouping=grouping)))
    a, b = normal(4, 3, 16, 16), normal(4, 3, 16, 16, seed=1)
    apart = torch.cat([discriminator(a), discriminator(b)])
    together = discriminator(torch.cat([a, b]), batches=2)
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [0, 1])
def test_a_group_of_one_compares_nothing(size: int) -> None:
    discriminator = randomised(ProGANDiscriminator(small(mbstd_group_size=size)))
    assert discriminator.conv.weight.shape[1] == 14
    image = normal(4, 3, 16, 16)
    torch.testing.assert_close(discriminator(image)[:1], discriminator(image[:1]))
