"""`ganlab data`: what the dataset doctor finds in a set of pictures, before anything is trained on it."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import Stopping, counting, say, say_json
from ganlab_core.data import PrepareOptions, Survey, survey

EXAMPLES = """
ganlab data my-pictures
ganlab data ffhq-256.zip --json
ganlab data walk.mp4 --every 12
"""

SHOWN = 20
"""Names in each list of the text; the JSON has them all."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "data", run, EXAMPLES)
    add = parser.add_argument
    add("source", type=Path, metavar="DATA", help="a folder or a zip of pictures, or a video")
    add("--every", type=int, default=0, metavar="N",
        help="of videos every N-th frame (default: as many as leave at most 4000)")  # fmt: skip
    add("--json", action="store_true", help="print an object")


def run(arguments: argparse.Namespace) -> int:
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
    told |= {"classes": dict(found.classes), "refused": refused, "copies": dict(found.copies)}
    return told | {"resolution": found.resolution, "advice": list(found.advice)}


def _lines(found: Survey) -> list[str]:
    """The facts, the advice, and what is wrong with which file."""
    lines = [found.facts, *found.advice]
    lines += _listed("Cannot be used:", [f"{bad.name} {bad.reason}" for bad in found.refused])
    return lines + _listed(
        "Copies:", [f"{copy} is {first} once more" for copy, first in found.copies]
    )


def _listed(head: str, lines: list[str]) -> list[str]:
    """Lines under a head, and how many more there are; nothing without lines."""
    more = [f"  and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [head, *(f"  {line}" for line in lines[:SHOWN]), *more] if lines else []
