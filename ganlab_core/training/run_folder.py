"""The run folder as the trainer writes it: config, event log, sheets, checkpoints, model files.

Layout::

    config.json            the TrainConfig
    events.jsonl           one event per line, appended
    sheets/00012345.png    samples from fixed latents after 12,345 images
    checkpoints/*.safetensors   everything needed to resume
    snapshots/*.safetensors     averaged generators; like the checkpoints kept by a budget (`keeping`)
    phases/8.safetensors   the averaged generator as it was when the phase of 8 px ended
    model.safetensors      the newest averaged generator
    steering.json          what a person wishes of a run that trains (see `steering`)
    steering.jsonl         what was changed on the way, and from which step on
    alive.json             which process trains it (see `heartbeat`)
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlab_core.atomic import write_bytes_atomically
from ganlab_core.errors import TrainingError
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.events import Event, to_line


class RunFolder:
    """The files of one run, for the one process that writes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.model = root / "model.safetensors"

    def create(self, config: TrainConfig) -> None:
        """Make the folder and write the config; a folder that already holds a run is refused."""
        if (self.root / "config.json").exists():
            raise TrainingError(
                f"{self.root} already holds a run.",
                f"Go on with `ganlab train --resume {self.root}`, or choose another folder.",
            )
        for name in ("sheets", "checkpoints", "snapshots"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.replace_config(config)

    def replace_config(self, config: TrainConfig) -> None:
        """Write the config, in the place of the one before; raises `OSError`."""
        write_bytes_atomically(self.root / "config.json", config.to_json().encode())

    def config(self) -> TrainConfig:
        """The config the run was started with; raises `TrainingError`."""
        try:
            text = (self.root / "config.json").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise TrainingError(
                f"{self.root} holds no run.", "Start one with `ganlab train --data ... --out ...`."
            ) from None
        return TrainConfig.from_json(text)

    # --- event log -----------------------------------------------------------------------------------

    @property
    def log(self) -> Path:
        """The event log."""
        return self.root / "events.jsonl"

    def append(self, event: Event) -> None:
        """Add one event; it reaches the file at once, the disk with the next checkpoint.

        A line that does not fit on the disk leaves nothing behind; raises `OSError`.
        """
        line = to_line(event).encode()
        with self.log.open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.log))
            except OSError:
                file.truncate(before)
                raise

    def log_length(self) -> int:
        """Bytes in the log, flushed to the disk."""
        if not self.log.exists():
            return 0
        with self.log.open("rb") as file:
            os.fsync(file.fileno())
        return self.log.stat().st_size

    def cut_log(self, length: int) -> None:
        """Forget events after a checkpoint: the resumed run will tell them again."""
        if self.log.exists() and self.log.stat().st_size > length:
            os.truncate(self.log, length)

    # --- files by images seen ------------------------------------------------------------------------

    def sheet(self, images: int) -> Path:
        """Where the sheet after `images` lies."""
        return self.root / "sheets" / f"{images:09d}.png"

    def checkpoint(self, images: int) -> Path:
        """Where the checkpoint after `images` lies."""
        return self.root / "checkpoints" / f"{images:09d}.safetensors"

    def snapshot(self, images: int) -> Path:
        """Where the kept model file after `images` lies."""
        return self.root / "snapshots" / f"{images:09d}.safetensors"

    def phase(self, resolution: int) -> Path:
        """Where the model of an ended phase lies."""
        return self.root / "phases" / f"{resolution}.safetensors"

    def phases(self) -> dict[int, Path]:
        """Resolution -> the model kept at the end of its phase, smallest first."""
        found = {2**level: self.phase(2**level) for level in range(2, 11)}
        return {side: path for side, path in found.items() if path.is_file()}

    def checkpoints(self) -> list[Path]:
        """All checkpoints, oldest first."""
        folder = self.root / "checkpoints"
        return sorted(
            path for path in folder.glob("*.safetensors") if not path.name.startswith(".")
        )

    def relative(self, path: Path) -> str:
        """`path` as it is told in events."""
        return path.relative_to(self.root).as_posix()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder against a second trainer; the lock vanishes with the process."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".writing").open("w") as file:
            _lock(file.fileno(), self.root)
            yield


def _lock(descriptor: int, root: Path) -> None:
    try:
        import fcntl
    except (
        ImportError
    ):  # Windows: no advisory locks; two trainers on one folder are the user's choice
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise TrainingError(
            f"Another process is training in {root}.", "Wait for it, or stop it first."
        ) from None
