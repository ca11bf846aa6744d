"""How long a run still takes: later resolutions counted, by what was timed and by the work of a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ganlab_core.training import (
    TRAINABLE,
    RunHistory,
    TrainConfig,
    preset,
    seconds_left,
    seconds_per_image,
    whole_work,
    with_settings,
)
from ganlab_core.training.config import phases
from ganlab_core.training.health import work


def growing(**settings: object) -> TrainConfig:
    return with_settings(TrainConfig(), {**preset("minutes"), "resolution": 64, **settings})


def test_later_resolutions_are_counted_with_what_their_networks_work() -> None:
    config = growing(images=100_000)
    timed = {8: 0.01}
    left = seconds_left(config, timed, 0)
    naive = 0.01 * config.images
    assert left is not None
    assert left > 3 * naive
    last = phases(config)[-1]
    there = (config.images - last.start) * 0.01 * work(config, 64) / work(config, 8)
    assert there < left < there + naive * 10


def test_what_was_timed_wins_over_what_is_reckoned() -> None:
    config = growing(images=100_000)
    plan = phases(config)
    timed = {4: 0.001, 8: 0.002, 16: 0.004, 32: 0.008, 64: 0.016}
    exact = sum((phase.end - phase.start) * timed[phase.resolution] for phase in plan)
    assert seconds_left(config, timed, 0) == pytest.approx(exact, rel=0.02)
    at = plan[-1].start
    assert seconds_left(config, timed, at) == pytest.approx((config.images - at) * 0.016)
    assert seconds_left(config, timed, config.images) == 0
    assert seconds_left(config, {}, 0) is None


def test_a_steered_speed_of_growth_moves_the_end() -> None:
    timed = {4: 0.001, 8: 0.001, 16: 0.001, 32: 0.001, 64: 0.01}
    planned = seconds_left(growing(images=100_000), timed, 0)
    faster = seconds_left(growing(images=100_000, growth_speed_at={"0": 2}), timed, 0)
    assert planned is not None
    assert faster is not None
    assert faster > 1.1 * planned  # more of it at the full resolution


def test_speeds_are_read_off_the_last_reports_of_each_resolution() -> None:
    sides = np.array([8.0] * 30 + [16.0] * 3)
    speeds = np.array([1.0] * 10 + [100.0] * 20 + [50.0, np.nan, 25.0])
    told = RunHistory(Path(), curves={"resolution": sides, "images_per_second": speeds})
    assert seconds_per_image(told) == pytest.approx({8: 0.01, 16: 0.03})
    assert seconds_per_image(RunHistory(Path())) == {}


@pytest.mark.parametrize("architecture", TRAINABLE)
def test_the_paper_takes_more_work_than_minutes(architecture: str) -> None:
    small, large = (
        whole_work(with_settings(TrainConfig(), preset(name, architecture)))
        for name in ("minutes", "paper")
    )
    assert 0 < small < large
