"""The Renderer: Recipes in, Frames out, computing only what has changed since the last one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ganlab_core.device import choose_device
from ganlab_core.errors import RenderError
from ganlab_core.models import Model
from ganlab_core.networks import split_growth
from ganlab_core.prepared import CudaRecorder
from ganlab_core.recipe import Classes, Latent, Recipe
from ganlab_core.rendering.chain import (
    Chain,
    Interrupted,
    StageTimes,
    live_resolutions,
    reached_growth,
    shown_growth,
    to_channels,
    to_pixels,
)
from ganlab_core.rendering.conditions import Conditioner, extent_of, w_from_latent
from ganlab_core.rendering.frame import (
    DraftPicture,
    FadeParts,
    Frame,
    GreyError,
    Preview,
    difference,
)
from ganlab_core.rendering.precision import (
    AUTO,
    check_precision,
    dtype_of,
    fastest_precision,
)

MOST_PIXELS = 2**25
"""Of a picture larger than trained."""

SMALLEST_DRAFT = 4
"""Log2 of the side below which a draft tells nothing."""


class Renderer:
    """Renders one model on one device; equal Recipes give equal pixels, whatever came before.

    The model is moved to the device and belongs to the renderer from then on. One thread at a time
    may use it. torch's global random state is neither read nor changed.

    Parameters
    ----------
    model
        What to render.
    device
        `"cpu"`, `"cuda"`, `"mps"`; None or `"auto"` = the best there is.
    precision
        `"fp32"`, `"bf16"`, on a GPU `"tf32"` and `"fp16"`, or `"auto"`: which of fp32 and bf16 is measured
        to be faster on the device. Raises `RenderError` for one that the device has not.
    """

    def __init__(self, model: Model, device: str | None = None, precision: str = "fp32") -> None:
        self._device = choose_device(device)
        asked = check_precision(precision, self._device)
        self._precision = precision = fastest_precision(self._device) if asked == AUTO else asked
        self._model = model
        model.network.module.eval().to(self._device)
        self._conditioner = Conditioner(model, self._device)
        recorder = CudaRecorder if self._device.type == "cuda" else None
        self._chain = Chain(model, self._conditioner, precision, recorder=recorder)
        self._small_chain = Chain(model, self._conditioner, precision, self._chain.stages)
        self._draft_chain: Chain | None = None
        self._phases = {
            side: self._phase_chain(phase)
            for side, phase in model.phases.items()
            if math.log2(side) < split_growth(reached_growth(model))[0]
        }

    @property
    def model(self) -> Model:
        """The model being rendered."""
        return self._model

    @property
    def device(self) -> torch.device:
        """Where it renders."""
        return self._device

    @property
    def precision(self) -> str:
        """What the stages are computed in, one of `PRECISIONS`."""
        return self._precision

    @property
    def dtype(self) -> torch.dtype:
        """torch's type of `precision`."""
        return dtype_of(self._precision)

    @torch.inference_mode()
    def render(self, recipe: Recipe, *, previews: bool = False) -> Frame:
        """The picture of a Recipe, with previews of every resolution up to its growth if asked for.

        Raises `RenderError` when the Recipe holds a vector of another model's size, or the device's
        memory does not suffice.
        """
        began = time.perf_counter()
        image, ran = self._grown(recipe)
        pixels = to_pixels(self._model, image)
        small = self._previews(recipe) if previews else {}
        names = self._model.network.stage_names
        return Frame(
            recipe=recipe,
            pixels=pixels,
            previews=small,
            stages_run=tuple(names[stage] for stage in ran),
            stages_total=len(names),
            milliseconds=1000.0 * (time.perf_counter() - began),
            device=str(self._device),
            precision=self._precision,
            fingerprint=self._model.info.fingerprint,
            channels=to_channels(self._model, image) if image.shape[1] != 3 else None,
        )

    @torch.inference_mode()
    def render_unless(self, recipe: Recipe, go_on: Callable[[], bool]) -> Frame | None:
        """As `render`, but `go_on` is asked before each stage; None when it answers False."""
        chains = (self._chain, *self._phases.values())
        for chain in chains:
            chain.go_on = go_on
        try:
            return self.render(recipe)
        except Interrupted:
            return None
        finally:
            for chain in chains:
                chain.go_on = None

    @torch.inference_mode()
    def draft(self, recipe: Recipe, seconds: float) -> DraftPicture | None:
        """A picture read early, at the deepest resolution that so much time allows.

        It is read by a fitted probe, or is StyleGAN2's sum so far, in the precision that is fastest here.
        None where the whole frame would not take longer, or nothing can be read early. Until its own
        stages have been timed they are expected to take what the picture's take.
        """
        began = time.perf_counter()
        level, alpha = split_growth(shown_growth(recipe, self._model))
        if alpha < 1.0 or 2**level in self._phases:
            return None
        if self._chain.expected_seconds(recipe, level) <= seconds:
            return None
        chain = self._drafts()
        levels = [one for one in range(SMALLEST_DRAFT, level) if chain.reads_early(one)]
        if not levels:
            return None
        within = [one for one in levels if chain.expected_seconds(recipe, one) <= seconds]
        chosen = max(within, default=levels[0])
        chain.reach_level(recipe, chosen)
        pixels = to_pixels(self._model, chain.picture(chosen))
        taken = 1000.0 * (time.perf_counter() - began)
        return DraftPicture(recipe, pixels, 2**chosen, taken, fastest_precision(self._device))

    def _drafts(self) -> Chain:
        """The chain that drafts are read from; it shares nothing with the picture's."""
        if self._draft_chain is None:
            precision = fastest_precision(self._device)
            self._draft_chain = Chain(self._model, self._conditioner, precision)
            self._draft_chain.times = StageTimes(self._chain.times)
        return self._draft_chain

    @torch.inference_mode()
    def raw(self, recipe: Recipe) -> NDArray[np.float32]:
        """The picture before clipping, float32 (C, H, W), about -1 to 1; as `render` otherwise."""
        image, _ = self._grown(recipe)
        return _to_array(image)

    @torch.inference_mode()
    def features(self, recipe: Recipe, stage: int) -> NDArray[np.float32]:
        """The feature maps after a stage, whatever the growth: float32 (C, r, r)."""
        if not 0 <= stage < len(self._model.network.stage_names):
            raise RenderError(f"This model has no stage {stage}.")
        self._chain.reach_stage(recipe, stage)
        return _to_array(self._chain.features(stage))

    @torch.inference_mode()
    def fade(self, recipe: Recipe) -> FadeParts | None:
        """The parts of the newest block's picture; None where there is no block before it."""
        growth = shown_growth(recipe, self._model)
        level, alpha = split_growth(growth)
        if level < 3:
            return None
        chain = self._phases.get(2**level, self._chain)
        chain.reach_level(recipe, level)
        before = self._old(recipe, level)
        if before is None and chain.can_read(level - 1):
            before = F.interpolate(chain.picture(level - 1), scale_factor=2.0)
        if before is None:
            return None
        parts = (before, chain.picture(level), self._faded(recipe, chain, growth))
        old, new, blend = (to_pixels(self._model, part) for part in parts)
        return FadeParts(2**level, alpha, old, new, blend, difference(new, old))

    @torch.inference_mode()
    def small(
        self, recipe: Recipe, side: int = 64, go_on: Callable[[], bool] | None = None
    ) -> NDArray[np.uint8] | None:
        """A small picture of any Recipe, uint8 (side, side, 3); `render`'s cache is left alone.

        With fitted read-outs it is read at the first resolution of at least `side` pixels. `go_on`
        is asked before each stage; None is returned when it answers False.
        """
        growth = shown_growth(recipe, self._model)
        chain = self._phases.get(2 ** split_growth(growth)[0], self._small_chain)
        near = max(2, (side - 1).bit_length())
        if chain is self._small_chain and near < growth and 2**near in self._model.readouts:
            growth = float(near)
        chain.go_on = go_on
        try:
            chain.reach_level(recipe, split_growth(growth)[0])
        except Interrupted:
            return None
        finally:
            chain.go_on = None
        return to_pixels(self._model, _resized(self._faded(recipe, chain, growth), side))

    @torch.inference_mode()
    def vectors(
        self, latents: Sequence[Latent], classes: Classes = (), threshold: float | None = None
    ) -> NDArray[np.float32]:
        """The untruncated w of each latent, or z without a W: float32 (N, D)."""
        found = [
            w_from_latent(self._model, latent, self._device, classes, threshold)
            for latent in latents
        ]
        array: NDArray[np.float32] = torch.cat(found).float().cpu().numpy()
        return array

    @property
    def centre(self) -> NDArray[np.float32]:
        """What truncation moves towards: the mean of W, float32 (w_dim,); zeros without a W."""
        array: NDArray[np.float32] = (
            self._model.network.truncation_centre.float().cpu().numpy().copy()
        )
        return array

    def grey_error(self, recipes: Sequence[Recipe]) -> GreyError:
        """What this precision costs: each Recipe's picture beside the same in fp32, on this device."""
        exact = Renderer(self._model, str(self._device))
        apart = [difference(self.render(one).pixels, exact.render(one).pixels) for one in recipes]
        return GreyError(
            max(int(one.max()) for one in apart), float(np.mean([one.mean() for one in apart]))
        )

    def forget(self) -> None:
        """Drop everything kept from earlier frames, as after the model's weights have changed."""
        for chain in (self._chain, *self._phases.values()):
            chain.forget()
        self._small_chain.forget(self._chain.stages)
        self._draft_chain = None
        self._conditioner.forget()

    def _grown(self, recipe: Recipe) -> tuple[Tensor, list[int]]:
        """The picture at full size, (1, 3, R, R), and the stages run for it.

        Where the growth is lower than full, pixels are repeated. A resolution whose phase has been
        kept is shown by the network as it was then, and between two of them their pictures blend.
        """
        _check_size(recipe, self._model)
        growth = shown_growth(recipe, self._model)
        level, _ = split_growth(growth)
        chain = self._phases.get(2**level, self._chain)
        try:
            ran = chain.reach_level(recipe, level)
            image = self._within_range(self._faded(recipe, chain, growth))
        except torch.OutOfMemoryError:
            self.forget()
            raise RenderError(
                f"The memory of {self._device} is too small for this model.",
                "Close what else uses it, or render on the cpu.",
            ) from None
        can = self._model.capabilities
        size = extent_of(recipe, can).size_at(can.resolution, can)
        if image.shape[-2:] != size:
            image = F.interpolate(image, size=size)
        return image, ran

    def _within_range(self, image: Tensor) -> Tensor:
        """The picture; float16 ends at 65504, and what goes beyond is no picture."""
        if self._precision == "fp16" and not bool(image.isfinite().all()):
            self.forget()
            raise RenderError(
                "This network's numbers are too large for fp16.", "Render in bf16, tf32 or fp32."
            )
        return image

    def _faded(self, recipe: Recipe, chain: Chain, growth: float) -> Tensor:
        """The picture at the growth's own resolution, (1, 3, r, r), from a chain that has reached it."""
        level, alpha = split_growth(growth)
        old = self._old(recipe, level) if alpha < 1.0 else None
        if old is None:
            return chain.faded(growth)
        return old + (chain.picture(level) - old) * alpha

    def _old(self, recipe: Recipe, level: int) -> Tensor | None:
        """The resolution before 2^level px as it was in its own phase, doubled: (1, 3, r, r).

        None where it was not kept, and where the network's own read-out of it is in use. A later
        network's toRGB of that resolution has been out of training since, and is garish.
        """
        side = 2 ** (level - 1)
        phase = self._phases.get(side)
        if phase is None or side in live_resolutions(self._model):
            return None
        phase.reach_level(recipe, level - 1)
        return F.interpolate(phase.picture(level - 1), scale_factor=2.0)

    def _previews(self, recipe: Recipe) -> dict[int, Preview]:
        """The picture as each resolution up to the growth knows it, or knew it in its own phase."""
        top, _ = split_growth(shown_growth(recipe, self._model))
        levels = [r.bit_length() - 1 for r in self._model.capabilities.resolutions if r <= 2**top]
        if any(2**level not in self._phases for level in levels):
            self._chain.reach_level(recipe, top)
        return {
            2**level: self._preview(recipe, level)
            for level in levels
            if 2**level in self._phases or self._chain.can_read(level)
        }

    def _preview(self, recipe: Recipe, level: int) -> Preview:
        phase = self._phases.get(2**level)
        if phase is None:
            picture, kind = self._chain.picture(level), self._chain.readout(level)
        else:
            phase.reach_level(recipe, level)
            picture, kind = phase.picture(level), "phase"
        return Preview(to_pixels(self._model, picture), kind)

    def _phase_chain(self, phase: Model) -> Chain:
        phase.network.module.eval().to(self._device)
        return Chain(phase, Conditioner(phase, self._device), self._precision)


def _check_size(recipe: Recipe, model: Model) -> None:
    """Raise `RenderError` for a picture that no memory would hold."""
    can = model.capabilities
    height, width = extent_of(recipe, can).size_at(can.resolution, can)
    if height * width > MOST_PIXELS:
        raise RenderError(
            f"The picture would be {width} x {height} pixels.", "Make it less wide or high."
        )


def _to_array(image: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = image[0].float().cpu().numpy().copy()
    return array


def _resized(image: Tensor, side: int) -> Tensor:
    """Box means when made smaller, repeated pixels when made larger; no square is framed in black."""
    height, width = image.shape[-2:]
    longest = max(height, width)
    mode = "area" if longest > side else "nearest"
    if height == width:
        return image if width == side else F.interpolate(image, size=(side, side), mode=mode)
    size = max(1, height * side // longest), max(1, width * side // longest)
    above, before = (side - size[0]) // 2, (side - size[1]) // 2
    frame = (before, side - size[1] - before, above, side - size[0] - above)
    return F.pad(F.interpolate(image, size=size, mode=mode), frame, value=-1.0)
