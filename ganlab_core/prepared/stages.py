"""The networks' prepared stages, and how a network without a prepared form is run as it stands.

ProGAN: folded kernels with their bias, then leaky ReLU and pixel norm in place. StyleGAN: folded
kernels, blur with the bias, noise of rank one, AdaIN as one affine.

StyleGAN2: the constant parts of demodulation kept, features and picture apart. A style scales the
kernel where that has fewer numbers than the features, else the features before and after the
convolution; both are sec. 2.2's weight demodulation. Styles are computed in fp32.

BigGAN and BigGAN-deep: spectral norms divided out, each batch norm one scale and one shift. The
statistics' share of those is kept for the last truncation; the condition's comes from one product for
a whole block. A batch norm after a convolution is folded into its kernel where that has fewer numbers
than the features, and its ReLU works in place. Nothing is made twice as large before it is added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.models import Network
from ganlab_core.networks import (
    RELU_GAIN,
    BatchNorm,
    BigGANDeepGenerator,
    BigGANDeepGeneratorBlock,
    BigGANGenerator,
    BigGANGeneratorBlock,
    BlockStep,
    ClassEmbedding,
    Condition,
    ConditionalBatchNorm,
    DenseLayer,
    EqualizedConv2d,
    ProGANGenerator,
    SelfAttention,
    SpectralConv2d,
    SpectralLinear,
    StagedGenerator,
    StyleGAN2Config,
    StyleGAN2Generator,
    StyleGAN2Layer,
    StyleGANGenerator,
    StyleGANLayer,
    ToRGB,
    UpscaleConv2d,
    filter_kernel,
)
from ganlab_core.prepared.enlarged import around, columns, is_enlarged, start
from ganlab_core.prepared.passes import (
    StageMaps,
    add_doubled_,
    add_noise_,
    blur_kernel,
    blurred,
    channels_last,
    filtered,
    fuses,
    instance_norm_,
    noised,
    overwrite,
    packed,
    pixel_norm_,
    scale_,
    scaled,
)

Write = Callable[[], object]
"""One step of folding weights anew in the same memory: tensors bound once, because a slider calls it
sixty times a second."""


def kernel_writer(conv: EqualizedConv2d | UpscaleConv2d, kernel: Tensor) -> Write:
    """What writes the kernel that a convolution with equalized learning rate multiplies by, in fp32."""
    if isinstance(conv, UpscaleConv2d):
        return conv.kernel_writer(kernel)
    return partial(torch.mul, conv.weight.detach(), conv.scale, out=kernel)


def folded_kernel(conv: EqualizedConv2d | UpscaleConv2d, dtype: torch.dtype) -> Tensor:
    """What `kernel_writer` writes, as a tensor of its own that lies channels last."""
    rows, columns, *sides = conv.weight.shape
    if isinstance(conv, UpscaleConv2d):
        rows, columns, sides = columns, rows, [4, 4]
    kernel = torch.empty(
        (rows, columns, *sides), device=conv.weight.device, memory_format=torch.channels_last
    )
    kernel_writer(conv, kernel)()
    return packed(kernel, dtype)


def copies(*pairs: tuple[Tensor | None, Tensor | None]) -> list[Write]:
    """What copies each second tensor into the first, where they are not the same memory already."""
    return [
        partial(old.copy_, new.detach())
        for old, new in pairs
        if old is not None and new is not None and old.data_ptr() != new.data_ptr()
    ]


class Refolds:
    """How each stage is folded anew, found out when it first is."""

    def __init__(self) -> None:
        self._known: dict[int, list[Write]] = {}

    def run(self, stage: int, found: Callable[[int], list[Write]]) -> None:
        """Fold a stage anew; `found` tells how, and is asked once."""
        if stage not in self._known:
            self._known[stage] = found(stage)
        for write in self._known[stage]:
            write()


@dataclass(frozen=True, slots=True, eq=False)
class FoldedLayer:
    """The tensors of one layer, of the features' type.

    Attributes
    ----------
    weight
        The dense matrix (16 C, D) without its scale, the kernel (C, C_in, 3, 3), or the up-scaling one
        (C_in, C, 4, 4).
    bias
        (C,); of the dense layer (C, 1, 1) or (C, 4, 4).
    up
        Whether it doubles the side.
    scale
        What the dense layer's vector is multiplied by: far fewer numbers than its matrix has.
    """

    weight: Tensor
    bias: Tensor | None
    up: bool
    scale: float = 1.0


class PreparedProGAN:
    """The stages of a ProGAN generator."""

    def __init__(self, generator: ProGANGenerator, dtype: torch.dtype) -> None:
        self._generator = generator
        self._dtype = dtype
        self._layers: dict[int, FoldedLayer] = {}
        self._refolds = Refolds()

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """One layer; the first takes the condition's style."""
        config = self._generator.config
        x = self._convolved(self._layer(stage), before, condition)
        F.leaky_relu(x, config.slope, inplace=True)
        normal = config.normalize_features and (stage > 0 or config.normalize_first)
        return StageMaps(pixel_norm_(x, config.epsilon) if normal else x)

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own toRGB."""
        image: Tensor = self._generator.to_rgb[resolution.bit_length() - 3](maps.features.float())
        return image

    def _convolved(
        self, layer: FoldedLayer, before: StageMaps | None, condition: Condition
    ) -> Tensor:
        if before is None:
            assert condition.style is not None
            assert layer.bias is not None
            x = F.linear((condition.style * layer.scale).to(self._dtype), layer.weight)
            return channels_last(x.unflatten(1, (-1, 4, 4)) + layer.bias)
        x = channels_last(before.features)
        if layer.up:
            return F.conv_transpose2d(x, layer.weight, layer.bias, stride=2, padding=1)
        return F.conv2d(x, layer.weight, layer.bias, padding=1)

    def refold(self, stage: int) -> None:
        """Fold a layer anew in the same memory."""
        if stage in self._layers:
            self._refolds.run(stage, self._writes)

    def _writes(self, stage: int) -> list[Write]:
        old, layer = self._layers[stage], self._generator.layers[stage]
        if self._dtype is not torch.float32:
            return [lambda: overwrite(old, self._folded(stage))]
        if isinstance(layer, DenseLayer):
            return copies((old.weight, layer.dense.weight), (old.bias, layer.bias))
        conv = layer.get_submodule("conv")
        assert isinstance(conv, EqualizedConv2d | UpscaleConv2d)
        return [kernel_writer(conv, old.weight), *copies((old.bias, conv.bias))]

    def _layer(self, stage: int) -> FoldedLayer:
        if stage not in self._layers:
            self._layers[stage] = self._folded(stage)
        return self._layers[stage]

    def _folded(self, stage: int) -> FoldedLayer:
        layer, dtype = self._generator.layers[stage], self._dtype
        if isinstance(layer, DenseLayer):
            bias, dense = layer.bias.detach().to(dtype), layer.dense
            return FoldedLayer(packed(dense.weight, dtype), bias, up=False, scale=dense.scale)
        conv = layer.get_submodule("conv")
        assert isinstance(conv, EqualizedConv2d | UpscaleConv2d)
        own = None if conv.bias is None else conv.bias.detach().to(dtype)
        return FoldedLayer(folded_kernel(conv, dtype), own, up=isinstance(conv, UpscaleConv2d))


SLOPE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class StyleLayer:
    """The tensors of one style layer: of the features' type, those of its style in fp32.

    Attributes
    ----------
    weight
        The constant (1, C, 4, 4), the kernel (C, C_in, 3, 3), or the up-scaling one (C_in, C, 4, 4).
    kind
        `"const"`, `"conv"` or `"up"`.
    blur
        The blur's kernel (C, 1, 3, 3), None where there is none.
    bias, noise
        (C,).
    style, style_bias
        From w to scales less 1 and shifts, (2 C, w_dim) and (2 C,).
    blurs_bias
        Whether the bias is blurred with the features.
    epsilon
        What AdaIN adds to the variance.
    """

    weight: Tensor
    kind: str
    blur: Tensor | None
    bias: Tensor
    noise: Tensor
    style: Tensor
    style_bias: Tensor
    blurs_bias: bool
    epsilon: float


class PreparedStyleGAN:
    """The stages of a StyleGAN generator."""

    def __init__(self, generator: StyleGANGenerator, dtype: torch.dtype) -> None:
        self._synthesis = generator.synthesis
        self._dtype = dtype
        self._layers: dict[int, StyleLayer] = {}
        self._refolds = Refolds()

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """One style layer."""
        layer = self._layer(stage)
        if is_enlarged(condition):
            return StageMaps(_enlarged(layer, before, condition).to(self._dtype))
        assert condition.style is not None
        style = F.linear(condition.style, layer.style, layer.style_bias)[0]
        scale, shift = style.chunk(2)
        scale = scale + 1.0
        if before is not None and not layer.blurs_bias and fuses(before.features):
            x, blurs = _bare(layer, before), layer.blur is not None
            x = noised(x, blurs, layer.bias, condition.noise, layer.noise)
            return StageMaps(instance_norm_(x, scale, shift, layer.epsilon))
        x = _convolved(layer, before)
        if condition.noise is not None:
            add_noise_(x, condition.noise, layer.noise)
        F.leaky_relu(x, SLOPE, inplace=True)
        return StageMaps(instance_norm_(x, scale, shift, layer.epsilon).to(self._dtype))

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own toRGB."""
        image: Tensor = self._synthesis.to_rgb[resolution.bit_length() - 3](maps.features.float())
        return image

    def refold(self, stage: int) -> None:
        """Fold a layer anew in the same memory."""
        if stage in self._layers:
            self._refolds.run(stage, self._writes)

    def _writes(self, stage: int) -> list[Write]:
        old, layer = self._layers[stage], self._synthesis.layers[stage]
        assert isinstance(layer, StyleGANLayer)
        if self._dtype is not torch.float32:
            return [lambda: overwrite(old, self._folded(stage))]
        if layer.conv is None:
            kernel = copies((old.weight, layer.const))
        else:
            assert isinstance(layer.conv, EqualizedConv2d | UpscaleConv2d)
            kernel = [kernel_writer(layer.conv, old.weight)]
        style = layer.style
        return [
            *kernel,
            partial(torch.mul, style.weight.detach(), style.scale, out=old.style),
            *copies(
                (old.bias, layer.bias),
                (old.noise, layer.noise_weight),
                (old.style_bias, style.bias),
            ),
        ]

    def _layer(self, stage: int) -> StyleLayer:
        if stage not in self._layers:
            self._layers[stage] = self._folded(stage)
        return self._layers[stage]

    def _folded(self, stage: int) -> StyleLayer:
        layer = self._synthesis.layers[stage]
        assert isinstance(layer, StyleGANLayer)
        return _folded(layer, self._dtype)


def _enlarged(layer: StyleLayer, before: StageMaps | None, condition: Condition) -> Tensor:
    """A layer over more places than trained, under styles that may change from column to column."""
    if before is None:
        x = start(layer.weight, condition) + layer.bias[:, None, None]
    else:
        margin, factor = (2, 2) if layer.kind == "up" else (1, 1)
        convolved = lambda z: _convolved(layer, StageMaps(z))  # noqa: E731
        x = channels_last(around(convolved, before.features, condition, margin, factor))
    if condition.noise is not None:
        add_noise_(x, condition.noise, layer.noise)
    F.leaky_relu(x, SLOPE, inplace=True)
    style = columns(condition, layer.style, layer.style_bias, x.shape[3])
    scale, shift = style.to(x.dtype).chunk(2)
    one = torch.ones(x.shape[1], dtype=torch.float32, device=x.device)
    x = instance_norm_(x, one, torch.zeros_like(one), layer.epsilon)
    return channels_last(x * (scale + 1.0)[None, :, None] + shift[None, :, None])


def _bare(layer: StyleLayer, before: StageMaps) -> Tensor:
    """The layer's convolution alone."""
    x = channels_last(before.features)
    if layer.kind == "conv":
        return F.conv2d(x, layer.weight, padding=1)
    return F.conv_transpose2d(x, layer.weight, stride=2, padding=1)


def _convolved(layer: StyleLayer, before: StageMaps | None) -> Tensor:
    """The layer's features with their bias, as a tensor of their own."""
    if before is None:
        return layer.weight + layer.bias[:, None, None]
    x = channels_last(before.features)
    if layer.kind == "conv":
        return F.conv2d(x, layer.weight, layer.bias, padding=1)
    if layer.blur is None:
        return F.conv_transpose2d(x, layer.weight, layer.bias, stride=2, padding=1)
    if layer.blurs_bias:
        x = F.conv_transpose2d(x, layer.weight, layer.bias, stride=2, padding=1)
        return blurred(x, layer.blur, torch.zeros_like(layer.bias))
    x = F.conv_transpose2d(x, layer.weight, stride=2, padding=1)
    return blurred(x, layer.blur, layer.bias)


def _folded(layer: StyleGANLayer, dtype: torch.dtype) -> StyleLayer:
    if isinstance(layer.conv, EqualizedConv2d | UpscaleConv2d):
        weight = folded_kernel(layer.conv, dtype)
    else:
        dtype = torch.float32  # its noise is a small part of it, and all that AdaIN leaves
        weight = packed(layer.const, dtype)
    assert layer.style.bias is not None
    bias = layer.bias.detach().to(dtype)
    return StyleLayer(
        weight,
        layer.kind,
        blur_kernel(len(bias), bias) if layer.blurs else None,
        bias,
        layer.noise_weight.detach().to(dtype),
        layer.style.matrix().detach(),
        layer.style.bias.detach(),
        layer.blurs_bias,
        layer.epsilon,
    )


DEMODULATION_EPS = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class ModulatedLayer:
    """The tensors of one modulated convolution, in fp32 but for `weight`.

    Attributes
    ----------
    kernel
        (O, I, k, k) times the gain of what follows.
    weight
        The same as it is multiplied: of the features' type, (I, O, 3, 3) where it up-scales.
    energy
        Of each input in each output, (O, I), without the gain; None = no demodulation.
    style, style_bias
        From w to a factor for each input, (I, w_dim) and (I,).
    bias, noise
        (O,), times the gain; noise is None for a toRGB.
    filter
        The filter after up-scaling (O, 1, k, k), None where there is none.
    taps
        What the filter is the outer product of, in the order they are laid on; () where there is none.
    """

    kernel: Tensor
    weight: Tensor
    energy: Tensor | None
    style: Tensor
    style_bias: Tensor
    bias: Tensor
    noise: Tensor | None
    filter: Tensor | None
    taps: tuple[float, ...] = ()


class PreparedStyleGAN2:
    """The stages of a StyleGAN2 generator: 4x4/conv, 4x4/torgb, then conv0, conv1, torgb."""

    def __init__(self, generator: StyleGAN2Generator, dtype: torch.dtype) -> None:
        self._synthesis = generator.synthesis
        self._config = generator.config
        self._dtype = dtype
        self._layers: dict[int, ModulatedLayer] = {}
        self._doubling = _doubling_kernel(self._config, self._synthesis.const)

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """One convolution or toRGB."""
        if is_enlarged(condition):
            return self._enlarged(stage, before, condition)
        layer = self._layer(stage)
        assert condition.style is not None
        style = F.linear(condition.style, layer.style, layer.style_bias)[0]
        if before is None:
            first = packed(self._synthesis.const, self._dtype)
            return StageMaps(self._convolved(layer, first, style, condition))
        if _kind(stage) == "torgb":
            part = self._clamped(_modulated(layer, before.features, style)).float()
            return StageMaps(before.features, part if before.image is None else before.image + part)
        image = before.image
        if _kind(stage) == "conv0" and image is not None:
            image = self._doubled(image)
        return StageMaps(self._convolved(layer, before.features, style, condition), image)

    def _enlarged(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """`run` over more places than trained, under styles that may change from column to column."""
        layer = self._layer(stage)
        x = start(packed(self._synthesis.const, self._dtype), condition)
        x = x if before is None else before.features
        y = _modulated_across(layer, x, condition)
        image = None if before is None else before.image
        if _kind(stage) == "torgb":
            part = self._clamped(y).float()
            return StageMaps(x, part if image is None else image + part)
        if condition.noise is not None and layer.noise is not None:
            add_noise_(y, condition.noise, layer.noise)
        if _kind(stage) == "conv0" and image is not None:
            image = around(self._doubled, image, condition, self._reach, 2)
        return StageMaps(self._clamped(F.leaky_relu(y, SLOPE, inplace=True)), image)

    @property
    def _reach(self) -> int:
        """How far the filter sees, in pixels of what it doubles, and one more."""
        return len(self._config.resample_filter) // 2 + 1

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The picture summed up to `resolution`."""
        assert maps.image is not None
        return maps.image

    def _convolved(
        self, layer: ModulatedLayer, x: Tensor, style: Tensor, condition: Condition
    ) -> Tensor:
        if layer.noise is not None and layer.kernel.numel() < x.numel() and fuses(x):
            x, noise = _bare_modulated(layer, x, style), condition.noise
            clamp = self._config.conv_clamp
            return filtered(x, layer.taps, layer.bias, noise, layer.noise, clamp)
        x = _modulated(layer, x, style)
        if condition.noise is not None and layer.noise is not None:
            add_noise_(x, condition.noise, layer.noise)
        return self._clamped(F.leaky_relu(x, SLOPE, inplace=True))

    def _clamped(self, x: Tensor) -> Tensor:
        clamp = self._config.conv_clamp
        return x if clamp is None else x.clamp_(-clamp, clamp)

    def _doubled(self, image: Tensor) -> Tensor:
        padding = len(self._config.resample_filter) // 2 - 1
        kernel = self._doubling
        return F.conv_transpose2d(image, kernel, stride=2, padding=padding, groups=len(kernel))

    def refold(self, stage: int) -> None:
        """Fold a layer anew in the same memory."""
        if stage in self._layers:
            overwrite(self._layers[stage], self._folded(stage))

    def _layer(self, stage: int) -> ModulatedLayer:
        if stage not in self._layers:
            self._layers[stage] = self._folded(stage)
        return self._layers[stage]

    def _folded(self, stage: int) -> ModulatedLayer:
        if _kind(stage) == "torgb":
            read = self._synthesis.to_rgb[0 if stage == 1 else (stage - 4) // 3 + 1]
            assert isinstance(read, ToRGB)
            return _folded_read(read, self._dtype)
        layer = self._synthesis.layers[
            0 if not stage else 2 * ((stage - 2) // 3) + 1 + (stage - 2) % 3
        ]
        assert isinstance(layer, StyleGAN2Layer)
        return _folded_layer(layer, self._dtype)


def _kind(stage: int) -> str:
    """What a stage is, from its place: 4x4 has one convolution, every other resolution two."""
    return ("conv", "torgb")[stage] if stage < 2 else ("conv0", "conv1", "torgb")[(stage - 2) % 3]


def _folded_layer(layer: StyleGAN2Layer, dtype: torch.dtype) -> ModulatedLayer:
    weight, bias = layer.weight.detach(), layer.style.bias
    kernel = weight * RELU_GAIN
    assert bias is not None
    taps = layer.taps
    strength = layer.noise_strength.detach() * RELU_GAIN
    return ModulatedLayer(
        kernel,
        packed(kernel if taps is None else kernel.transpose(0, 1), dtype),
        weight.square().sum(dim=(2, 3)),
        layer.style.matrix().detach(),
        bias.detach(),
        layer.bias.detach() * RELU_GAIN,
        strength.expand(len(weight)).contiguous(),
        None if taps is None else _filter(taps, weight, dtype),
        () if taps is None else tuple(2.0 * tap / sum(taps) for tap in reversed(taps)),
    )


def _folded_read(read: ToRGB, dtype: torch.dtype) -> ModulatedLayer:
    kernel, bias = read.weight.detach(), read.style.bias
    assert bias is not None
    return ModulatedLayer(
        kernel,
        packed(kernel, dtype),
        None,
        read.style.matrix().detach() * read.scale,
        bias.detach() * read.scale,
        read.bias.detach(),
        None,
        None,
    )


def _filter(taps: tuple[float, ...], like: Tensor, dtype: torch.dtype) -> Tensor:
    kernel = filter_kernel(taps, like, 4.0).flip(0, 1)
    return kernel.expand(len(like), 1, *kernel.shape).contiguous().to(dtype)


def _doubling_kernel(config: StyleGAN2Config, like: Tensor) -> Tensor:
    kernel = filter_kernel(config.resample_filter, like.detach(), 4.0)
    return kernel.expand(config.img_channels, 1, *kernel.shape).contiguous()


def _modulated(layer: ModulatedLayer, x: Tensor, style: Tensor) -> Tensor:
    """The convolution under a style factor for each input, (1, O, r, r), with its bias."""
    x = channels_last(x)
    if x.dtype is torch.float16 and layer.energy is not None:
        style = style / style.abs().amax()  # demodulated again, and float16 ends at 65504
    if layer.kernel.numel() < x.numel():
        return _conv(layer, x, _own_kernel(layer, style, x.dtype), layer.bias.to(x.dtype))
    y = _conv(layer, scaled(x, style, torch.zeros_like(style)), layer.weight, None)
    if layer.energy is None:
        return y.add_(layer.bias.to(y.dtype)[:, None, None])
    return scale_(y, _demodulation(layer.energy, style), layer.bias)


def _own_kernel(layer: ModulatedLayer, style: Tensor, dtype: torch.dtype) -> Tensor:
    """The kernel under a style, demodulated where the layer is, as it is multiplied."""
    own = layer.kernel * style[:, None, None]
    if layer.energy is not None:
        own.mul_(_demodulation(layer.energy, style)[:, None, None, None])
    return packed(own if layer.filter is None else own.transpose(0, 1), dtype)


def _bare_modulated(layer: ModulatedLayer, x: Tensor, style: Tensor) -> Tensor:
    """The convolution alone, with a kernel of its own for this style."""
    x = channels_last(x)
    if x.dtype is torch.float16 and layer.energy is not None:
        style = style / style.abs().amax()
    weight = _own_kernel(layer, style, x.dtype)
    if layer.filter is None:
        return F.conv2d(x, weight, padding=weight.shape[2] // 2)
    return F.conv_transpose2d(x, weight, stride=2)


def _modulated_across(layer: ModulatedLayer, x: Tensor, condition: Condition) -> Tensor:
    """As `_modulated`, with a style factor for each input and column and with edges that may meet."""
    factor = 1 if layer.filter is None else 2
    margin = 1 if layer.filter is None else layer.filter.shape[2] // 2 + 2
    style = columns(condition, layer.style, layer.style_bias, x.shape[3])
    y = around(
        lambda z: _conv(layer, z, layer.weight, None),
        channels_last(x * style[None, :, None].to(x.dtype)),
        condition,
        margin if layer.weight.shape[2] > 1 else 0,
        factor,
    )
    if layer.energy is not None:
        style = columns(condition, layer.style, layer.style_bias, y.shape[3])
        length = torch.rsqrt(layer.energy @ style.square() + DEMODULATION_EPS)
        y = y * length[None, :, None].to(y.dtype)
    return channels_last(y + layer.bias.to(y.dtype)[:, None, None])


def _demodulation(energy: Tensor, style: Tensor) -> Tensor:
    """1 / length of each output's kernel under the style, (O,)."""
    return torch.rsqrt(torch.mv(energy, style.square()) + DEMODULATION_EPS)


def _conv(layer: ModulatedLayer, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if layer.filter is None:
        return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2)
    x = F.conv_transpose2d(x, weight, stride=2)
    padding = layer.filter.shape[2] // 2 - 1
    return F.conv2d(x, layer.filter, bias, padding=padding, groups=len(layer.filter))


Affine = tuple[Tensor, Tensor]
"""Scale and shift of each map, fp32 (C,)."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldedConv:
    """A convolution whose spectral norm is divided out.

    Attributes
    ----------
    kernel
        fp32 (C, C_in, k, k), or (C_in, C, 4, 4) where it up-scales.
    weight
        The same in the features' type.
    bias
        fp32 (C,), None where there is none.
    up
        Whether it doubles the side.
    """

    kernel: Tensor
    weight: Tensor
    bias: Tensor | None
    up: bool = False

    def __call__(self, x: Tensor) -> Tensor:
        """The convolution with its bias."""
        return self._conv(x, self.weight, self.bias)

    def then(self, affine: Affine, x: Tensor) -> Tensor:
        """The convolution, scale and shift, ReLU."""
        scale, shift = affine
        shift = shift if self.bias is None else shift + self.bias * scale
        places = x.shape[2] * x.shape[3] * (4 if self.up else 1)
        if self.kernel.numel() < len(scale) * places:
            each = scale[:, None, None] if self.up else scale[:, None, None, None]
            y = self._conv(x, packed(self.kernel * each, x.dtype), shift)
        else:
            y = scale_(self._conv(x, self.weight, None), scale, shift)
        return F.relu(y, inplace=True)

    def _conv(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        bias = None if bias is None else bias.to(x.dtype)
        if self.up:
            return F.conv_transpose2d(x, weight, bias, stride=2, padding=1)
        return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2)


@dataclass(slots=True, eq=False)
class BlockNorms:
    """The batch norms of one block: every scale and shift from one product with the condition.

    Attributes
    ----------
    norms
        In their order.
    matrix
        From the condition to (1 + gain, bias) of each, (2 sum(C), D).
    offset
        1 for gains and 0 for biases, (2 sum(C),).
    """

    norms: Sequence[ConditionalBatchNorm]
    matrix: Tensor
    offset: Tensor
    _known: tuple[float, list[Affine]] | None = field(default=None, repr=False)
    _refreshes: list[Write] = field(default_factory=list, repr=False)

    def affines(self, y: Tensor, truncation: float) -> list[Affine]:
        """Scale and shift of each norm under a condition (1, D)."""
        told = F.linear(y, self.matrix, self.offset)[0]
        widths = [norm.mean.shape[1] for norm in self.norms for _ in range(2)]
        parts = told.split(widths)
        statistics = self._statistics(truncation)
        return [
            (gain * inverse, bias - mean * gain * inverse)
            for gain, bias, (mean, inverse) in zip(parts[::2], parts[1::2], statistics, strict=True)
        ]

    def reader(self) -> Write:
        """What makes the matrix anew."""
        if any(layer.spectral.on for layer in _spectral(self.norms)):
            return lambda: torch.cat(_readers(self.norms), out=self.matrix)
        return partial(torch.cat, _readers(self.norms), out=self.matrix)

    def refresh(self) -> None:
        """Read the statistics kept for the last truncation anew, in the same memory."""
        for write in self._refreshes:
            write()

    def _statistics(self, truncation: float) -> list[Affine]:
        if self._known is None or self._known[0] != truncation:
            kept = [statistics(norm, truncation) for norm in self.norms]
            self._known = (truncation, kept)
            self._refreshes = [
                write
                for norm, own in zip(self.norms, kept, strict=True)
                for write in statistics_writes(norm, truncation, own)
            ]
        return self._known[1]


def statistics(norm: BatchNorm, truncation: float) -> Affine:
    """Mean and 1 / sqrt(variance + eps) of a batch norm at a truncation."""
    mean, variance = norm.statistics(truncation)
    return mean, torch.rsqrt(variance + norm.norm.eps)


def statistics_writes(norm: BatchNorm, truncation: float, kept: Affine) -> list[Write]:
    """What makes `statistics` anew in the same memory; bound once where they are rows of a table."""
    mean, inverse = kept
    now, variance = norm.statistics(truncation)
    if now.data_ptr() == mean.data_ptr():
        return [partial(torch.add, variance, norm.norm.eps, out=inverse), inverse.rsqrt_]

    def between_rows() -> None:
        now, variance = norm.statistics(truncation)
        mean.copy_(now)
        torch.add(variance, norm.norm.eps, out=inverse).rsqrt_()

    return [between_rows]


class PreparedBlock:
    """The tensors of one block, of either architecture."""

    def __init__(self, block: nn.Module, dtype: torch.dtype) -> None:
        norms = [part for part in block.children() if isinstance(part, ConditionalBatchNorm)]
        readers = _readers(norms)
        ones = [torch.full((len(one),), float(1 - i % 2)) for i, one in enumerate(readers)]
        matrix = torch.cat(readers)
        self.norms = BlockNorms(norms, matrix, torch.cat(ones).to(matrix.device))
        up = _upscaling(block)
        self.convs = {
            name: folded(part, dtype, up=name == up)
            for name, part in block.named_children()
            if isinstance(part, SpectralConv2d)
        }

    def writes(self, block: nn.Module) -> list[Write]:
        """How to fold the block anew in the same memory."""
        convs = [
            write
            for name, conv in self.convs.items()
            for write in refolds(block.get_submodule(name), conv)
        ]
        return [self.norms.reader(), *convs, self.norms.refresh]


def _upscaling(block: nn.Module) -> str:
    """Which convolution of a block doubles the side."""
    if isinstance(block, BigGANDeepGeneratorBlock):
        return "conv2" if block.up else ""
    return "conv1"


def _readers(norms: Sequence[ConditionalBatchNorm]) -> list[Tensor]:
    """From a condition to the gains and biases of each norm, fp32 (C, D) each."""
    return [_matrix(part) for norm in norms for part in (norm.gain, norm.bias)]


def _spectral(norms: Sequence[ConditionalBatchNorm]) -> list[SpectralLinear]:
    """Those of the layers that `_readers` reads whose matrices have to be normalised."""
    layers = (part for norm in norms for part in (norm.gain, norm.bias))
    return [layer for layer in layers if isinstance(layer, SpectralLinear)]


def _matrix(reader: nn.Module) -> Tensor:
    """From a condition to gains or biases, fp32 (C, D)."""
    if isinstance(reader, SpectralLinear):
        return reader.normal_weight().detach()
    assert isinstance(reader, ClassEmbedding)
    return reader.weight.detach().T


def folded(conv: SpectralConv2d, dtype: torch.dtype, *, up: bool = False) -> FoldedConv:
    """A convolution as it is multiplied; where nothing has to be done to it, its own weight."""
    if up:
        rows, columns = conv.weight.shape[:2]
        kernel = torch.empty(
            (columns, rows, 4, 4), device=conv.weight.device, memory_format=torch.channels_last
        )
        conv.upscaling_writer(kernel)()
    else:
        kernel = packed(conv.normal_weight(), torch.float32)
    bias = None if conv.bias is None else conv.bias.detach()
    return FoldedConv(kernel, packed(kernel, dtype), bias, up)


def refolds(conv: nn.Module, old: FoldedConv) -> list[Write]:
    """How to fold a convolution anew in the same memory."""
    assert isinstance(conv, SpectralConv2d)
    if old.up:
        kernel = [conv.upscaling_writer(old.kernel)]
    elif conv.spectral.on:
        kernel = [lambda: overwrite(old.kernel, conv.normal_weight().detach())]
    else:
        kernel = copies((old.kernel, conv.weight))
    return [*kernel, *copies((old.weight, old.kernel), (old.bias, conv.bias))]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedAttention:
    """Self-attention with keys, queries and values from one product, and gamma beside its last."""

    read: FoldedConv
    write: FoldedConv
    widths: tuple[int, int, int]
    gamma: Tensor

    def __call__(self, x: Tensor, factor: float) -> Tensor:
        """x + gamma factor o(attended values)."""
        theta, phi, values = self.read(x).split(self.widths, dim=1)
        keys = F.max_pool2d(phi, 2).flatten(2)
        looks = torch.softmax(theta.flatten(2).transpose(1, 2) @ keys, dim=-1)
        attended = looks @ F.max_pool2d(values, 2).flatten(2).transpose(1, 2)  # (1, HW, C/2)
        places = attended.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)
        return self.write(places).mul_((self.gamma * factor).to(x.dtype)).add_(x)

    def writes(self, layer: SelfAttention) -> list[Write]:
        """How to fold it anew in the same memory."""
        parts = (layer.theta, layer.phi, layer.g)
        if any(part.spectral.on for part in parts):
            return [lambda: overwrite(self, _attention(layer, self.read.weight.dtype))]
        kernels = [part.weight.detach() for part in parts]
        return [
            partial(torch.cat, kernels, out=self.read.kernel),
            *copies((self.read.weight, self.read.kernel), (self.gamma, layer.gamma)),
            *refolds(layer.o, self.write),
        ]


def _attention(layer: SelfAttention, dtype: torch.dtype) -> PreparedAttention:
    parts = [folded(part, dtype) for part in (layer.theta, layer.phi, layer.g)]
    kernel = packed(torch.cat([part.kernel for part in parts]), torch.float32)
    theta, phi, values = (len(part.kernel) for part in parts)
    read = FoldedConv(kernel, packed(kernel, dtype), None)
    return PreparedAttention(
        read, folded(layer.o, dtype), (theta, phi, values), layer.gamma.detach()
    )


class PreparedBigGAN:
    """The stages of a BigGAN or BigGAN-deep generator."""

    def __init__(self, generator: StagedGenerator, dtype: torch.dtype) -> None:
        self._generator = generator
        self._dtype = dtype
        self._blocks: dict[int, PreparedBlock] = {}
        self._attentions: dict[int, PreparedAttention] = {}
        self._linear: Tensor | None = None
        self._output: tuple[float, Affine] | None = None
        self._refolds = Refolds()

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """One step."""
        step = self._generator.steps[stage]
        if before is None:
            return StageMaps(self._first(step, condition))
        x = channels_last(before.features)
        if step.kind == "block":
            return StageMaps(self._run_block(step, x, condition))
        if step.kind == "attention":
            return StageMaps(self._attention(step)(x, condition.attention))
        return StageMaps(
            F.relu(scaled(x, *self._output_affine(condition.truncation)), inplace=True)
        )

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The last convolution and tanh."""
        return self._generator.read(maps.features.float())

    def refold(self, stage: int) -> None:
        """Fold a step anew in the same memory."""
        step = self._generator.steps[stage]
        if step.kind == "block" and step.index in self._blocks:
            self._refolds.run(stage, self._block_writes)
        elif step.kind == "linear" and self._linear is not None:
            overwrite(self._linear, self._generator.linear.normal_weight().detach())
        elif step.kind == "attention" and step.index in self._attentions:
            self._refolds.run(stage, self._attention_writes)
        elif step.kind == "output" and self._output is not None:
            known, self._output = self._output, None
            overwrite(known[1], self._output_affine(known[0]))
            self._output = known

    def _block_writes(self, stage: int) -> list[Write]:
        index = self._generator.steps[stage].index
        return self._blocks[index].writes(self._generator.blocks[index])

    def _attention_writes(self, stage: int) -> list[Write]:
        index = self._generator.steps[stage].index
        layer = self._generator.attention[str(index)]
        assert isinstance(layer, SelfAttention)
        return self._attentions[index].writes(layer)

    def _first(self, step: BlockStep, condition: Condition) -> Tensor:
        linear = self._generator.linear
        if self._linear is None:
            self._linear = linear.normal_weight().detach()
        assert condition.style is not None
        first = F.linear(condition.style, self._linear, linear.bias)
        return channels_last(first.reshape(1, step.channels, 4, 4).to(self._dtype))

    def _run_block(self, step: BlockStep, x: Tensor, condition: Condition) -> Tensor:
        module = self._generator.blocks[step.index]
        if step.index not in self._blocks:
            self._blocks[step.index] = PreparedBlock(module, self._dtype)
        block = self._blocks[step.index]
        assert condition.style is not None
        affines = block.norms.affines(condition.style, condition.truncation)
        if isinstance(module, BigGANDeepGeneratorBlock):
            return _deep(block, x, affines, module.channels_out, up=module.up)
        assert isinstance(module, BigGANGeneratorBlock)
        return _wide(block, x, affines)

    def _attention(self, step: BlockStep) -> PreparedAttention:
        if step.index not in self._attentions:
            self._attentions[step.index] = self._read_attention(step)
        return self._attentions[step.index]

    def _read_attention(self, step: BlockStep) -> PreparedAttention:
        layer = self._generator.attention[str(step.index)]
        assert isinstance(layer, SelfAttention)
        return _attention(layer, self._dtype)

    def _output_affine(self, truncation: float) -> Affine:
        if self._output is None or self._output[0] != truncation:
            norm = self._generator.output_norm
            mean, inverse = statistics(norm, truncation)
            scale = norm.gain.detach() * inverse
            self._output = (truncation, (scale, norm.bias.detach() - mean * scale))
        return self._output[1]


def _deep(
    block: PreparedBlock, x: Tensor, affines: list[Affine], channels: int, *, up: bool
) -> Tensor:
    """BigGAN-deep's bottleneck block; the way around it is the first maps of x."""
    convs = block.convs
    h = F.relu(scaled(x, *affines[0]), inplace=True)
    for name, affine in zip(("conv1", "conv2", "conv3"), affines[1:], strict=True):
        h = convs[name].then(affine, h)
    h, around = convs["conv4"](h), x[:, :channels]
    return add_doubled_(h, around) if up else h.add_(around)


def _wide(block: PreparedBlock, x: Tensor, affines: list[Affine]) -> Tensor:
    """BigGAN's block; its 1x1 way around is the same before and after up-scaling."""
    h = F.relu(scaled(x, *affines[0]), inplace=True)
    h = block.convs["conv2"](block.convs["conv1"].then(affines[1], h))
    return add_doubled_(h, block.convs["conv_sc"](x))


class PreparedStages(Protocol):
    """The stages of a network as they are rendered, for one picture at a time.

    Weights are folded when a stage is first run and stay so until they are folded anew.
    """

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """What a stage gives; `before` is left as it is, None for the first stage."""
        ...

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own read-out of the last maps at `resolution`, fp32 (1, 3, r, r)."""
        ...

    def refold(self, stage: int) -> None:
        """Fold a stage's weights anew in the same memory, because they have changed in theirs."""
        ...


# which generator goes with which form is only known when a model is there: Any
_FORMS: dict[type, Callable[[Any, torch.dtype], PreparedStages]] = {
    BigGANDeepGenerator: PreparedBigGAN,
    BigGANGenerator: PreparedBigGAN,
    ProGANGenerator: PreparedProGAN,
    StyleGAN2Generator: PreparedStyleGAN2,
    StyleGANGenerator: PreparedStyleGAN,
}


def prepared(network: Network, dtype: torch.dtype = torch.float32) -> PreparedStages:
    """The prepared form of a network, with features of this type; where there is none, itself."""
    form = _FORMS.get(type(network.module))
    return PlainStages(network, dtype) if form is None else form(network.module, dtype)


class PlainStages:
    """A network as it stands, in bfloat16 through autocast."""

    def __init__(self, network: Network, dtype: torch.dtype) -> None:
        self._network, self._dtype = network, dtype

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """The network's own stage."""
        features = None if before is None else before.features
        kind = self._network.truncation_centre.device.type
        lower = self._dtype is not torch.float32
        with torch.autocast(kind, self._dtype, enabled=lower, cache_enabled=False):
            return StageMaps(self._network.run_stage(stage, features, condition))

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own read-out."""
        return self._network.to_rgb(resolution, maps.features.float())

    def refold(self, stage: int) -> None:
        """Its weights are used as they are."""


class FollowingStages:
    """The stages of a network whose weights are changed in place, folded anew where they have been."""

    def __init__(self, stages: PreparedStages) -> None:
        self._stages = stages
        self._states: dict[int, int] = {}

    def follow(self, stage: int, state: int) -> None:
        """Fold a stage anew, in inference mode, unless it was folded from this state of its weights."""
        if self._states.setdefault(stage, state) != state:
            self._stages.refold(stage)
            self._states[stage] = state

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """What a stage gives."""
        return self._stages.run(stage, before, condition)

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own read-out."""
        return self._stages.read(resolution, maps)

    def refold(self, stage: int) -> None:
        """Fold a stage anew."""
        self._stages.refold(stage)
