"""Recordings: everything that was on the desk, written as it happened; a crash takes a second at most.

A recording is a file of JSON lines that only grows. The first says what it is; each other has a time in
seconds and the fields of the Recipe that changed. Sound recorded beside it is a WAV file of that name.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import threading
import time as times
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ganlab_core.errors import GanlabError, PerformanceError, explain_os_error
from ganlab_core.files import JSONError, canonical_json, load_json, open_plain
from ganlab_core.performance.audio_features import Samples
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import DECLARED, Recipe

RECORDING_VERSION = 1
RECORDING_SUFFIX = ".ganlab-take"

LONGEST_LINE = 8_000_000
MOST_LINES = 2_000_000
LONGEST_TAKE = 6 * 3600.0
"""Seconds."""

FLUSHED_EVERY = 1.0
"""Seconds after which what was written is on the disk, whatever happens to the machine."""

PLAIN = Recipe()

_REMEDY = f"Choose a recording, {RECORDING_SUFFIX}."


@dataclass(frozen=True, slots=True)
class Take:
    """A recording as it was read.

    Attributes
    ----------
    moments
        Pairs (seconds, Recipe), in order; the Recipe is on the desk until the next.
    seconds
        Its length.
    model, fingerprint
        What was played; empty when it does not say.
    whole
        Whether it was ended, and not broken off.
    sound
        The WAV file recorded beside it; None without.
    """

    moments: tuple[tuple[float, Recipe], ...]
    seconds: float
    model: str
    fingerprint: str
    whole: bool
    sound: Path | None

    def frames(self, fps: Fraction) -> list[Recipe]:
        """The Recipe that was on the desk at k / fps, for every frame k."""
        at = [time for time, _ in self.moments]
        count = max(1, round(self.seconds * fps))
        places = (bisect_right(at, float(frame / fps) + 1e-9) - 1 for frame in range(count))
        return [self.moments[max(0, place)][1] for place in places]


class TakeWriter:
    """Writes a recording on a thread of its own; nobody who plays waits for the disk.

    Parameters
    ----------
    path
        The file; one that is there is refused with `PerformanceError`, as is a place that cannot be
        written.
    model, fingerprint
        What is played.
    """

    def __init__(self, path: Path, model: str = "", fingerprint: str = "") -> None:
        self.path = path
        self.failed = ""
        """What went wrong with the disk, as a sentence; empty while all is well."""
        self._lines: queue.SimpleQueue[tuple[float, Recipe | None] | None] = queue.SimpleQueue()
        self._last_time = -1.0
        self._ended = False
        try:
            self._file = path.open("xb")
        except OSError as error:
            raise PerformanceError(
                explain_os_error(error, f"recording to {path.name}"), "Choose another place."
            ) from None
        head = {"ganlab_take": RECORDING_VERSION, "model": model, "fingerprint": fingerprint}
        self._file.write(f"{canonical_json(head)}\n".encode())
        self._thread = threading.Thread(target=self._run, name="take-writer", daemon=True)
        self._thread.start()

    def write(self, time: float, recipe: Recipe) -> None:
        """What is on the desk from this time on, in seconds since the beginning; never waits."""
        if not self._ended:
            self._last_time = max(self._last_time, time)
            self._lines.put((self._last_time, recipe))

    def close(self, time: float) -> None:
        """The recording ends at this time."""
        if not self._ended:
            self._ended = True
            self._lines.put((max(self._last_time, time), None))
            self._lines.put(None)
            self._thread.join()

    def _run(self) -> None:
        fields: dict[str, Any] = {}
        flushed = times.monotonic()
        with self._file as file:
            while True:
                try:
                    item = self._lines.get(timeout=FLUSHED_EVERY)
                except queue.Empty:
                    _flush(file)
                    continue
                if item is None:
                    _flush(file)
                    return
                line, fields = _line(item, fields)
                self._write(file, line)
                if times.monotonic() - flushed >= FLUSHED_EVERY:
                    _flush(file)
                    flushed = times.monotonic()

    def _write(self, file: BinaryIO, line: bytes) -> None:
        try:
            file.write(line)
            file.flush()
        except OSError as error:
            self.failed = self.failed or explain_os_error(error, f"recording to {self.path.name}")


def _line(
    item: tuple[float, Recipe | None], before: dict[str, Any]
) -> tuple[bytes, dict[str, Any]]:
    """The line of a moment, with what is other than before; and all fields as they are now."""
    time, recipe = item
    if recipe is None:
        return f"{canonical_json({'t': time, 'end': True})}\n".encode(), before
    fields = json.loads(recipe.to_json())
    changed = {name: value for name, value in fields.items() if before.get(name) != value}
    for name in before.keys() - fields.keys():  # what is as plain may be left out
        declared = DECLARED.get(name)
        changed[name] = None if declared is None else declared.kind.write(getattr(PLAIN, name))
    return f"{canonical_json({'t': time, 'recipe': changed})}\n".encode(), fields


def _flush(file: BinaryIO) -> None:
    try:
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        pass  # told by whoever writes next


def sound_beside(path: Path) -> Path:
    """Where the sound of a recording lies."""
    return path.with_suffix(".wav")


def read_take(path: Path) -> Take:
    """The recording in a file, up to where it was broken off; raises `GanlabError` where there is none."""
    try:
        with open_plain(path) as file:
            head = _head(file)
            moments, end = _moments(file)
    except OSError as error:
        raise PerformanceError(
            explain_os_error(error, "reading the recording"), "Check the path."
        ) from None
    if not moments:
        raise PerformanceError("The recording holds nothing.", _REMEDY)
    sound = sound_beside(path)
    return Take(
        tuple(moments),
        max(moments[-1][0] if end is None else end, 0.001),
        plain_text(str(head.get("model", ""))),
        plain_text(str(head.get("fingerprint", ""))),
        end is not None,
        sound if sound.is_file() else None,
    )


def _head(file: BinaryIO) -> dict[str, Any]:
    head = _object(file.readline(LONGEST_LINE))
    version = (head or {}).get("ganlab_take")
    if head is None or type(version) is not int:
        raise PerformanceError("This is not a ganlab recording.", _REMEDY)
    if version > RECORDING_VERSION:
        raise PerformanceError(
            f"This recording was made by a newer ganlab (version {version}).", "Update ganlab."
        )
    return head


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = load_json(line, longest=LONGEST_LINE)
    except JSONError:
        return None
    return value if isinstance(value, dict) else None


def _moments(file: BinaryIO) -> tuple[list[tuple[float, Recipe]], float | None]:
    """Every moment up to the first line that is broken, and when it ended; None when it did not."""
    moments: list[tuple[float, Recipe]] = []
    fields: dict[str, Any] = {}
    for line in _lines(file):
        time = line.get("t")
        before = moments[-1][0] if moments else 0.0
        if isinstance(time, bool) or not isinstance(time, int | float):
            break
        if not before <= time <= LONGEST_TAKE:
            break
        if line.get("end") is True:
            return moments, float(time)
        if not isinstance(line.get("recipe"), dict):
            break
        fields = {**fields, **line["recipe"]}
        try:
            moments.append((float(time), Recipe.from_json(json.dumps(fields))))
        except GanlabError:
            break
    return moments, None


def _lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The objects of whole lines, up to the first that is none."""
    for _ in range(MOST_LINES):
        line = file.readline(LONGEST_LINE)
        found = _object(line) if line.endswith(b"\n") else None
        if found is None:
            return
        yield found


# ------------------------------------------------------------------------------------------------
# Sound beside a recording.


_TO_THE_END = 0xFFFFFFFF
"""The size in a WAV that is still growing: players take what is there."""


class WavWriter:
    """Writes 16-bit sound of one channel as it comes; a file that is broken off still plays.

    Parameters
    ----------
    path
        The file; raises `PerformanceError` where it cannot be made.
    rate
        Samples a second.
    """

    def __init__(self, path: Path, rate: int) -> None:
        self._bytes = 0
        try:
            self._file = path.open("xb")
            self._file.write(_wav_head(rate, _TO_THE_END))
        except OSError as error:
            raise PerformanceError(
                explain_os_error(error, f"recording to {path.name}"), "Choose another place."
            ) from None
        self._rate = rate

    def write(self, samples: Samples) -> None:
        """More sound, float32 (N,), -1 to 1."""
        data = np.rint(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        self._file.write(data)
        self._file.flush()
        self._bytes += len(data)

    def close(self) -> None:
        """Say how long it has become."""
        if not self._file.closed:
            self._file.seek(0)
            self._file.write(_wav_head(self._rate, self._bytes))
            self._file.close()


def _wav_head(rate: int, size: int) -> bytes:
    riff = min(_TO_THE_END, size + 36)
    kind = struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    return (
        b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + kind + b"data" + struct.pack("<I", size)
    )
