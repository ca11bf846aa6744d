"""Two processes as `torchrun` starts them, made by one: they take the steps, then train a run.

`python -m tests.core.training.team_pair FILE PORT PORT WORDS...`: the steps' weights go into FILE,
WORDS is a command of ganlab. Importing torch takes longer than all the rest, so it is done once.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import torch

from ganlab_core.cli import main as command
from tests.core.training.team_step import main as take_steps


def main(file: Path, ports: list[str], words: list[str]) -> int:
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])  # the first one imports a lot
    child = os.fork()
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "WORLD_SIZE": "2", "RANK": "0" if child else "1"}
    os.environ["MASTER_PORT"] = ports[0]
    take_steps(file)
    os.environ["MASTER_PORT"] = ports[1]
    status = command(words)
    if child == 0:
        os._exit(status)
    return status or os.waitpid(child, 0)[1]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:4], sys.argv[4:]))
