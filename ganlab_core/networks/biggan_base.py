"""The frame of BigGAN and BigGAN-deep: settings, a generator as a list of steps.

Brock, Donahue & Simonyan 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab_core.networks.biggan_layers import BatchNorm, Norm, OutputBatchNorm, SelfAttention
from ganlab_core.networks.spectral import (
    ClassTable,
    Spectral,
    SpectralConv2d,
    SpectralLinear,
    folded_weights,
)


@dataclass(frozen=True, slots=True)
class SharedConfig:
    """What BigGAN and BigGAN-deep both are told.

    Attributes
    ----------
    resolution
        Output side in pixels: 32, 64, 128, 256 or 512.
    channels
        The unit ch that all widths are multiples of; G and D may differ.
    z_dim
        Size of the latent.
    shared_dim
        Size of the class embedding that all blocks share.
    label_size
        Number of classes; 0 = unconditional.
    attention
        Sides in pixels after which self-attention comes.
    attention_after
        After how many blocks it comes instead, for networks trained elsewhere.
    bn_eps, output_eps, sn_eps
        Epsilons of the batch norms, of the output's, and of spectral norm.
    n_stats, stats_blend
        Sets of batch norm statistics, see `Norm`.
    spectral_norm
        False = the weights have been divided by their sigma once and for all.
    rounding
        To bytes: `"nearest"` of 127.5 x + 127.5, `"truncated"` the same without rounding, or
        `"truncated-256"`, the integer part of 128 x + 128.
    threshold
        Where z's normal distribution is cut when the network is sampled; None = nowhere.
    """

    resolution: int = 128
    channels: int = 96
    z_dim: int = 120
    shared_dim: int = 128
    label_size: int = 1000
    attention: tuple[int, ...] = (64,)
    attention_after: tuple[int, ...] | None = None
    bn_eps: float = 1e-5
    output_eps: float = 1e-5
    sn_eps: float = 1e-6
    n_stats: int = 1
    stats_blend: str = "linear"
    spectral_norm: bool = True
    rounding: str = "nearest"
    threshold: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "attention", tuple(self.attention))
        if self.attention_after is not None:
            object.__setattr__(self, "attention_after", tuple(self.attention_after))

    @property
    def norm(self) -> Norm:
        """Batch norm inside the blocks."""
        return Norm(self.bn_eps, self.n_stats, self.stats_blend)

    @property
    def output_norm(self) -> Norm:
        """Batch norm before the picture."""
        return Norm(self.output_eps, self.n_stats, self.stats_blend)

    @property
    def spectral(self) -> Spectral:
        """How weights are normalised."""
        return Spectral(self.spectral_norm, self.sn_eps)

    @property
    def embedding_dim(self) -> int:
        """Length of the class embedding; 0 when unconditional."""
        return self.shared_dim if self.label_size else 0


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a generator.

    Attributes
    ----------
    kind
        `"linear"`, `"block"`, `"attention"` or `"output"`.
    name
        With the resolution of what it gives.
    index
        Which of the blocks; for attention, how many blocks come before it.
    resolution, channels
        Of what it gives.
    """

    kind: str
    name: str
    index: int
    resolution: int
    channels: int


Outline = Sequence[tuple[int, int]]
"""Side and feature maps of what each block gives."""


def steps_of(
    first: int, blocks: Outline, attention: Sequence[int], *, numbered: bool
) -> tuple[Step, ...]:
    """The stages of a generator: linear, blocks and attention in their order, output.

    Parameters
    ----------
    first
        Feature maps of the linear layer at 4 px.
    blocks
        What each block gives.
    attention
        After how many blocks self-attention comes.
    numbered
        Whether blocks carry their number in their names, because a side may have several.
    """
    side, channels = 4, first
    steps = [Step("linear", "4x4/linear", 0, side, channels)]
    for index in range(len(blocks) + 1):
        if index in attention:
            steps.append(Step("attention", f"{side}x{side}/attention", index, side, channels))
        if index < len(blocks):
            side, channels = blocks[index]
            name = f"block{index}" if numbered else "block"
            steps.append(Step("block", f"{side}x{side}/{name}", index, side, channels))
    steps.append(Step("output", f"{side}x{side}/output", len(blocks), side, channels))
    return tuple(steps)


G = TypeVar("G", bound="StagedGenerator")


class StagedGenerator(nn.Module):
    """A generator that runs step by step; the architectures fill in its blocks and conditions.

    Attributes
    ----------
    config
        Its settings.
    steps
        Its stages in order.
    """

    steps: tuple[Step, ...]
    config: SharedConfig
    linear: SpectralLinear
    blocks: nn.ModuleList

    def __init__(self, config: SharedConfig, steps: tuple[Step, ...]) -> None:
        super().__init__()
        self.config = config
        self.steps = steps
        spectral = config.spectral
        self.attention = nn.ModuleDict(
            {
                str(step.index): SelfAttention(step.channels, spectral)
                for step in steps
                if step.kind == "attention"
            }
        )
        top = steps[-1].channels
        self.output_norm = OutputBatchNorm(top, config.output_norm)
        self.output_conv = SpectralConv2d(top, 3, 3, spectral)
        self.shared = self._embedding()

    def _embedding(self) -> ClassTable | None:
        """The class embedding that all blocks share, None where there is none."""
        config = self.config
        return ClassTable(config.label_size, config.shared_dim) if config.label_size else None

    def embed(self, labels: Tensor | None, z: Tensor) -> Tensor:
        """Class weights (N, classes) -> what blocks see of them, (N, D); empty when unconditional."""
        if not self.config.label_size:
            return z.new_zeros(z.shape[0], 0)
        if labels is None:
            labels = z.new_zeros(z.shape[0], self.config.label_size)
        if self.shared is None:
            return labels
        embedding: Tensor = self.shared(labels)
        return embedding

    def condition(self, step: Step, z: Tensor, embedding: Tensor) -> Tensor | None:
        """What a step takes of z (N, z_dim) and the embedding (N, D), (N, any), or None."""
        raise NotImplementedError

    def run_step(
        self,
        step: Step,
        x: Tensor | None,
        y: Tensor | None,
        truncation: float = 1.0,
        attention: float = 1.0,
    ) -> Tensor:
        """Features after a step, (N, C, r, r).

        Parameters
        ----------
        step
            One of `steps`.
        x
            The features before it; None for the first.
        y
            Its `condition`.
        truncation
            Which of the batch norm's statistics apply, 0 to 1.
        attention
            Factor on the strength of self-attention.
        """
        if step.kind == "linear":
            first: Tensor = self.linear(y)
            features = first.reshape(-1, step.channels, 4, 4)
            if self.training:  # channels last is fastest with batches
                return features.contiguous(memory_format=torch.channels_last)
            return features
        assert x is not None
        after: Tensor
        if step.kind == "block":
            after = self.blocks[step.index](x, y, truncation)
        elif step.kind == "attention":
            after = self.attention[str(step.index)](x, attention)
        else:
            after = F.relu(self.output_norm(x, truncation), inplace=True)
        return after

    def read(self, x: Tensor) -> Tensor:
        """The picture of the last features, (N, 3, R, R) within -1..1."""
        return torch.tanh(self.output_conv(x))

    def forward(self, z: Tensor, labels: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        """Pictures: z (N, z_dim), labels (N, label_size) one-hot or weights -> (N, 3, R, R)."""
        embedding = self.embed(labels, z)
        x: Tensor | None = None
        for step in self.steps:
            x = self.run_step(step, x, self.condition(step, z, embedding), truncation)
        assert x is not None
        return self.read(x)


def ready_to_render(generator: G, n_stats: int = 1) -> G:
    """A copy that needs no power iteration, in evaluation mode, on the generator's device.

    Its weights are folded. It has `n_stats` sets of batch norm statistics, all as the generator's last
    until `measure_statistics` fills them.
    """
    config = dataclasses.replace(generator.config, spectral_norm=False, n_stats=n_stats)
    make: Any = type(generator)
    with torch.device("meta"):
        copy: G = make(config)
    weights = folded_weights(generator)
    for name, layer in generator.named_modules():
        if isinstance(layer, BatchNorm):
            weights[f"{name}.mean"] = layer.mean[-1:].expand(n_stats, -1)
            weights[f"{name}.variance"] = layer.variance[-1:].expand(n_stats, -1)
    own = {name: tensor.detach().clone() for name, tensor in weights.items()}
    copy.load_state_dict(own, assign=True)
    return copy.eval()
