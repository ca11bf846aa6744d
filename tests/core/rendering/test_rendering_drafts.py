"""Drafts: pictures read early for the hand that moves, and frames that give way to a newer edit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import DraftPicture, Renderer, fit_probes
from ganlab_core.rendering.chain import StageTimes
from tests import stylegan2_models
from tests.stylegan_models import tiny_stylegan

SLOW, QUICK = 1e-9, 1e9
"""Seconds within which no frame is drawn, and any."""


@pytest.fixture
def fitted() -> Model:
    model = tiny_stylegan(64)
    fit_probes(model, samples=4)
    return model


def test_stages_are_expected_to_take_what_they_took() -> None:
    times = StageTimes()
    assert times.expected(range(3)) == 0.0
    times.note(0, 1.0)
    assert times.expected(range(3)) == 1.0 + 2.0 + 4.0  # guessed from the one below
    times.note(1, 3.0)
    times.note(1, 1.0)
    assert times.expected(range(1, 2)) == 2.0


def test_a_draft_is_what_the_fitted_probe_reads(fitted: Model) -> None:
    renderer = Renderer(fitted, "cpu")
    renderer.render(Recipe())
    draft = renderer.draft(Recipe(Latent(5)), SLOW)
    assert isinstance(draft, DraftPicture)
    assert draft.resolution == 16
    assert draft.pixels.shape == (16, 16, 3)
    wanted = renderer.render(Recipe(Latent(5)), previews=True).previews[16].pixels
    assert np.abs(draft.pixels.astype(int) - wanted).max() <= 24  # it may be drawn in bfloat16


def test_a_draft_is_read_as_deep_as_its_time_allows(fitted: Model) -> None:
    renderer = Renderer(fitted, "cpu")
    renderer.render(Recipe())
    renderer._chain.expected_seconds = lambda recipe, level: 10.0  # type: ignore[method-assign]
    renderer.draft(Recipe(Latent(1)), SLOW)
    chain = renderer._drafts()
    chain.expected_seconds = lambda recipe, level: 2.0 ** (level - 6)  # type: ignore[method-assign]
    sides = [renderer.draft(Recipe(Latent(2)), seconds) for seconds in (0.2, 0.3, 0.6, 5.0)]
    assert [side and side.resolution for side in sides] == [16, 16, 32, 32]


def test_a_quick_frame_and_one_that_nothing_reads_early_have_no_draft(fitted: Model) -> None:
    renderer = Renderer(fitted, "cpu")
    renderer.render(Recipe())
    assert renderer.draft(Recipe(Latent(1)), QUICK) is None
    assert renderer.draft(Recipe(), SLOW) is None  # it is there already
    assert renderer.draft(Recipe(Latent(1), growth=4.5), SLOW) is None
    unfitted = Renderer(tiny_stylegan(64), "cpu")
    unfitted.render(Recipe())
    assert unfitted.draft(Recipe(Latent(1)), SLOW) is None


def test_stylegan2_is_read_from_its_sum_so_far() -> None:
    renderer = Renderer(stylegan2_models.model(), "cpu")
    side = renderer.model.capabilities.resolution
    renderer.render(Recipe())
    draft = renderer.draft(Recipe(Latent(1)), SLOW)
    assert (draft is None) == (side <= 16)


def test_a_draft_leaves_the_picture_as_it_is(fitted: Model) -> None:
    renderer, recipe = Renderer(fitted, "cpu"), Recipe(Latent(3))
    renderer.render(Recipe())
    renderer.draft(recipe, SLOW)
    fresh = Renderer(fitted, "cpu").raw(recipe)
    np.testing.assert_array_equal(renderer.raw(recipe), fresh)


def test_a_frame_gives_way_between_stages_and_is_finished_later(fitted: Model) -> None:
    renderer, recipe, asked = Renderer(fitted, "cpu"), Recipe(Latent(3)), []

    def thrice() -> bool:
        asked.append(1)
        return len(asked) <= 3

    assert renderer.render_unless(recipe, thrice) is None
    frame = renderer.render_unless(recipe, lambda: True)
    assert frame is not None
    assert len(frame.stages_run) == frame.stages_total - 3
    np.testing.assert_array_equal(frame.pixels, Renderer(fitted, "cpu").render(recipe).pixels)


@pytest.mark.parametrize(("bf16", "wanted"), [(0.5, "bf16"), (0.95, "fp32"), (20.0, "fp32")])
def test_bfloat16_is_chosen_only_where_it_is_clearly_faster(
    bf16: float, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ganlab_core.rendering import precision

    seconds: Callable[[object, torch.dtype], float] = lambda device, dtype: (  # noqa: E731
        1.0 if dtype is torch.float32 else bf16
    )
    monkeypatch.setattr(precision, "_seconds", seconds)
    precision._measured.cache_clear()
    try:
        assert precision.fastest_precision(torch.device("cpu")) == wanted
    finally:
        precision._measured.cache_clear()
