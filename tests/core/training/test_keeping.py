"""Weights are kept by a budget: the last two and the best always, the rest spread over the run."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.training import TrainConfig, kept_in, train, with_settings
from ganlab_core.training.events import known_scores
from ganlab_core.training.run_folder import (
    Kept,
    Score,
    best_of,
    enforce_budget,
    too_many,
)


def files(*images: int, size: int = 10) -> list[Kept]:
    return [Kept(Path(f"{at}.safetensors"), at, size) for at in images]


def test_what_stays_is_spread_over_the_run() -> None:
    kept = files(*range(1, 17))
    dropped = too_many(kept, [kept[-1].path, kept[-2].path], budget=60)
    left = [one.images for one in kept if one not in dropped]
    assert len(left) == 6
    assert left[-2:] == [15, 16]
    gaps = [after - before for before, after in zip([0, *left], left[:-1], strict=False)]
    assert max(gaps) <= 6


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=30, unique=True),
    st.integers(0, 400),
    st.data(),
)
def test_the_budget_holds_and_what_is_protected_stays(
    images: list[int], budget: int, data: st.DataObject
) -> None:
    kept = files(*sorted(images))
    always = data.draw(st.sets(st.sampled_from([one.path for one in kept])))
    dropped = too_many(kept, list(always), budget)
    left = [one for one in kept if one not in dropped]
    assert not {one.path for one in dropped} & always
    total = sum(one.size for one in left)
    assert total <= budget or {one.path for one in left} <= always
    assert not dropped or total + dropped[-1].size > budget


def test_a_full_disk_thins_out_more_than_the_budget_asks() -> None:
    kept = files(1, 2, 3, 4, 5, 6)
    assert not too_many(kept, [], budget=1000, free=30)
    assert len(too_many(kept, [], budget=1000, free=10)) == 2


def test_of_the_same_moment_the_larger_file_goes_first() -> None:
    checkpoint, snapshot = files(4, size=50)[0], Kept(Path("s"), 4, 10)
    others = files(1, 8, size=50)
    assert too_many([*others, snapshot, checkpoint], [], budget=120) == [checkpoint]


def test_the_best_is_the_nearest_to_the_data_at_the_furthest_growth() -> None:
    kept = files(8, 16, 24, 32)
    scores = [Score(8, 3.0, 1.0), Score(16, 4.0, 9.0), Score(24, 4.0, 5.0), Score(30, 4.0, 7.0)]
    assert best_of(kept, scores) == kept[2]
    assert best_of(kept, []) is None


def test_scores_are_read_back_from_the_log(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    assert known_scores(log) == []
    event = {"event": "Measured", "images": 8, "growth": 3.5, "distance": 2.25}
    log.write_text(json.dumps(event) + '\n{"event": "Measured", "ima\n{"event": "Progress"}\n')
    assert known_scores(log) == [Score(8, 3.5, 2.25)]


def test_a_run_keeps_the_last_two_and_the_best_when_there_is_room_for_nothing(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    settings = {"keep_gb": 0, "distance_kimg": 0.032, "images": 256, "initial_resolution": 16}
    run = tmp_path / "run"
    list(train(with_settings(tiny, settings), run))
    kept = kept_in(run / "checkpoints")
    scores = known_scores(run / "events.jsonl")
    best = min(scores, key=lambda score: (score.distance, -score.images))
    assert [one.images for one in kept[-2:]] == [224, 256]
    assert {one.images for one in kept} == {224, 256, best.images}
    assert kept_in(run / "snapshots") == []


def test_a_run_with_room_keeps_everything(tiny: TrainConfig, tmp_path: Path) -> None:
    list(train(tiny, tmp_path / "run"))
    assert len(kept_in(tmp_path / "run" / "checkpoints")) == 5
    enforce_budget(tmp_path / "run", [], gigabytes=1e-9)
    assert len(kept_in(tmp_path / "run" / "checkpoints")) == 2
