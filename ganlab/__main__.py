"""`ganlab`: the window, or with a command as its first word the whole job without a screen."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ganlab_core.export.version import ganlab_version

PACKAGES = (
    "libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libglib2.0-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 "
    "libxcb-render-util0 libxcb-image0 libxcb-xinerama0"
)
SENTENCE = (
    "ganlab: the window cannot open ({reason}); start it where there is a screen, and on Debian or "
    f"Ubuntu install what Qt needs: sudo apt install {PACKAGES}"
)


def main(argv: list[str] | None = None) -> int:
    """Run a command of the core, or open the window; returns the exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments and is_command(arguments[0]):
        from ganlab_core.cli.main import main as run_command

        return run_command(arguments)
    return _open_window(_parse(arguments))


def is_command(word: str) -> bool:
    """Whether the first argument is a command (`render`), and neither an option nor a file."""
    return not word.startswith("-") and not any(mark in word for mark in "./\\")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ganlab",
        description="Play with GANs in a window.",
        epilog="Without a screen: ganlab models, render, video, sheet, train, runs, evaluate, import, "
        "doctor; ganlab COMMAND --help tells about each.",
    )
    parser.add_argument("--version", action="version", version=f"ganlab {ganlab_version()}")
    parser.add_argument("files", nargs="*", type=Path, help="what to open: models, runs, PNGs")
    parser.add_argument("--model", default="", help="name of a bundled model, or a model file")
    parser.add_argument("--recipe", type=Path, help="a Recipe (.json), or a PNG saved by ganlab")
    return parser.parse_args(arguments)


def _open_window(asked: argparse.Namespace) -> int:
    """Import Qt only now, and say in one sentence why it cannot start where it cannot."""
    try:
        from PySide6 import QtWidgets
        from PySide6.QtCore import QtMsgType, qInstallMessageHandler
    except ModuleNotFoundError:
        return _explain("PySide6 is not installed")
    except ImportError as error:  # "libGL.so.1: cannot open shared object file: ..."
        return _explain(f"{str(error).partition(':')[0]} is missing")

    reasons: list[str] = []

    def on_message(kind: QtMsgType, _context: object, text: str) -> None:
        reasons.append(text.partition("\n")[0].strip().rstrip("."))
        if kind == QtMsgType.QtFatalMsg:
            # Qt would end the process when this returns; its first complaint tells most.
            _explain(reasons[0])
            os._exit(1)

    qInstallMessageHandler(on_message)
    application = QtWidgets.QApplication(["ganlab"])
    qInstallMessageHandler(None)
    from ganlab.app import Start, run

    return run(Start(asked.model, asked.recipe, tuple(asked.files)), application)


def _explain(reason: str) -> int:
    sys.stderr.write(SENTENCE.format(reason=reason) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
