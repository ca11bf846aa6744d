"""Several processes, or several parts, take the step that one would take."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

from ganlab_core.errors import TrainingError
from ganlab_core.models import load_model
from ganlab_core.networks import BatchNorm, SpectralLayer
from ganlab_core.networks.layers import minibatch_stddev
from ganlab_core.training import TrainConfig, preset, with_settings
from ganlab_core.training.adapters import StepContext
from ganlab_core.training.distributed import BatchShard, DistributedContext, StepRandom
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import check_batches, update_discriminator, update_generator
from tests.core.training.team_run import SETTINGS
from tests.core.training.team_step import CASES, SMALL, shake, step

ROOT = Path(__file__).parents[3]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def started(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these words."""
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"},
        timeout=110,
    )


def torchrun(module: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module in two processes."""
    launcher = ["torch.distributed.run", "--nproc-per-node", "2", "--master-port", free_port()]
    return started("-m", *launcher, "-m", module, *words)


def training(tiny: TrainConfig, run: Path) -> list[str]:
    """The command for a run of a few steps."""
    settings = {"fmap_base": 64, "fmap_max": 8, "batch_size": 8, "threads": 1, "device": "cpu"}
    settings |= {"batch_size_at.4": 8, "batch_size_at.8": 8, "readout_samples": 0}
    return [
        "train", "--architecture", "progan", "--data", tiny.data, "--out", str(run),
        "--resolution", "8", "--images", "48",
        *(word for key, value in settings.items() for word in ("--set", f"{key}={value}")),
    ]  # fmt: skip


def check_run(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines].count("Started") == 1
    assert lines[-1]["event"] == "Ended"
    assert load_model(run / "model.safetensors").capabilities.resolution == 8


@pytest.fixture(scope="module")
def pair(tiny: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left: the weights after their steps, and a run that they trained."""
    folder = tmp_path_factory.mktemp("pair")
    words = [str(folder / "two.safetensors"), free_port(), free_port()]
    result = started("-m", "tests.core.training.team_pair", *words, *training(tiny, folder / "run"))
    assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.long
def test_processes_of_one_command_stop_on_ctrl_c_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for index in range(12):
        Image.new("RGB", (8, 8), (20 * index, 0, 0)).save(pictures / f"{index}.png")
    tiny = [
        "--resolution=8",
        "--set=fmap_base=64",
        "--set=fmap_max=8",
        "--set=z_dim=8",
        "--set=w_dim=8",
    ]
    words = ["--data", str(pictures), "--out", str(tmp_path / "run"), "--images=1000000", *tiny]
    with subprocess.Popen(
        [sys.executable, "-um", "ganlab_core", "train", "--processes=2", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "GANLAB_HOME": str(tmp_path / "home")},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if "img/s" in line)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "Traceback" not in complaints
    assert "Go on with: ganlab train --resume" in complaints
    assert list((tmp_path / "run" / "checkpoints").glob("*.safetensors"))


def test_two_processes_take_the_step_of_one(pair: Path) -> None:
    """Every architecture, with gradient penalties, batch norm over the team and the averages."""
    two = load_file(pair / "two.safetensors")
    for architecture in CASES:
        one = step(architecture, DistributedContext())
        for name, tensor in one.items():
            torch.testing.assert_close(two[name], tensor, rtol=1e-4, atol=1e-5, msg=name)


def test_two_processes_train_one_run(pair: Path) -> None:
    check_run(pair / "run")


@pytest.mark.long
def test_torchrun_trains_one_run_in_two_processes(tiny: TrainConfig, tmp_path: Path) -> None:
    result = torchrun("ganlab_core", *training(tiny, tmp_path / "run"))
    assert result.returncode == 0, result.stderr
    check_run(tmp_path / "run")


@pytest.mark.long
def test_two_processes_are_steered_at_the_same_step(tiny: TrainConfig, tmp_path: Path) -> None:
    """With other settings from any step on, the second process would end with other weights."""
    settings = {"readout_samples": 0, "keep_phases": False, "images": 96}
    (tmp_path / "config.json").write_text(with_settings(tiny, settings).to_json())
    run, out = tmp_path / "run", tmp_path / "weights"
    result = torchrun(
        "tests.core.training.team_run", str(tmp_path / "config.json"), str(run), str(out)
    )
    assert result.returncode == 0, result.stderr
    lines = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    steered = [line["changes"] for line in lines if line["event"] == "Steered"]
    assert steered == [dict(SETTINGS), {"paused": True}, {"paused": False}]
    leader, other = (Path(f"{out}.{rank}") for rank in (0, 1))
    with safe_open(leader, framework="pt") as file:
        config = TrainConfig.from_json(file.metadata()["config"])
    assert (config.learning_rate, config.r1_gamma, config.augment) == (0.004, 3.0, "color")
    assert config.growth_speed_at
    one, two = load_file(leader), load_file(other)
    for name, tensor in one.items():
        assert torch.equal(tensor, two[name]), name
    assert leader.read_bytes() == other.read_bytes()


def test_a_batch_that_cannot_be_dealt_out_is_refused() -> None:
    config = with_settings(TrainConfig(), {"batch_size": 16, "batch_size_at.8": 24})
    check_batches(config, DistributedContext(0, 4))
    with pytest.raises(TrainingError, match="batch_size_at.8 is 24"):
        check_batches(config, DistributedContext(0, 16))


@pytest.mark.parametrize("cuts", [((2, 1),), ((3, 0),), ((2, 1), (3, 2)), ((6, 5),)])
def test_a_share_keeps_the_groups_of_minibatch_stddev(cuts: tuple[tuple[int, int], ...]) -> None:
    features = torch.randn(24, 3, 4, 4)
    shard = BatchShard(4, cuts)
    whole, mine = minibatch_stddev(features, 4), minibatch_stddev(shard.of(features), 4)
    torch.testing.assert_close(mine, shard.of(whole))


@pytest.mark.parametrize("group", [1, 4])
@pytest.mark.parametrize("count", [8, 10, 24])
def test_the_parts_of_a_share_are_its_cuts_and_make_it_up(group: int, count: int) -> None:
    batch = torch.arange(count)
    outer = BatchShard(group).cut(2, 1)
    parts = count // 2
    for index in range(parts):
        inner = outer.cut(parts, index)
        assert torch.equal(outer.part(outer.of(batch), parts, index), inner.of(batch))
    together = torch.cat([outer.cut(parts, index).of(batch) for index in range(parts)])
    assert sorted(together.tolist()) == sorted(outer.of(batch).tolist())


def updated(architecture: str, accumulate: int, which: str) -> list[torch.Tensor]:
    """D or G after one step of gradient descent in so many parts."""
    settings = {**preset("minutes", architecture), **SMALL, **CASES[architecture]}
    # With this seed no rectifier's input is so close to zero that rounding decides its side.
    config = with_settings(TrainConfig(), settings | {"accumulate": accumulate, "seed": 1})
    state = TrainState.start(config, 2, torch.device("cpu"))
    shake(state.generator)
    state.optimizer_g = torch.optim.SGD(state.generator.parameters(), lr=0.05)  # type: ignore[assignment]
    state.optimizer_d = torch.optim.SGD(state.discriminator.parameters(), lr=0.05)  # type: ignore[assignment]
    for layer in state.generator.modules():
        if isinstance(layer, BatchNorm):
            layer.eval()
    shard = BatchShard(state.adapter.group_size(state.discriminator))
    growth = float(config.resolution.bit_length() - 1)
    context = StepContext(config, StepRandom(0, 0, state.device, shard), growth, state.distributed)
    labels = torch.eye(2)[torch.arange(16) % 2]
    side, draws = config.resolution, torch.Generator().manual_seed(0)
    real = torch.rand(16, 3, side, side, generator=draws) * 2.0 - 1.0
    if which == "d":
        update_discriminator(state, context, real, labels, None)
        network = state.discriminator
    else:
        update_generator(state, context, real, labels, None)
        network = state.generator
    spectral = [layer.u for layer in network.modules() if isinstance(layer, SpectralLayer)]
    return [tensor.detach().clone() for tensor in (*network.parameters(), *spectral)]


@pytest.mark.parametrize("architecture", CASES)
@pytest.mark.parametrize("which", ["d", "g"])
def test_accumulated_gradients_equal_the_big_batchs(architecture: str, which: str) -> None:
    """Spectral norms included; G's batch norms have given statistics here.

    In training each part normalises by its own statistics, as published, which is another function.
    """
    whole = updated(architecture, 1, which)
    parts = updated(architecture, 4, which)
    for one, four in zip(whole, parts, strict=True):
        torch.testing.assert_close(four, one, rtol=1e-4, atol=2e-6)


@pytest.mark.long
def test_what_all_processes_refuse_is_one_sentence(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")
    words = ["--data", str(tmp_path), "--out", str(tmp_path / "run"), "--set=batch_size=7"]
    result = subprocess.run(
        [sys.executable, "-um", "ganlab_core", "train", "--processes=2", *words],
        capture_output=True,
        text=True,
        env=os.environ | {"GANLAB_HOME": str(tmp_path / "home")},
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("ganlab: batch_size is 7")
