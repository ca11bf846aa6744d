"""BigGAN and BigGAN-deep generators as a chain of stages: linear, blocks, self-attention, output."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.condition import Condition
from ganlab_core.networks.biggan import BigGANConfig
from ganlab_core.networks.biggan_base import SharedConfig, StagedGenerator, Step
from ganlab_core.networks.biggan_deep import BigGANDeepConfig
from ganlab_core.networks.biggan_layers import ConditionalBatchNorm, SelfAttention
from ganlab_core.networks.spectral import SpectralLinear

ROUNDINGS = {
    "nearest": (127.5, 128.0),
    "truncated": (127.5, 127.5),
    "truncated-256": (128.0, 128.0),
}
"""Name -> factor and offset before the integer part is taken."""


class BigGANStages:
    """The stage chain of a generator; stage i is its step i."""

    def __init__(self, generator: StagedGenerator) -> None:
        self.module = generator
        self._steps = generator.steps
        self.stage_names = tuple(step.name for step in self._steps)
        self._channels = {step.resolution: step.channels for step in self._steps}

    @property
    def w_mean(self) -> Tensor:
        """The centre of z, (z_dim,)."""
        return self.module.linear.weight.new_zeros(self.module.config.z_dim)

    def channels(self, resolution: int) -> int:
        """How many feature maps the last stage at `resolution` gives."""
        return self._channels[resolution]

    def map(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """There is no W: z itself."""
        return z

    def stage_style(self, stage: int, vector: Tensor, labels: Tensor | None) -> Tensor | None:
        """The class embedding with the stage's part of z, (N, D); None for attention and output."""
        return self.module.condition(self._steps[stage], vector, self.module.embed(labels, vector))

    @torch.no_grad()
    def style_matrix(self, stage: int) -> Tensor | None:
        """The weights from z to the linear layer, or to a block's gains and biases, (rows, z_dim)."""
        step = self._steps[stage]
        module = self.module
        if step.kind not in ("linear", "block"):
            return None
        owner: nn.Module = module.linear if step.kind == "linear" else module.blocks[step.index]
        readers = [owner] if isinstance(owner, SpectralLinear) else _readers(owner)
        if not readers:
            return None
        weights = torch.cat([reader.normal_weight() for reader in readers])
        return weights @ self._selection(step, weights)

    def _selection(self, step: Step, like: Tensor) -> Tensor:
        """How the step's condition depends on z, (D, z_dim)."""
        size = self.module.config.z_dim
        points = torch.cat([torch.eye(size), torch.zeros(1, size)]).to(like)
        seen = self.module.condition(step, points, self.module.embed(None, points))
        assert seen is not None
        return (seen[:-1] - seen[-1:]).T

    def attention(self, stage: int, features: Tensor) -> Tensor:
        """Where the self-attention of `stage` looks, (N, r r, r r / 4); raises `LookupError`."""
        return self._attention(stage).attention(features)

    def gamma(self, stage: int) -> float:
        """The trained strength of the self-attention of `stage`; raises `LookupError`."""
        return float(self._attention(stage).gamma)

    def _attention(self, stage: int) -> SelfAttention:
        step = self._steps[stage]
        if step.kind != "attention":
            raise LookupError(stage)
        layer = self.module.attention[str(step.index)]
        assert isinstance(layer, SelfAttention)
        return layer

    def stored_noise(self, stage: int) -> Tensor:
        """BigGAN has no noise maps; asking for one is a mistake."""
        raise LookupError(stage)

    def run_stage(self, stage: int, features: Tensor | None, condition: Condition) -> Tensor:
        """One step: (N, C_in, ., .) -> (N, C, r, r)."""
        return self.module.run_step(
            self._steps[stage],
            features,
            condition.style,
            condition.truncation,
            condition.attention,
        )

    def reads(self, resolution: int) -> bool:
        """Only the finished picture can be read."""
        return resolution == self.module.config.resolution

    def to_rgb(self, resolution: int, features: Tensor) -> Tensor:
        """The last convolution and tanh, (N, 3, R, R)."""
        return self.module.read(features)

    def to_uint8(self, image: Tensor) -> Tensor:
        """Rounded as the network's own project does."""
        factor, offset = ROUNDINGS[self.module.config.rounding]
        return (image * factor + offset).clamp(0.0, 255.0).to(torch.uint8)


def _readers(block: nn.Module) -> list[SpectralLinear]:
    """The layers of a block that turn its condition into gains and biases."""
    norms = [layer for layer in block.modules() if isinstance(layer, ConditionalBatchNorm)]
    parts = [part for norm in norms for part in (norm.gain, norm.bias)]
    return [part for part in parts if isinstance(part, SpectralLinear)]


def biggan_capabilities(config: BigGANConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a BigGAN of this shape can do."""
    takes_z = ("linear", "block") if config.hierarchical else ("linear",)
    return _capabilities("biggan", config, config.steps, classes, takes_z, ("block",))


def biggan_deep_capabilities(config: BigGANDeepConfig, classes: tuple[str, ...]) -> Capabilities:
    """What a BigGAN-deep of this shape can do."""
    takes = ("linear", "block")
    return _capabilities("biggan-deep", config, config.steps, classes, takes, takes)


def _capabilities(
    architecture: str,
    config: SharedConfig,
    steps: tuple[Step, ...],
    classes: tuple[str, ...],
    takes_z: tuple[str, ...],
    takes_classes: tuple[str, ...],
) -> Capabilities:
    """What it can do, given which kinds of steps take a part of z and the classes."""
    layers: list[Layer] = []
    slot = -1  # a step that takes no z counts with the part of z before it
    for index, step in enumerate(steps):
        slot += step.kind in takes_z
        layers.append(
            Layer(
                index,
                step.name,
                step.resolution,
                noise=False,
                style=step.kind in takes_z,
                classes=bool(classes) and step.kind in takes_classes,
                attention=step.kind == "attention",
                channels=step.channels,
                slot=slot,
                statistics=config.n_stats > 1 and step.kind in ("block", "output"),
            )
        )
    return Capabilities(
        architecture=architecture,
        resolution=config.resolution,
        layers=tuple(layers),
        classes=classes,
        z_dim=config.z_dim,
        w_dim=0,
        has_w=False,
        has_noise=False,
        has_growth=False,
        has_attention=any(layer.attention for layer in layers),
        threshold=config.threshold,
    )
