"""The training runs a person has: found in folders, and each told in a few plain facts.

Nothing here trusts a run folder: it may be half written, damaged, foreign or gone the next moment.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganlab_core.errors import GanlabError, TrainingError, explain_os_error
from ganlab_core.files import (
    ConfinedFolder,
    JSONError,
    UnsafePathError,
    known_runs_file,
    load_json,
    runs_dir,
    write_bytes_atomically,
)
from ganlab_core.training.events import RunReader, State, open_run
from ganlab_core.training.run_folder import REALS, SKIPPED, RunFolder, life_of, trained_by

ListedState = Literal["training", "paused", "stopped", "ended", "failed", "broke off", "unreadable"]

_LISTED: dict[State, ListedState] = {
    "running": "training",
    "paused": "paused",
    "stopped": "stopped",
    "ended": "ended",
    "failed": "failed",
    "died": "broke off",
}

CONFIG = "config.json"
LOG = "events.jsonl"
READ_AT_ONCE = (CONFIG, LOG, "alive.json", "steering.json")
"""Files that a look at a run opens."""

MOST_IMAGES = 10**12
MOST_LISTED = 500
MOST_LIST_BYTES = 2**18
MOST_ENTRIES = 100_000
"""Files and folders that are counted for the size of one run."""

UNREADABLE = (GanlabError, OSError, ValueError, TypeError, OverflowError, RecursionError)
"""What reading a damaged run may raise."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One run in a list.

    Attributes
    ----------
    folder
        Where it lies.
    state
        What it does; `"unreadable"` leaves all but `message` and the times at their defaults.
    message
        One sentence about the state.
    images, images_total
        Real pictures seen, and how many there will be.
    resolution, reached
        Side of its pictures in pixels, and of the newest block.
    architecture, data
        What is trained, and the name of what it is trained on.
    began, changed
        When its config and the last of its log were written, in seconds since 1970; 0 = unknown.
    size
        Bytes on the disk.
    sheet, grid
        The newest sample sheet, None for none, and its rows and columns.
    has_model
        Whether a model file of it can be opened.
    """

    folder: Path
    state: ListedState
    message: str
    images: int = 0
    images_total: int = 0
    resolution: int = 0
    reached: int = 0
    architecture: str = ""
    data: str = ""
    began: float = 0.0
    changed: float = 0.0
    size: int = 0
    sheet: Path | None = None
    grid: tuple[int, int] = (1, 1)
    has_model: bool = False

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.folder.name or str(self.folder)

    @property
    def is_alive(self) -> bool:
        """Whether a process trains it."""
        return self.state in ("training", "paused")


_Stamp = tuple[int, ...]


def remember_run(folder: Path) -> None:
    """Put a run that is begun, resumed or opened on the person's list; it is never a reason to fail.

    Every process adds a line of its own, so that none takes another's away.
    """
    file = known_runs_file()
    line = json.dumps(str(folder.absolute())) + "\n"
    with contextlib.suppress(OSError):
        if len(known := known_runs()) and str(known[0]) == str(folder.absolute()):
            return
        if file.exists() and file.stat().st_size > MOST_LIST_BYTES:
            kept = [json.dumps(str(path)) + "\n" for path in reversed(known)]
            write_bytes_atomically(file, "".join(kept).encode())
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as listed:
            listed.write(line.encode())


def known_runs() -> list[Path]:
    """The runs on the person's list, the newest first; some may be gone."""
    try:
        with known_runs_file().open("rb") as file:
            lines = file.read(2 * MOST_LIST_BYTES).splitlines()
    except OSError:
        return []
    found: dict[str, None] = {}
    for line in reversed(lines):
        with contextlib.suppress(JSONError):
            text = load_json(line)
            if isinstance(text, str) and os.path.isabs(text) and "\0" not in text:
                found[text] = None
    return [Path(text) for text in found][:MOST_LISTED]


class Runs:
    """Looks at runs, and again: what has not changed since the last look is not read once more."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Stamp, RunFacts]] = {}

    def look(self, places: Iterable[Path], listed: Iterable[Path] = ()) -> list[RunFacts]:
        """Every run in these places, each once, the one that began last first.

        A place is a run's folder, or a folder with runs in it; one that is not there has none. What
        is `listed` are run folders alone, some of which may be gone.
        """
        known, self._known = self._known, {}
        for folder in run_folders(places, listed):
            stamp = _stamp(folder)
            before = known.get(folder)
            fresh = before is None or before[0] != stamp or before[1].is_alive
            self._known[folder] = (stamp, facts_of(folder) if fresh or not before else before[1])
        found = (facts for _, facts in self._known.values())
        return sorted(found, key=lambda facts: (-facts.began, facts.name))


def run_folders(places: Iterable[Path], listed: Iterable[Path] = ()) -> Iterator[Path]:
    """The run folders among these places, directly inside them, and among the listed, each once."""
    seen: set[str] = set()
    inside = (folder for place in places for folder in _runs_at(place))
    for folder in itertools.chain(inside, filter(looks_like_a_run, listed)):
        real = os.path.realpath(folder)
        if real not in seen:
            seen.add(real)
            yield folder


def _runs_at(place: Path) -> list[Path]:
    if looks_like_a_run(place):
        return [place]
    try:
        with os.scandir(place) as entries:
            inside = [Path(entry.path) for entry in entries if entry.is_dir()]
        return sorted(filter(looks_like_a_run, inside))
    except OSError:
        return []


def looks_like_a_run(folder: Path) -> bool:
    """Whether it has a run's config, or is locked so that nobody can say; hidden ones are none."""
    if folder.name.startswith("."):
        return False
    try:
        (folder / CONFIG).lstat()
    except PermissionError:
        return folder.is_dir()
    except (OSError, ValueError):
        return False
    return True


def facts_of(folder: Path) -> RunFacts:
    """What a list says of the run in `folder`; one that cannot be read says why."""
    try:
        _refuse_what_is_no_file(folder)
        return _facts(folder, _opened(folder))
    except UNREADABLE as error:
        began, changed = _written(folder / CONFIG), _written(folder)
        return RunFacts(folder, "unreadable", _reason(error), began=began, changed=changed)


def _opened(folder: Path) -> RunReader:
    try:
        return open_run(folder)
    except TrainingError:
        ConfinedFolder(folder).read(CONFIG)  # a locked file is no damage, and says so itself
        raise TrainingError(f"Its {CONFIG} is damaged.") from None


def _facts(folder: Path, run: RunReader) -> RunFacts:
    status, config = run.status(), run.config
    return RunFacts(
        folder,
        _LISTED[status.state],
        status.message,
        _count(status.images),
        _count(status.images_total),
        _count(config.get("resolution")),
        _count(status.resolution),
        _word(config.get("architecture", "stylegan")),
        Path(_word(config.get("data", ""))).name,
        _written(folder / CONFIG),
        max(_written(folder / LOG), _written(folder / CONFIG)),
        size_of(folder),
        run.newest_sheet(),
        (_count(config.get("sheet_rows")) or 1, _count(config.get("sheet_columns")) or 1),
        run.model_path() is not None,
    )


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder and below it; links are counted and not followed."""
    total, entries, left = 0, 0, [folder]
    while left and entries < MOST_ENTRIES:
        try:
            with os.scandir(left.pop()) as found:
                for entry in found:
                    entries += 1
                    if entry.is_dir(follow_symlinks=False):
                        left.append(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def _refuse_what_is_no_file(folder: Path) -> None:
    """Raise for a link, a pipe or a folder where a run has a file: whoever shared it meant no good."""
    files = ConfinedFolder(folder)
    for name in READ_AT_ONCE:
        if os.path.lexists(folder / name) and not files.is_file(name):
            raise GanlabError(f"{name} is not a plain file.")


def _stamp(folder: Path) -> _Stamp:
    """What tells a folder that has changed from the same one."""
    found: list[int] = []
    for name in (CONFIG, LOG, "alive.json", "sheets", "checkpoints", "snapshots", ""):
        try:
            facts = (folder / name).lstat()
            found += [facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino]
        except OSError:
            found.append(-1)
    return tuple(found)


def _written(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def _count(value: object) -> int:
    """A number of things; 0 for what cannot be one."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return min(max(int(value), 0), MOST_IMAGES) if whole else 0  # type: ignore[call-overload]


def _word(value: object) -> str:
    return value[:1000] if isinstance(value, str) else ""


def _reason(error: BaseException) -> str:
    if isinstance(error, GanlabError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}."
    return "It holds values that no run has."


def ago(seconds: float) -> str:
    """How long something is past, as a person would say it: `"3 h ago"`."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now" if seconds < 60 else "1 min ago"


def size_text(size: float) -> str:
    """A size as people say it: `"3 MB"`."""
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


# ------------------------------------------------------------------------------------------------
# Removing a run: only what is a run's folder, never one that trains, and never through a link.


OWN = frozenset({
    "config.json", "start.json", "events.jsonl", "training.log", "alive.json", "steering.json",
    "steering.jsonl", "model.safetensors", "sheets", "checkpoints", "snapshots", "phases", REALS, SKIPPED,
    ".writing", ".reserve", ".process",
})  # fmt: skip
"""What a run has in its folder, besides temporary files that a kill has left."""

LEFT_BY_KILLS = (".part", ".tmp")
SIGNS = ("events.jsonl", "start.json", "checkpoints", "sheets")
"""Beside a config, what tells a run's folder from another program's."""

_ASIDE = re.compile(r"\..*\.[0-9a-f]{16}\.removed", re.DOTALL)
"""The name of a run while it is deleted."""

NO_RUN = "Nothing was removed."


def sweep_removed(place: Path) -> None:
    """Delete what is left of runs whose deletion was broken off, directly in a folder of runs."""
    with contextlib.suppress(OSError):
        for path in place.iterdir():
            if _ASIDE.fullmatch(path.name) and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def held_for_removal(folder: Path) -> Iterator[None]:
    """While entered, the run in `folder` may be moved or deleted: no process can begin to train it.

    A link to a run is not followed: what may be removed then is the link. Raises `TrainingError` for
    what is no run, or trains, or cannot be held.
    """
    _check_is_a_run(folder)
    try:
        if folder.is_symlink():
            yield
            return
        with contextlib.ExitStack() as held:
            _check_is_at_rest(folder)
            with contextlib.suppress(UnsafePathError):  # nobody trains in such a folder
                held.enter_context(RunFolder(folder).held())
            _check_is_at_rest(folder)
            if os.name != "posix":  # there an open file would keep its folder where it is
                held.close()
            yield
    except OSError as error:
        raise TrainingError(explain_os_error(error, f"removing {folder.name}")) from None


def unlink_run(folder: Path) -> bool:
    """Take away a link to a run, and leave the run; False for what is no link."""
    if not folder.is_symlink():
        return False
    folder.unlink()
    return True


def delete_run(folder: Path) -> None:
    """Delete a run's folder for good; links in it go, and what they lead to stays.

    It takes another name first, so that a deletion that breaks off leaves nothing that looks like a
    run. Raises `TrainingError`, also where somebody else's files are in the folder.
    """
    with held_for_removal(folder):
        if unlink_run(folder):
            return
        _refuse_what_is_not_the_runs(folder)
        aside = folder.with_name(f".{folder.name[:100]}.{secrets.token_hex(8)}.removed")
        folder.rename(aside)
        shutil.rmtree(aside)


def _check_is_a_run(folder: Path) -> None:
    """Refuse every folder that is not surely a run's, and one that a person lives in."""
    real = Path(os.path.realpath(folder))
    lived_in = [Path.home().resolve(), runs_dir().resolve()]
    is_run = ConfinedFolder(folder).is_file("config.json") and any(
        os.path.lexists(folder / name) for name in SIGNS
    )
    if not is_run or any(place.is_relative_to(real) for place in lived_in) or os.path.ismount(real):
        raise TrainingError(f"{folder.name} is not the folder of a training run.", NO_RUN)


def _check_is_at_rest(folder: Path) -> None:
    if life_of(folder) == "running":
        raise TrainingError(
            f"{trained_by(folder)} is training {folder.name}.", "Stop it first, then remove it."
        )


def _refuse_what_is_not_the_runs(folder: Path) -> None:
    others = sorted(
        name
        for name in os.listdir(folder)
        if name not in OWN and not (name.startswith(".") and name.endswith(LEFT_BY_KILLS))
    )
    if others:
        more = " and others" * (len(others) > 3)
        raise TrainingError(
            f"{folder.name} also holds what is not the run's: {', '.join(others[:3])}{more}.",
            "Move that elsewhere, then remove the run.",
        )
