"""Films read back by the real ffmpeg."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ganlab_core.export import FilmCell, Pixels
from ganlab_core.export.encoder import ffmpeg_path
from ganlab_core.timeline import Timeline

MakeCell = Callable[[Timeline], FilmCell]
"""A film's cell of the tiny model."""

EXACTLY = "scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
"""ffmpeg's quick conversion to RGB darkens by two levels."""


def decoded(path: Path, width: int, height: int) -> Pixels:
    """Every frame of a film, uint8 (N, height, width, 3), as ffmpeg decodes it."""
    done = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", path, "-vf", EXACTLY, "-fps_mode", "passthrough",
         "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
        capture_output=True, check=True,
    )  # fmt: skip
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio in dB."""
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float("inf") if error == 0.0 else float(10.0 * np.log10(255.0**2 / error))


def children() -> list[int]:
    """The numbers of this process's child processes, on Linux."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(word) for task in tasks for word in (task / "children").read_text().split()]


def resident(process: int | str = "self") -> float:
    """MiB of memory that a process holds, on Linux; 0 for one that has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
