"""The sound of a film: read from any file that ffmpeg knows, and joined to the frames in step."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import numpy as np

from ganlab_core.errors import ExportError
from ganlab_core.export.encoder import ffmpeg_path, no_ffmpeg
from ganlab_core.performance import Samples

SOUND_RATE = 44100
"""Samples a second of what is analysed."""

LONGEST_SOUND = 3600
"""Seconds; more is not read."""

SOUND_PATIENCE = 120.0
"""Seconds that ffmpeg may take to read it."""

SOUND_FORMATS = "wav,w64,aiff,flac,mp3,ogg,aac,ac3,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,caf"
"""The demuxers a sound may be read with; none of them opens other files."""

_REMEDY = "Choose a .wav, .flac, .mp3, .ogg or .m4a of at most an hour."


def sound_arguments(path: Path) -> list[str]:
    """ffmpeg's arguments for a sound as its next input; nothing but the file itself is opened."""
    return ["-format_whitelist", SOUND_FORMATS, "-protocol_whitelist", "file",
            "-i", f"file:{path.absolute()}"]  # fmt: skip


def read_sound(path: Path) -> Samples:
    """A sound of one channel, float32 (N,), -1 to 1, at `SOUND_RATE`; raises `ExportError`."""
    if not path.is_file():
        raise ExportError(f"There is no sound {path.name}.", "Check the path.")
    arguments = [ffmpeg_path(), "-v", "error", "-nostdin", *sound_arguments(path),
                 "-vn", "-ac", "1", "-ar", str(SOUND_RATE), "-t", str(LONGEST_SOUND),
                 "-f", "f32le", "pipe:1"]  # fmt: skip
    data, said = _output(arguments)
    samples = np.frombuffer(data[: len(data) // 4 * 4], "<f4").astype(np.float32)
    if not len(samples):
        last = said.strip().splitlines()[-1:] or ["it holds no sound"]
        raise ExportError(f"{path.name} holds no sound that can be read.", _REMEDY, last[0])
    return np.clip(np.nan_to_num(samples), -1.0, 1.0)


def _output(arguments: list[str]) -> tuple[bytes, str]:
    """What ffmpeg writes, and what it says; given up after `SOUND_PATIENCE`."""
    try:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise no_ffmpeg(str(error)) from None
    patience = threading.Timer(SOUND_PATIENCE, process.kill)
    patience.start()
    try:
        data, said = process.communicate()
    finally:
        patience.cancel()
    return data, said.decode(errors="replace")
