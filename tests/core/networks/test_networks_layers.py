"""The shared layers against the plain definitions they stand for."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.networks.layers import (
    UPSCALING_ORDER,
    DownscaleConv2d,
    EqualizedConv2d,
    EqualizedLinear,
    UpscaleConv2d,
    blur,
    minibatch_stddev,
    pixel_norm,
    shifted_sum,
    shifted_sum_writer,
)


def picture(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_dense_layer_scales_its_weight_by_he_and_its_bias_not() -> None:
    layer, x = EqualizedLinear(6, 4), picture(3, 6)
    with torch.no_grad():
        layer.bias.copy_(picture(4))
    expected = x @ layer.weight.T * math.sqrt(2 / 6) + layer.bias
    torch.testing.assert_close(layer(x), expected)


def test_a_smaller_learning_rate_multiplies_weight_and_bias() -> None:
    layer, x = EqualizedLinear(6, 4, gain=1.0, lr_multiplier=0.01), picture(3, 6)
    with torch.no_grad():
        layer.bias.copy_(picture(4))
    expected = x @ layer.weight.T * (0.01 / math.sqrt(6)) + 0.01 * layer.bias
    torch.testing.assert_close(layer(x), expected)


def test_a_convolution_scales_by_its_fan_in() -> None:
    layer, x = EqualizedConv2d(5, 4), picture(2, 5, 8, 8)
    expected = F.conv2d(x, layer.weight, padding=1) * math.sqrt(2 / 45)
    torch.testing.assert_close(layer(x), expected)


def test_the_plain_up_convolution_is_nearest_upscaling_then_convolution() -> None:
    layer, x = UpscaleConv2d(5, 4, fused=False), picture(2, 5, 8, 8)
    up = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    expected = F.conv2d(up, layer.weight, padding=1) * math.sqrt(2 / 45)
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)


def test_the_fused_up_convolution_acts_with_the_flipped_kernel() -> None:
    layer, x = UpscaleConv2d(5, 4, fused=True), picture(2, 5, 8, 8)
    up = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    expected = F.conv2d(up, layer.weight.flip(2, 3), padding=1) * math.sqrt(2 / 45)
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)


def test_the_down_convolution_is_convolution_then_box_mean() -> None:
    layer, x = DownscaleConv2d(5, 4), picture(2, 5, 8, 8)
    with torch.no_grad():
        layer.bias.copy_(picture(4))
    convolved = F.conv2d(x, layer.weight, padding=1) * math.sqrt(2 / 45)
    expected = F.avg_pool2d(convolved, 2) + layer.bias[:, None, None]
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)


def test_blur_keeps_a_flat_middle_and_darkens_the_border() -> None:
    blurred = blur(torch.ones(1, 2, 6, 6))
    torch.testing.assert_close(blurred[:, :, 1:-1, 1:-1], torch.ones(1, 2, 4, 4))
    torch.testing.assert_close(blurred[:, :, 0, 1:-1], torch.full((1, 2, 4), 0.75))
    torch.testing.assert_close(blurred[:, :, 0, 0], torch.full((1, 2), 0.75**2))


def test_blur_spreads_a_point_as_one_two_one() -> None:
    point = torch.zeros(1, 1, 5, 5)
    point[0, 0, 2, 2] = 16.0
    tap = torch.tensor([1.0, 2.0, 1.0])
    torch.testing.assert_close(blur(point)[0, 0, 1:4, 1:4], torch.outer(tap, tap))


def test_pixel_norm_gives_every_pixel_a_root_mean_square_of_1() -> None:
    normed = pixel_norm(5.0 * picture(2, 7, 3, 3))
    torch.testing.assert_close(normed.square().mean(dim=1), torch.ones(2, 3, 3))


def test_stddev_groups_are_strided() -> None:
    x = picture(6, 3, 2, 2)
    x[3] = x[0]  # with N = 6 and groups of 2, group m holds samples m and m + 3
    deviation = minibatch_stddev(x, group_size=2)[:, -1, 0, 0]
    assert deviation[0] == deviation[3] == pytest.approx(1e-4)
    assert deviation[1] == deviation[4]
    expected = x[[1, 4]].var(dim=0, correction=0).add(1e-8).sqrt().mean()
    torch.testing.assert_close(deviation[1], expected)


def test_one_sample_has_the_constant_deviation_of_the_epsilon() -> None:
    torch.testing.assert_close(
        minibatch_stddev(picture(1, 3, 2, 2), 4)[0, 3], torch.full((2, 2), 1e-4)
    )


def test_several_stddev_features_split_the_channels() -> None:
    x = picture(4, 6, 2, 2)
    extra = minibatch_stddev(x, group_size=4, features=2)[:, 6:]
    assert extra.shape == (4, 2, 2, 2)
    first = minibatch_stddev(x[:, :3], group_size=4)[:, 3:]
    torch.testing.assert_close(extra[:, :1], first)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("sizes", [(1, 1), (5, 7), (48, 96)])
def test_a_written_kernel_is_the_up_scaling_one_however_its_weight_lies(
    sizes: tuple[int, int], mirrored: bool
) -> None:
    weight = torch.randn(*sizes, 3, 3)
    lying = weight.permute(UPSCALING_ORDER).contiguous().permute(3, 0, 1, 2)
    written = []
    for one in (weight, lying):
        kernel = torch.empty(sizes[1], sizes[0], 4, 4, memory_format=torch.channels_last)
        shifted_sum_writer(one, kernel, 0.3, mirrored=mirrored)()
        written.append(kernel)
    assert torch.equal(written[0], written[1])
    plain = shifted_sum(weight, 0.3, mirrored=mirrored).transpose(0, 1)
    torch.testing.assert_close(written[0], plain)
