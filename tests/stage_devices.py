"""Stand-ins for what stands on a stage: a camera that films, and one that others look at."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np


def blinking(path: Path, frames: int = 8) -> tuple[str, tuple[str, ...]]:
    """A file that ffmpeg plays as a camera: black, and its left half white, in turns."""
    film = np.zeros((frames, 64, 96, 3), np.uint8)
    film[1::2, :, :48] = 255
    path.write_bytes(film.tobytes())
    raw = ("-re", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "96x64", "-r", "20", "-i", str(path))
    return path.name, raw


class PatchedCamera:
    """Stands for pyvirtualcam, with a device that others could look at."""

    def __init__(self) -> None:
        self.sent: list[np.ndarray] = []
        self.device, self.open = "OBS Virtual Camera", False
        self.asked: dict[str, float] = {}

    def Camera(self, **asked: float) -> PatchedCamera:  # noqa: N802
        self.asked = asked
        return self

    def __enter__(self) -> PatchedCamera:
        self.open = True
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False

    def send(self, frame: np.ndarray) -> None:
        self.sent.append(frame)

    def sleep_until_next_frame(self) -> None:
        threading.Event().wait(0.005)
