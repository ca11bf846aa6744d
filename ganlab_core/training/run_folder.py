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
    reals.png              a row of the data's pictures, as training sees them
    skipped.txt            files of the data that are left out, and why; a line each
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import platform
import re
import shutil
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from ganlab_core.data import Skipped
from ganlab_core.errors import GanlabError, TrainingError, explain_os_error
from ganlab_core.files import (
    LINK_REMEDY,
    ConfinedFolder,
    UnsafePathError,
    Whose,
    began,
    clear_away,
    json_object,
    litter_in,
    load_json,
)
from ganlab_core.models import check_encodable, read_info
from ganlab_core.training.config import (
    AUTO,
    MOST_SPEED,
    NETWORK,
    TrainConfig,
    chosen,
    config_fields,
    from_fields,
)

# ------------------------------------------------------------------------------------------------
# A run whose disk is full: how that is told, and a little room kept aside to tell it in.


RESERVE = ".reserve"
RESERVED_BYTES = 2**16
"""Kept aside in the run folder while it trains: enough for the log's last words and the sign of life."""

FULL = "The run's disk is full."
REMEDY = "Make room, then go on: nothing that was checkpointed is lost."

_NUMBERS = (errno.ENOSPC, errno.EDQUOT)
_WORDS = tuple(f"os error {number})" for number in (*_NUMBERS, 112))
"""As libraries that are not Python's write them; 112 is Windows's."""


def is_full(root: Path) -> bool:
    """Whether the disk under `root` has no room left to speak of; False where it cannot be told."""
    try:
        return shutil.disk_usage(root).free < RESERVED_BYTES
    except OSError:
        return False


@contextlib.contextmanager
def disk_reserve(root: Path) -> Iterator[None]:
    """While entered, keep some room aside; raises `TrainingError` where there is none to begin with."""
    if is_full(root):
        raise TrainingError(FULL, REMEDY)
    try:
        with ConfinedFolder(root).create(RESERVE) as file:
            file.write(bytes(RESERVED_BYTES))
    except OSError as error:
        release(root)
        raise explained(error) from None
    try:
        yield
    finally:
        release(root)


def release(root: Path) -> None:
    """Give the room back that was kept aside."""
    with contextlib.suppress(OSError):
        ConfinedFolder(root).remove(RESERVE)


def explained(error: OSError | GanlabError) -> GanlabError:
    """A failure to write a run, in a sentence that says what to do."""
    if _lacks_room(error):
        return TrainingError(FULL, REMEDY)
    if isinstance(error, UnsafePathError):
        return TrainingError(explain_os_error(error, "writing the run"), LINK_REMEDY)
    if isinstance(error, OSError):
        return TrainingError(
            explain_os_error(error, "writing the run"),
            "See that the folder can be written to, then go on with `ganlab train --resume`.",
        )
    return error


def _lacks_room(error: BaseException | None) -> bool:
    """Whether the error, or one that it was raised for, says that there is no space left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NUMBERS:
            return True
        if any(word in str(error) for word in _WORDS):
            return True
        error = error.__context__
    return False


# ------------------------------------------------------------------------------------------------
# A run's sign of life: which process trains it, told so that no other process is taken for it.


NAME = "alive.json"
BEAT_SECONDS = 2.0
MOST_PID = 2**32
SILENT_SECONDS = 30.0
"""On another machine a run whose last beat is older than this is taken to have died."""

Life = Literal["unknown", "running", "ended", "died"]


@dataclass(frozen=True, slots=True)
class PidFile:
    """What stands in the file: the process, when it began in the system's own count, and where."""

    pid: int
    began: str
    host: str
    ended: bool


@contextlib.contextmanager
def pid_file(root: Path) -> Iterator[None]:
    """While entered, show that this process trains in `root`; afterwards, that it ended in order."""
    sign = {"pid": os.getpid(), "began": began(os.getpid()) or "", "host": platform.node()}
    files = ConfinedFolder(root)
    files.write(NAME, json.dumps(sign | {"ended": False}).encode())
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(files, over), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(OSError):
            files.write(NAME, json.dumps(sign | {"ended": True}).encode())


def _beat(files: ConfinedFolder, over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        with contextlib.suppress(OSError):
            files.touch(NAME)


def read_pid_file(root: Path) -> PidFile | None:
    """The sign of life in a run folder, None where there is none that can be read."""
    try:
        data = json_object(ConfinedFolder(root).read(NAME)) or {}
    except OSError:
        return None
    pid, began_, host = data.get("pid"), data.get("began"), data.get("host")
    known = isinstance(began_, str) and isinstance(host, str) and type(data.get("ended")) is bool
    if type(pid) is not int or not 0 <= pid <= MOST_PID or not known:
        return None
    return PidFile(pid, str(began_), str(host), bool(data["ended"]))


def life_of(root: Path) -> Life:
    """Whether the run in `root` is trained now; reads only, and signals no process."""
    sign = read_pid_file(root)
    if sign is None:
        return "unknown"
    if sign.ended:
        return "ended"
    if sign.host == platform.node() and sign.began:
        return "running" if began(sign.pid) == sign.began else "died"
    return "running" if _age(root) < SILENT_SECONDS else "died"


def trained_by(root: Path) -> str:
    """Who trains the run in `root`, as the subject of a sentence."""
    sign = read_pid_file(root)
    if sign is None or sign.ended:
        return "Another process"
    return f"Process {sign.pid} on {sign.host}"


def _age(root: Path) -> float:
    try:
        return time.time() - ConfinedFolder(root).stat(NAME).st_mtime
    except OSError:
        return SILENT_SECONDS


FOLDERS = ("sheets", "checkpoints", "snapshots", "phases")
FILES = (
    "config.json", "events.jsonl", "model.safetensors", "steering.json", "steering.jsonl",
    "alive.json", ".writing", ".reserve", "skipped.txt",
)  # fmt: skip

LOG = "events.jsonl"
SKIPPED = "skipped.txt"
REALS = "reals.png"

SHAPING = ("architecture", "resolution", *NETWORK)
"""Settings that a run's weights fit, or do not fit at all."""


class RunFolder:
    """The files of one run, for the one process that writes them.

    Attributes
    ----------
    files
        The one way to them: a run may be somebody else's, and nothing in it leads out of it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = ConfinedFolder(root)
        self.model = root / "model.safetensors"

    def create(self, config: TrainConfig) -> None:
        """Make the folder and write the config; a folder that already holds a run is refused."""
        self.check_free()
        for name in ("sheets", "checkpoints", "snapshots"):
            self.files.make_folder(name)
        self.replace_config(config)

    def check_free(self) -> None:
        """Raise `TrainingError` where there is a run already, or what is left of one."""
        check_encodable(self.model)
        if self.files.is_file("config.json"):
            raise TrainingError(
                f"{self.root} already holds a run.",
                f"Go on with `ganlab train --resume {self.root}`, or choose another folder.",
            )
        if self.checkpoints() or self.files.is_file(self.model.name):
            raise TrainingError(
                f"{self.root} holds the weights of a run whose config.json is missing.",
                "Put config.json back and go on, or choose another folder.",
            )

    def replace_config(self, config: TrainConfig) -> None:
        """Write the config, in the place of the one before; raises `OSError`."""
        self.files.write("config.json", config.to_json().encode())

    def list_skipped(self, skipped: Sequence[Skipped]) -> None:
        """Write which files of the data are left out, and why; no file when all are used."""
        if skipped or self.files.is_file(SKIPPED):
            lines = "".join(f"{left.name} {left.reason}\n" for left in skipped)
            self.files.write(SKIPPED, lines.encode("utf-8", "replace"))

    def config(self) -> TrainConfig:
        """The config of the run; raises `TrainingError`."""
        return self.whole_config()[0]

    def whole_config(self) -> tuple[TrainConfig, tuple[str, ...]]:
        """The config of the run, and what it lacks and its weights say; raises `TrainingError`.

        A field that is missing is what the newest checkpoint was trained with. Checkpoints of old
        versions do not tell; the shape of the network is then that of the model file.
        """
        text = self._config_text()
        try:
            fields = config_fields(text)
            missing = {item.name for item in dataclasses.fields(TrainConfig)} - fields.keys()
            known = next(self._known_fields(needed=missing & set(SHAPING)), {})
            found = {name: value for name, value in known.items() if name in missing}
            config, plain = from_fields({**found, **fields}), TrainConfig()
        except TrainingError as error:
            raise TrainingError(
                f"The config.json of {self.root.name} cannot be used: {error.what}",
                error.remedy or "Put it back as it was.",
            ) from None
        return config, tuple(
            name for name in sorted(found) if getattr(config, name) != getattr(plain, name)
        )

    def _config_text(self) -> str:
        try:
            with self._refusing():
                return self.files.read("config.json").decode()
        except (FileNotFoundError, NotADirectoryError):
            if not self.checkpoints():
                raise TrainingError(
                    f"{self.root} holds no run.",
                    "Start one with `ganlab train --data ... --out ...`.",
                ) from None
            raise TrainingError(
                f"{self.root} holds no run that can go on: its config.json is missing.",
                "Put it back, or begin a new run with these weights: "
                f"`ganlab train --from {self.root} --data ... --out ...`.",
            ) from None
        except OSError as error:
            raise TrainingError(
                explain_os_error(error, "reading the run's config"),
                "Nothing was changed; see that the file can be read.",
            ) from None
        except UnicodeDecodeError:
            raise TrainingError(
                "The run's config is not readable JSON.", "Put the file back from a copy."
            ) from None

    def _known_fields(self, needed: Set[str]) -> Iterator[dict[str, Any]]:
        """What the run's weights say of its config, in the words of the config."""
        for path in reversed(self.checkpoints()):
            with contextlib.suppress(OSError, SafetensorError, ValueError, RecursionError):
                with safe_open(path, framework="np") as file:
                    header = load_json((file.metadata() or {}).get("ganlab", "null"))
                if isinstance(header, dict) and isinstance(header.get("config"), dict):
                    yield header["config"]
        if needed:
            snapshots = [entry.name for entry in self.files.files("snapshots", ".safetensors")]
            for name in (self.model.name, *(f"snapshots/{one}" for one in reversed(snapshots))):
                with contextlib.suppress(GanlabError, OSError):
                    info = read_info(self.files.path(name))
                    shape = dict(info.config)
                    if isinstance(shape.get("attention"), list):
                        shape["attention"] = (*shape["attention"], 0)[0]
                    known = {name: shape[name] for name in SHAPING if name in shape}
                    yield known | {"architecture": info.architecture}

    # --- event log -----------------------------------------------------------------------------------

    @property
    def log(self) -> Path:
        """The event log."""
        return self.root / LOG

    def log_length(self) -> int:
        """Bytes in the log, flushed to the disk."""
        if not self.files.is_file(self.log.name):
            return 0
        with self.files.open(self.log.name) as file:
            os.fsync(file.fileno())
            return os.fstat(file.fileno()).st_size

    def cut_log(self, length: int) -> None:
        """Forget events after a checkpoint: the resumed run will tell them again."""
        if self.files.is_file(self.log.name):
            self.files.cut(self.log.name, length)

    # --- files by images seen ------------------------------------------------------------------------

    def sheet(self, images: int) -> Path:
        """Where the sheet after `images` lies."""
        return self.files.place(f"sheets/{images:09d}.png")

    def checkpoint(self, images: int) -> Path:
        """Where the checkpoint after `images` lies."""
        return self.files.place(f"checkpoints/{images:09d}.safetensors")

    def snapshot(self, images: int) -> Path:
        """Where the kept model file after `images` lies."""
        return self.files.place(f"snapshots/{images:09d}.safetensors")

    def phase(self, resolution: int) -> Path:
        """Where the model of an ended phase lies."""
        return self.files.place(f"phases/{resolution}.safetensors")

    def phases(self) -> dict[int, Path]:
        """Resolution -> the model kept at the end of its phase, smallest first."""
        with self._refusing():
            files = self.files.files("phases", ".safetensors")
        kept = {entry.name: entry.path for entry in files}
        found = {side: kept.get(f"{side}.safetensors") for side in (2**at for at in range(2, 11))}
        return {side: path for side, path in found.items() if path is not None}

    def checkpoints(self) -> list[Path]:
        """All checkpoints, oldest first; other files that lie there are none."""
        with self._refusing():
            files = self.files.files("checkpoints", ".safetensors")
        named = [entry.path for entry in files if _is_number(entry.path.stem)]
        return sorted(named, key=lambda path: int(path.stem))

    def relative(self, path: Path) -> str:
        """`path` as it is told in events."""
        return path.relative_to(self.root).as_posix()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder against a second trainer; the lock vanishes with the process."""
        self.check()
        with self.held() as alone:
            clear_away(self.litter("me" if alone else "ganlab"))
            yield

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Keep trainers out, whatever is in the folder; tells whether that is possible here.

        Raises `TrainingError` where one is in it, and `OSError`.
        """
        with self.files.hold(".writing") as file:
            yield _lock(file.fileno(), self.root)

    def check(self) -> None:
        """Raise `TrainingError`, and touch nothing, where a link or pipe stands for the run's own file."""
        with self._refusing():
            for name in FOLDERS:
                self.files.files(name)
            for name in FILES:
                with contextlib.suppress(FileNotFoundError):
                    self.files.stat(name)

    def litter(self, whose: Whose = "me") -> list[Path]:
        """What killed processes left half-written; the window's wishes may be so at this moment."""
        here = litter_in(self.root, whose)
        wishes = (".steering.json.", ".start.json.")
        mine = [path for path in here if not path.name.startswith(wishes)]
        return mine + [path for name in FOLDERS for path in litter_in(self.root / name, whose)]

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Tell in a sentence what is a link or pipe and should be the run's own."""
        try:
            yield
        except UnsafePathError as error:
            raise TrainingError(
                f"The run {self.root.name} is not used: {error.strerror} {error.filename}.",
                LINK_REMEDY,
            ) from None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _lock(descriptor: int, root: Path) -> bool:
    """Hold the lock; tells whether that keeps other trainers out on this system."""
    try:
        import fcntl
    except (
        ImportError
    ):  # Windows: no advisory locks; two trainers on one folder are the user's choice
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise TrainingError(
            f"{trained_by(root)} is training in {root}.", "Wait for it, or stop it first."
        ) from None
    return True


# ------------------------------------------------------------------------------------------------
# Which weights of a run stay on the disk: as many as its budget allows, spread over its time.


ALWAYS = 2
"""Newest checkpoints that always stay: should the last one be damaged, there is one before it."""

FREE = 3.0
"""Room left on the disk for so many files of the newest checkpoint's size, whatever the budget says."""

_NAME = re.compile(r"[0-9]{9,15}\.safetensors")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of weights: where it is, the images seen, its size in bytes."""

    path: Path
    images: int
    size: int


@dataclass(frozen=True, slots=True)
class Score:
    """How far the samples were from the data after `images`, at a growth; smaller is better.

    `kid` tells a kernel distance, which decides where there is one, from a sliced Wasserstein distance.
    """

    images: int
    growth: float
    distance: float
    kid: bool = False


def best_of(checkpoints: Sequence[Kept], scores: Sequence[Score]) -> Kept | None:
    """The checkpoint whose samples were nearest to the data; None while nothing is known.

    Distances of different resolutions do not compare, so only those at the furthest growth count.
    A checkpoint has the kernel distance that was measured with it; where none has one, the newest other
    score from its time or before.
    """
    measured = {score.images: score.distance for score in scores if score.kid}
    judged = [kept for kept in checkpoints if kept.images in measured]
    if judged:
        return min(judged, key=lambda kept: (measured[kept.images], -kept.images))
    scores = [score for score in scores if not score.kid]
    furthest = max((score.growth for score in scores), default=0.0)
    best: tuple[float, Kept] | None = None
    for kept in checkpoints:
        known = [score for score in scores if score.images <= kept.images]
        if not known or known[-1].growth < furthest:
            continue
        if best is None or known[-1].distance <= best[0]:
            best = (known[-1].distance, kept)
    return None if best is None else best[1]


def too_many(
    files: Sequence[Kept], always: Sequence[Path], budget: float, free: float = float("inf")
) -> list[Kept]:
    """The files to delete so that what stays takes at most `budget` bytes and `free` more are there.

    One by one the file goes whose going leaves the smallest gap in time, the larger first where two
    lie at the same moment; so what stays is spread over the run. Those in `always` stay.
    """
    left = sorted(files, key=lambda one: one.images)
    need = max(sum(one.size for one in left) - budget, FREE * _newest_size(left) - free)
    dropped: list[Kept] = []
    while need > 0:
        loose = [index for index, one in enumerate(left) if one.path not in always]
        if not loose:
            break
        index = min(loose, key=lambda at: (_gap(left, at), -left[at].size))
        dropped.append(left.pop(index))
        need -= dropped[-1].size
    return dropped


def _newest_size(files: Sequence[Kept]) -> int:
    """Size of a checkpoint, which is the largest of the files."""
    return max((one.size for one in files), default=0)


def _gap(files: Sequence[Kept], index: int) -> int:
    """Images between the neighbours of a file, 0 where one is of the same moment."""
    here = files[index].images
    before = files[index - 1].images if index else 0
    after = files[index + 1].images if index + 1 < len(files) else here + 1
    return 0 if here in (before, after) else after - before


def kept_in(folder: Path) -> list[Kept]:
    """The files of weights in a folder, by the images in their names; none where it cannot be read."""
    found = []
    with contextlib.suppress(OSError):
        for entry in ConfinedFolder(folder.parent).files(folder.name):
            if _NAME.fullmatch(entry.name):
                found.append(Kept(entry.path, int(entry.path.stem), entry.size))
    return sorted(found, key=lambda one: one.images)


def enforce_budget(
    root: Path, scores: Sequence[Score], gigabytes: float, litter: Sequence[Path] = ()
) -> None:
    """Delete checkpoints and snapshots of the run in `root` until they take so much at most.

    The newest checkpoints and the best one always stay. What lies there as `litter` counts as well.
    Only plain files in the run's own folders go, and only those with a name that the trainer gives.
    """
    checkpoints, snapshots = (kept_in(root / name) for name in ("checkpoints", "snapshots"))
    budget = gigabytes * 1e9 - sum(_size(path) for path in litter)
    best = best_of(checkpoints, scores)
    always = [one.path for one in checkpoints[-ALWAYS:]]
    always += [best.path] if best else []
    free = shutil.disk_usage(root).free
    files = ConfinedFolder(root)
    for one in too_many([*checkpoints, *snapshots], always, budget, free):
        with contextlib.suppress(OSError):
            files.remove(one.path.relative_to(root).as_posix())


def _size(path: Path) -> int:
    """Bytes of a file, or of the files in a folder; nothing is followed."""
    with contextlib.suppress(OSError):
        facts = path.lstat()
        if not stat.S_ISDIR(facts.st_mode):
            return facts.st_size
        return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(path))
    return 0


# ------------------------------------------------------------------------------------------------
# Requested settings: what a person asks of a run through its folder, and what has become part of it.


CONTROL = "steering.json"
RECORD = "steering.jsonl"
RECORD_BYTES = 2**26
STEERABLE = (
    "learning_rate",
    "learning_rate_d",
    "r1_gamma",
    "augment",
    "growth_speed",
    "accumulate",
)
"""What may be changed while a run trains; `growth_speed` 1 = as planned, 0 = alpha stands still."""

Value = float | str
Settings = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class ControlFile:
    """What a person wants of a run that trains.

    Attributes
    ----------
    paused, stop
        To stand still between two steps; to write a checkpoint and end.
    steps
        How many single steps have been asked for while paused, in all.
    settings
        Names of `STEERABLE` and the values they should have.
    """

    paused: bool = False
    stop: bool = False
    steps: int = 0
    settings: Settings = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Settings that hold from step number `step` on, when `images` had been seen."""

    step: int
    images: int
    settings: Settings


def read_control(root: Path) -> ControlFile:
    """What is asked of the run in a folder; nothing where there is no readable file."""
    data = _object(root)
    steps = data.get("steps")
    return ControlFile(
        paused=data.get("paused") is True,
        stop=data.get("stop") is True,
        steps=steps if isinstance(steps, int) and not isinstance(steps, bool) else 0,
        settings=_settings(data.get("settings")),
    )


def write_control(root: Path, control: ControlFile) -> None:
    """Put this in the place of what was asked before; raises `OSError`."""
    data = dataclasses.asdict(control) | {"settings": dict(control.settings)}
    ConfinedFolder(root).write(CONTROL, json.dumps(data).encode())


def applied(config: TrainConfig, change: Change) -> TrainConfig:
    """The config from a change on; raises `TrainingError` for a value out of range."""
    settings: dict[str, object] = dict(change.settings)
    if settings.get("augment") == AUTO:
        raise TrainingError("augment=auto holds when a run begins; name what is to be done.")
    if "growth_speed" in settings:
        settings[f"growth_speed_at.{change.images}"] = _speed(settings.pop("growth_speed"))
    return chosen(config, settings)


def _speed(value: object) -> float:
    if isinstance(value, int | float) and 0 <= value <= MOST_SPEED:
        return float(value)
    raise TrainingError(f"growth_speed must be from 0 to {MOST_SPEED:g}, not {value!r}.")


def write_record(root: Path, changes: Iterable[Change]) -> None:
    """Put these changes on record, in the place of those before; raises `OSError`."""
    ConfinedFolder(root).write(RECORD, "".join(map(_line, changes)).encode())


def read_record(root: Path) -> tuple[Change, ...]:
    """The changes a run has seen, in the order of their steps; lines that are no change are passed."""
    try:
        text = ConfinedFolder(root).read(RECORD, RECORD_BYTES).decode(errors="replace")
    except OSError:
        return ()
    found = [change for line in text.splitlines() if (change := _change(line)) is not None]
    return tuple(sorted(found, key=lambda change: change.step))


def replayed(config: TrainConfig, root: Path, step: int) -> TrainConfig:
    """The config with every change a run had seen when it had done `step` steps."""
    for change in read_record(root):
        if change.step < step:
            config = applied(config, change)
    return config


def change_lines(changes: Iterable[Change]) -> bytes:
    """Changes as they are told to the other processes: one JSON line each."""
    return "".join(_line(change) for change in changes).encode()


def changes_from(words: bytes) -> list[Change]:
    """What `change_lines` told."""
    lines = words.decode(errors="replace").splitlines()
    return [change for line in lines if (change := _change(line)) is not None]


def _line(change: Change) -> str:
    data = {
        "step": change.step,
        "images": change.images,
        "settings": dict(change.settings),
    }
    return json.dumps(data) + "\n"


def _change(line: str) -> Change | None:
    data = json_object(line)
    if data is None:
        return None
    step, images, settings = data.get("step"), data.get("images"), _settings(data.get("settings"))
    if type(step) is not int or type(images) is not int or not settings:
        return None
    return Change(step, images, settings)


def _settings(data: object) -> Settings:
    """Only what may be steered, in one order."""
    if not isinstance(data, Mapping):
        return ()
    return tuple(
        (name, data[name])
        for name in STEERABLE
        if isinstance(data.get(name), int | float | str) and not isinstance(data.get(name), bool)
    )


def _object(root: Path) -> dict[str, Any]:
    try:
        return json_object(ConfinedFolder(root).read(CONTROL)) or {}
    except OSError:
        return {}
