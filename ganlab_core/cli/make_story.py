"""`ganlab story`: what each idea from the first GAN on brings, by equal CPU time on the same pictures."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import UsageError, say

EXAMPLES = """
ganlab story --out story
ganlab story --out story --seconds 300 --data my-pictures
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "story", run, EXAMPLES)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="for sheets, runs and story.json")
    add("--data", type=Path, metavar="DIR|ZIP", help="pictures; else a bundled model draws them")
    add("--model", default="garments", metavar="NAME", help="which one (default garments)")
    add("--pictures", type=int, default=1000, metavar="N", help="how many it draws (default 1000)")
    add("--only", metavar="A,B", help="architectures to train; others in DIR already are kept")
    add(
        "--seconds", type=float, default=40.0, metavar="S", help="CPU seconds for each (default 40)"
    )
    add("--resolution", type=int, default=32, metavar="N", help="side in pixels (default 32)")


def run(arguments: argparse.Namespace) -> int:
    """Train and tell."""
    from ganlab_core.lessons import IDEAS, drawn_pictures, tell_story

    wanted = [name.strip() for name in (arguments.only or "").split(",") if name.strip()]
    known = [idea.architecture for idea in IDEAS]
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no chapter {name!r}; there are {', '.join(known)}")
    ideas = [idea for idea in IDEAS if not wanted or idea.architecture in wanted]
    with tempfile.TemporaryDirectory() as place:
        data, about = arguments.data, ""
        if data is None:
            data = drawn_pictures(arguments.model, arguments.pictures, Path(place) / "pictures")
            about = f"{arguments.pictures} pictures that the bundled model {arguments.model} draws"
        for one in tell_story(
            data, arguments.out, arguments.seconds, arguments.resolution, about, ideas
        ):
            say(
                f"{one.architecture:9} {one.seconds:6.1f} CPU s  {one.images:7} images"
                f"  {one.weights:9} weights  distance {one.distance:7.2f}  variety {one.variety:.2f}"
            )
    return 0
