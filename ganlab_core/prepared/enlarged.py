"""Stages over more places than trained: a larger start, edges that meet, styles that change across.

A convolution minds no size. Where edges are to meet, it sees so many rows and columns of the opposite side
as reach into what is kept, and those are cut off again; that holds for any layer of the kind.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ganlab_core.networks import Condition
from ganlab_core.recipe import Extent

Layer = Callable[[Tensor], Tensor]


def is_enlarged(condition: Condition) -> bool:
    """Whether a stage works otherwise than it was trained to."""
    return condition.extent is not None or condition.across is not None


def start(const: Float[Tensor, "1 c h w"], condition: Condition) -> Float[Tensor, "1 c a b"]:
    """The larger constant, the learned one in its middle unless it is stretched."""
    extent = condition.extent or Extent()
    size = (const.shape[2], const.shape[3])
    for dim, (before, after) in enumerate(zip(size, extent.cells(size), strict=True), 2):
        wraps = extent.down if dim == 2 else extent.across
        const = _longer(const, dim, after, extent.fill, wraps=wraps) if before != after else const
    return const


def _longer(x: Tensor, dim: int, after: int, fill: str, *, wraps: bool) -> Tensor:
    """A map of `after` places along one axis."""
    before = x.shape[dim]
    if fill == "stretch":
        return _stretched(x, dim, after, wraps=wraps)
    places = torch.arange(after, device=x.device) - (after - before) // 2
    if fill == "repeat":
        return x.index_select(dim, places % before)
    places = places % (2 * before)
    return x.index_select(dim, torch.minimum(places, 2 * before - 1 - places))


def _stretched(x: Tensor, dim: int, after: int, *, wraps: bool) -> Tensor:
    """Linear between the centres of places, at the ends held or going on at the other one."""
    before = x.shape[dim]
    at = (torch.arange(after, device=x.device) + 0.5) * (before / after) - 0.5
    low = torch.floor(at).long()
    share = (at - low).to(x.dtype).view(-1, *[1] * (x.dim() - 1 - dim))
    ends = [
        (low + step) % before if wraps else (low + step).clamp(0, before - 1) for step in (0, 1)
    ]
    one, other = (x.index_select(dim, end) for end in ends)
    return torch.lerp(one, other, share)


def around(
    layer: Layer, x: Float[Tensor, "1 c h w"], condition: Condition, margin: int, factor: int = 1
) -> Tensor:
    """What a layer makes of features whose edges meet where the condition says so.

    `margin` is how far its kernel sees, in places of x, and `factor` how many times larger it makes them.
    """
    extent = condition.extent or Extent()
    for dim, meets in ((2, extent.down), (3, extent.across)):
        if meets:
            size = x.shape[dim]
            x = x.index_select(dim, torch.arange(-margin, size + margin, device=x.device) % size)
    y = layer(x)
    for dim, meets in ((2, extent.down), (3, extent.across)):
        if meets:
            y = y.narrow(dim, margin * factor, y.shape[dim] - 2 * margin * factor)
    return y


def columns(
    condition: Condition, weight: Tensor, bias: Tensor, width: int
) -> Float[Tensor, "rows _"]:
    """What a stage makes of its style, weight w + bias, at each of `width` columns: (rows, width or 1)."""
    assert condition.style is not None
    if condition.across is None:
        return F.linear(condition.style, weight, bias).T
    styles = torch.cat([condition.style, condition.across])
    loops = condition.extent is not None and condition.extent.across
    shares = places_across(len(styles), width, loops=loops).to(styles)
    return F.linear(styles, weight, bias).T @ shares


def places_across(count: int, width: int, *, loops: bool) -> Float[Tensor, "count width"]:
    """What each of `count` places has of each of `width` columns; a column's shares add up to 1.

    The first place is the left edge and the last one the right edge; in a loop the left edge follows the
    last one again.
    """
    at = (torch.arange(width, dtype=torch.float64) + 0.5) / width * (count if loops else count - 1)
    before = at.floor().long().clamp(max=count - 1)
    after = (before + 1) % count if loops else (before + 1).clamp(max=count - 1)
    shares = torch.zeros(count, width, dtype=torch.float64)
    column = torch.arange(width)
    shares[before, column] += 1.0 - (at - before)
    shares[after, column] += at - before
    return shares
