"""`ganlab train`: a training run from a folder or zip of pictures, started or taken up again."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import complain, say, say_json
from ganlab_core.cli.stopping import Stopping
from ganlab_core.cli.values import UsageError, existing_file, setting

if TYPE_CHECKING:
    from ganlab_core.model_info import ModelInfo
    from ganlab_core.training.config import TrainConfig

EXAMPLES = """
ganlab train --data my-pictures --out runs/mine
ganlab train --data my-pictures --out runs/heads --preset evening --from adventurer
ganlab train --data classes.zip --out runs/big --architecture biggan --resolution 32
ganlab train --data my-pictures --out runs/plain --set augment=none --set batch_size=8
ganlab train --data my-pictures --estimate
ganlab train --resume runs/mine
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "train", run, EXAMPLES)
    add = parser.add_argument
    add("--data", metavar="DIR|ZIP", help="the pictures; subfolders of a folder are classes")
    add("--out", type=Path, metavar="RUN", help="the new run's folder")
    add("--resume", type=Path, metavar="RUN", help="go on with this run instead")
    add("--architecture", metavar="A", help="progan, stylegan (default), biggan or biggan-deep")
    add("--from", dest="start", metavar="MODEL",
        help="begin with the weights of a bundled model, a model file or a run, at the resolution "
        "it has reached, instead of growing from random ones")  # fmt: skip
    add("--resolution", metavar="N", help="side of the pictures in pixels (default 64)")
    add("--preset", metavar="NAME", help="named settings: minutes (default), evening, gpu, paper")
    add("--images", metavar="N",
        help="how many pictures to show the network in all; with --resume the run's new end")  # fmt: skip
    add("--rename-class", dest="renamed", type=setting, action="append", default=[],
        metavar="OLD=NEW", help="with --resume: a class folder has got another name since the run "
        "began; may be repeated")  # fmt: skip
    add("--seed", metavar="N", help="seed of everything random")
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


def run(arguments: argparse.Namespace) -> int:
    """Train until the end, or until a signal asks to stop."""
    from ganlab_core.training.config import TrainConfig

    _check(arguments)
    if arguments.processes > 1 and "RANK" not in os.environ:
        return _in_processes(arguments.processes, arguments.words)
    if arguments.estimate:
        return _estimate(arguments)
    resume = arguments.resume is not None
    run_folder: Path = arguments.resume if resume else arguments.out
    config = TrainConfig() if resume else _config(arguments)
    with Stopping() as stopping:
        _train(config, run_folder, stopping, arguments)
    if stopping.signal is not None and os.environ.get("RANK", "0") == "0":
        complain(f"Stopped. Go on with: ganlab train --resume {run_folder}")
    return stopping.status


def _in_processes(count: int, words: list[str]) -> int:
    """Start the same command `count` times as one team, as torchrun would."""
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


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    names = ("data", "architecture", "resolution", "preset", "seed", "start", "set")
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
            option = "from" if name == "start" else name
            raise UsageError(f"--resume goes on as the run was started; leave out --{option}")


def _config(arguments: argparse.Namespace) -> TrainConfig:
    """The preset, then the named options, then every --set; what is said here wins over the preset."""
    from ganlab_core.training.config import (
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
        for name in ("resolution", "images", "seed")
        if getattr(arguments, name) is not None
    }
    if arguments.data:
        own["data"] = str(Path(arguments.data).expanduser().absolute())
    if arguments.config is None:
        own["augment"] = "auto"
    own |= dict(arguments.set)
    if start is None:
        return chosen(base, own)
    own["start_from"] = str(start.path.absolute())
    refuse_other_network(dict(arguments.set), network_settings(start.config), start.name)
    return _not_growing_again(chosen(base, own), start, dict(arguments.set))


def _preset(arguments: argparse.Namespace, start: ModelInfo | None) -> dict[str, object]:
    """A preset's settings; a run that starts from a model is of its kind and size unless told."""
    from ganlab_core.training.presets import DEFAULT, preset

    architecture = arguments.architecture or dict(arguments.set).get("architecture")
    usual = "stylegan" if start is None else start.architecture
    settings = preset(arguments.preset or DEFAULT, architecture or usual)
    return settings if start is None else {**settings, "resolution": start.resolution}


def _started_from(name: str) -> ModelInfo:
    """What is begun with; its place is the run's folder where it is a run, which holds D as well."""
    from ganlab_core.library import resolve
    from ganlab_core.opening import open_model

    found = resolve(name)
    info = open_model(found).info
    return dataclasses.replace(info, path=Path(name) if Path(name).is_dir() else found)


def _not_growing_again(
    config: TrainConfig, start: ModelInfo, told: Mapping[str, str]
) -> TrainConfig:
    """The config to begin at the resolution that the model has reached."""
    from ganlab_core.training.config import with_settings

    if not config.grows or "initial_resolution" in told:
        return config
    reached = min(start.resolution, config.resolution)
    return with_settings(config, {"initial_resolution": reached})


def _estimate(arguments: argparse.Namespace) -> int:
    """Measure a run that would not be refused."""
    from ganlab_core.training.estimate import estimate
    from ganlab_core.training.run_folder import RunFolder
    from ganlab_core.training.stepper import check_start
    from ganlab_core.training.transfer import adopted

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
    from ganlab_core.cli.train_report import Report
    from ganlab_core.training.config import lengthened
    from ganlab_core.training.events import to_line
    from ganlab_core.training.loop import train
    from ganlab_core.training.resume import Changes
    from ganlab_core.training.run_folder import RunFolder
    from ganlab_core.training.runs import remember_run

    resume, changes = arguments.resume is not None, Changes()
    if resume:
        changes = Changes(arguments.images, dict(arguments.renamed))
        config = RunFolder(folder).config()
        if changes.images is not None:
            config = lengthened(config, changes.images, 0)
    with Report(config, folder) as report:

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
                    say(to_line(event).rstrip("\n"))
                else:
                    report.tell(event)
                if stopping.signal is not None:
                    break
