"""Stand-ins for what one performs with: a controller, a camera, and one that others look at."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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


class PatchedMidi:
    """Stands for mido with rtmidi, which finds no sequencer on machines without ALSA's."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.callbacks: dict[str, Callable[[Any], None]] = {}
        self.broken = False

    def get_input_names(self) -> list[str]:
        if self.broken:
            raise SystemError(
                "MidiInAlsa::initialize: error creating ALSA sequencer client object."
            )
        return self.names

    def open_input(self, name: str, callback: Callable[[Any], None]) -> Any:
        if "broken" in name:
            raise OSError("unknown port")
        self.callbacks[name] = callback
        return SimpleNamespace(close=lambda: self.callbacks.pop(name, None))
