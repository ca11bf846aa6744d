"""Threads that wait leave the processor to others."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
WORDS = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME", "OMP_NUM_THREADS")
TORCH = (
    "from ganlab_core.cli.program import main; main(['models']); import torch; torch.ones(9).sum()"
)


def environment(**more: str) -> dict[str, str]:
    """That of a person who has said nothing of threads."""
    plain = {name: value for name, value in os.environ.items() if name not in WORDS}
    return plain | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **more}


def openmp(**more: str) -> str:
    """What GNU's OpenMP says of its settings in a command of ours."""
    told = subprocess.run(
        [sys.executable, "-c", TORCH], cwd=ROOT, capture_output=True, text=True, check=True,
        env=environment(OMP_DISPLAY_ENV="VERBOSE", **more),
    ).stderr  # fmt: skip
    if "GOMP_SPINCOUNT" not in told:
        pytest.skip("this torch has another OpenMP")
    return told


def test_waiting_threads_soon_go_to_sleep() -> None:
    assert "GOMP_SPINCOUNT = '1000'" in openmp()


def test_what_a_person_says_of_waiting_holds() -> None:
    assert "GOMP_SPINCOUNT = '77'" in openmp(GOMP_SPINCOUNT="77")
    assert "GOMP_SPINCOUNT = '1000'" not in openmp(OMP_WAIT_POLICY="ACTIVE")


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Every processor has something else to do."""
    command = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def cost(pictures: Path, out: Path, threads: int) -> float:
    """Seconds of processor time that a short run takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [sys.executable, "-m", "ganlab_core", "train", "--data", pictures, "--out", out,
         "--preset", "minutes", "--resolution", "16", "--images", "100",
         "--set", f"threads={threads}", "--set", "device=cpu"],
        cwd=ROOT, env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one thread waits for nobody")
def test_a_run_on_every_core_of_a_busy_machine_costs_little_more_than_on_one(
    tmp_path: Path,
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    random = np.random.default_rng(0)
    for index in range(32):
        Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8)).save(
            pictures / f"{index}.png"
        )
    alone = cost(pictures, tmp_path / "one", 1)
    with busy():
        beside = cost(pictures, tmp_path / "all", 0)
    assert beside < 3 * alone
