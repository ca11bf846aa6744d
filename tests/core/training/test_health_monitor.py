"""The health monitor: it names what was planted, since when, and is quiet on a healthy run."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.errors import TrainingError
from ganlab_core.training import (
    Curve,
    LogReader,
    RunHistory,
    TrainConfig,
    findings,
    open_run,
    train,
    variety_of_sheet,
    with_settings,
)

COUNT = 60
X = np.arange(1, COUNT + 1) * 1000.0


def history(**curves: Curve) -> RunHistory:
    """A healthy run of sixty reports, but for the curves that are given."""
    wobble = 0.05 * np.sin(np.arange(COUNT))
    healthy = {
        "images": X,
        "resolution": np.full(COUNT, 32.0),
        "loss_g": 0.8 + wobble,
        "loss_d": 1.2 + wobble,
        "real_score": 0.4 + wobble,
        "fake_score": -0.4 + wobble,
    }
    return RunHistory(Path(), 60_000, "logistic-r1", curves=healthy | curves, pictures=20_000)


def kinds(told: RunHistory, diversity: tuple[tuple[int, float], ...] = ()) -> list[str]:
    return [finding.kind for finding in findings(told, diversity)]


def falling(start: int, end: float) -> Curve:
    values = np.full(COUNT, 1.2)
    values[start:] = end
    return values


def test_a_healthy_run_is_met_with_silence() -> None:
    steady = tuple((int(x), 0.2 + 0.01 * math.sin(x)) for x in X)
    assert kinds(history(), steady) == []
    assert kinds(RunHistory(Path())) == []


def test_an_overpowering_discriminator_is_named_with_its_beginning() -> None:
    (finding,) = findings(history(loss_d=falling(40, 0.01)))
    assert finding.kind == "overpowering"
    assert 40_000 <= finding.since <= 46_000
    assert finding.chart == "scores"


def test_a_discriminator_that_nearly_guesses_is_named_once_it_has_for_long() -> None:
    close = {"real_score": np.full(COUNT, 0.1), "fake_score": np.full(COUNT, -0.1)}
    (finding,) = findings(history(loss_d=np.full(COUNT, 1.3), **close))
    assert (finding.kind, finding.since) == ("guessing", 1000)
    late = np.full(COUNT, 0.9)
    late[-16:] = 1.3
    assert kinds(history(loss_d=late, **close)) == []
    assert kinds(history(loss_d=np.full(COUNT, 1.3))) == []  # the scores are apart


def test_a_dip_that_is_over_is_not_spoken_of() -> None:
    dip = falling(20, 0.01)
    dip[40:] = 1.2
    assert kinds(history(loss_d=dip)) == []


def test_losses_that_are_no_numbers_are_named() -> None:
    broken = falling(50, float("nan"))
    (finding,) = findings(history(loss_g=broken))
    assert (finding.kind, finding.since) == ("nan", 51_000)


def test_a_fall_of_variety_is_a_collapse() -> None:
    values = [0.05, 0.15, 0.2, 0.22, 0.21, 0.2, 0.04, 0.03]
    diversity = tuple((1000 * index, value) for index, value in enumerate(values))
    (finding,) = findings(history(), diversity)
    assert (finding.kind, finding.since) == ("collapse", 6000)
    rising = tuple((1000 * index, value) for index, value in enumerate(sorted(values)))
    assert kinds(history(), rising) == []


@pytest.mark.parametrize(
    ("pictures", "loss_d", "expected"),
    [(24, 0.4, ["overfitting"]), (24, 1.2, []), (20_000, 0.4, []), (2900, 0.4, [])],
    ids=["few and sure", "few, not sure", "many", "not seen often"],
)
def test_a_discriminator_that_is_sure_of_few_pictures_has_them_by_heart(
    pictures: int, loss_d: float, expected: list[str]
) -> None:
    told = dataclasses.replace(history(loss_d=falling(30, loss_d)), pictures=pictures)
    assert kinds(told) == expected


def test_few_pictures_are_known_by_heart_no_sooner_than_they_were_seen_often() -> None:
    told = dataclasses.replace(history(loss_d=falling(0, 0.4)), pictures=1000)
    (finding,) = findings(told)
    assert finding.since == 20_000
    assert "1000 pictures" in finding.sentence
    assert "60 times" in finding.sentence


@pytest.mark.parametrize(("loss", "expected"), [("logistic-r1", ["overpowering"]), ("hinge", [])])
def test_a_wide_gap_means_something_where_scores_are_log_odds(
    loss: str, expected: list[str]
) -> None:
    told = history(real_score=np.full(COUNT, 9.0), fake_score=np.full(COUNT, -9.0))
    assert kinds(dataclasses.replace(told, loss=loss)) == expected


def test_a_discriminator_that_gives_all_the_same_score_is_dead() -> None:
    same = falling(40, -0.19)
    (finding,) = findings(history(real_score=same, fake_score=np.where(X > 40_000, same, -0.4)))
    assert finding.kind == "dead"
    assert 40_000 <= finding.since <= 46_000


def test_what_an_untrained_network_showed_is_no_yardstick_where_the_data_is_known() -> None:
    values = [0.5, 0.45, 0.4, 0.18, 0.17, 0.16, 0.16, 0.15]
    diversity = tuple((1000 * index, value) for index, value in enumerate(values))
    assert kinds(history(), diversity) == ["collapse"]
    assert kinds(dataclasses.replace(history(), variety=0.2), diversity) == []
    assert kinds(dataclasses.replace(history(), variety=0.45), diversity) == ["collapse"]


def test_samples_that_never_rose_are_measured_by_the_data() -> None:
    diversity = tuple((1000 * index, 0.05) for index in range(8))
    assert kinds(history(), diversity) == []
    (finding,) = findings(dataclasses.replace(history(), variety=0.25), diversity)
    assert finding.kind == "collapse"
    assert "20\N{NO-BREAK SPACE}% of that of the training pictures" in finding.sentence
    assert kinds(dataclasses.replace(history(), variety=0.25), diversity[:7]) == []


def test_augmentation_that_is_always_on_is_told() -> None:
    assert kinds(history(augment_p=np.linspace(0, 1.2, COUNT))) == ["augmentation"]


def test_a_singular_value_that_takes_off_is_told() -> None:
    calm, wild = np.full(20, 3.0), np.full(20, 3.0)
    wild[-4:] = [10, 20, 40, 80]
    at = X[:20]
    extra = {"Spectra.g.conv0": (at, calm), "Spectra.g.conv1": (at, wild)}
    told = RunHistory(Path(), extra=extra)
    (finding,) = findings(told)
    assert "conv1" in finding.sentence
    assert finding.since == 18_000


@pytest.mark.parametrize(
    "values", [1 + 0.2 * np.arange(60), np.sqrt(1 + np.arange(60)), np.r_[1, 9, np.ones(58)]]
)
def test_singular_values_may_grow_as_long_as_they_do_not_outrun_time(values: Curve) -> None:
    assert kinds(RunHistory(Path(), extra={"Spectra.g.conv0": (X, values.astype(float))})) == []


def test_variety_is_nothing_where_all_pictures_are_alike(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    tile = random.integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(np.tile(tile, (2, 4, 1))).save(tmp_path / "same.png")
    classes = np.concatenate([np.tile(tile, (1, 4, 1)), np.tile(255 - tile, (1, 4, 1))])
    Image.fromarray(classes).save(tmp_path / "classes.png")
    Image.fromarray(random.integers(0, 256, (32, 64, 3), np.uint8)).save(tmp_path / "other.png")
    assert variety_of_sheet(tmp_path / "same.png", (2, 4)) < 1e-3
    assert variety_of_sheet(tmp_path / "classes.png", (2, 4)) < 1e-3
    assert variety_of_sheet(tmp_path / "other.png", (2, 4)) > 0.2


def told_by(folder: Path) -> list[str]:
    history = LogReader(folder, open_run(folder).config)
    history.update()
    known = history.history()
    diversity = [(s.images, variety_of_sheet(folder / s.path, known.grid)) for s in known.sheets]
    return [finding.kind for finding in findings(known, diversity)]


def test_real_tiny_runs_are_sensitivity_specificity(
    tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D with eight steps for each of a slow G overpowers it; an even run is well."""
    config = with_settings(
        tiny,
        {
            "resolution": 8,
            "initial_resolution": 8,
            "images": 800,
            "r1_gamma": 0.0,
            "checkpoint_kimg": 1,
            "sheet_kimg": 0.2,
            "readout_samples": 0,
        },
    )
    monkeypatch.setattr("ganlab_core.training.loop.REPORT_SECONDS", 0.0)
    list(train(with_settings(config, {"r1_gamma": 1.0}), tmp_path / "healthy"))
    assert told_by(tmp_path / "healthy") == []

    unfair = with_settings(
        config, {"learning_rate_d": 0.05, "d_steps": 8, "learning_rate": 1e-4, "images": 400}
    )
    with contextlib.suppress(TrainingError):
        list(train(unfair, tmp_path / "ill"))
    assert set(told_by(tmp_path / "ill")) & {"overpowering", "nan", "collapse", "dead"}
