"""BigGAN and BigGAN-deep prepared: spectral norms divided out, each batch norm one scale and one shift.

The statistics' share of those is kept for the last truncation; the condition's comes from one product
for a whole block. A batch norm after a convolution is folded into its kernel where that has fewer
numbers than the features, and its ReLU works in place. Nothing is made twice as large before it is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.networks import (
    BatchNorm,
    BigGANDeepGeneratorBlock,
    BigGANGeneratorBlock,
    BlockStep,
    ClassEmbedding,
    Condition,
    ConditionalBatchNorm,
    SelfAttention,
    SpectralConv2d,
    SpectralLinear,
    StagedGenerator,
)
from ganlab_core.prepared.maps import StageMaps
from ganlab_core.prepared.passes import add_doubled_, channels_last, packed, scale_, scaled

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

    norms: Sequence[BatchNorm]
    matrix: Tensor
    offset: Tensor
    _known: tuple[float, list[Affine]] | None = field(default=None, repr=False)

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

    def _statistics(self, truncation: float) -> list[Affine]:
        if self._known is None or self._known[0] != truncation:
            self._known = (truncation, [statistics(norm, truncation) for norm in self.norms])
        return self._known[1]


def statistics(norm: BatchNorm, truncation: float) -> Affine:
    """Mean and 1 / sqrt(variance + eps) of a batch norm at a truncation."""
    mean, variance = norm.statistics(truncation)
    return mean, torch.rsqrt(variance + norm.norm.eps)


class PreparedBlock:
    """The tensors of one block, of either architecture."""

    def __init__(self, block: nn.Module, dtype: torch.dtype) -> None:
        norms = [part for part in block.children() if isinstance(part, ConditionalBatchNorm)]
        readers = [_matrix(part) for norm in norms for part in (norm.gain, norm.bias)]
        ones = [torch.full((len(one),), float(1 - i % 2)) for i, one in enumerate(readers)]
        matrix = torch.cat(readers)
        self.norms = BlockNorms(norms, matrix, torch.cat(ones).to(matrix.device))
        up = _upscaling(block)
        self.convs = {
            name: folded(part, dtype, up=name == up)
            for name, part in block.named_children()
            if isinstance(part, SpectralConv2d)
        }


def _upscaling(block: nn.Module) -> str:
    """Which convolution of a block doubles the side."""
    if isinstance(block, BigGANDeepGeneratorBlock):
        return "conv2" if block.up else ""
    return "conv1"


def _matrix(reader: nn.Module) -> Tensor:
    """From a condition to gains or biases, fp32 (C, D)."""
    if isinstance(reader, SpectralLinear):
        return reader.normal_weight().detach()
    assert isinstance(reader, ClassEmbedding)
    return reader.weight.detach().T


def folded(conv: SpectralConv2d, dtype: torch.dtype, *, up: bool = False) -> FoldedConv:
    """A convolution as it is multiplied."""
    kernel = conv.upscaling_kernel() if up else conv.normal_weight()
    bias = None if conv.bias is None else conv.bias.detach()
    return FoldedConv(packed(kernel, torch.float32), packed(kernel, dtype), bias, up)


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
            layer = self._generator.attention[str(step.index)]
            assert isinstance(layer, SelfAttention)
            self._attentions[step.index] = _attention(layer, self._dtype)
        return self._attentions[step.index]

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
