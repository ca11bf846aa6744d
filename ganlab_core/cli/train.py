"""`ganlab train`: a training run from a folder or zip of pictures, started or taken up again."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from tqdm import tqdm

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import (
    Stopping,
    UsageError,
    complain,
    existing_file,
    on_terminal,
    say,
    say_json,
    setting,
)
from ganlab_core.errors import GanlabError
from ganlab_core.plain_text import plain_text
from ganlab_core.training import (
    SKIPPED,
    CheckpointSaved,
    Ended,
    Evaluated,
    Event,
    Failed,
    LayerGains,
    Measured,
    PhaseBegan,
    Progress,
    RunFolder,
    SheetSaved,
    Spectra,
    Started,
    Steered,
    TrainConfig,
    Warned,
)

if TYPE_CHECKING:
    from ganlab_core.models import ModelInfo
    from ganlab_core.training import TrainConfig

EXAMPLES = """
ganlab train --data my-pictures --out runs/mine
ganlab train --data my-pictures --out runs/heads --preset evening --from adventurer
ganlab train --data classes.zip --out runs/big --architecture biggan --resolution 32
ganlab train --data my-pictures --out runs/plain --set augment=none --set batch_size=8
ganlab train --data horses --data-b zebras --out runs/both --architecture cyclegan
ganlab train --data my-pictures --estimate
ganlab train --resume runs/mine
"""


def add_train(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "train", run_train, EXAMPLES)
    _add_new_run(parser.add_argument)
    add = parser.add_argument
    add("--out", type=Path, metavar="RUN", help="the new run's folder")
    add("--resume", type=Path, metavar="RUN", help="go on with this run instead")
    add("--resolution", metavar="N", help="side of the pictures in pixels (default 64)")
    add("--preset", metavar="NAME", help="three-minutes, minutes (default), evening, gpu or paper")
    add("--images", metavar="N",
        help="how many pictures to show the network in all; with --resume the run's new end")  # fmt: skip
    add("--rename-class", dest="renamed", type=setting, action="append", default=[],
        metavar="OLD=NEW", help="with --resume: a class folder has got another name since the run "
        "began; may be repeated")  # fmt: skip
    add("--seed", metavar="N", help="seed of everything random")
    add("--freeze-d", metavar="N",
        help="with stylegan2 and --from: leave the N layers of the discriminator that are nearest to "
        "the picture as they are, for sets of a hundred pictures or so")  # fmt: skip
    add("--set", type=setting, action="append", default=[], metavar="key=value",
        help="any other setting, as batch_size=8 or batch_size_at.64=4; may be repeated")  # fmt: skip
    add(
        "--config",
        type=existing_file,
        metavar="FILE",
        help="settings from a JSON file, as a run's config.json; other options win over it",
    )
    add(
        "--estimate",
        action="store_true",
        help="only measure, by a few steps, what the run would take here, and print it as JSON",
    )
    add("--classes", type=int, default=0, metavar="N",
        help="for --estimate: classes, where they are not to be those of the data")  # fmt: skip
    add("--processes", type=int, default=1, metavar="N",
        help="train in N processes, one for each GPU; torchrun takes several machines")  # fmt: skip
    add("--json", action="store_true", help="print events as JSON, one per line")


def _add_new_run(add: Callable[..., object]) -> None:
    """What a new run learns, and with which network."""
    add("--data", metavar="DIR|ZIP", help="the pictures; subfolders of a folder are classes")
    add("--data-b", metavar="DIR|ZIP", help="with cogan and cyclegan: the second domain's pictures")
    add(
        "--architecture",
        metavar="A",
        help="stylegan (default), stylegan2, progan, biggan, biggan-deep; or an ancestor of theirs: "
        "gan, cgan, dcgan, wgan, wgan-gp, sagan; or, of two domains, cogan, cyclegan",
    )
    add("--from", dest="start", metavar="MODEL",
        help="begin with the weights of a bundled model, a model file or a run, at the resolution "
        "it has reached, instead of growing from random ones")  # fmt: skip


LEADER_SECONDS = 20.0
"""A process that is not the first waits so long before it tells a failure."""


def run_train(arguments: argparse.Namespace) -> int:
    """Train until the end, or until a signal asks to stop."""
    from ganlab_core.training import TrainConfig

    _check(arguments)
    if arguments.processes > 1 and "RANK" not in os.environ:
        return _in_processes(arguments.processes, arguments.words)
    if arguments.estimate:
        return _estimate(arguments)
    resume = arguments.resume is not None
    run_folder: Path = arguments.resume if resume else arguments.out
    config = TrainConfig() if resume else _config(arguments)
    with Stopping() as stopping, _one_sentence(stopping):
        _train(config, run_folder, stopping, arguments)
    if stopping.signal is not None and os.environ.get("RANK", "0") == "0":
        complain(f"Stopped. Go on with: ganlab train --resume {run_folder}")
    return stopping.status


def _in_processes(count: int, words: list[str]) -> int:
    """Start the same command `count` times, as torchrun would.

    The launcher's own log is left out: the process that fails says why in a sentence.
    """
    logging.disable(logging.CRITICAL)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the launcher would, with a warning
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as launch

    try:
        launch(["--standalone", f"--nproc-per-node={count}", "-m", "ganlab_core", *words])
    except SignalException as stop:  # the processes have stopped, and said how to go on
        return 128 + int(stop.sigval)
    except ChildFailedError as failed:  # the process that failed has said why
        return max(1, *(failure.exitcode for failure in failed.failures.values()))
    return 0


@contextlib.contextmanager
def _one_sentence(stopping: Stopping) -> Iterator[None]:
    """While entered, a failure that all processes meet is told by the first of them alone.

    The others wait a moment, in which the launcher ends them. `torchrun` prints what stands in its
    error file under its own report.
    """
    try:
        yield
    except GanlabError as error:
        reply = os.environ.get("TORCHELASTIC_ERROR_FILE")
        if reply:
            with contextlib.suppress(OSError):
                more = {"py_callstack": str(error), "timestamp": str(int(time.time()))}
                told = {"message": {"message": str(error), "extraInfo": more}}
                Path(reply).write_text(json.dumps(told), encoding="utf-8")
        if os.environ.get("RANK", "0") != "0":
            time.sleep(LEADER_SECONDS)
            if stopping.signal is not None:
                raise SystemExit(1) from None
        raise


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    names = (
        "data",
        "data_b",
        "architecture",
        "resolution",
        "preset",
        "seed",
        "start",
        "freeze_d",
        "set",
    )
    if arguments.config is not None and (arguments.architecture or arguments.preset):
        raise UsageError("--config holds the architecture and its settings; change them with --set")
    if arguments.resume is None:
        whole = arguments.data or arguments.config
        if not whole or (arguments.out is None and not arguments.estimate):
            raise UsageError("say --data and --out for a new run, or --resume for an old one")
        if arguments.renamed:
            raise UsageError("--rename-class goes with --resume")
        return
    for name in (*names, "out", "config", "estimate"):
        if getattr(arguments, name):
            option = {"start": "from", "freeze_d": "freeze-d", "data_b": "data-b"}.get(name, name)
            raise UsageError(f"--resume goes on as the run was started; leave out --{option}")


def _config(arguments: argparse.Namespace) -> TrainConfig:
    """The preset, then the named options, then every --set; what is said here wins over the preset."""
    from ganlab_core.training import (
        TrainConfig,
        chosen,
        network_settings,
        refuse_other_network,
        with_settings,
    )

    start = _started_from(arguments.start) if arguments.start else None
    if arguments.config is not None:
        text = arguments.config.read_text(encoding="utf-8", errors="replace")
        base = TrainConfig.from_json(text)
    else:
        base = with_settings(TrainConfig(), _preset(arguments, start))
    own: dict[str, object] = {
        name: getattr(arguments, name)
        for name in ("resolution", "images", "seed", "freeze_d")
        if getattr(arguments, name) is not None
    }
    if arguments.data:
        own["data"] = str(Path(arguments.data).expanduser().absolute())
    if arguments.data_b:
        own["data_b"] = str(Path(arguments.data_b).expanduser().absolute())
    if arguments.config is None:
        own |= {"augment": "auto", "img_channels": 0}
    own |= dict(arguments.set)
    if start is None:
        return chosen(base, own)
    own["start_from"] = str(start.path.absolute())
    refuse_other_network(dict(arguments.set), network_settings(start.config), start.name)
    return _not_growing_again(chosen(base, own), start, dict(arguments.set))


def _preset(arguments: argparse.Namespace, start: ModelInfo | None) -> dict[str, object]:
    """A preset's settings; a run that starts from a model is of its kind and size unless told."""
    from ganlab_core.training import DEFAULT, preset

    architecture = arguments.architecture or dict(arguments.set).get("architecture")
    usual = "stylegan" if start is None else start.architecture
    settings = preset(arguments.preset or DEFAULT, architecture or usual)
    return settings if start is None else {**settings, "resolution": start.resolution}


def _started_from(name: str) -> ModelInfo:
    """What is begun with; its place is the run's folder where it is a run, which holds D as well."""
    from ganlab_core.importers import open_model
    from ganlab_core.models import resolve

    found = resolve(name)
    info = open_model(found).info
    return dataclasses.replace(info, path=Path(name) if Path(name).is_dir() else found)


def _not_growing_again(
    config: TrainConfig, start: ModelInfo, told: Mapping[str, str]
) -> TrainConfig:
    """The config to begin at the resolution that the model has reached."""
    from ganlab_core.training import with_settings

    if not config.grows or "initial_resolution" in told:
        return config
    reached = min(start.resolution, config.resolution)
    return with_settings(config, {"initial_resolution": reached})


def _estimate(arguments: argparse.Namespace) -> int:
    """Measure a run that would not be refused."""
    from ganlab_core.training import RunFolder, adopted, check_start, estimate

    config = adopted(_config(arguments))
    classes = check_start(config)
    if arguments.out is not None:
        RunFolder(arguments.out).check_free()
    say_json(estimate(config, arguments.classes or len(classes)).to_json())
    return 0


def _train(
    config: TrainConfig, folder: Path, stopping: Stopping, arguments: argparse.Namespace
) -> None:
    """Run the trainer, telling its events; a wish to stop closes it, which writes a checkpoint."""
    from ganlab_core.training import Changes, RunFolder, lengthened, remember_run, to_line, train

    resume, changes = arguments.resume is not None, Changes()
    if resume:
        changes = Changes(arguments.images, dict(arguments.renamed))
        config = RunFolder(folder).config()
        if changes.images is not None:
            config = lengthened(config, changes.images, 0)
    with TrainingReport(config, folder) as report:

        def preparing(done: int, of: int) -> None:
            stopping.give_up_if_asked()
            report.preparing(done, of)

        events = train(
            config,
            folder,
            resume=resume,
            changes=changes,
            preparing=preparing,
            interrupted=lambda: stopping.signal is not None,
        )
        with contextlib.closing(events), contextlib.suppress(Stopping.Asked):  # type: ignore[type-var]
            for number, event in enumerate(events):
                if number == 0 and os.environ.get("RANK", "0") == "0":
                    remember_run(folder)
                if arguments.json:
                    say(to_line(event).decode())
                else:
                    report.tell(event)
                if stopping.signal is not None:
                    break


# ------------------------------------------------------------------------------------------------
# What `ganlab train` shows: a bar where a person watches, a line per event otherwise.


LISTED = 20
"""Files left out that are listed."""


LAST_REPORTS = 8
"""Reports over which the speed that tells the time left is a mean."""


class TrainingReport:
    """Tells events of a run; leave it to take the bar away.

    Parameters
    ----------
    config
        Of the run.
    folder
        The run's.
    """

    def __init__(self, config: TrainConfig, folder: Path) -> None:
        self._config = config
        self._total = config.images
        self._timed: dict[int, float] = {}
        self._run = RunFolder(folder)
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> TrainingReport:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def preparing(self, done: int, total: int) -> None:
        """The pictures are being prepared."""
        if not on_terminal():
            return
        if self._bar is None:
            self._bar = tqdm(total=total, unit="picture", desc="preparing", leave=False)
        self._bar.update(done - self._bar.n)

    def tell(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Started):
            self._close()
            if on_terminal():
                self._bar = tqdm(total=self._total, initial=event.images, unit="img")
        if isinstance(event, Progress) and self._bar is not None:
            self._bar.set_description(
                f"{event.resolution} px, alpha {event.alpha:.2f}", refresh=False
            )
            self._bar.set_postfix_str(
                f"loss G {event.loss_g:.3f} D {event.loss_d:.3f}", refresh=False
            )
            self._bar.update(event.images - self._bar.n)
        elif not isinstance(event, LayerGains):  # a table every few seconds, for the charts
            for line in self._lines(event):
                tqdm.write(plain_text(line)) if self._bar is not None else say(line)

    def _lines(self, event: Event) -> list[str]:
        """One line, and for some events what belongs to it."""
        if isinstance(event, Started) and event.skipped:
            return [describe(event, self._total), *self._left_out()]
        line = describe(event, self._total)
        if isinstance(event, Progress) and event.images_per_second > 0:
            line += f", {self._time_left(event)}"
        return [line]

    def _left_out(self) -> list[str]:
        """Files of the data that are not used, and why."""
        with contextlib.suppress(OSError):
            lines = self._run.files.read(SKIPPED).decode("utf-8", "replace").splitlines()
            more = len(lines) - LISTED
            rest = (
                [f"  and {more} more, all in {self._run.files.path(SKIPPED)}"] if more > 0 else []
            )
            return ["left out:", *(f"  {line}" for line in lines[:LISTED]), *rest]
        return []

    def _time_left(self, event: Progress) -> str:
        """How long it still takes, later resolutions counted; a resolution's speed is a running mean."""
        from ganlab_core.training import seconds_left

        now = 1.0 / event.images_per_second
        before = self._timed.get(event.resolution, now)
        self._timed[event.resolution] = before + (now - before) / LAST_REPORTS
        left = seconds_left(self._config, self._timed, event.images)
        return f"about {length_of_time(left or 0.0)} left"

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def length_of_time(seconds: float) -> str:
    """A length of time in its largest unit: `"3 h"`."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, round(seconds))} s"


def _nearness(event: Measured | Evaluated) -> str:
    """How near the samples are to the data."""
    if isinstance(event, Measured):
        return f"distance to the data {event.distance:.1f}"
    return f"KID {event.kid:.4f} by {event.samples} samples"


def _took(event: Ended) -> str:
    """What a run took, as far as it is known."""
    taken = f"; took {length_of_time(event.seconds)}" if isinstance(event.seconds, float) else ""
    energy = f", {event.watt_hours:.1f} Wh" if isinstance(event.watt_hours, float) else ""
    return taken + energy


def describe(event: Event, total: int = 0) -> str:
    """One line for a person, about a run of `total` images where that is known."""
    match event:
        case Started():
            resumed = f"; goes on at {event.images} images" if event.images else ""
            skipped = f" ({event.skipped} skipped)" if event.skipped else ""
            wanted = f", to be shown {total} images in all" if total else ""
            return (
                f"started on {event.device} with {event.pictures} pictures{skipped}{wanted}; "
                f"parameters: G {event.parameters_g}, D {event.parameters_d}{resumed}"
            )
        case PhaseBegan():
            doing = "fading in" if event.fading else "training"
            return f"{event.images} images: {doing} {event.resolution} px"
        case Progress():
            return (
                f"{event.images}{f' of {total}' if total else ''} images: {event.resolution} px, "
                f"alpha {event.alpha:.2f}, "
                f"loss G {event.loss_g:.3f} D {event.loss_d:.3f}, "
                f"{event.images_per_second:.1f} img/s"
            )
        case Spectra() | LayerGains():
            name, value = max(event.values.items(), key=lambda pair: pair[1])
            return f"{event.images} images: the largest singular value is {value:.2f}, in {name}"
        case Measured() | Evaluated():
            return f"{event.images} images: {_nearness(event)}"
        case SheetSaved() | CheckpointSaved():
            return f"{event.images} images: wrote {event.path}"
        case Ended():
            return f"{event.images} images: done, the model is {event.path}{_took(event)}"
        case Steered():
            changes = ", ".join(f"{name} {value}" for name, value in event.changes.items())
            return f"{event.images} images: steered: {changes}"
        case Failed() | Warned():
            failed = "failed: " if isinstance(event, Failed) else ""
            return f"{event.images} images: {failed}{event.message}"
