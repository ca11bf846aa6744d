"""A whole run in every process of a team, steered and paused on the way; each keeps its weights.

Run as `torchrun ... -m tests.core.training.team_run CONFIG RUN OUT`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from ganlab_core.data import prepare
from ganlab_core.training import (
    CheckpointSaved,
    ControlFile,
    RunFolder,
    Steered,
    TrainConfig,
    loop,
    write_control,
)
from ganlab_core.training.distributed import DistributedContext
from ganlab_core.training.loop import _Loop
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import Stepper, follow

SETTINGS = (
    ("learning_rate", 0.004),
    ("r1_gamma", 3.0),
    ("augment", "color"),
    ("growth_speed", 0.5),
)


def broadcast(stepper: Stepper, run: Path) -> None:
    """Steer after the first checkpoint, pause at once, and go on."""
    steered = False
    for event in _Loop(stepper, RunFolder(run), bool).events():
        if isinstance(event, CheckpointSaved) and not steered:
            steered = True
            write_control(run, ControlFile(settings=SETTINGS))
        elif isinstance(event, Steered) and "learning_rate" in event.changes:
            write_control(run, ControlFile(paused=True, settings=SETTINGS))
        elif isinstance(event, Steered) and event.changes == {"paused": True}:
            write_control(run, ControlFile(settings=SETTINGS))


def main(config: TrainConfig, run: Path, out: Path) -> None:
    loop.POLL_SECONDS = 0.001
    torch.set_num_threads(1)
    distributed = DistributedContext.from_environment("cpu")
    images = prepare(Path(config.data), config.resolution)
    state = TrainState.start(config, len(images.classes), torch.device("cpu"), distributed)
    stepper = Stepper(state, images)
    if distributed.is_leader:
        RunFolder(run).create(config)
        broadcast(stepper, run)
    else:
        list(follow(stepper))
    networks = {"g": state.generator, "d": state.discriminator, "ema": state.average}
    tensors = {
        f"{prefix}.{name}": tensor.detach().clone().contiguous()
        for prefix, network in networks.items()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, f"{out}.{distributed.rank}", {"config": state.config.to_json()})
    distributed.close()


if __name__ == "__main__":
    main(TrainConfig.from_json(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), Path(sys.argv[3]))
