"""Recordings: everything that was on the desk, written as it happened, and thinned to keyframes.

A recording is a file of JSON lines that only grows; a crash takes a second at most. The first says what
it is; each other has a time in seconds and the fields of the Recipe that changed. Sound recorded beside
it is a WAV file of that name.

Thinning keeps the keyframes that are needed, with the error stated. Between two keyframes each lane of
the film holds or goes along a straight line. A lane that did neither gets a keyframe between. So a
Timeline says what was played with few keyframes, and is edited as any other.
"""

from __future__ import annotations

import json
import math
import os
import queue
import struct
import threading
import time as times
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ganlab_core.errors import GanlabError, PerformanceError, explain_os_error
from ganlab_core.files import JSONError, canonical_json, load_json, open_plain, refuse_newer
from ganlab_core.performance.audio_features import Samples
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import DECLARED, LANES, Capabilities, Recipe
from ganlab_core.timeline import Keyframe, Timeline

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
    refuse_newer(version, RECORDING_VERSION, "This recording", PerformanceError)
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


GOOD_TOLERANCE = 0.004
"""Of any number of a Recipe: psi 0.7 may come back as 0.704."""

MOST_KEPT = 4000
"""Keyframes, of 4096 that a film may have."""

LONGEST_SEGMENT = 300
"""Frames between two keyframes."""

OFF_CIRCLE = 0.06
"""How far a blend in Z is from going evenly, as a part of its way: its two keyframes weigh cos and sin."""


Numbers = NDArray[np.float64]
Lane = tuple[object, Numbers]
"""What does not blend, as a value to compare, and the numbers that do."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """A Timeline, and how far it is from what was played.

    Attributes
    ----------
    timeline
        Of which frame k is the Recipe at k / fps.
    error
        The most that any number of any frame's Recipe differs from the one played; 0 = none does.
    kept, frames
        Keyframes, and the frames they say.
    """

    timeline: Timeline
    error: float
    kept: int
    frames: int

    @property
    def sentence(self) -> str:
        """How well it was kept, for people."""
        exact = (
            "exactly as played"
            if self.error == 0.0
            else f"within {self.error:.2g} of what was played"
        )
        return f"{self.kept} keyframes for {self.frames} frames, every number {exact}."


def thinned(
    recipes: Sequence[Recipe],
    fps: Fraction,
    can: Capabilities,
    tolerance: float = GOOD_TOLERANCE,
) -> Thinned:
    """The Timeline of frames; numbers differ by at most `tolerance`, with 0 nothing does.

    Where more keyframes would be needed than a film may have, the tolerance grows until they suffice;
    `Thinned.error` says what came of it. Raises `PerformanceError` for no frame at all.
    """
    if not recipes:
        raise PerformanceError("Nothing was played.", "Record something first.")
    lanes = _Lanes(recipes)
    wanted = max(0.0, tolerance)
    while True:
        kept = list(lanes.keyframes(wanted))
        if len(kept) <= MOST_KEPT:
            break
        wanted = max(4.0 * wanted, 1e-4)
        if wanted > 100.0:
            raise PerformanceError(
                f"More was chosen anew than a film's {MOST_KEPT} keyframes can hold.",
                "Choose fewer frames a second, or a shorter part.",
            )
    space = "w" if can.has_w else "z"
    keyframes = tuple(
        Keyframe(
            float(frame / fps), recipes[frame], "linear", tuple((lane, "hold") for lane in held)
        )
        for frame, held in kept
    )
    timeline = Timeline(
        keyframes, float(len(recipes) / fps), False, fps,
        latent_space=space, mix_space=space, full_growth=float(can.full_growth),
    )  # fmt: skip
    return Thinned(timeline, lanes.error(kept, timeline), len(kept), len(recipes))


class _Lanes:
    """The frames lane by lane; a lane that stays as it is from frame to frame is one object."""

    def __init__(self, recipes: Sequence[Recipe]) -> None:
        self._count = len(recipes)
        known: dict[tuple[str, tuple[object, ...]], Lane] = {}
        self._lanes: dict[str, list[Lane]] = {lane: [] for lane in LANES}
        for recipe in recipes:
            keys = [(lane, tuple(getattr(recipe, name) for name in LANES[lane])) for lane in LANES]
            if any(key not in known for key in keys):
                found = _lanes_of(recipe)
                for key in keys:
                    known.setdefault(key, found[key[0]])
            for key in keys:
                self._lanes[key[0]].append(known[key])
        self._still = tuple(
            lane for lane, own in self._lanes.items() if all(one is own[0] for one in own)
        )

    def keyframes(self, tolerance: float) -> list[tuple[int, tuple[str, ...]]]:
        """Pairs (frame, lanes that hold from there), as far apart as the tolerance allows."""
        found = []
        frame = 0
        while frame < self._count - 1:
            segments = {
                lane: _Stretch(own, frame, tolerance)
                for lane, own in self._lanes.items()
                if lane not in self._still
            }
            following, held = self._reach(frame, segments)
            found.append((frame, (*self._still, *held)))
            frame = following
        return [*found, (self._count - 1, ())]

    def _reach(self, start: int, segments: dict[str, _Stretch]) -> tuple[int, tuple[str, ...]]:
        """The farthest frame that every lane reaches from `start`, and which lanes hold until then."""
        reached = start + 1
        held = tuple(lane for lane, segment in segments.items() if not segment.reaches(reached))
        last = min(self._count - 1, start + LONGEST_SEGMENT)
        for frame in range(start + 1, last + 1):
            if frame > reached and all(own.ends_at(frame) for own in segments.values()):
                reached = frame
                held = tuple(lane for lane, segment in segments.items() if segment.holds())
            if not all([segment.pass_over(frame) for segment in segments.values()]):
                break
        return reached, held

    def error(self, kept: Sequence[tuple[int, tuple[str, ...]]], timeline: Timeline) -> float:
        """The most that any number differs."""
        worst = 0.0
        for (start, held), (end, _) in zip(kept, kept[1:], strict=False):
            for lane in set(LANES) - set(held):
                own = self._lanes[lane][start : end + 1]
                if any(number.turns for number in _moves_of(own[0][0])):
                    worst = max(worst, _off_film(own, lane, start, timeline))
                else:
                    worst = max(worst, _off_line([numbers for _, numbers in own]))
        return worst


def _off_film(own: Sequence[Lane], lane: str, start: int, timeline: Timeline) -> float:
    """The most that a number of the film's Recipes differs from those played."""
    found = 0.0
    for step, (shape, numbers) in enumerate(own[1:-1], 1):
        told = _lanes_of(timeline.frame_recipe(start + step))[lane]
        same = told[0] == shape and len(numbers) > 0
        found = max(found, float(np.abs(told[1] - numbers).max()) if same else 0.0)
    return found


def _off_line(numbers: list[Numbers]) -> float:
    if len(numbers) < 3 or len({len(own) for own in numbers}) > 1 or not len(numbers[0]):
        return 0.0
    values = np.stack(numbers)
    way = np.linspace(0.0, 1.0, len(values))[:, None]
    return float(np.abs(values - (values[0] + way * (values[-1] - values[0]))).max())


class _Stretch:
    """One lane from a keyframe on: whether it holds, and which slopes of a line are still allowed.

    A line from the keyframe passes each frame between within the tolerance, so each frame narrows the
    slopes that it may have (the swinging door of process historians).
    """

    def __init__(self, lane: Sequence[Lane], start: int, tolerance: float) -> None:
        self._lane = lane
        self._start = start
        self._tolerance = tolerance
        self._shape, self._numbers = lane[start]
        moves = _moves_of(self._shape)
        self._rounds = [
            place for place, number in enumerate(moves) if number.name.endswith(".turn")
        ]
        self._circle = [place for place, number in enumerate(moves) if number.turns]
        if self._circle:
            self._tolerance = 0.5 * tolerance
        self._steady = self._straight = True
        self._low = np.full(len(self._numbers), -np.inf)
        self._high = np.full(len(self._numbers), np.inf)

    def holds(self) -> bool:
        """Whether nothing has moved in the frames passed over, so that the next may be another."""
        return self._steady

    def ends_at(self, frame: int) -> bool:
        """Whether the next keyframe may be this frame."""
        return self._steady or self.reaches(frame)

    def reaches(self, frame: int) -> bool:
        """Whether a line may end at this frame."""
        if not self._straight or not self._follows(frame):
            return False
        slope = self._slope(frame)
        way = np.abs(slope[self._circle]).sum() * (frame - self._start)
        if frame > self._start + 1 and OFF_CIRCLE * way > self._tolerance:
            return False
        return bool((slope >= self._low).all() and (slope <= self._high).all())

    def pass_over(self, frame: int) -> bool:
        """Let the frame lie between the keyframe and its successor; False when none is possible."""
        self._steady = self._steady and self._is_start(frame)
        self._straight = self._straight and self._tolerance > 0.0 and self._follows(frame)
        if self._straight:
            steps = frame - self._start
            slope = self._slope(frame)
            self._low = np.maximum(self._low, slope - self._tolerance / steps)
            self._high = np.minimum(self._high, slope + self._tolerance / steps)
            self._straight = bool((self._low <= self._high).all())
        return self._steady or self._straight

    def _slope(self, frame: int) -> Numbers:
        slope: Numbers = (self._lane[frame][1] - self._numbers) / (frame - self._start)
        return slope

    def _is_start(self, frame: int) -> bool:
        own, start = self._lane[frame], self._lane[self._start]
        return own is start or (own[0] == start[0] and np.array_equal(own[1], start[1]))

    def _follows(self, frame: int) -> bool:
        """Whether the frame is of the same shape, and no turn has gone past its end."""
        shape, numbers = self._lane[frame]
        if shape != self._shape:
            return False
        before = self._lane[frame - 1][1]
        return all(abs(float(numbers[place] - before[place])) <= 0.5 for place in self._rounds)


# --- Recipes as shapes and numbers -------------------------------------------------------------------


def _lanes_of(recipe: Recipe) -> dict[str, Lane]:
    fields = json.loads(recipe.to_json())
    found: dict[str, Lane] = {}
    for lane, names in LANES.items():
        numbers: list[float] = []
        own = {name: fields.get(name, getattr(PLAIN, name)) for name in names}
        shape = tuple(_shape(name, value, numbers) for name, value in own.items())
        found[lane] = (shape, np.array(numbers))
    return found


@dataclass(frozen=True, slots=True)
class _Moves:
    """In a shape, the place of a number that blends; weights in Z do so along a circle."""

    name: str
    turns: bool = False


def _shape(name: str, value: Any, numbers: list[float]) -> object:
    """What does not blend of a JSON value; its numbers that do are put at the end of `numbers`.

    Whole numbers are choices. A vector of Z does not go along a line, so it does not blend.
    """
    if isinstance(value, dict) and "blend" in value:
        return _blend_shape(value, numbers)
    if isinstance(value, dict):
        if value.get("space") == "z" and "vector" in value:
            return json.dumps(value)
        return tuple(
            (key, _shape(f"{name}.{key}", own, numbers)) for key, own in sorted(value.items())
        )
    if isinstance(value, list):
        return tuple(_shape(name, own, numbers) for own in value)
    if isinstance(value, float):
        numbers.append(value)
        return _Moves(name)
    return value


def _blend_shape(value: dict[str, Any], numbers: list[float]) -> object:
    """A blend's parts and their weights, as they are drawn; its own seed means nothing."""
    parts = sorted((json.dumps(part["latent"]), part["weight"]) for part in value["blend"])
    turns = value["space"] == "z"
    length = math.sqrt(sum(weight**2 for _, weight in parts)) if turns else 1.0
    numbers += [weight / length for _, weight in parts]
    latents = tuple((latent, _Moves("weight", turns)) for latent, _ in parts)
    return (value["space"], latents)


def _moves_of(shape: object) -> list[_Moves]:
    """The numbers of a shape, in their order."""
    if isinstance(shape, _Moves):
        return [shape]
    if isinstance(shape, tuple):
        return [number for own in shape for number in _moves_of(own)]
    return []
