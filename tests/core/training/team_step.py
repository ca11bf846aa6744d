"""Takes one step of each architecture in every process of a team; the leader keeps the weights.

Run as `torchrun ... -m tests.core.training.team_step FILE`, or alone.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from ganlab_core.training import TrainConfig, preset, with_settings
from ganlab_core.training.distributed import BatchShard, DistributedContext
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import run_step

CASES: dict[str, dict[str, object]] = {
    "stylegan": {"resolution": 8, "r1_interval": 1, "augment": "color,translation"},
    "stylegan2": {
        "resolution": 8,
        "r1_interval": 1,
        "path_interval": 1,
        "augment": "ada",
        "augment_p": 0.5,
    },
    "progan": {"resolution": 8, "loss": "wgan-gp"},
    "biggan": {"resolution": 32, "d_steps": 2, "ortho_reg": 1e-4},
    "biggan-deep": {"resolution": 32},
}
SMALL: dict[str, object] = {
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "channels": 2,
    "shared_dim": 4,
    "batch_size": 16,
    "style_mixing": 1.0,
    "ema_start_kimg": 0,
    "ema_kimg": 0.01,
}


@torch.no_grad()
def shake(network: torch.nn.Module) -> None:
    """Move every weight a little: fresh StyleGANs divide rounding errors by the deviation of a constant."""
    random = torch.Generator().manual_seed(3)
    for parameter in network.parameters():
        parameter.add_(0.1 * torch.randn(parameter.shape, generator=random))


def step(architecture: str, distributed: DistributedContext) -> dict[str, torch.Tensor]:
    """What G, D and the average are after one step of plain gradient descent."""
    settings = {**preset("minutes", architecture), **SMALL, **CASES[architecture]}
    config = with_settings(TrainConfig(), settings)
    state = TrainState.start(config, 2, torch.device("cpu"), distributed)
    shake(state.generator)
    for name, network in (("optimizer_g", state.generator), ("optimizer_d", state.discriminator)):
        setattr(state, name, torch.optim.SGD(network.parameters(), lr=0.05))
    side, d_steps = config.resolution, config.d_steps if config.fresh_reals else 1
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (d_steps, 16, 3, side, side), np.uint8)
    labels = random.integers(0, 2, (d_steps, 16))
    group = state.adapter.group_size(state.discriminator)
    rows = BatchShard(group).cut(distributed.size, distributed.rank).rows(16)
    mine = pixels[:, rows].reshape(-1, 3, side, side), labels[:, rows].reshape(-1)
    result = run_step(state, *mine, float(side.bit_length() - 1))
    tensors = {"loss_g": result.loss_g[None], "loss_d": result.loss_d[None]}
    for prefix, network in (
        ("g", state.generator),
        ("d", state.discriminator),
        ("ema", state.average),
    ):
        for name, tensor in network.state_dict().items():
            tensors[f"{prefix}.{name}"] = tensor.detach().clone().contiguous()
    return {f"{architecture}.{name}": tensor for name, tensor in tensors.items()}


def main(path: Path) -> None:
    torch.set_num_threads(1)
    distributed = DistributedContext.from_environment("cpu")
    tensors: dict[str, torch.Tensor] = {}
    for architecture in CASES:
        tensors |= step(architecture, distributed)
    if distributed.is_leader:
        save_file(tensors, path)
    distributed.close()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
