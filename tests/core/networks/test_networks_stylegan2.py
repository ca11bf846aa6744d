"""StyleGAN2 against the plain definitions of its parts."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks import Condition, StyleGAN2Config, StyleGAN2Stages
from ganlab_core.networks.layers import (
    downscaled,
    downscaling_conv,
    filtered,
    upscaled,
    upscaling_conv,
)
from ganlab_core.networks.stylegan2 import modulated_conv, stylegan2_layers
from tests.stylegan2_models import LABELLED, TINY, discriminator, generator, noise

FILTERS = [(1.0, 3.0, 3.0, 1.0), (1.0, 1.0), (1.0, 2.0, 5.0, 3.0), (1.0, 2.0, 3.0, 3.0, 2.0, 0.5)]


def spread_out(x: Tensor) -> Tensor:
    """Zeros between the pixels."""
    n, c, h, w = x.shape
    wide = x.new_zeros(n, c, 2 * h, 2 * w)
    wide[:, :, ::2, ::2] = x
    return wide


def convolved(x: Tensor, taps: tuple[float, ...], before: int, after: int) -> Tensor:
    """Filtered pixel by pixel, as a true convolution."""
    line = torch.tensor(taps) / sum(taps)
    padded = F.pad(x, (before, after, before, after))
    size = padded.shape[-1] - len(taps) + 1
    result = x.new_zeros(*x.shape[:2], size, size)
    for row, down in enumerate(line.flip(0)):
        for column, right in enumerate(line.flip(0)):
            part = padded[:, :, row : row + size, column : column + size]
            result += float(down * right) * part
    return result


@pytest.mark.parametrize("taps", FILTERS)
def test_a_filter_convolves_every_map(taps: tuple[float, ...]) -> None:
    x = noise(2, 3, 9, 9)
    torch.testing.assert_close(filtered(x, taps, 2), convolved(x, taps, 2, 2))


@pytest.mark.parametrize("taps", FILTERS)
def test_upscaling_fills_in_zeros_and_filters(taps: tuple[float, ...]) -> None:
    x, half = noise(2, 3, 5, 5), len(taps) // 2
    expected = 4.0 * convolved(spread_out(x), taps, half, half - 1)
    torch.testing.assert_close(upscaled(x, taps), expected)


def test_upscaling_keeps_a_flat_picture_flat_inside() -> None:
    image = upscaled(torch.full((1, 3, 8, 8), 0.7), (1.0, 3.0, 3.0, 1.0))
    torch.testing.assert_close(image[:, :, 2:-2, 2:-2], torch.full((1, 3, 12, 12), 0.7))


@pytest.mark.parametrize("taps", FILTERS)
def test_downscaling_filters_and_takes_every_second_pixel(taps: tuple[float, ...]) -> None:
    x, half = noise(2, 3, 8, 8), len(taps) // 2
    expected = convolved(x, taps, half - 1, half - 1)[:, :, ::2, ::2]
    torch.testing.assert_close(downscaled(x, taps), expected)


@pytest.mark.parametrize("taps", FILTERS)
def test_an_upscaling_convolution_is_mirrored_before_its_filter(taps: tuple[float, ...]) -> None:
    x, weight, bias, half = noise(2, 3, 5, 5), noise(4, 3, 3, 3), noise(4), len(taps) // 2
    wide = F.conv2d(F.pad(spread_out(x), (2, 1, 2, 1)), weight.flip(2, 3))
    expected = 4.0 * convolved(wide, taps, half - 1, half - 1) + bias[:, None, None]
    torch.testing.assert_close(upscaling_conv(x, weight, taps, bias), expected)


@pytest.mark.parametrize("taps", FILTERS)
def test_a_downscaling_convolution_filters_first(taps: tuple[float, ...]) -> None:
    x, weight, bias, half = noise(2, 3, 8, 8), noise(4, 3, 3, 3), noise(4), len(taps) // 2
    expected = F.conv2d(convolved(x, taps, half, half), weight, bias)[:, :, ::2, ::2]
    torch.testing.assert_close(downscaling_conv(x, weight, bias, taps), expected)


def test_demodulation_gives_features_of_unit_deviation() -> None:
    x, weight, style = noise(1, 64, 64, 64), 7.0 * noise(32, 64, 3, 3), 3.0 * noise(1, 64)
    # white noise, but as deviant per map as its style expects it: s x with x ~ N(0, 1)
    y = modulated_conv(x, weight, style, torch.zeros(32))[:, :, 1:-1, 1:-1]
    deviation = y.std(dim=(0, 2, 3))
    torch.testing.assert_close(deviation, torch.ones(32), atol=0.05, rtol=0.0)


@pytest.mark.parametrize("taps", [None, (1.0, 3.0, 3.0, 1.0)])
@pytest.mark.parametrize("demodulate", [True, False])
def test_scaling_weights_and_scaling_features_agree(
    taps: tuple[float, ...] | None, demodulate: bool
) -> None:
    x, weight, style, bias = noise(2, 4, 16, 16), noise(5, 4, 3, 3), noise(2, 4), noise(5)
    options = {"demodulate": demodulate, "gain": 1.7, "taps": taps}
    both = modulated_conv(x, weight, style, bias, **options)
    single = [modulated_conv(x[i, None], weight, style[i, None], bias, **options) for i in (0, 1)]
    assert weight.numel() < x[0].numel()
    torch.testing.assert_close(both, torch.cat(single))


def test_modulation_is_the_papers_formula() -> None:
    x, weight, style = noise(1, 4, 2, 2), noise(5, 4, 1, 1), noise(1, 4)
    scaled = weight[:, :, 0, 0] * style
    scaled = scaled / (scaled.square().sum(dim=1, keepdim=True) + 1e-8).sqrt()
    expected = torch.einsum("oi,nihw->nohw", scaled, x)
    torch.testing.assert_close(modulated_conv(x, weight, style, torch.zeros(5)), expected)


def test_the_picture_is_the_sum_of_all_resolutions_parts() -> None:
    network = generator()
    ws, noises = noise(2, 6, TINY.w_dim), [None] * 5
    parts: list[Tensor] = []
    for layer in network.synthesis.to_rgb:
        layer.register_forward_hook(lambda _, __, part: parts.append(part))
    image = network.synthesis(ws, noises)
    assert [part.shape[-1] for part in parts] == [4, 8, 16]
    taps = TINY.resample_filter
    expected = upscaled(upscaled(parts[0], taps), taps) + upscaled(parts[1], taps) + parts[2]
    torch.testing.assert_close(image, expected)


def test_a_layer_adds_noise_and_bias_before_its_nonlinearity() -> None:
    config = dataclasses.replace(TINY, conv_clamp=None)
    layer = generator(config).synthesis.layers[2]
    x, w, grain = noise(1, 10, 8, 8), noise(1, TINY.w_dim), noise(1, 1, 8, 8)
    plain = modulated_conv(x, layer.weight, layer.style(w), torch.zeros(10))
    expected = plain + grain * layer.noise_strength + layer.bias[:, None, None]
    expected = F.leaky_relu(expected, 0.2) * math.sqrt(2)
    torch.testing.assert_close(layer(x, w, grain), expected)


def test_the_clamp_cuts_features_and_colours() -> None:
    network = generator()
    x, w = 100.0 * noise(1, 10, 8, 8), noise(1, TINY.w_dim)
    assert network.synthesis.layers[2](x, w, None).abs().max() == 2.0
    assert network.synthesis.to_rgb[1](x, w).abs().max() == 2.0


def test_labels_are_normalised_apart_or_together() -> None:
    z, labels = noise(2, TINY.z_dim), torch.eye(3)[:2]

    def unit(x: Tensor) -> Tensor:
        return x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()

    for kind in ("embed", "concat"):
        mapping = generator(dataclasses.replace(LABELLED, label_kind=kind)).mapping
        if kind == "embed":
            embedded = labels @ mapping.embed.weight.T / math.sqrt(3) + mapping.embed.bias
            x = torch.cat([unit(z), unit(embedded)], dim=1)
        else:
            x = unit(torch.cat([z, labels @ mapping.label_weight], dim=1))
        for layer in mapping.dense:
            x = x @ layer.weight.T * 0.01 / math.sqrt(x.shape[1]) + 0.01 * layer.bias
            x = F.leaky_relu(x, 0.2) * math.sqrt(2)
        torch.testing.assert_close(mapping(z, labels), x)


def test_training_reaches_every_parameter() -> None:
    network = generator(LABELLED).requires_grad_(requires_grad=True)
    critic = discriminator(LABELLED).requires_grad_(requires_grad=True)
    labels = torch.eye(3)[:2]
    w = network.mapping(noise(2, TINY.z_dim), labels)
    noises = [network.synthesis.stored_noise(index) for index in range(5)]
    image = network.synthesis(w[:, None].expand(-1, 6, -1), noises)
    critic(image, labels).sum().backward()
    for name, parameter in [*network.named_parameters(), *critic.named_parameters()]:
        assert parameter.grad is not None, name


# --- stages -------------------------------------------------------------------------------------------


def test_the_stages_are_named_and_share_styles_as_published() -> None:
    named = [(layer.name, layer.w_plus_index, layer.noise) for layer in stylegan2_layers(TINY)]
    assert named == [
        ("4x4/conv", 0, True),
        ("4x4/torgb", 1, False),
        ("8x8/conv0", 1, True),
        ("8x8/conv1", 2, True),
        ("8x8/torgb", 3, False),
        ("16x16/conv0", 3, True),
        ("16x16/conv1", 4, True),
        ("16x16/torgb", 5, False),
    ]
    published = StyleGAN2Config()
    assert len(stylegan2_layers(published)) == 26
    assert stylegan2_layers(published)[-1].w_plus_index + 1 == published.num_styles == 18


def test_the_chain_of_stages_gives_the_networks_picture() -> None:
    network = generator()
    stages, ws = StyleGAN2Stages(network), noise(2, 6, TINY.w_dim)
    features: Tensor | None = None
    for layer in stylegan2_layers(TINY):
        grain = stages.stored_noise(layer.index) if layer.noise else None
        condition = Condition(ws[:, layer.w_plus_index], grain)
        features = stages.run_stage(layer.index, features, condition)
        assert features.shape[1] == layer.channels + (3 if layer.index else 0)
        assert features.shape[-1] == layer.resolution
    assert features is not None
    noises = [network.synthesis.stored_noise(index) for index in range(5)]
    torch.testing.assert_close(stages.to_rgb(16, features), network.synthesis(ws, noises))


def test_each_stage_has_the_matrix_that_meets_its_style_first() -> None:
    stages = StyleGAN2Stages(generator())
    shapes = [tuple(stages.style_matrix(layer.index).shape) for layer in stylegan2_layers(TINY)]
    assert shapes == [(maps, TINY.w_dim) for maps in (12, 12, 12, 10, 10, 10, 6, 6)]
    with pytest.raises(LookupError):
        stages.attention(0, noise(1, 3, 4, 4))


def test_pictures_are_rounded_as_published() -> None:
    pixels = StyleGAN2Stages(generator()).to_uint8(torch.tensor([-2.0, -1.0, 0.0, 0.999, 3.0]))
    assert pixels.tolist() == [0, 0, 128, 255, 255]


# --- the discriminator --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["resnet", "skip", "orig"])
def test_a_critic_of_any_kind_scores_each_picture(kind: str) -> None:
    config = dataclasses.replace(TINY, critic=kind, mbstd_features=0)
    critic, images = discriminator(config), noise(3, 3, 16, 16)
    scores = critic(images)
    assert scores.shape == (3,)
    torch.testing.assert_close(scores[1:2], critic(images[1:2]))


def test_a_residual_block_is_the_mean_energy_of_its_two_ways() -> None:
    config = dataclasses.replace(TINY, conv_clamp=None)
    block, x = discriminator(config).blocks[0], noise(1, 10, 8, 8)

    def active(x: Tensor) -> Tensor:
        return F.leaky_relu(x, 0.2) * math.sqrt(2)

    long = active(block.conv1(active(block.conv0(x))))
    expected = (long + block.skip(downscaled(x, TINY.resample_filter))) / math.sqrt(2)
    torch.testing.assert_close(block(x, noise(1, 3, 8, 8)), expected)


def test_a_label_picks_or_projects_the_score() -> None:
    images, labels = noise(2, 3, 16, 16), torch.eye(3)[:2]
    for kind in ("concat", "embed"):
        critic = discriminator(dataclasses.replace(LABELLED, label_kind=kind))
        raw: list[Tensor] = []
        critic.out.register_forward_hook(lambda _, __, out, raw=raw: raw.append(out))
        scores = critic(images, labels)
        if kind == "concat":
            torch.testing.assert_close(scores, raw[0].diagonal())
        else:
            mapped = critic.mapping(None, labels)
            torch.testing.assert_close(scores, (raw[0] * mapped).sum(1) / math.sqrt(12))


def test_a_group_of_none_is_the_whole_batch() -> None:
    images = noise(6, 3, 16, 16)
    whole = discriminator(dataclasses.replace(TINY, mbstd_group_size=None))
    six = discriminator(dataclasses.replace(TINY, mbstd_group_size=6))
    three = discriminator(dataclasses.replace(TINY, mbstd_group_size=3))
    torch.testing.assert_close(whole(images), six(images))
    assert not torch.allclose(whole(images), three(images))
