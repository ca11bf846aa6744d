"""Taking a run up again: everything is checked before anything in its folder is touched.

What does not fit is refused with the choices there are, and the folder stays as it was to the byte.
Only a damaged checkpoint may be passed over for an older one, which is told.
A file that cannot be read at this moment is no damage: that is refused as well, for it may pass.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganlab_core.data import Images
from ganlab_core.device import choose_device
from ganlab_core.errors import GanlabError, TrainingError, explain_os_error
from ganlab_core.files import ConfinedFolder, canonical_json
from ganlab_core.models import read_info
from ganlab_core.training.adapters import slow_precision
from ganlab_core.training.config import TrainConfig, from_fields, lengthened
from ganlab_core.training.distributed import DistributedContext
from ganlab_core.training.events import (
    LONGEST_LINE,
    CheckpointSaved,
    Ended,
    LogLine,
    PhaseBegan,
    Steered,
    read_line,
    to_line,
)
from ganlab_core.training.model_export import images_of
from ganlab_core.training.run_folder import LOG, SHAPING, RunFolder, kept_in, replayed
from ganlab_core.training.state import (
    Checkpoint,
    TrainState,
    UnusableCheckpoint,
    read_checkpoint,
    start_from,
)
from ganlab_core.training.step import prepared

IDENTITY = ("seed", *SHAPING)
"""Settings that nobody changes while a run lasts: a checkpoint that differs is of another run."""

PASSING = "Nothing was changed; see that the files can be read, then go on."
UNUSED = ".unused"
"""Is added to the name of a checkpoint that was passed over."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a person wants to be otherwise from now on.

    Attributes
    ----------
    images
        The run's new end; None = as it was.
    renamed
        Class folders that have got another name: the one they had -> the one they have.
    """

    images: object = None
    renamed: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run as it begins, or goes on.

    Attributes
    ----------
    state, pictures
        As at the checkpoint; the classes are in the order that the networks know.
    config
        The run's config without what was steered.
    checkpoint
        The one it goes on from, None where it never had one and starts from nothing.
    warnings
        What a person should know, a sentence each.
    config_changed
        Whether the folder has to be told of `config`.
    passed_over
        Newer checkpoints that are damaged.
    log_bytes
        What is kept of the event log.
    complete
        Whether all that comes with the checkpoint was done in the life before.
    """

    state: TrainState
    pictures: Images
    config: TrainConfig
    config_changed: bool = False
    checkpoint: Checkpoint | None = None
    warnings: tuple[str, ...] = ()
    passed_over: tuple[Path, ...] = ()
    log_bytes: int = 0
    complete: bool = True


def resume_run(
    folder: RunFolder,
    distributed: DistributedContext,
    changes: Changes,
    preparing: Callable[[int, int], None] | None = None,
) -> RunStart:
    """The run in `folder` where its last life left it, checked in all, with nothing touched.

    Raises `TrainingError` and `DatasetError` with what can be done.
    """
    try:
        return _Check(folder, distributed, changes, preparing).taken_up()
    except OSError as error:
        raise TrainingError(explain_os_error(error, "reading the run"), PASSING) from None


def settle(folder: RunFolder, taken: RunStart) -> None:
    """Bring the folder to the moment the run goes on from; raises `OSError`."""
    for path in taken.passed_over:
        path.replace(path.with_name(path.name + UNUSED))
    folder.cut_log(taken.log_bytes)
    if taken.checkpoint is not None and taken.state.step:
        told = folder.relative(taken.checkpoint.path)
        folder.files.append_line(LOG, to_line(CheckpointSaved(taken.state.images, told)))
    if taken.config_changed:
        folder.replace_config(taken.config)


class _Check:
    """One look at a run that is to go on."""

    def __init__(
        self,
        folder: RunFolder,
        distributed: DistributedContext,
        changes: Changes,
        preparing: Callable[[int, int], None] | None,
    ) -> None:
        self.folder, self.distributed, self.changes = folder, distributed, changes
        self._preparing = preparing
        self.config, self.filled = folder.whole_config()
        if not self.config.data:
            raise TrainingError(
                "The run's config.json does not say where its pictures are.",
                'Write their folder or zip into it as "data".',
            )
        self.log = RunLog(folder.log)
        self.faults: list[UnusableCheckpoint] = []
        self._prepared: Images | None = None
        self._built: tuple[int, TrainState] | None = None

    def taken_up(self) -> RunStart:
        paths = self.folder.checkpoints()
        if not paths:
            self._refuse_lost()
        checkpoint = self._newest(paths)
        trained = self._classes(checkpoint)
        if checkpoint is None and self.config.start_from:
            start_from(self._state(len(trained)), self.config.start_from)
        state = self._state(len(trained))
        config = self._changed(trained, max(state.images, images_of(self.folder.model)))
        pictures = self._pictures()
        ordered = self._matched(pictures, config.today(trained), trained)
        warnings = self._warnings(checkpoint, config, state, pictures)
        state.config = replayed(config, self.folder.root, state.step)
        state.classes, state.data = trained, pictures.fingerprint
        log_bytes, complete = 0, True
        if state.step:
            log_bytes, complete = self.log.moment(state.log_bytes, state.images)
        return RunStart(
            state,
            ordered,
            config,
            config != self.config or bool(self.filled),
            checkpoint,
            warnings,
            tuple(paths[len(paths) - len(self.faults) :]),
            log_bytes,
            complete,
        )

    # --- weights ---------------------------------------------------------------------------------

    def _newest(self, paths: list[Path]) -> Checkpoint | None:
        """The newest checkpoint that can be used, which the state then has taken over."""
        self._refuse_links(paths)
        for path in reversed(paths):
            try:
                checkpoint = read_checkpoint(path)
                self._check_identity(checkpoint)
                self._state(len(self._classes(checkpoint))).take(checkpoint)
                return checkpoint
            except UnusableCheckpoint as fault:
                self.faults.append(fault)
                if not fault.fits:
                    break
        if paths:
            raise self._none_usable(self.faults[-1])
        return None

    def _refuse_links(self, paths: list[Path]) -> None:
        """Raise `TrainingError` for a link that is named like a checkpoint: it cannot be looked at."""
        with contextlib.suppress(FileNotFoundError):
            for path in (self.folder.root / "checkpoints").iterdir():
                named = path.suffix == ".safetensors" and path.stem.isdigit()
                if named and path not in paths:
                    raise TrainingError(
                        f"The checkpoint {path.name} is no plain file, but a link or a folder.",
                        "Put the real file there, or take it away for an older one to do.",
                    )

    def _state(self, label_size: int) -> TrainState:
        """Networks by the config for so many classes, built once."""
        if self._built is None or self._built[0] != label_size:
            device = choose_device(self.config.device)
            state = TrainState.start(self.config, label_size, device, self.distributed)
            self._built = (label_size, state)
        return self._built[1]

    def _check_identity(self, checkpoint: Checkpoint) -> None:
        """Raise `UnusableCheckpoint` for a checkpoint that says it is of another run."""
        known = checkpoint.config or {}
        own = json.loads(self.config.to_json())
        others = [name for name in IDENTITY if name in known and known[name] != own[name]]
        if others:
            told = ", ".join(
                f"{name} is {known[name]!r} there, not {own[name]!r}" for name in others
            )
            raise UnusableCheckpoint(
                f"The checkpoint {checkpoint.path.name} does not fit the run's config: {told}.",
                fits=False,
            )

    def _classes(self, checkpoint: Checkpoint | None) -> tuple[str, ...]:
        """The classes that the networks were trained with; old checkpoints leave them to the model."""
        if checkpoint is not None and checkpoint.classes is not None:
            return checkpoint.classes
        if checkpoint is not None:
            with contextlib.suppress(GanlabError):
                return read_info(self.folder.model).classes
        return self._pictures().classes

    def _pictures(self) -> Images:
        """The data set; taking long the first time, it waits until the weights are known to do."""
        if self._prepared is None:
            self._prepared = prepared(self.config, self.distributed, self._preparing)
        return self._prepared

    def _none_usable(self, fault: UnusableCheckpoint) -> TrainingError:
        begin = "or begin a new run with these weights: `ganlab train --from"
        data = f"--data {self.config.data} --out ...`."
        if fault.fits:
            return TrainingError(
                f"The run cannot go on from any of its checkpoints. {fault.what}",
                f"Put them back from a copy, {begin} {self.folder.model} {data}",
            )
        return TrainingError(
            fault.what,
            "Put config.json back as it was, take that file out of the folder checkpoints if it is of"
            f" another run, {begin} {self.folder.root} {data}",
        )

    def _refuse_lost(self) -> None:
        """Raise `TrainingError` where there are no checkpoints and there must have been."""
        snapshots = kept_in(self.folder.root / "snapshots")
        model = images_of(self.folder.model)
        told = self.log.had_checkpoint(self._first_due())
        by_the_way = model == 0 or model in self.log.interludes()
        if not told and not snapshots and by_the_way:
            return
        source = self.folder.model if model else self.folder.root / "snapshots"
        raise TrainingError(
            "The run has come some way, but its checkpoints are gone.",
            "Put the folder checkpoints back, or begin a new run with the weights that are left: "
            f"`ganlab train --from {source} --data {self.config.data} --out ...`.",
        )

    def _first_due(self) -> int:
        """So many images no run sees without having written a checkpoint."""
        batch = max([self.config.batch_size, *(int(size) for _, size in self.config.batch_size_at)])
        return round(1000 * self.config.checkpoint_kimg) + 2 * batch * self.config.d_steps

    # --- pictures and settings -------------------------------------------------------------------

    def _changed(self, trained: tuple[str, ...], seen: int) -> TrainConfig:
        """The config with what a person wants changed."""
        config, images = self.config, self.changes.images
        if self.changes.renamed:
            today = config.today(trained)
            for old in self.changes.renamed:
                if old not in today:
                    raise TrainingError(
                        f"The run has no class {old!r} to rename.",
                        f"Its classes are: {', '.join(today) or 'none'}.",
                    )
            now = (self.changes.renamed.get(name, name) for name in today)
            names = {was: name for was, name in zip(trained, now, strict=True) if was != name}
            words = canonical_json(names) if names else ""
            config = dataclasses.replace(config, renamed_classes=words)
        return config if images is None else lengthened(config, images, seen)

    def _matched(
        self, pictures: Images, today: tuple[str, ...], trained: tuple[str, ...]
    ) -> Images:
        """The pictures with their classes in the order of the networks; raises `TrainingError`."""
        if pictures.classes == today:
            return pictures
        if sorted(pictures.classes) == sorted(today) and len(set(today)) == len(today):
            return pictures.in_order(today)
        gone = [name for name in today if name not in pictures.classes]
        new = [name for name in pictures.classes if name not in today]
        said = [f"missing: {_listed(gone)}"] * bool(gone) + [f"new: {_listed(new)}"] * bool(new)
        renaming = (
            f", say --rename-class {gone[0]}={new[0]} if a folder only got another name,"
            if gone and len(gone) == len(new)
            else ""
        )
        were = (
            f"was trained with {len(trained)} classes" if trained else "was trained without classes"
        )
        raise TrainingError(
            f"The run {were}, and those of {Path(self.config.data).name} are others now "
            f"({'; '.join(said)}).",
            f"Put the folders back{renaming} or begin a new run with these weights: "
            f"`ganlab train --from {self.folder.root} --data {self.config.data} --out ...`.",
        )

    def _warnings(
        self,
        checkpoint: Checkpoint | None,
        config: TrainConfig,
        state: TrainState,
        pictures: Images,
    ) -> tuple[str, ...]:
        said = [
            f"{fault.what} The run goes on from {state.images} images." for fault in self.faults
        ]
        if self.filled:
            said.append(f"config.json lacked {', '.join(self.filled)}: as the weights say.")
        if checkpoint is not None and checkpoint.data not in ("", pictures.fingerprint):
            said.append("The pictures have changed, or were copied, since the run last saw them.")
        # what was steered at this very step holds in the checkpoint already, or not yet
        possible = [replayed(config, self.folder.root, state.step + more) for more in (0, 1)]
        changed = _changed_settings(checkpoint, possible)
        if changed:
            said.append(f"config.json has other settings than before: {', '.join(changed)}.")
        return (*said, *slow_precision(config))


def warning_of_unknown(config: TrainConfig) -> tuple[str, ...]:
    """What to say of fields that only another version knows: at most one sentence."""
    if not config.unknown:
        return ()
    names = ", ".join(config.unknown_fields)
    return (f"The config has fields that this ganlab does not know and passes over: {names}.",)


_MAY_CHANGE = ("images", "growth_images", "renamed_classes", "unknown")


def _changed_settings(checkpoint: Checkpoint | None, possible: Sequence[TrainConfig]) -> list[str]:
    """Settings that somebody has changed in the file since the checkpoint."""
    if checkpoint is None or checkpoint.config is None:
        return []
    known = {k: v for k, v in checkpoint.config.items() if k != "ganlab_train_config"}
    try:
        before = from_fields(known)
    except TrainingError:
        return []
    names = [item.name for item in dataclasses.fields(TrainConfig) if item.name in known]
    return [
        name
        for name in names
        if name not in _MAY_CHANGE
        and all(getattr(before, name) != getattr(config, name) for config in possible)
    ]


def _listed(names: list[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


# ------------------------------------------------------------------------------------------------
# The event log of an earlier life of a run: what it tells of checkpoints, and where to cut it.


class RunLog:
    """Reads an event log; every method may raise `OSError`, but not for a log that is missing."""

    def __init__(self, path: Path) -> None:
        self._files, self._name = ConfinedFolder(path.parent), path.name

    def moment(self, log_bytes: int, images: int) -> tuple[int, bool]:
        """Where the log ends at a checkpoint after `images`, and whether its own line follows there.

        That is at `log_bytes`, unless the log was changed since; then it is before the first line
        that tells of more images.
        """
        sound = log_bytes == 0
        for at, line in self._lines():
            if at > log_bytes:
                break
            sound = at == log_bytes
            if _images(line) > images:
                sound = False
                break
        end = log_bytes if sound else self._before(images)
        following = next((line for at, line in self._lines() if at > end), None)
        told = following.event if following else None
        return end, isinstance(told, CheckpointSaved) and told.images == images

    def _before(self, images: int) -> int:
        """Where the lines end that tell of at most `images`."""
        end = 0
        for at, line in self._lines():
            if _images(line) > images:
                break
            end = at
        return end

    def had_checkpoint(self, due: int) -> bool:
        """Whether it tells of a checkpoint, or of so many images that there must have been one."""
        return any(
            line is not None
            and (isinstance(line.event, CheckpointSaved | Ended) or line.images > due)
            for _, line in self._lines()
        )

    def interludes(self) -> set[int]:
        """Images at which a model file is written without a checkpoint: a new phase, a pause."""
        return {
            line.images
            for _, line in self._lines()
            if line is not None and isinstance(line.event, PhaseBegan | Steered)
        }

    def _lines(self) -> Iterator[tuple[int, LogLine | None]]:
        """Each whole line's end, and what it says; None for a line that is no event."""
        try:
            file = self._files.open(self._name)
        except FileNotFoundError:
            return
        with file:
            while line := file.readline(LONGEST_LINE):
                if line.endswith(b"\n"):
                    yield file.tell(), read_line(line)


def _images(line: LogLine | None) -> int:
    return 0 if line is None else line.images
