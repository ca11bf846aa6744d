"""KID while a run trains: within its share of the time, without a trace in the run, choosing the best."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from ganlab_core.data import prepare
from ganlab_core.errors import GanlabError
from ganlab_core.training import (
    CheckpointSaved,
    Ended,
    Evaluated,
    TrainConfig,
    kept_in,
    train,
    with_settings,
)
from ganlab_core.training.config import phase_at
from ganlab_core.training.events import known_scores
from ganlab_core.training.loop import Meter, Readings
from ganlab_core.training.run_folder import Kept, Score, best_of
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import Stepper

ALWAYS: dict[str, object] = {
    "kid_share": 1.0,
    "kid_samples": 16,
    "distance_kimg": 0,
    "readout_samples": 0,
    "keep_phases": False,
}


@pytest.fixture(autouse=True)
def _no_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first measurement need not be expected to take longer than such a run."""
    monkeypatch.setattr("ganlab_core.training.loop.FIRST_GUESS", 0.0)


def test_it_is_measured_before_checkpoints_at_full_size_and_leaves_the_run_alone(
    tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Readings, "_kid_cost", lambda self, count: -1e9)
    events = list(train(with_settings(tiny, dict(ALWAYS)), tmp_path / "run"))
    kids = {event.images: event.kid for event in events if isinstance(event, Evaluated)}
    saved = [event.images for event in events if isinstance(event, CheckpointSaved)]
    assert set(kids) == {at for at in saved if phase_at(tiny, at)[1].growth(at) == 4.0}
    assert len(kids) < len(saved)
    assert len(kids) > 1
    plain = with_settings(tiny, {**ALWAYS, "kid_samples": 0})
    assert not any(isinstance(event, Evaluated) for event in train(plain, tmp_path / "plain"))
    one, other = (tmp_path / name / "model.safetensors" for name in ("run", "plain"))
    assert one.read_bytes() == other.read_bytes()
    scores = known_scores(tmp_path / "run/events.jsonl")
    assert {score.images: score.distance for score in scores if score.kid} == kids


def readings(tiny: TrainConfig, clock: Iterator[float], **settings: object) -> Readings:
    own = {"initial_resolution": 16, "kid_samples": 16, **settings}
    config = with_settings(tiny, own)
    images = prepare(Path(config.data), config.resolution)
    state = TrainState.start(config, 0, torch.device("cpu"))
    return Readings(Stepper(state, images), [], lambda: next(clock))


def test_it_takes_its_share_of_the_time_and_no_more(tiny: TrainConfig) -> None:
    # each look asks for the time once, and once more when it has measured
    clock = iter([0.0, 100.0, 103.0, 150.0, 199.0, 200.0, 203.0])
    found = readings(tiny, clock, kid_share=0.03)
    results = [found.evaluated() for _ in range(4)]
    assert [result is not None for result in results] == [True, False, False, True]
    assert results[0] is not None
    assert results[0].seconds == 3.0


def test_without_the_package_nothing_is_measured_and_nothing_said(
    tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: object) -> None:
        raise GanlabError("The kernel distance needs the EfficientNet-Lite0 weights.", "")

    monkeypatch.setattr("ganlab_core.training.loop.load_lite0", missing)
    clock = iter(range(100))
    found = readings(tiny, clock, kid_share=1.0)  # type: ignore[arg-type]
    assert [found.evaluated() for _ in range(3)] == [None] * 3


def test_the_best_checkpoint_is_chosen_by_kid_where_there_is_one() -> None:
    kept = [Kept(Path(f"{at}.safetensors"), at, 10) for at in (8, 16, 24)]
    near = [Score(8, 4.0, 1.0), Score(16, 4.0, 5.0), Score(24, 4.0, 9.0)]
    kids = [Score(16, 16.0, 0.4, kid=True), Score(24, 16.0, 0.5, kid=True)]
    assert best_of(kept, near) == kept[0]
    assert best_of(kept, [*near, *kids]) == kept[1]
    assert best_of(kept[:1], [*near, *kids]) == kept[0]


def test_a_run_without_room_keeps_the_best_by_kid(
    tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kids = iter([0.9, 0.2, 0.7, 0.8, 0.6, 0.5, 0.4, 0.3])
    monkeypatch.setattr(Readings, "_kid", lambda self, count: next(kids))
    monkeypatch.setattr(Readings, "_kid_cost", lambda self, count: -1e9)
    more = {"keep_gb": 0, "images": 256, "initial_resolution": 16}
    list(train(with_settings(tiny, {**ALWAYS, **more}), tmp_path / "run"))
    assert {one.images for one in kept_in(tmp_path / "run/checkpoints")} == {64, 224, 256}


def test_a_run_tells_what_it_took(tiny: TrainConfig, tmp_path: Path) -> None:
    config = with_settings(tiny, {"images": 16, "readout_samples": 0})
    ended = list(train(config, tmp_path / "run"))[-1]
    assert isinstance(ended, Ended)
    assert isinstance(ended.seconds, float)
    assert ended.seconds > 0
    line = json.loads((tmp_path / "run/events.jsonl").read_text().splitlines()[-1])
    assert line["seconds"] == ended.seconds


def test_energy_is_that_of_all_counters_also_of_one_that_began_again(tmp_path: Path) -> None:
    for name, before in (("intel-rapl:0", 1e6), ("intel-rapl:1", 99e6)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{before:.0f}\n")
        (tmp_path / name / "max_energy_range_uj").write_text("100000000\n")
    meter = Meter(tmp_path)
    for name, after in (("intel-rapl:0", 37e6), ("intel-rapl:1", 35e6)):
        (tmp_path / name / "energy_uj").write_text(f"{after:.0f}\n")
    assert meter.watt_hours() == pytest.approx((36 + 36) / 3600)
    assert Meter(tmp_path / "nothing").watt_hours() is None
