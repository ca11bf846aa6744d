"""`ganlab`: the window, or with a command as its first word the whole job without a screen."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ganlab_core.before_torch import use_large_pages, wait_briefly
from ganlab_core.cli import COMMANDS, EXIT_STATUSES, USAGE, Parser, did_you_mean, list_of_commands
from ganlab_core.errors import GanlabError
from ganlab_core.version import ganlab_version

EXAMPLES = """\
  ganlab                    the window as it was left
  ganlab adventurer         a model by its name
  ganlab runs/mine          a training run, to watch it
  ganlab my-pictures        a folder or zip of pictures, to train on it
  ganlab face.png           a picture saved by ganlab, to go on from it"""


def main(argv: list[str] | None = None) -> int:
    """Run a command of the core, or open the window; returns the exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments and is_command(arguments[0]):
        from ganlab_core.cli import main as run_command

        return run_command(arguments)
    try:
        return _open_window(_parse(arguments))
    except SystemExit as stop:  # the parser has said why, or shown its help
        return stop.code if isinstance(stop.code, int) else USAGE
    except GanlabError as error:
        return _fail(str(error))


def is_command(word: str) -> bool:
    """Whether the first argument is a command (`render`), and neither an option nor a file."""
    return word in COMMANDS


def _parse(arguments: list[str]) -> argparse.Namespace:
    """What to open; whatever is nowhere is told here, before a window is up."""
    from ganlab_core.models import named

    parser = Parser(
        prog="ganlab",
        description="Play with GANs in a window.",
        usage="ganlab [OPEN ...] [--model M] [--recipe R]\n       ganlab COMMAND ...",
        epilog=f"commands, which need no screen:\n{list_of_commands()}\n\n"
        f"ganlab COMMAND --help tells about each.\n{EXIT_STATUSES}\n\nexamples:\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ganlab {ganlab_version()}")
    parser.add_argument(
        "open", nargs="*", metavar="OPEN",
        help="what to open: models by name or file, runs, pictures, films, a folder to train on",
    )  # fmt: skip
    parser.add_argument("--model", default="", help="name of a bundled model, or a model file")
    parser.add_argument("--recipe", help="a Recipe (.json), or a PNG saved by ganlab")
    asked, rest = parser.parse_known_args(arguments)
    if rest:
        parser.refuse_unknown(rest)
    asked.paths = [_path(word, parser) for word in asked.open]
    if not asked.model and asked.open and named(asked.open[0]):
        asked.model = asked.open[0]  # loaded instead of last time's model, not after it
        asked.paths.pop(0)
    if asked.model:
        asked.model = str(_path(asked.model, parser))
    asked.recipe = _path(asked.recipe, parser) if asked.recipe else None
    return asked


def _path(word: str, parser: Parser) -> Path:
    """The file or folder meant by a model's name or a path; ends where there is none."""
    from ganlab_core.models import looks_like_a_path, missing, model_names, named, names_beside

    found = named(word) or Path(word).expanduser()
    if os.path.lexists(found):
        return found
    if not looks_like_a_path(word):
        near = did_you_mean(word, [*COMMANDS, *model_names(), *names_beside(word)])
        parser.error(f"there is no command, model, file or folder {word!r}.{near}")
    raise missing(word)


def _open_window(asked: argparse.Namespace) -> int:
    """Import Qt only now, and say in one sentence why it cannot start where it cannot."""
    wait_briefly()
    use_large_pages()
    try:
        from PySide6 import QtWidgets
        from PySide6.QtCore import QtMsgType, qInstallMessageHandler
    except ModuleNotFoundError:
        return _explain("PySide6 is not installed")
    except ImportError as error:  # "libGL.so.1: cannot open shared object file: ..."
        return _explain(f"{str(error).partition(':')[0]} is missing")

    _enlarge()
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
    from ganlab.engine import left_behind

    status = run(Start(asked.model, asked.recipe, tuple(asked.paths)), application)
    if left_behind():  # an orderly end would wait for a disk or a network that may never answer
        sys.stderr.flush()
        os._exit(status)
    return status


def _enlarge() -> None:
    """Make everything as large as a person prefers; Qt asks for that before it begins."""
    from ganlab.settings import Settings

    size = Settings().interface_size
    if size != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", f"{size / 100:g}")


def _explain(reason: str) -> int:
    from ganlab_core.cli import window_remedy

    return _fail(f"The window cannot open ({reason}). {window_remedy(reason)}")


def _fail(sentence: str) -> int:
    from ganlab_core.cli import complain

    complain(f"ganlab: {sentence}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
