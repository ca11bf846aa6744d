"""The entry of the command line: finds the command, runs it, and turns errors into exit statuses."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys

from ganlab_core.before_torch import use_large_pages, wait_briefly
from ganlab_core.cli.commands import (
    COMMANDS,
    EXIT_STATUSES,
    USAGE,
    Parser,
    complain_of_usage,
    did_you_mean,
)
from ganlab_core.cli.figures import add_bench, add_evaluate, add_ideas
from ganlab_core.cli.imports import add_blend, add_import, add_project
from ganlab_core.cli.output import UsageError, complain
from ganlab_core.cli.overview import add_data, add_doctor, add_lessons, add_models, add_runs
from ganlab_core.cli.stills import add_render, add_sheet
from ganlab_core.cli.train import add_train
from ganlab_core.cli.video import add_morph, add_video
from ganlab_core.errors import ExportError, GanlabError, explain_os_error
from ganlab_core.export import ExportJob
from ganlab_core.version import ganlab_version

FAILED, INTERRUPTED = 1, 130
ELSEWHERE = "Choose another place, or make room on the disk."


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 = done, 1 = failed, 2 = wrong usage, 130 = interrupted.

    Whatever depends on files, models or the machine is a failure; wrong usage is what no machine
    could do, and is found before anything is opened.
    """
    wait_briefly()
    use_large_pages()
    words = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # a console of few letters shows the others' escapes
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(_parsed(words))
    except SystemExit as stop:  # the parser has said why, or shown its help
        return stop.code if isinstance(stop.code, int) else USAGE
    except GanlabError as error:
        complain(f"ganlab: {error}")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def job_of_arguments(words: list[str]) -> ExportJob:
    """The job that a line of `render`, `sheet` or `video` describes; raises `GanlabError` for others."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            arguments = _parsed(words)
        job: ExportJob = arguments.made(arguments)
    except (SystemExit, AttributeError, UsageError):
        raise ExportError("This is no export.", "Write a line that ganlab understands.") from None
    return job


def build_parser() -> Parser:
    """The parser of all commands."""
    parser = Parser(
        prog="ganlab",
        description="Play, train and look into GANs.",
        epilog=EXIT_STATUSES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ganlab {ganlab_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        add_models,
        add_render,
        add_video,
        add_sheet,
        add_morph,
        add_project,
        add_data,
        add_train,
        add_runs,
        add_evaluate,
        add_import,
        add_blend,
        add_bench,
        add_doctor,
        add_lessons,
        add_ideas,
    ):
        add(commands)
    return parser


def _parsed(words: list[str]) -> argparse.Namespace:
    """The options as a command's `run` takes them; the parser ends the process for wrong ones."""
    parser = build_parser()
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        parser.error(f"there is no command {words[0]!r}.{did_you_mean(words[0], COMMANDS)}")
    arguments, rest = parser.parse_known_args(words)
    if rest:
        getattr(arguments, "parser", parser).refuse_unknown(rest)
    arguments.words = words
    return arguments


def _run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except UsageError as error:
        complain_of_usage(arguments.parser.prog, str(error))
        return USAGE
    except BrokenPipeError:  # the reader of our output has gone, as in `ganlab models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # a place that cannot be read or written, and nobody closer knew more
        complain(f"ganlab: {explain_os_error(error, 'reading or writing')} {ELSEWHERE}")
        return FAILED
    return status
