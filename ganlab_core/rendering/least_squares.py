"""Ridge regression from features to colours, fed picture by picture."""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 1e-3
"""Weight of the penalty, relative to the variance of a standardised feature."""


class LinearFit:
    """Least squares of colours (3) on C features and a constant, from running sums in float64.

    Parameters
    ----------
    channels
        C.
    """

    def __init__(self, channels: int) -> None:
        size = channels + 1
        self._moments = torch.zeros(size, size, dtype=torch.float64)
        self._products = torch.zeros(size, 3, dtype=torch.float64)

    def add(self, features: Tensor, picture: Tensor) -> None:
        """Count in features (1, C, r, r) and the picture they should give, (1, 3, r, r)."""
        x = features[0].flatten(1).cpu().double().T  # (pixels, C)
        x = torch.cat([x, x.new_ones(x.shape[0], 1)], dim=1)
        y = picture[0].flatten(1).cpu().double().T
        self._moments += x.T @ x
        self._products += x.T @ y

    def solve(self) -> tuple[Tensor, Tensor]:
        """Weight (3, C) and bias (3,), float32; the penalty acts on standardised features."""
        count = self._moments[-1, -1].clamp(min=1.0)
        mean_x, mean_y = self._moments[-1, :-1] / count, self._products[-1] / count
        covariance = self._moments[:-1, :-1] / count - torch.outer(mean_x, mean_x)
        slope = self._products[:-1] / count - torch.outer(mean_x, mean_y)
        spread = covariance.diagonal().clamp(min=0.0).sqrt()
        scale = torch.where(spread > 1e-8, 1.0 / spread.clamp(min=1e-8), 0.0)
        standard = covariance * torch.outer(scale, scale)
        standard += RIDGE * torch.eye(len(scale), dtype=torch.float64)
        weight = torch.linalg.solve(standard, slope * scale[:, None]) * scale[:, None]
        return weight.T.float().contiguous(), (mean_y - mean_x @ weight).float()
