"""LatentStages: the stage chain of generators that take z once, at their beginning.

So do all that came before StyleGAN and BigGAN: there is no W, no noise map and nothing to mix, and one
read-out, that of the finished picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from ganlab_core.networks.condition import Condition, WithoutAttention
from ganlab_core.recipe import Capabilities, Layer


class LatentConfig(Protocol):
    """What is asked of the config of such a network."""

    @property
    def resolution(self) -> int:
        """Output side in pixels."""
        ...

    @property
    def z_dim(self) -> int:
        """Size of the latent."""
        ...

    @property
    def img_channels(self) -> int:
        """Of a picture."""
        ...


class LatentGenerator(nn.Module):
    """A generator that is a list of layers between `start` and `picture`.

    Attributes
    ----------
    layers
        The stages in order: (N, C, ., .) -> (N, C', ., .); the first takes what `start` gives, (N, D).
    """

    layers: nn.ModuleList

    def start(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"]:
        """What the first layer takes: z, with the class weights where there are classes."""
        return z if labels is None else torch.cat([z, labels], dim=1)

    def picture(self, features: Float[Tensor, "n c r r"]) -> Float[Tensor, "n k r r"]:
        """What the last layer gave as a picture from -1 to 1."""
        return torch.tanh(features)

    def forward(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None = None
    ) -> Float[Tensor, "n k r r"]:
        """z (N, z_dim), labels (N, classes) -> pictures (N, K, R, R) from -1 to 1."""
        x = self.start(z, labels)
        for layer in self.layers:
            x = layer(x)
        return self.picture(x)


class LatentStages(WithoutAttention):
    """The stage chain of a `LatentGenerator`; only the first stage takes z.

    Parameters
    ----------
    generator
        Its layers are the stages.
    layers
        What is said of them, in the same order.
    config
        The generator's.
    """

    def __init__(
        self, generator: LatentGenerator, layers: Sequence[Layer], config: LatentConfig
    ) -> None:
        self.module: LatentGenerator = generator
        self.stage_names = tuple(layer.name for layer in layers)
        self._layers, self._config = tuple(layers), config

    @property
    def truncation_centre(self) -> Float[Tensor, " d"]:
        """The mean of z, zeros (z_dim,)."""
        return next(self.module.parameters()).new_zeros(self._config.z_dim)

    def channels(self, resolution: int) -> int:
        """How many feature maps the last stage at `resolution` gives."""
        return [layer.channels for layer in self._layers if layer.resolution == resolution][-1]

    def map(
        self, z: Float[Tensor, "n z"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n w"]:
        """z as it is, (N, z_dim): there is no W."""
        return z

    def stage_style(
        self, stage: int, vector: Float[Tensor, "n w"], labels: Float[Tensor, "n classes"] | None
    ) -> Float[Tensor, "n d"] | None:
        """z for the first stage, and the class weights for each that takes them: behind z in the first."""
        takes = self._layers[stage].classes
        if stage:
            return labels if takes else None
        return self.module.start(vector, labels) if takes else vector

    def place(self, name: str) -> int:
        """The resolution whose stages a weight belongs to, in pixels; 0 = it comes before them."""
        kind, number = name.split(".")[:2]
        return self._layers[int(number)].resolution if kind == "layers" else 0

    def style_matrix(self, stage: int) -> Float[Tensor, "rows w"] | None:
        """The weights that z meets in the first layer, (rows, z_dim)."""
        if stage:
            return None
        weight = next(p for p in self.module.layers[0].parameters() if p.ndim > 1).detach()
        if weight.ndim == 4:  # a transposed convolution has its inputs first
            return weight.flatten(1).t()
        return weight[:, : self._config.z_dim]

    def stored_noise(self, stage: int) -> Float[Tensor, "1 1 r r"]:
        """Raises `LookupError`: no layer adds noise."""
        raise LookupError(stage)

    def run_stage(
        self, stage: int, features: Float[Tensor, "n i _ _"] | None, condition: Condition
    ) -> Float[Tensor, "n c r r"]:
        """One layer: (N, C_in, ., .), or the first stage's style (N, D) -> (N, C, r, r)."""
        x = features if stage else condition.style
        assert x is not None
        output: Tensor = self.module.layers[stage](x)
        return output

    def reads(self, resolution: int) -> bool:
        """Only the finished picture can be read."""
        return resolution == self._config.resolution

    def to_rgb(
        self, resolution: int, features: Float[Tensor, "n c r r"]
    ) -> Float[Tensor, "n k r r"]:
        """The picture that the last features are, (N, K, R, R)."""
        return self.module.picture(features)

    def to_uint8(self, image: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
        """127.5 x + 127.5, rounded and saturated."""
        return (image * 127.5 + 127.5).round().clamp(0.0, 255.0).to(torch.uint8)


def latent_capabilities(
    architecture: str,
    config: LatentConfig,
    layers: Sequence[Layer],
    classes: tuple[str, ...],
) -> Capabilities:
    """What a network of one latent can do: psi scales z, and the rest of the desk is grey."""
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
        has_mixing=False,
        img_channels=config.img_channels,
    )
