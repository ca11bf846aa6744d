"""Beginning anew after a finding: the advice becomes settings, and the run goes on from the weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganlab_core.training import (
    CheckpointSaved,
    RunFolder,
    TrainConfig,
    restart_from,
    train,
    with_settings,
)


@pytest.mark.parametrize("kind", ["nan", "collapse", "dead", "spectra"])
def test_what_went_too_fast_goes_on_half_as_fast(tiny: TrainConfig, kind: str) -> None:
    fast = with_settings(tiny, {"learning_rate": 0.01, "learning_rate_at.8": 0.02})
    slow = restart_from(fast, kind, Path("weights"), 0)
    assert slow.learning_rate == pytest.approx(0.005)
    assert dict(slow.learning_rate_at) == {8: pytest.approx(0.01)}
    assert slow.learning_rate_d is None
    assert slow.start_from == "weights"


def test_an_overpowering_discriminator_alone_is_slowed(tiny: TrainConfig) -> None:
    slow = restart_from(
        with_settings(tiny, {"learning_rate": 0.01}), "overpowering", Path("weights"), 0
    )
    assert (slow.learning_rate, slow.learning_rate_d) == (0.01, pytest.approx(0.005))


def test_a_discriminator_that_guesses_is_held_down_half_as_much(tiny: TrainConfig) -> None:
    firm = with_settings(tiny, {"r1_gamma": 8.0, "r1_gamma_at.8": 2.0})
    loose = restart_from(firm, "guessing", Path("weights"), 0)
    assert (loose.r1_gamma, dict(loose.r1_gamma_at)) == (4.0, {8: 1.0})


def test_few_pictures_are_augmented(tiny: TrainConfig) -> None:
    assert restart_from(tiny, "overfitting", Path("w"), 0).augment == "color,translation,cutout"


def test_a_run_begun_anew_starts_where_the_weights_were(tiny: TrainConfig, tmp_path: Path) -> None:
    run = train(tiny, tmp_path / "ill")
    saved = [event for event in run if isinstance(event, CheckpointSaved)][-1]
    again = restart_from(
        tiny, "collapse", RunFolder(tmp_path / "ill").checkpoint(saved.images), saved.images
    )
    assert again.initial_resolution == 16
    assert list(train(with_settings(again, {"images": 16}), tmp_path / "again"))
