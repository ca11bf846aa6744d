"""Runs inputs in forked workers that may take 5 s of CPU time and 1 GB, and keeps what they find."""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from ganlab_core.errors import GanlabError
from tests.fuzz.formats import FORMATS, Format

CORPUS = Path(__file__).parent / "corpus"
MOST_SECONDS, MOST_WAITING = 5.0, 60.0
MOST_BYTES = 1_000_000_000
LARGEST_KEPT = 50_000
LOOKS = 50
"""Inputs between two looks at a worker's memory, which take longer than a small input."""

LARGE = "too much memory"
TRIES = 150
"""Of making a find smaller."""


@dataclass(slots=True)
class Outcome:
    """What came of a campaign: inputs, how many of them were read, and the finds by their kind."""

    inputs: int = 0
    read: int = 0
    finds: dict[str, bytes] = field(default_factory=dict)


def judged(form: Format, data: bytes, folder: Path) -> str:
    """What is wrong with how the format's reader takes these bytes; empty for nothing, "read" for read."""
    path = folder / form.file
    path.write_bytes(data)
    try:
        form.read(path)
    except GanlabError as error:
        return _sentence(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a find
        return _kind_of(error)
    finally:
        for left in set(os.listdir(folder)) - {form.file}:  # noqa: PTH208 - names suffice
            other = folder / left
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    return "read"


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory, where there is one."""
    with tempfile.TemporaryDirectory(prefix="ganlab-fuzz-", dir=_fast()) as folder:
        yield Path(folder)


def _sentence(error: GanlabError) -> str:
    """A refusal has to be one plain sentence."""
    said = str(error)
    return (
        ""
        if said.endswith(".") and "\n" not in said and len(said) < 9000
        else f"says {said[:80]!r}"
    )


def _kind_of(error: BaseException) -> str:
    """The error with the place it came from, so that equal ones are told once."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "ganlab_core" in frame.filename] or frames
    return f"{type(error).__name__} in {Path(own[-1].filename).name}:{own[-1].name}"


def _words(descriptor: int) -> TextIO:
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", buffering=1)


def _fast() -> str | None:
    return "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Campaign:
    """Many inputs of one format.

    Parameters
    ----------
    name
        Of the format.
    seed
        Equal seeds give equal inputs.
    """

    def __init__(self, name: str, seed: int = 0) -> None:
        self.name = name
        self.form = FORMATS[name]
        self._seed = seed
        with tempfile.TemporaryDirectory() as folder:
            self.valid = self.form.seeds(Path(folder))

    def input(self, index: int) -> bytes:
        """Input number `index`; the first ones are the valid files themselves."""
        if index < len(self.valid):
            return self.valid[index]
        source = random.Random(f"{self._seed} {self.name} {index}")
        return self.form.mutate(source.choice(self.valid), self.valid, source)

    def run(self, count: int, seconds: float = float("inf")) -> Outcome:
        """Try so many inputs, or for so long."""
        outcome = Outcome()
        until = time.monotonic() + seconds
        while outcome.inputs < count and time.monotonic() < until:
            for index, verdict in self._batch(outcome.inputs, count, until):
                outcome.inputs = index + 1
                if verdict == LARGE:
                    self._find_large(index, outcome)
                    continue
                outcome.read += verdict == "read"
                if verdict not in ("", "read") and verdict not in outcome.finds:
                    outcome.finds[verdict] = self.input(index)
        return outcome

    def _find_large(self, last: int, outcome: Outcome) -> None:
        """Judge the inputs since the last look at the memory one by one."""
        for index in range(max(0, last - LOOKS + 1), last + 1):
            data = self.input(index)
            verdict = verdict_apart(self.form, data)
            if "of memory" in verdict:
                outcome.finds.setdefault(verdict, data)

    def _batch(self, first: int, count: int, until: float) -> Iterator[tuple[int, str]]:
        """Inputs from `first` on in one worker, until it dies of one or has done enough."""
        last = min(count, first + 5000)
        place = mmap.mmap(-1, 8)
        place[:] = struct.pack("<q", first)
        receive, send = os.pipe()
        child = os.fork()
        if not child:
            os.close(receive)
            self._work(first, last, until, place, send)
        os.close(send)
        told = first
        with os.fdopen(receive, "r", encoding="utf-8") as lines:
            for line in lines:
                number, _, verdict = line.rstrip("\n").partition(" ")
                told = int(number) + 1
                yield int(number), verdict
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) or os.WEXITSTATUS(status):
            at = struct.unpack("<q", place[:])[0]
            yield max(at, told), _ended_by(status)
        place.close()

    def _work(self, first: int, last: int, until: float, place: mmap.mmap, send: int) -> None:
        """In the worker: judge inputs one by one, and tell; never returns."""
        status = 1
        try:
            _be_a_worker()
            with scratch() as folder, _words(send) as out:
                peak = _peak()
                for index in range(first, last):
                    place[:] = struct.pack("<q", index)
                    data = self.input(index)
                    with _watched():
                        verdict = judged(self.form, data, folder)
                    out.write(f"{index} {verdict}\n")
                    if index % LOOKS == LOOKS - 1 and _peak() - peak > MOST_BYTES:
                        out.write(f"{index} {LARGE}\n")
                        break  # which of them it was, others find out
                    if time.monotonic() > until:
                        break
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)


def _be_a_worker() -> None:
    warnings.simplefilter("ignore")
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)


class _watched:  # noqa: N801 - reads as a word
    """While entered, too much CPU time, or too long a wait, ends the process: C code hears nothing else."""

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, MOST_WAITING)

    def __exit__(self, *_: object) -> None:
        """What comes next sets them anew, or ends."""


def _ended_by(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return f"the worker ended with {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    known = {signal.SIGPROF: f"over {MOST_SECONDS:g} s", signal.SIGALRM: "waits for ever"}
    return known.get(signal.Signals(number), f"killed by {signal.Signals(number).name}")


def verdict_apart(form: Format, data: bytes) -> str:
    """The verdict of a worker of its own."""
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(receive)
            _be_a_worker()
            before = _peak()
            with scratch() as folder, _watched():
                told = judged(form, data, folder)
            grown = _peak() - before
            if grown > MOST_BYTES:
                told = f"{grown / 1e9:.0f} GB of memory"
            os.write(send, told.encode("utf-8", "replace")[:4000])
            status = 0
        finally:
            os._exit(status)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        told = file.read().decode()
    _, status = os.waitpid(child, 0)
    return told if not status else _ended_by(status)


def smaller(form: Format, data: bytes, verdict: str) -> bytes:
    """Shorter bytes of the same verdict, found by leaving out halves, quarters and so on."""
    still: Callable[[bytes], bool] = lambda other: verdict_apart(form, other) == verdict  # noqa: E731
    piece, tries = len(data) // 2, 0
    while piece and tries < TRIES:
        at = 0
        while at < len(data) and tries < TRIES:
            shorter = data[:at] + data[at + piece :]
            tries += 1
            if still(shorter):
                data = shorter
            else:
                at += piece
        piece //= 2
    return data


def keep(name: str, data: bytes) -> Path | None:
    """Put a find into the corpus, unless it is too large to be kept."""
    if len(data) > LARGEST_KEPT:
        return None
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path
