"""The growth schedule over the images seen."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.training import TrainConfig, with_settings
from ganlab_core.training.config import phase_at, phases


def configs() -> st.SearchStrategy[TrainConfig]:
    return st.builds(
        lambda images, resolution, fade, stable: TrainConfig(
            images=images, resolution=resolution, fade_kimg=fade, stable_kimg=stable
        ),
        st.integers(1, 10**7),
        st.sampled_from([8, 64, 1024]),
        st.none() | st.floats(0, 1000),
        st.none() | st.floats(0, 1000),
    )


@given(configs(), st.lists(st.integers(0, 10**8), min_size=2, max_size=2))
def test_growth_never_shrinks(config: TrainConfig, moments: list[int]) -> None:
    early, late = sorted(moments)
    growths = [phase_at(config, moment)[1].growth(moment) for moment in (early, late)]
    assert growths[0] <= growths[1] <= math.log2(config.resolution)


@given(configs())
def test_phases_follow_each_other_without_gaps(config: TrainConfig) -> None:
    plan = phases(config)
    assert plan[0].start == 0
    assert all(a.end == b.start for a, b in zip(plan, plan[1:], strict=False))
    assert plan[-1].resolution == config.resolution


def test_an_open_schedule_leaves_sixty_percent_for_the_last_resolution() -> None:
    plan = phases(TrainConfig(images=100_000, resolution=32))
    assert abs(plan[-1].end - plan[-1].start - 60_000) <= len(plan)  # each length is rounded


def test_an_open_schedule_hurries_through_the_smallest_resolutions() -> None:
    stable = [p.end - p.start for p in phases(TrainConfig(resolution=64)) if not p.fading]
    assert stable[0] < stable[1] < stable[2]


def test_the_published_schedule_alternates_600_kimg() -> None:
    config = with_settings(
        TrainConfig(images=25_000_000, initial_resolution=8, resolution=1024),
        {"fade_kimg": 600, "stable_kimg": 600},
    )
    lengths = {(p.end - p.start) for p in phases(config)[:-1]}
    assert lengths == {600_000}
    assert phase_at(config, 900_000)[1].growth(900_000) == 3.5
