"""When a run is given up, and what is said when memory runs out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ganlab_core.errors import TrainingError
from ganlab_core.networks import StyleGANGenerator
from ganlab_core.training import TrainConfig, Warned, loop, with_settings
from ganlab_core.training import step as memory
from ganlab_core.training import step as stepper
from ganlab_core.training.adapters import ADAPTERS, StepContext, StyleGANAdapter
from ganlab_core.training.events import read_line
from ganlab_core.training.loop import PATIENCE, Health
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import Scores, StepResult, run_halves, run_step
from tests.core.training.team_step import shake


def test_a_healthy_run_is_left_alone() -> None:
    health = Health("logistic-r1")
    assert all(health.problem(0.9, 1.1, 0.4, -0.4, steps=500) is None for _ in range(20))


@pytest.mark.parametrize("place", range(4))
def test_a_number_that_is_not_finite_is_told_at_once(place: int) -> None:
    means = [0.5, 0.5, 1.0, 0.0]
    means[place] = float("nan")
    assert "finite" in str(Health("wgan-gp").problem(*means, steps=1))


def test_a_blind_discriminator_is_dead_after_some_patience() -> None:
    health = Health("logistic-r1")
    assert health.problem(0.7, 1.4, 0.2, 0.2, steps=PATIENCE - 1) is None
    assert "dead" in str(health.problem(0.7, 1.4, 0.2, 0.2, steps=1))


def test_a_discriminator_that_has_won_teaches_nothing() -> None:
    assert "teaches nothing" in str(
        Health("logistic-r1").problem(30.0, 1e-6, 20.0, -20.0, steps=PATIENCE)
    )


def test_a_moment_of_sight_resets_the_patience() -> None:
    health = Health("logistic-r1")
    health.problem(0.7, 1.4, 0.2, 0.2, steps=PATIENCE - 1)
    assert health.problem(0.7, 1.3, 0.4, 0.2, steps=10) is None
    assert health.problem(0.7, 1.4, 0.2, 0.2, steps=PATIENCE - 1) is None


def test_out_of_memory_names_the_largest_batch_that_fits(
    tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device's allocator is the far side here: it has room for steps of up to five pictures."""

    def with_little_memory(
        state: TrainState, pixels: np.ndarray, labels: np.ndarray, growth: float
    ) -> Generator[Scores, None, StepResult]:
        if len(pixels) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return (yield from run_halves(state, pixels, labels, growth))

    monkeypatch.setattr(stepper, "run_halves", with_little_memory)
    run = loop.train(with_settings(tiny, {"batch_size": 64}), tmp_path / "run")
    with pytest.raises(TrainingError, match="A batch of 4 fits: .* --set batch_size_at.4=4"):
        list(run)


@pytest.mark.long
def test_a_batch_that_does_not_fit_is_cut_and_the_run_goes_on_and_resumes(
    tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The allocator, the far side here, has room for two pictures of 16 px at once."""

    class Small(StyleGANAdapter):
        def sample(
            self,
            generator: StyleGANGenerator,
            context: StepContext,
            count: int,
            labels: Tensor | None,
        ) -> Tensor:
            if count > 2 and context.growth > 3.0:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().sample(generator, context, count, labels)

    monkeypatch.setitem(ADAPTERS, "stylegan", Small())
    list(loop.train(tiny, tmp_path / "run"))
    lines = [read_line(line) for line in (tmp_path / "run/events.jsonl").read_bytes().splitlines()]
    warned = [line.event.message for line in lines if line and isinstance(line.event, Warned)]
    assert len(warned) == 1
    assert "in 4 parts" in warned[0]
    broken = tmp_path / "broken"
    events = loop.train(tiny, broken)
    next(event for event in events if event.images >= 128)
    events.close()
    list(loop.train(tiny, broken, resume=True))
    one, other = (folder / "model.safetensors" for folder in (tmp_path / "run", broken))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("update", ["update_discriminator", "update_generator"])
def test_a_step_that_was_cut_is_the_step_of_parts(
    update: str, tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = with_settings(tiny, {"fresh_fakes": True, "initial_resolution": 16})
    pixels = np.random.default_rng(0).integers(0, 256, (8, 3, 16, 16), np.uint8)
    whole = getattr(stepper, update)

    def full(state: TrainState, *arguments: object) -> object:
        result = whole(state, *arguments) if state.config.accumulate > 1 else None
        if result is None:
            raise MemoryError
        return result

    states = []
    for parts in (1, 2):
        own = with_settings(config, {"accumulate": parts})
        state = TrainState.start(own, 0, torch.device("cpu"))
        shake(state.generator)
        networks = {"optimizer_g": state.generator, "optimizer_d": state.discriminator}
        for name, network in networks.items():  # Adam would divide rounding errors by themselves
            setattr(state, name, torch.optim.SGD(network.parameters(), lr=0.05))
        with monkeypatch.context() as patched:
            if parts == 1:
                patched.setattr(stepper, update, full)
            run_step(state, pixels, np.zeros(8, np.int64), 4.0)
        states.append(state)
    cut, planned = states
    assert cut.config.accumulate == 2
    for own_network in ("discriminator", "generator"):
        for name, value in getattr(planned, own_network).state_dict().items():
            found = getattr(cut, own_network).state_dict()[name]
            torch.testing.assert_close(found, value, rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("could not create a primitive"), True),
        (RuntimeError("shape mismatch"), False),
    ],
)
def test_out_of_memory_is_told_from_other_errors(error: BaseException, ours: bool) -> None:
    assert memory.is_out_of_memory(error) is ours


@pytest.mark.skipif(sys.platform != "linux", reason="limits its files by RLIMIT_FSIZE")
def test_a_full_disk_is_told_and_leaves_no_half_checkpoint(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "from ganlab_core.training import loop;"
        "from ganlab_core.training.config import TrainConfig;"
        "from ganlab_core.errors import GanlabError;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "run = loop.train(TrainConfig.from_json(sys.argv[2]), Path(sys.argv[1]));"
        "next(run);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    list(run)\nexcept GanlabError as error:\n    print(error)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "run"), tiny.to_json()],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    assert "failed: File too large" in result.stdout, result.stderr
    assert list((tmp_path / "run/checkpoints").iterdir()) == []
