"""`ganlab models`: what can be rendered."""

from __future__ import annotations

import argparse

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import say, say_json, say_table
from ganlab_core.files import user_models_dir
from ganlab_core.models import ModelInfo, find_models, picks

EXAMPLES = """
ganlab models
ganlab models --json
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "models", run, EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print a list of objects")


def run(arguments: argparse.Namespace) -> int:
    """Print the models."""
    found = find_models()
    if arguments.json:
        say_json([_object(info) for info in found])
    elif found:
        head = ("NAME", "ARCHITECTURE", "RESOLUTION", "CLASSES", "LICENCE", "FINGERPRINT")
        say_table([head, *(_row(info) for info in found)])
    else:
        say(
            f"There are no models yet. Put .safetensors files made by ganlab in {user_models_dir()}."
        )
    return 0


def _object(info: ModelInfo) -> dict[str, object]:
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


def _row(info: ModelInfo) -> tuple[str, ...]:
    return (
        info.name,
        info.architecture,
        f"{info.resolution} px",
        str(len(info.classes)) if info.classes else "-",
        info.licence or "-",
        info.fingerprint,
    )
