"""Steering: a run changed on the way resumes with the same bytes, from before and from after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab_core.errors import TrainingError
from ganlab_core.training import (
    Change,
    CheckpointSaved,
    ControlFile,
    Ended,
    Event,
    RunFolder,
    SheetSaved,
    Steered,
    TrainConfig,
    applied,
    open_run,
    read_control,
    read_record,
    train,
    with_settings,
    write_control,
)
from ganlab_core.training.config import growth_clock, phase_at
from ganlab_core.training.loop import RunControl
from tests.core.training.conftest import Trained

SETTINGS = (
    ("learning_rate", 0.004),
    ("r1_gamma", 3.0),
    ("augment", "color"),
    ("growth_speed", 0.5),
)


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny steps take less than the 50 ms between two looks."""
    monkeypatch.setattr("ganlab_core.training.loop.POLL_SECONDS", 0.0)


@pytest.fixture(name="tiny")
def _plain(tiny: TrainConfig) -> TrainConfig:
    """Without what takes time and changes nothing of the training."""
    return with_settings(tiny, {"readout_samples": 0, "keep_phases": "false", "images": 128})


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def until(run: Iterator[Event], kind: type[Event]) -> Event:
    return next(event for event in run if isinstance(event, kind))


def steered_run(config: TrainConfig, folder: Path) -> Iterator[Event]:
    """A run whose settings are changed after its second checkpoint."""
    run = train(config, folder)
    until(run, CheckpointSaved)
    until(run, CheckpointSaved)
    write_control(folder, ControlFile(settings=SETTINGS))
    event = until(run, Steered)
    assert isinstance(event, Steered)
    assert event.changes == dict(SETTINGS)
    return run


def test_a_steered_run_resumes_with_the_same_bytes_from_before_and_after_the_change(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    list(steered_run(tiny, tmp_path / "whole"))
    assert weights(tmp_path / "whole") != weights(trained(tiny))

    after = steered_run(tiny, tmp_path / "after")
    until(after, CheckpointSaved)
    after.close()  # type: ignore[attr-defined]
    list(train(tiny, tmp_path / "after", resume=True))
    assert weights(tmp_path / "after") == weights(tmp_path / "whole")

    before = steered_run(tiny, tmp_path / "before")
    until(before, CheckpointSaved)
    before.close()  # type: ignore[attr-defined]
    (change,) = read_record(tmp_path / "before")
    for path in RunFolder(tmp_path / "before").checkpoints():
        if int(path.stem) > change.images:
            path.unlink()
    list(train(tiny, tmp_path / "before", resume=True))
    assert weights(tmp_path / "before") == weights(tmp_path / "whole")


def test_a_paused_run_stands_still_shows_itself_and_goes_step_by_step(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    run = train(tiny, folder)
    until(run, CheckpointSaved)
    write_control(folder, ControlFile(paused=True))
    paused = until(run, Steered)
    assert isinstance(paused, Steered)
    assert paused.changes == {"paused": True}
    assert open_run(folder).status().state == "paused"
    sheet = until(run, SheetSaved)
    assert sheet.images == paused.images
    write_control(folder, ControlFile(paused=True, steps=1))
    sheet = until(run, SheetSaved)
    assert sheet.images == paused.images + 8
    write_control(folder, ControlFile())
    assert isinstance(list(run)[-1], Ended)
    assert weights(folder) == weights(trained(tiny))


def test_a_paused_run_hears_that_its_process_should_end(tiny: TrainConfig, tmp_path: Path) -> None:
    run = train(tiny, tmp_path / "run", interrupted=lambda: True)
    next(run)
    write_control(tmp_path / "run", ControlFile(paused=True))
    assert any(isinstance(e, Steered) and "interrupted" in e.changes for e in run)
    run.close()


def test_a_stopped_run_has_a_checkpoint_and_forgets_the_wish(
    tiny: TrainConfig, trained: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    run = train(tiny, folder)
    next(run)
    write_control(folder, ControlFile(stop=True))
    assert isinstance(list(run)[-1], CheckpointSaved)
    assert open_run(folder).status().state == "stopped"
    assert isinstance(list(train(tiny, folder, resume=True))[-1], Ended)
    assert weights(folder) == weights(trained(tiny))


def test_a_value_out_of_range_is_refused_in_words_and_the_run_goes_on(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "run")
    next(run)
    write_control(tmp_path / "run", ControlFile(settings=(("learning_rate", 1e9),)))
    event = until(run, Steered)
    assert isinstance(event, Steered)
    assert "learning_rate" in str(event.changes["refused"])
    assert isinstance(list(run)[-1], Ended)
    assert read_record(tmp_path / "run") == ()


def test_steering_anew_forgets_what_lay_ahead(tmp_path: Path) -> None:
    wheel = RunControl(tmp_path, 0)
    for step in (3, 9):
        wheel.keep(Change(step, 8 * step, (("learning_rate", step / 1000),)))
    again = RunControl(tmp_path, 5)
    assert [change.step for change in again.known] == [3]
    write_control(tmp_path, ControlFile(settings=(("r1_gamma", 1.0),)))
    again.poll()
    (change,) = again.changes(6, 48)
    again.keep(change)
    assert [change.step for change in read_record(tmp_path)] == [3, 6]
    assert again.changes(9, 72) == []


def test_growth_slows_and_stands_still_without_a_jump() -> None:
    config = with_settings(
        TrainConfig(),
        {"resolution": 16, "images": 100_000, "fade_kimg": 10, "stable_kimg": 10},
    )
    at = 15_000
    before = phase_at(config, at)[1].growth(at)
    slowed = applied(config, Change(9, at, (("growth_speed", 0.5),)))
    assert phase_at(slowed, at)[1].growth(at) == before
    assert growth_clock(slowed, at + 1000) == at + 500
    held = applied(slowed, Change(20, 18_000, (("growth_speed", 0),)))
    assert phase_at(held, 18_000)[1].growth(18_000) == phase_at(held, 90_000)[1].growth(90_000)
    assert TrainConfig.from_json(held.to_json()) == held


@pytest.mark.parametrize("speed", [-1, float("nan"), "fast", 1e9])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(TrainingError, match="growth_speed"):
        applied(TrainConfig(), Change(0, 0, (("growth_speed", speed),)))


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"paused": 1, "steps": "x", "settings": [1]}'])
def test_a_damaged_file_of_wishes_wishes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "steering.json").write_text(text)
    assert read_control(tmp_path) == ControlFile()


def test_wishes_survive_the_file_and_unknown_settings_do_not(tmp_path: Path) -> None:
    wishes = ControlFile(paused=True, steps=3, settings=(("learning_rate", 0.5),))
    write_control(tmp_path, wishes)
    assert read_control(tmp_path) == wishes
    data = json.loads((tmp_path / "steering.json").read_text())
    data["settings"]["images"] = 3
    (tmp_path / "steering.json").write_text(json.dumps(data))
    assert read_control(tmp_path) == wishes
