"""Which controls a strip has: those that mean something to its layers, and no others."""

from __future__ import annotations

from dataclasses import dataclass

from ganlab_core.capabilities import Capabilities, Layer


@dataclass(frozen=True, slots=True)
class Offer:
    """What one resolution of a model can do.

    Attributes
    ----------
    source
        Take another latent: a style, or a part of another z.
    psi
        Have a truncation of its own.
    cells
        The layers that have a cell: those that add noise, or where none does, those with a style.
        StyleGAN2's toRGB shares a style and adds no noise, so it has none.
    noise
        Show the noise's heading.
    classes
        Have a class mix of its own.
    attention
        Show the strength of the self-attention.
    growth
        Be faded in.
    """

    source: bool
    psi: bool
    cells: tuple[Layer, ...]
    noise: bool
    classes: bool
    attention: bool
    growth: bool

    @property
    def editable(self) -> bool:
        """Whether there is anything that could follow the master again."""
        return self.source or self.psi or bool(self.cells) or self.classes or self.attention


def offer_of(layers: tuple[Layer, ...], can: Capabilities) -> Offer:
    """What a strip of these layers offers."""
    styled = any(layer.style for layer in layers)
    classed = any(layer.classes for layer in layers)
    if can.has_noise:
        cells = tuple(layer for layer in layers if layer.noise)
    else:
        cells = tuple(layer for layer in layers if layer.style and can.has_w)
    return Offer(
        source=can.has_mixing and styled,
        psi=can.has_truncation and styled,
        cells=cells,
        noise=can.has_noise and bool(cells),
        classes=bool(can.classes) and classed,
        attention=can.has_attention and any(layer.attention for layer in layers),
        growth=can.has_growth,
    )
