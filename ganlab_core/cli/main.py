"""The entry of the command line: finds the command, runs it, and turns errors into exit statuses."""

from __future__ import annotations

import argparse
import os
import sys

from ganlab_core.cli import doctor, evaluate, import_, models, render, runs, sheet, train, video
from ganlab_core.cli.output import complain
from ganlab_core.cli.values import UsageError
from ganlab_core.errors import GanlabError
from ganlab_core.export.version import ganlab_version

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 = done, 1 = failed, 2 = wrong usage, 130 = interrupted."""
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as stop:  # argparse has said why, or shown its help
        return stop.code if isinstance(stop.code, int) else USAGE
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="ganlab", description="Play, train and look into GANs.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"ganlab {ganlab_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (models, render, video, sheet, train, runs, evaluate, import_, doctor):
        command.add_to(commands)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    parser: argparse.ArgumentParser = arguments.parser
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except UsageError as error:
        parser.print_usage(sys.stderr)
        complain(f"{parser.prog}: error: {error}")
        return USAGE
    except GanlabError as error:
        complain(f"ganlab: {error}")
        return FAILED
    except BrokenPipeError:  # the reader of our output has gone, as in `ganlab models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status
