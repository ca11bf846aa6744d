"""The field's words in names: no module, class or function is called by a word that was given up.

A word counts where it is a whole part of a name, so `show_history` holds `history` and `publisher`
does not hold `publish`. What Qt, a paper or plain English calls so stands in `ALLOWED`, with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.syntax import nodes_of

ROOT = Path(__file__).parents[2]

GIVEN_UP = {
    "fakes": "sample",
    "hands": "RunControl",
    "wish": "requested settings, control file",
    "wishes": "requested settings, control file",
    "wheel": "control file",
    "anew": "restart_from",
    "errand": "BackgroundTasks",
    "errands": "BackgroundTasks",
    "sketch": "thumbnail",
    "sketched": "thumbnail",
    "sketches": "thumbnails",
    "judge": "discriminate, projection head",
    "judgement": "DiscriminatorOutput",
    "verdict": "DiscriminatorOutput",
    "players": "architecture adapters",
    "team": "DistributedContext",
    "story": "RunHistory",
    "told": "RunSnapshot, or what it is",
    "teller": "RunFollower",
    "storyteller": "RunFollower",
    "heartbeat": "pid_file",
    "push": "edit direction",
    "readout": "probe",
    "readouts": "probes",
    "adopt": "import_to_library",
    "adopter": "import_to_library",
    "adopting": "import_to_library",
    "rememberer": "history_thumbnails",
    "remembering": "history_thumbnails",
    "collector": "the room's name",
    "collecting": "the room's name",
    "keeper": "what is kept, and saved",
    "keeping": "saving, retention",
    "showing": "preview",
    "projector": "player",
    "projecting": "player",
    "stirring": "noise walk",
    "stirrer": "noise walk",
    "strolling": "map walk",
    "stroller": "map walk",
    "orders": "what they are: jobs, commands",
    "words": "text, label, names",
}
"""Part of a name -> what the field, or the house, says instead."""

IN_PACKAGE = {
    "training": {
        "lead": "broadcast",
        "hear": "receive",
        "publish": "export_ema",
        "gains": "spectra",
    },
}
"""Words that mean something else elsewhere: only in these packages are they given up."""

ALLOWED = {
    "wheelEvent": "Qt",
    "History.push": "a step put on a stack",
    "FilmHistory.push": "a step put on a stack",
    "Readout": "the number beside a slider",
    "cutoff_readout": "the number beside a slider",
    "threshold_readout": "the number beside a slider",
    "Chain.readout": "a stage's own toRGB, which nobody fitted",
    "Pictures._readout": "a stage's own toRGB, which nobody fitted",
    "LayerGains": "the event's name in the log of a run",
}


def parts(name: str) -> list[str]:
    """`"RunHistory"` and `"run_history"` -> `["run", "history"]`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def names_in(path: Path) -> Iterator[str]:
    """The module's name, its classes, its functions, and its classes' methods as `Class.method`."""
    yield path.stem
    methods: dict[ast.AST, str] = {}
    for node in nodes_of(path):
        if isinstance(node, ast.ClassDef):
            yield node.name
            methods |= {child: f"{node.name}.{getattr(child, 'name', '')}" for child in node.body}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield methods.get(node, node.name)


def named() -> Iterator[tuple[str, str, str]]:
    """(place, package, name) of everything in the program."""
    for root in ("ganlab", "ganlab_core"):
        for path in sorted((ROOT / root).rglob("*.py")):
            for name in names_in(path):
                yield path.relative_to(ROOT).as_posix(), path.parent.name, name


def allowed(name: str) -> bool:
    return name in ALLOWED or name.rpartition(".")[2] == "wheelEvent"


def test_nothing_is_called_by_a_word_that_was_given_up() -> None:
    wrong = []
    for place, package, name in named():
        words = GIVEN_UP | IN_PACKAGE.get(package, {})
        for part in parts(name.rpartition(".")[2]):
            if part in words and not allowed(name):
                wrong.append(f"{place}: {name} holds {part}; say {words[part]}")
    assert wrong == []


def test_what_is_allowed_is_there() -> None:
    there = {name for _, _, name in named()} | {"wheelEvent"}
    assert set(ALLOWED) <= there
