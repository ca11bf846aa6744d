"""Fitted read-outs: what a finished network knows at each scale, read by least squares.

Progressive growing leaves the toRGB layers of all lower resolutions behind, untrained since their
phase ended, and a picture read through them is garish. A linear read-out fitted from the features
of the last stage at r px to the final picture, box-averaged to r px, shows what those features
have become, for any network and without training.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.files import bundled_models_dir, cache_dir
from ganlab_core.models import (
    FAULTS,
    Model,
    open_tensors,
    probe_tensors,
    probes_from,
    read_info,
    write_tensors,
)
from ganlab_core.networks import split_growth
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering.chain import Chain, reached_growth, within
from ganlab_core.rendering.conditions import Conditioner

# ------------------------------------------------------------------------------------------------
# Ridge regression from features to colours, fed picture by picture.


RIDGE = 1e-3
"""Weight of the penalty, relative to the variance of a standardised feature."""


class LinearFit:
    """Least squares of colours on C features and a constant, from running sums in float64.

    Parameters
    ----------
    channels, colours
        C, and of the picture.
    """

    def __init__(self, channels: int, colours: int = 3) -> None:
        size = channels + 1
        self._moments = torch.zeros(size, size, dtype=torch.float64)
        self._products = torch.zeros(size, colours, dtype=torch.float64)

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


SAMPLES = 256
FIT_PSI = 0.8
"""Truncation of the pictures fitted to: a little wider than what is usually shown."""


def fit_probes(
    model: Model, progress: Callable[[float], bool] | None = None, samples: int = SAMPLES
) -> bool:
    """Fit the read-outs of every resolution below the one training has reached.

    They are put into `model.readouts` when all are known; equal weights give equal read-outs.

    Parameters
    ----------
    model
        Used on the device it lies on.
    progress
        Told the fraction done after each picture; answering False stops the fit.
    samples
        How many pictures to fit to, from seeds 0, 1, 2, ...

    Returns
    -------
    bool
        False when stopped; the model is then as it was.
    """
    return ProbeFit(model, samples).run(progress)


class ProbeFit:
    """A fit that may be stopped after any picture and gone on with later.

    Parameters
    ----------
    model
        Used on the device it lies on.
    samples
        How many pictures to fit to.
    """

    def __init__(self, model: Model, samples: int = SAMPLES) -> None:
        self._model = model
        self._samples = samples
        self._done = 0
        self._fits: dict[int, LinearFit] = {}

    def run(self, progress: Callable[[float], bool] | None = None) -> bool:
        """Go on until done (True, and the model has its read-outs) or told to stop (False)."""
        conditioner = Conditioner(self._model, self._model.network.truncation_centre.device)
        while self._done < self._samples:
            self._add(conditioner, self._sample(self._done))
            self._done += 1
            if progress is not None and not progress(self._done / self._samples):
                return False
        self._model.readouts.update({side: fit.solve() for side, fit in self._fits.items()})
        return True

    def _sample(self, seed: int) -> Recipe:
        """The classes take turns."""
        count = len(self._model.capabilities.classes)
        classes = ((seed % count, 1.0),) if count else ()
        return Recipe(latent=Latent(seed), psi=FIT_PSI, classes=classes)

    @torch.inference_mode()
    def _add(self, conditioner: Conditioner, recipe: Recipe) -> None:
        """Count in one picture at every resolution below its own."""
        growth = reached_growth(self._model)
        top, _ = split_growth(growth)
        chain = Chain(self._model, conditioner)
        chain.reach_level(recipe, top)
        final = chain.faded(growth)  # its resolutions are read by the network's own toRGB
        can = self._model.capabilities
        for side in can.resolutions:
            if side >= 2**top:
                break
            features = within(chain.features_at(side.bit_length() - 1), can.size_at(side))
            fit = self._fits.setdefault(side, LinearFit(features.shape[1], final.shape[1]))
            fit.add(features, F.interpolate(final, size=features.shape[2:], mode="area"))


# ------------------------------------------------------------------------------------------------
# Where fitted read-outs are kept: in the model file, else in the cache under its fingerprint.


def save_probes(model: Model) -> Path | None:
    """Write the model's read-outs where the next start finds them.

    They are added to the model's own file when that is the person's to change: not a bundled one,
    not in a run's folder (where a trainer may be about to write it), and still the same model. The
    fingerprint covers the weights only and stays. Otherwise they go into the cache folder.

    Returns
    -------
    Path or None
        The file written; None when there are no read-outs or neither place can be written.
    """
    if not model.readouts:
        return None
    for path in (_own_file(model), _cache_file(model)):
        try:
            if path is not None:
                _add(model, path)
                return path
        except (*FAULTS, CheckpointError):
            continue
    return None


def load_saved_probes(model: Model) -> bool:
    """Take read-outs from the cache folder into a model that has none; tells whether it has now."""
    path = _cache_file(model)
    if not model.has_probes and path is not None and path.is_file():
        try:
            with open_tensors(path) as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            model.readouts.update(probes_from(tensors, model))
        except (*FAULTS, CheckpointError):
            return False  # it can be fitted again
    return model.has_probes


def _own_file(model: Model) -> Path | None:
    """The model's file if read-outs may be added to it."""
    path = model.info.path
    try:
        bundled = path.resolve().is_relative_to(bundled_models_dir().resolve())
        in_run = (path.parent / "events.jsonl").exists()
        same = read_info(path).fingerprint == model.info.fingerprint
    except (OSError, CheckpointError):
        return None
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return path if same and writable and not bundled and not in_run else None


def _cache_file(model: Model) -> Path | None:
    """The file in the cache; None for a fingerprint that would not make a file name."""
    fingerprint = model.info.fingerprint
    if not (fingerprint.isascii() and fingerprint.isalnum() and len(fingerprint) <= 64):
        return None
    return cache_dir() / "readouts" / f"{fingerprint}.safetensors"


def _add(model: Model, path: Path) -> None:
    """Write `path` anew with what it holds and the read-outs."""
    tensors: dict[str, Tensor] = {}
    metadata: dict[str, str] = {}
    if path.exists():
        with open_tensors(path) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    write_tensors(path, tensors | probe_tensors(model.readouts), metadata)
