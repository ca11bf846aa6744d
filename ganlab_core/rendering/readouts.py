"""Fitted read-outs: what a finished network knows at each scale, read by least squares.

Progressive growing leaves the toRGB layers of all lower resolutions behind, untrained since their
phase ended, and a picture read through them is garish. A linear read-out fitted from the features
of the last stage at r px to the final picture, box-averaged to r px, shows what those features
have become, for any network and without training.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from ganlab_core.model import Model
from ganlab_core.networks.layers import split_growth
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering.chain import Chain
from ganlab_core.rendering.conditions import Conditioner
from ganlab_core.rendering.growth import reached_growth
from ganlab_core.rendering.least_squares import LinearFit

SAMPLES = 256
FIT_PSI = 0.8
"""Truncation of the pictures fitted to: a little wider than what is usually shown."""


def fit_readouts(
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
    return ReadoutFit(model, samples).run(progress)


class ReadoutFit:
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
        for level in range(2, top):
            features, side = chain.features_at(level), 2**level
            fit = self._fits.setdefault(side, LinearFit(features.shape[1]))
            fit.add(features, F.interpolate(final, size=(side, side), mode="area"))
