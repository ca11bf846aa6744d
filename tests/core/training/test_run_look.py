"""A run is looked into: its real pictures, and its next steps in halves that are the run's own."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab_core.errors import TrainingError
from ganlab_core.models import read_info
from ganlab_core.training import HalfSteps, TrainConfig, real_pictures, run_folder_of
from ganlab_core.training.distributed import DistributedContext
from ganlab_core.training.resume import Changes, resume_run
from ganlab_core.training.run_folder import RunFolder
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import Stepper
from tests.core.training.conftest import Trained, hashes


def longer(run: Path, images: int) -> Path:
    """The run, so that more steps follow its checkpoint."""
    folder = RunFolder(run)
    folder.replace_config(dataclasses.replace(folder.config(), images=images))
    return run


@pytest.fixture
def run(tiny: TrainConfig, trained: Trained, tmp_path: Path) -> Path:
    shutil.copytree(trained(tiny), tmp_path / "run")
    return longer(tmp_path / "run", 400)


def state_bytes(state: TrainState) -> dict[str, bytes]:
    """All that a step changes."""
    networks = {"g": state.generator, "d": state.discriminator, "average": state.average}
    found = {
        f"{name}.{key}": value.numpy().tobytes()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    for name, optimizer in (("g", state.optimizer_g), ("d", state.optimizer_d)):
        for index, moments in optimizer.state_dict()["state"].items():
            for key, value in moments.items():
                found[f"{name}.adam.{index}.{key}"] = torch.as_tensor(value).numpy().tobytes()
    return found | {"counters": f"{state.step} {state.images}".encode()}


def test_two_halves_are_the_training_s_own_step_to_the_byte(run: Path) -> None:
    before = hashes(run)
    taken = resume_run(RunFolder(run), DistributedContext(), Changes())
    stepper = Stepper(taken.state, taken.pictures)
    for _ in range(2):
        stepper.enter_phase()
        stepper.step()
    halves = HalfSteps(run)
    assert [halves.take().network for _ in range(4)] == ["D", "G", "D", "G"]
    assert state_bytes(halves.state) == state_bytes(taken.state)
    assert hashes(run) == before  # nothing of the run was touched


def test_half_steps_replay_to_the_same_bytes(run: Path) -> None:
    told, states = [], []
    for _ in range(2):
        halves = HalfSteps(run)
        told.append([halves.take() for _ in range(3)])
        states.append(state_bytes(halves.state))
    assert states[0] == states[1]
    for ours, theirs in zip(*told, strict=True):
        assert (ours.after.pictures == theirs.after.pictures).all()
        assert ours.after.fakes.tobytes() == theirs.after.fakes.tobytes()
        assert ours.before.reals.tobytes() == theirs.before.reals.tobytes()


def test_each_half_changes_what_is_its_own(run: Path) -> None:
    halves = HalfSteps(run)
    assert halves.due == "D"
    first = halves.take()
    assert (first.before.pictures == first.after.pictures).all()
    assert (first.before.reals != first.after.reals).any()
    assert (first.step, halves.due) == (halves.state.step, "G")
    second = halves.take()
    assert (second.before.reals == second.after.reals).all()
    assert (second.before.fakes != second.after.fakes).any()
    assert (second.before.fakes == first.after.fakes).all()
    assert halves.state.step == second.step + 1


def test_a_run_without_a_checkpoint_is_refused(run: Path) -> None:
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(TrainingError):
        HalfSteps(run)


def test_the_pictures_of_a_run_are_at_hand(run: Path, pictures: Path, tmp_path: Path) -> None:
    model = next(run.glob("*.safetensors"))
    assert run_folder_of(model) == run
    assert run_folder_of(run / "checkpoints" / "x.safetensors") == run
    info = read_info(model)
    reals = real_pictures(info, 16)
    assert reals is not None
    assert (reals.pixels.shape, reals.source) == ((40, 3, 16, 16), "pictures")
    elsewhere = shutil.copy(model, tmp_path / "elsewhere.safetensors")
    alone = read_info(Path(elsewhere))
    assert real_pictures(alone, 16) is None
    chosen = real_pictures(alone, 8, pictures)
    assert chosen is not None
    assert chosen.pixels.shape == (40, 3, 8, 8)
    assert chosen.pixels.dtype == np.uint8
