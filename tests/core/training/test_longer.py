"""Training longer: a run's end moves, and nothing that lies behind it does."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.cli import main
from ganlab_core.errors import TrainingError
from ganlab_core.training import Changes, TrainConfig, lengthened, train, with_settings
from ganlab_core.training.config import phase_at, phases
from tests.core.training.conftest import Trained, hashes


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture
def ended(tiny: TrainConfig, trained: Trained, tmp_path: Path) -> Path:
    """A run of its own that has ended at 160 images."""
    shutil.copytree(trained(tiny), tmp_path / "ended")
    return tmp_path / "ended"


def test_an_ended_run_is_trained_longer_from_the_command_line(ended: Path) -> None:
    assert main(["train", "--resume", str(ended), "--images", "176"]) == 0
    config = TrainConfig.from_json((ended / "config.json").read_text())
    assert config.images == 176
    last = json.loads((ended / "events.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["images"]) == ("Ended", 176)
    assert (ended / "checkpoints/000000176.safetensors").is_file()


def test_a_run_trained_longer_equals_one_that_was_never_ended(
    tiny: TrainConfig, ended: Path, tmp_path: Path
) -> None:
    list(train(tiny, ended, resume=True, changes=Changes(192)))
    whole = with_settings(tiny, {"images": 192, "growth_images": 160})
    list(train(whole, tmp_path / "whole"))
    assert weights(ended) == weights(tmp_path / "whole")


def test_the_new_end_survives_a_stop_and_a_plain_resume(
    tiny: TrainConfig, ended: Path, tmp_path: Path
) -> None:
    shutil.copytree(ended, tmp_path / "broken")
    list(train(tiny, ended, resume=True, changes=Changes(192)))
    run = train(tiny, tmp_path / "broken", resume=True, changes=Changes(192))
    next(run)
    run.close()
    list(train(tiny, tmp_path / "broken", resume=True))
    assert weights(tmp_path / "broken") == weights(ended)


@pytest.mark.parametrize("images", ["159", "many", "0", "1e400", str(10**400)])
def test_an_end_that_cannot_be_is_refused_in_a_sentence_and_touches_nothing(
    ended: Path, images: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = hashes(ended)
    assert main(["train", "--resume", str(ended), "--images", images]) == 1
    complaint = capsys.readouterr().err
    assert "images" in complaint
    assert complaint.count("\n") == 1
    assert hashes(ended) == before


@given(
    st.integers(100, 10**6),
    st.integers(1, 10**7),
    st.none() | st.floats(0, 100),
    st.integers(0, 10**6),
)
def test_what_lies_behind_the_run_does_not_move(
    images: int, more: int, fade: float | None, moment: int
) -> None:
    config = TrainConfig(images=images, resolution=64, fade_kimg=fade)
    longer = lengthened(config, images + more, images)
    again = lengthened(longer, images + 2 * more, images + more)
    assert phases(longer)[:-1] == phases(config)[:-1] == phases(again)[:-1]
    assert phases(again)[-1].start == phases(config)[-1].start
    moment = min(moment, images)
    (before, planned), (after, phase) = phase_at(config, moment), phase_at(longer, moment)
    assert (after, phase.growth(moment)) == (before, planned.growth(moment))


def test_the_same_end_again_changes_nothing_of_the_config() -> None:
    config = TrainConfig(images=500)
    assert lengthened(config, 500, 500) is config
    assert lengthened(config, 600, 500) == dataclasses.replace(
        config, images=600, growth_images=500
    )
    with pytest.raises(TrainingError, match="seen 500 images already"):
        lengthened(config, 499, 500)
